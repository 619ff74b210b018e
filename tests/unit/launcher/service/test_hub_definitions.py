import os
import plistlib
import pwd
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runner.service.definition import ServiceError
from services.launcher.service import launchd, systemd
from services.launcher.service.definition import HubService, define
from services.launcher.service.installing import steps_for


@pytest.fixture
def of_machine(tmp_path: Path) -> HubService:
    return HubService("exekra-hub", tmp_path / "100% hub", account="ada", stop_seconds=122)


@pytest.fixture
def of_person(of_machine: HubService) -> HubService:
    return replace(of_machine, account="")


def lines_of(service: HubService) -> list[str]:
    return systemd.unit_text(service).splitlines()


def test_a_hub_has_longer_to_stop_than_its_services_drain(tmp_path: Path) -> None:
    quick, slow = (define(tmp_path, drain_seconds=seconds).stop_seconds for seconds in (10, 60))
    # Its runner, three ranks of services one after the other, the database.
    assert quick >= 20 + 3 * 10 + 30
    assert slow - quick == 3 * 50


def test_the_unit_restarts_what_failed_and_drains_what_is_stopped(of_machine: HubService) -> None:
    lines = lines_of(of_machine)
    assert {"Restart=on-failure", "KillMode=mixed", "TimeoutStopSec=122", "OOMPolicy=continue"} <= set(lines)
    assert f'ExecStart="{sys.executable}" "-P" "-m" "services.launcher" "up"' in lines


def test_the_unit_reads_its_settings_from_a_file_and_has_none_itself(of_machine: HubService, tmp_path: Path) -> None:
    lines = lines_of(of_machine)
    assert f"EnvironmentFile={tmp_path}/100%% hub/service.env" in lines
    assert not any(line.startswith("Environment=") for line in lines)


def test_root_makes_a_service_of_the_machine_and_others_one_of_their_own(
    of_machine: HubService, of_person: HubService, tmp_path: Path
) -> None:
    assert {"User=ada", "WantedBy=multi-user.target", "After=network-online.target"} <= set(lines_of(of_machine))
    assert not {"User=ada", "WantedBy=multi-user.target"} & set(lines_of(of_person))
    assert "WantedBy=default.target" in lines_of(of_person)
    assert list(systemd.steps(of_machine, tmp_path).files) == [Path("/etc/systemd/system/exekra-hub.service")]
    own = systemd.steps(of_person, tmp_path)
    assert list(own.files) == [tmp_path / ".config/systemd/user/exekra-hub.service"]
    assert all(command[:2] == ("systemctl", "--user") for command in (*own.install, *own.remove, *own.removed))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("manager", ["--system", "--user"])
def test_systemd_finds_nothing_wrong_with_the_unit(of_machine: HubService, tmp_path: Path, manager: str) -> None:
    service = replace(of_machine, account="root" if manager == "--system" else "")
    service.home.mkdir()
    service.settings.write_text("")
    unit = tmp_path / "exekra-hub.service"
    unit.write_text(systemd.unit_text(service))
    command = ["systemd-analyze", "verify", manager, "--man=no", "--recursive-errors=no", str(unit)]
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.defpath}
    checked = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert [line for line in checked.stderr.splitlines() if unit.name in line] == []


def test_the_property_list_starts_a_shell_that_reads_the_settings_and_becomes_the_hub(of_machine: HubService) -> None:
    document = plistlib.loads(launchd.property_list(of_machine).encode())
    assert document["UserName"] == "ada"
    assert document["KeepAlive"] == {"SuccessfulExit": False}
    assert document["ExitTimeOut"] == 122
    assert "EnvironmentVariables" not in document
    of_machine.home.mkdir()
    of_machine.settings.write_text('EXEKRA_ADMIN_EMAIL="a b"\n')
    show = "import os, sys; print(os.environ['EXEKRA_ADMIN_EMAIL'], sys.argv[1:])"
    words = document["ProgramArguments"]
    begin = words[: words.index(sys.executable)]
    done = subprocess.run([*begin, sys.executable, "-c", show, "up"], capture_output=True, text=True, check=True)
    assert done.stdout == "a b ['up']\n"


def test_launchd_has_a_daemon_of_the_machine_and_an_agent_of_a_person(
    of_machine: HubService, of_person: HubService, tmp_path: Path
) -> None:
    (daemon,) = launchd.steps(of_machine, tmp_path).install
    (agent,) = launchd.steps(of_person, tmp_path, user_id=501).install
    assert daemon == ("launchctl", "bootstrap", "system", "/Library/LaunchDaemons/com.exekra.exekra-hub.plist")
    assert agent[2:] == ("gui/501", f"{tmp_path}/Library/LaunchAgents/com.exekra.exekra-hub.plist")


@pytest.mark.parametrize("name", ["", "-hub", "a b", "../x", "hub.service", "h\nx", "hüb"])
def test_a_name_that_is_none_for_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServiceError, match="name of a service"):
        define(tmp_path, 10, name)


def test_a_folder_that_a_unit_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot keep"):
        define(tmp_path / "a\nExecStartPre=/bin/evil", 10)


def test_only_root_chooses_an_account_and_one_that_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not define(tmp_path, 10).of_machine
    with pytest.raises(ServiceError, match="Only root"):
        define(tmp_path, 10, account="root")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert define(tmp_path, 10, account="root").account == "root"
    assert define(tmp_path, 10).account == pwd.getpwuid(os.getuid()).pw_name
    with pytest.raises(ServiceError, match="no account"):
        define(tmp_path, 10, account="no-such-account")


def test_a_system_without_services_says_what_to_do(of_machine: HubService) -> None:
    with pytest.raises(ServiceError, match="exekra up"):
        steps_for(of_machine, "sunos5")
