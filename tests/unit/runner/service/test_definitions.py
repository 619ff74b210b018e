import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree

from runner.agent.settings import RunnerSettings
from runner.service import launchd, systemd, windows_task
from runner.service.definition import Definition, ServiceError, define

NASTY = 'C:\\a "b" 100% $HOME & <c> é'
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.fixture
def service(tmp_path: Path) -> Definition:
    environment = {
        "EXEKRA_RUNNER_SLOTS": "2",
        "EXEKRA_RUNNER_BROWSER": NASTY,
        "EXEKRA_RUNNER_MACHINE_SECRET": "secret",
        "EXEKRA_RUNNER_MACHINE_KEY": "key",
        "PATH": "/usr/bin",
        "DISPLAY": ":0",
    }
    return define(RunnerSettings(home=tmp_path / "home"), environment)


def test_settings_are_kept_and_secrets_and_all_else_are_not(service: Definition, tmp_path: Path) -> None:
    assert service.environment == {
        "EXEKRA_RUNNER_BROWSER": NASTY,
        "EXEKRA_RUNNER_HOME": str(tmp_path / "home"),
        "EXEKRA_RUNNER_SLOTS": "2",
    }
    assert service.command == (sys.executable, "-m", "runner", "run")
    assert service.stop_seconds >= 60 + 15


def test_a_value_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="EXEKRA_RUNNER_BROWSER"):
        define(RunnerSettings(home=tmp_path), {"EXEKRA_RUNNER_BROWSER": "a\nExecStartPre=/bin/evil"})


def test_the_unit_starts_with_the_screen_where_there_is_one(service: Definition, tmp_path: Path) -> None:
    text = systemd.unit_text(service)
    assert "WantedBy=graphical-session.target" in text
    assert "KillMode=mixed" in text
    assert f"TimeoutStopSec={service.stop_seconds}" in text
    without = define(RunnerSettings(home=tmp_path), {})
    assert "WantedBy=default.target" in systemd.unit_text(without)
    assert "graphical" not in systemd.unit_text(without)


def test_words_of_the_unit_stand_for_themselves(service: Definition) -> None:
    line = next(line for line in systemd.unit_text(service).splitlines() if "BROWSER" in line)
    assert line == r'Environment="EXEKRA_RUNNER_BROWSER=C:\\a \"b\" 100%% $HOME & <c> é"'


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and not os.environ.get("CI"), reason="there is no systemd-analyze"
)
def test_systemd_finds_nothing_wrong_with_the_unit(service: Definition, tmp_path: Path) -> None:
    [(path, text)] = systemd.steps(service, tmp_path).files.items()
    assert path == tmp_path / ".config/systemd/user/exekra-runner.service"
    unit = tmp_path / path.name
    unit.write_text(text)
    command = ["systemd-analyze", "verify", "--user", "--man=no", "--recursive-errors=no", str(unit)]
    checked = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path)}
    )
    complaints = [line for line in checked.stderr.splitlines() if path.name in line]
    assert complaints == []


def test_the_launch_agent_is_a_property_list_in_the_session_of_the_screen(service: Definition, tmp_path: Path) -> None:
    steps = launchd.steps(service, tmp_path, user_id=501)
    [(path, text)] = steps.files.items()
    assert path == tmp_path / "Library/LaunchAgents/com.exekra.runner.plist"
    document = plistlib.loads(text.encode())
    assert document["Label"] == path.stem
    assert document["ProgramArguments"] == list(service.command)
    assert document["EnvironmentVariables"] == dict(service.environment)
    assert document["LimitLoadToSessionType"] == "Aqua"
    assert document["KeepAlive"] is True
    assert document["RunAtLoad"] is True
    assert document["ExitTimeOut"] == service.stop_seconds
    assert steps.install == (("launchctl", "bootstrap", "gui/501", str(path)),)


def test_a_quotation_mark_that_would_end_a_command_of_a_batch_file_is_refused(service: Definition) -> None:
    with pytest.raises(ServiceError, match="EXEKRA_RUNNER_BROWSER"):
        windows_task.steps(service, account="ada")


def test_the_task_starts_at_the_log_on_of_its_person_on_that_persons_desktop(service: Definition) -> None:
    plain = replace(service, environment={"EXEKRA_RUNNER_SLOTS": "2"})
    steps = windows_task.steps(plain, account="CORP\\ada & co")
    task = ElementTree.fromstring(steps.files[service.home / "task.xml"].encode("utf-16"))
    assert task.tag == f"{TASK}Task"
    assert task.findtext(f"{TASK}Triggers/{TASK}LogonTrigger/{TASK}UserId") == "CORP\\ada & co"
    principal = task.find(f"{TASK}Principals/{TASK}Principal")
    assert principal is not None
    assert principal.findtext(f"{TASK}LogonType") == "InteractiveToken"
    assert principal.findtext(f"{TASK}RunLevel") == "LeastPrivilege"
    settings = task.find(f"{TASK}Settings")
    assert settings is not None
    assert settings.findtext(f"{TASK}ExecutionTimeLimit") == "PT0S"
    assert settings.findtext(f"{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    assert task.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Command") == str(service.home / "start.cmd")


def test_the_start_script_sets_what_a_task_does_not_inherit(service: Definition) -> None:
    given = replace(service, environment={"EXEKRA_RUNNER_BROWSER": "C:\\100% & <c> é"})
    lines = windows_task.start_script(given).split("\r\n")
    assert 'set "EXEKRA_RUNNER_BROWSER=C:\\100%% & <c> é"' in lines
    assert lines[-2].endswith('-m runner run >>"' + str(service.log) + '" 2>&1')
