"""What each process is told."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.launcher.authority import ensure_tls
from services.launcher.composition import Composition, inherited
from services.launcher.first_admin import FirstAdmin, first_admin
from services.launcher.home import open_home
from services.launcher.settings import LauncherSettings, misspelt_names

SERVICES = ("gateway", "scheduler", "registry", "license", "audit")


@pytest.fixture
def composition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Composition:
    monkeypatch.setenv("EXEKRA_DATABASE_URL", "postgresql://the-administrator@nowhere/x")
    monkeypatch.setenv("EXEKRA_ADMIN_PASSWORD", "from the environment")
    return Composition(
        home=open_home(tmp_path),
        settings=LauncherSettings(https_port=1, runner_port=2),
        tls=ensure_tls(tmp_path / "tls"),
        database_urls={service: f"postgresql://{service}" for service in SERVICES},
        redis_url="redis://bell",
        admin=FirstAdmin("a@example.com", "given"),
    )


def test_five_services_loops_and_worker_are_started(composition: Composition) -> None:
    names = [spec.name for spec in composition.service_specs(with_worker=True)]
    assert sorted(names) == sorted([*SERVICES, "scheduler-loops", "scheduler-worker"])


def test_without_redis_there_is_no_worker(composition: Composition) -> None:
    assert "scheduler-worker" not in [spec.name for spec in composition.service_specs(with_worker=False)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_own_database_and_not_the_administrators(composition: Composition, service: str) -> None:
    environment = composition.environment_of(service)
    assert "EXEKRA_DATABASE_URL" not in environment
    assert Path(environment["EXEKRA_DATABASE_URL_FILE"]).read_text() == f"postgresql://{service}"
    assert Path(environment["EXEKRA_REDIS_URL_FILE"]).read_text() == "redis://bell"


def test_keys_go_only_to_those_who_use_them(composition: Composition) -> None:
    holders = {service for service in SERVICES if "EXEKRA_VAULT_KEY_FILE" in composition.environment_of(service)}
    assert holders == {"scheduler"}
    sealing = {service for service in SERVICES if "EXEKRA_INSTALLATION_KEY_FILE" in composition.environment_of(service)}
    assert sealing == {"license"}
    told = {service for service in SERVICES if "EXEKRA_ADMIN_PASSWORD" in composition.environment_of(service)}
    assert told == {"gateway"}


def test_a_given_password_is_nowhere_on_disk(composition: Composition) -> None:
    composition.environment_of("gateway")
    files = [file for file in composition.home.root.rglob("*") if file.is_file()]
    assert files
    assert not any(b"from the environment" in file.read_bytes() for file in files)


def test_secrets_in_the_environment_are_not_passed_on() -> None:
    given = {"EXEKRA_REDIS_URL_FILE": "x", "EXEKRA_VAULT_KEY": "x", "EXEKRA_LOG_LEVEL": "debug", "PATH": "p"}
    assert inherited(given) == {"EXEKRA_LOG_LEVEL": "debug", "PATH": "p"}


def test_the_first_password_is_made_once_and_kept(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    first = first_admin(home, LauncherSettings())
    second = first_admin(home, LauncherSettings())
    assert (first.fresh, second.fresh) == (True, False)
    assert first.password == second.password == home.admin_password.read_text().strip()


def test_a_given_password_is_not_written_down_and_no_other_is_made_later(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    assert first_admin(home, LauncherSettings(admin_password=SecretStr("given"))).password == "given"
    assert first_admin(home, LauncherSettings()).password == ""
    assert not home.admin_password.exists()


def test_names_that_nobody_reads_are_found() -> None:
    known = ("EXEKRA_HOME", "EXEKRA_ADMIN_PASSWORD_FILE", "EXEKRA_RUNNER_HOME", "EXEKRA_RATE_LOGIN")
    environment = dict.fromkeys((*known, "EXEKRA_HTTP_PORT", "EXEKRA_RUNNER_SLOT"), "")
    assert misspelt_names(environment) == ["EXEKRA_HTTP_PORT", "EXEKRA_RUNNER_SLOT"]
