"""Jobs of launchd (macOS): a daemon of the machine for root, an agent of the user for everybody else."""

import os
import plistlib
from pathlib import Path

from runner.service.definition import RESTART_SECONDS, Steps
from services.launcher.service.definition import HubService

MACHINE_FOLDER = Path("/Library/LaunchDaemons")
USER_FOLDER = Path("Library/LaunchAgents")
LABEL_PREFIX = "com.exekra."

_START = 'set -a && . "$0" && set +a && exec "$@"'
"""launchd knows no file of settings: a shell reads it and becomes the Hub."""


def steps(service: HubService, user_home: Path, user_id: int | None = None) -> Steps:
    """The property list and the calls of launchctl."""
    label = LABEL_PREFIX + service.name
    folder = MACHINE_FOLDER if service.of_machine else user_home / USER_FOLDER
    domain = "system" if service.of_machine else f"gui/{os.getuid() if user_id is None else user_id}"
    path = folder / f"{label}.plist"
    notes = [f"Its output: {service.log}"]
    if not service.of_machine:
        notes.append("It starts at your log-on and ends when you log out; installed by root it starts with the machine")
    return Steps(
        files={path: property_list(service)},
        replace=(("launchctl", "bootout", f"{domain}/{label}"),),
        install=(("launchctl", "bootstrap", domain, str(path)),),
        remove=(("launchctl", "bootout", f"{domain}/{label}"),),
        status=("launchctl", "print", f"{domain}/{label}"),
        notes=tuple(notes),
    )


def property_list(service: HubService) -> str:
    """The job's file."""
    document = {
        "Label": LABEL_PREFIX + service.name,
        "ProgramArguments": ["/bin/sh", "-c", _START, str(service.settings), *service.command],
        "WorkingDirectory": str(service.home),
        "RunAtLoad": True,
        # Again when it fails, not when it was stopped on purpose.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": RESTART_SECONDS,
        "ExitTimeOut": service.stop_seconds,
        "StandardOutPath": str(service.log),
        "StandardErrorPath": str(service.log),
        "Umask": 0o077,
        **({"UserName": service.account} if service.of_machine else {}),
    }
    return plistlib.dumps(document, sort_keys=False).decode()
