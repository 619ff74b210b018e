import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from services.cli.errors import FAILED, OK, REFUSED
from tests.unit.cli.conftest import Ran

Exekra = Callable[..., Ran]

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$HOME/calls"
case "$*" in
  *status*) test -e "$HOME/active" || { echo inactive; exit 3; }; echo active;;
  *restart*) : > "$HOME/active";;
esac
"""


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of somebody who is not root, on Linux; what stands for systemctl notes its calls there."""
    programs = tmp_path / "bin"
    programs.mkdir()
    systemctl = programs / "systemctl"
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    home = tmp_path / "ada"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("EXEKRA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("EXEKRA_HOME", str(home / "hub"))
    monkeypatch.setenv("EXEKRA_HTTPS_PORT", "5545")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    return home


def calls(person: Path) -> list[str]:
    file = person / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_dry_run_shows_files_and_commands_and_changes_nothing(exekra: Exekra, person: Path) -> None:
    ran = exekra("service", "install", "--dry-run")
    assert ran.status == OK
    assert "ExecStart=" in ran.out
    assert 'EXEKRA_HTTPS_PORT="5545"' in ran.out
    assert "run   systemctl --user enable exekra-hub.service" in ran.out
    assert list(person.iterdir()) == []
    document = json.loads(exekra("service", "install", "--dry-run", "--json").out)
    assert list(document["files"]) == [
        str(person / "hub/service.env"),
        str(person / ".config/systemd/user/exekra-hub.service"),
    ]


def test_it_is_installed_again_with_what_changed_and_removed_without_its_data(
    exekra: Exekra, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, settings = person / ".config/systemd/user/exekra-hub.service", person / "hub/service.env"
    ran = exekra("service", "install")
    assert ran.status == OK, ran.err
    assert "enable-linger" in ran.out
    assert calls(person) == [
        "--user daemon-reload", "--user enable exekra-hub.service", "--user restart exekra-hub.service",
    ]  # fmt: skip
    first = unit.read_text()
    with settings.open("a") as file:
        file.write('EXEKRA_DRAIN_SECONDS="40"\n')
    monkeypatch.setenv("EXEKRA_HTTPS_PORT", "6545")
    assert exekra("service", "install").status == OK
    assert 'EXEKRA_HTTPS_PORT="6545"' in settings.read_text()
    assert 'EXEKRA_DRAIN_SECONDS="40"' in settings.read_text()
    assert unit.read_text() != first, "a longer drain needs a longer patience"
    assert exekra("service", "status").status == OK
    assert "disable --now" in exekra("service", "remove", "--dry-run").out
    assert unit.exists()
    assert exekra("service", "remove").status == OK
    assert not unit.exists()
    assert settings.exists()
    assert calls(person)[-2:] == ["--user disable --now exekra-hub.service", "--user daemon-reload"]
    assert "no service to remove" in exekra("service", "remove").out
    gone = exekra("service", "status")
    assert (gone.status, "exekra service install" in gone.err) == (FAILED, True)


def test_a_second_hub_needs_a_name_of_its_own(exekra: Exekra, person: Path) -> None:
    assert exekra("service", "install").status == OK
    refused = exekra("service", "install", "--home", str(person / "hub2"))
    assert refused.status == REFUSED
    assert "--name" in refused.err
    assert not (person / "hub2").exists()
    assert exekra("service", "install", "--home", str(person / "hub2"), "--name", "exekra-second").status == OK


def test_a_hub_that_runs_in_the_foreground_is_not_started_once_more(exekra: Exekra, person: Path) -> None:
    (person / "hub").mkdir()
    with (person / "hub/lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write('{"pid": 4711}')
        lock.flush()
        refused = exekra("service", "install")
        assert refused.status == REFUSED
        assert "4711" in refused.err
        assert "exekra down" in refused.err
        assert not (person / ".config").exists()
        (person / "active").touch()  # the one that runs is the service's own
        assert exekra("service", "install").status == OK


def test_secrets_are_refused_and_so_is_a_machine_without_systemd(
    exekra: Exekra, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEKRA_ADMIN_PASSWORD", "secret")
    refused = exekra("service", "install", "--dry-run")
    assert refused.status == REFUSED
    assert "EXEKRA_ADMIN_PASSWORD_FILE" in refused.err
    monkeypatch.delenv("EXEKRA_ADMIN_PASSWORD")
    monkeypatch.setenv("PATH", str(person))
    refused = exekra("service", "install")
    assert refused.status == REFUSED
    assert "nothing was written" in refused.err
    assert list(person.iterdir()) == []


def test_windows_is_told_where_a_hub_can_be_a_service(
    exekra: Exekra, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.hub_service.on_windows", lambda: True)
    for words in (["install"], ["remove"], ["status"]):
        refused = exekra("service", *words)
        assert refused.status == REFUSED
        assert "docker-compose.yml" in refused.err
