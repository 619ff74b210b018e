"""A launch agent of the user (macOS): starts at log-in, in the session that owns the screen."""

import os
import plistlib
from pathlib import Path

from runner.service.definition import RESTART_SECONDS, Definition, Steps

FOLDER = Path("Library/LaunchAgents")
LABEL = "com.exekra.runner"


def steps(service: Definition, user_home: Path, user_id: int | None = None) -> Steps:
    """The property list and the calls of launchctl."""
    path = user_home / FOLDER / f"{LABEL}.plist"
    domain = f"gui/{os.getuid() if user_id is None else user_id}"
    return Steps(
        files={path: property_list(service)},
        replace=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        install=(("launchctl", "bootstrap", domain, str(path)),),
        remove=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        status=("launchctl", "print", f"{domain}/{LABEL}"),
        notes=(
            f"Its output: {service.log}",
            "macOS asks once whether it may control the computer and record the screen (Privacy & Security).",
        ),
    )


def property_list(service: Definition) -> str:
    """The agent's file."""
    document = {
        "Label": LABEL,
        "ProgramArguments": list(service.command),
        "EnvironmentVariables": dict(service.environment),
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": RESTART_SECONDS,
        "ExitTimeOut": service.stop_seconds,
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
        "StandardOutPath": str(service.log),
        "StandardErrorPath": str(service.log),
        "Umask": 0o077,
    }
    return plistlib.dumps(document, sort_keys=False).decode()
