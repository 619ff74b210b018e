import subprocess
from pathlib import Path

import pytest

from runner.service.definition import ServiceError
from services.launcher.service.settings_file import HEADER, merged, settings_to_keep, value_of, write_settings

NASTY = 'a "b" $HOME `id` \\ 100% é'


def test_the_hubs_own_settings_are_kept_and_nothing_else(tmp_path: Path) -> None:
    environment = {
        "EXEKRA_HTTPS_PORT": "5545",
        "EXEKRA_SMTP_HOST": "mail",
        "EXEKRA_RUNNER_SLOTS": "2",
        "EXEKRA_HOME": "elsewhere",
        "EXEKRA_URL": "https://other:4545",
        "EXEKRA_API_KEY": "of the command line",
        "EXEKRA_HTPS_PORT": "misspelt",
        "EXEKRA_PUBLIC_URL": "",
        "PATH": "/usr/bin",
    }
    assert settings_to_keep(environment, tmp_path) == {
        "EXEKRA_HTTPS_PORT": "5545",
        "EXEKRA_SMTP_HOST": "mail",
        "EXEKRA_RUNNER_SLOTS": "2",
        "EXEKRA_HOME": str(tmp_path),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXEKRA_ADMIN_PASSWORD", "hunter2"),
        ("EXEKRA_DATABASE_URL", "postgresql://ada:hunter2@db/exekra"),
        ("EXEKRA_DATABASE_URL", "postgresql://db/exekra?password=hunter2"),
        ("EXEKRA_SMTP_PASSWORD", "hunter2"),
        ("EXEKRA_VAULT_KEY", "0" * 64),
        ("EXEKRA_RUNNER_MACHINE_SECRET", "hunter2"),
    ],
)
def test_a_secret_is_refused_with_what_to_do_instead(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=f"{name}_FILE") as refused:
        settings_to_keep({name: value}, tmp_path)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("value", ["none", "redis://cache:6379/0", "rediss://cache"])
def test_an_address_without_a_password_is_no_secret(value: str, tmp_path: Path) -> None:
    assert settings_to_keep({"EXEKRA_REDIS_URL": value}, tmp_path)["EXEKRA_REDIS_URL"] == value


def test_files_are_named_from_the_root_for_a_service_starts_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = settings_to_keep({"EXEKRA_DATABASE_URL_FILE": "dsn", "EXEKRA_RUNNER_BROWSER": "/x"}, tmp_path)
    assert kept["EXEKRA_DATABASE_URL_FILE"] == str(tmp_path / "dsn")


def test_a_value_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="EXEKRA_ADMIN_EMAIL"):
        settings_to_keep({"EXEKRA_ADMIN_EMAIL": "a\nLD_PRELOAD=/tmp/evil"}, tmp_path)


def test_a_shell_reads_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "service.env"
    write_settings(file, merged("", {"EXEKRA_ADMIN_EMAIL": NASTY}), None)
    assert file.stat().st_mode & 0o777 == 0o600
    script = 'set -a; . "$0"; exec printenv EXEKRA_ADMIN_EMAIL'
    assert subprocess.run(["sh", "-c", script, str(file)], capture_output=True, text=True, check=True).stdout == (
        NASTY + "\n"
    )


def test_lines_of_a_person_stay_and_what_is_given_takes_their_place() -> None:
    present = '# mine\nEXEKRA_DRAIN_SECONDS="30"\nEXEKRA_HTTPS_PORT=1\nEXEKRA_HTTPS_PORT=2\nTZ=UTC\n'
    text = merged(present, {"EXEKRA_HTTPS_PORT": "3", "EXEKRA_HOME": "/h"})
    assert text == '# mine\nEXEKRA_DRAIN_SECONDS="30"\nEXEKRA_HTTPS_PORT="3"\nTZ=UTC\nEXEKRA_HOME="/h"\n'
    assert merged(text, {"EXEKRA_HTTPS_PORT": "3", "EXEKRA_HOME": "/h"}) == text
    assert merged("", {}).startswith(HEADER)


def test_a_value_is_read_back_and_a_broken_line_is_told() -> None:
    assert value_of("EXEKRA_DRAIN_SECONDS=1\nEXEKRA_DRAIN_SECONDS='30'\n", "EXEKRA_DRAIN_SECONDS") == "30"
    assert value_of("", "EXEKRA_DRAIN_SECONDS") is None
    with pytest.raises(ServiceError, match="cannot be read"):
        value_of('EXEKRA_DRAIN_SECONDS="30', "EXEKRA_DRAIN_SECONDS")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="cannot be written"):
        write_settings(tmp_path / "file" / "home" / "service.env", "", None)
