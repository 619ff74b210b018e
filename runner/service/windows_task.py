"""A scheduled task at log-on (Windows): runs as the person who is signed in, on that person's desktop.

A Windows service would run in a session of its own, without a screen to click on.
"""

import getpass
import os
from pathlib import Path
from subprocess import list2cmdline
from xml.etree import ElementTree as ET

from runner.service.definition import RESTART_SECONDS, Definition, ServiceError, Steps

NAME = "Exekra runner"
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_MINUTE = 60
_RESTARTS = 999


def steps(service: Definition, account: str | None = None) -> Steps:
    """The task's description, the script it starts, and the calls of schtasks. Raises ServiceError."""
    for name, value in service.environment.items():
        if '"' in value:
            raise ServiceError(f"{name} holds a quotation mark, which no batch file can keep.")
    script = service.home / "start.cmd"
    description = service.home / "task.xml"
    return Steps(
        files={script: start_script(service), description: task_xml(script, account or _account())},
        replace=(("schtasks", "/End", "/TN", NAME),),
        install=(
            ("schtasks", "/Create", "/TN", NAME, "/XML", str(description), "/F"),
            ("schtasks", "/Run", "/TN", NAME),
        ),
        remove=(("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/TN", NAME, "/F")),
        status=("schtasks", "/Query", "/TN", NAME, "/V", "/FO", "LIST"),
        notes=(f"Its output: {service.log}",),
    )


def start_script(service: Definition) -> str:
    """A batch file: a task has no environment of its own. UTF-8, with the line ends that cmd wants."""
    lines = ["@echo off", "chcp 65001 >nul"]
    lines += [f'set "{name}={_escaped(value)}"' for name, value in service.environment.items()]
    lines.append(f'{_escaped(list2cmdline(service.command))} >>"{_escaped(str(service.log))}" 2>&1')
    return "\r\n".join(lines) + "\r\n"


def task_xml(script: Path, account: str) -> str:
    """The task: at log-on of this account, with its rights and no more, again when it ends."""
    task = ET.Element("Task", version="1.2", xmlns=NAMESPACE)
    _add(_add(task, "RegistrationInfo"), "Description", "Works for an Exekra Hub on this desktop.")
    trigger = _add(_add(task, "Triggers"), "LogonTrigger")
    _add(trigger, "Enabled", "true")
    _add(trigger, "UserId", account)
    principal = _add(_add(task, "Principals"), "Principal")
    principal.set("id", "Author")
    _add(principal, "UserId", account)
    _add(principal, "LogonType", "InteractiveToken")
    _add(principal, "RunLevel", "LeastPrivilege")
    settings = _add(task, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        ("ExecutionTimeLimit", "PT0S"),
        ("Hidden", "true"),
    ):
        _add(settings, name, value)
    restart = _add(settings, "RestartOnFailure")
    _add(restart, "Interval", f"PT{max(1, RESTART_SECONDS // _MINUTE)}M")
    _add(restart, "Count", str(_RESTARTS))
    actions = _add(task, "Actions")
    actions.set("Context", "Author")
    action = _add(actions, "Exec")
    _add(action, "Command", str(script))
    _add(action, "WorkingDirectory", str(script.parent))
    ET.indent(task)
    # The file is written as UTF-16, which is what schtasks writes itself.
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"


def _account() -> str:
    domain = os.environ.get("USERDOMAIN")
    return f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
