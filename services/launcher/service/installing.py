"""Installs, removes and asks the Hub's service on this system. Writing and running are the runner's service's."""

import pwd
import shutil
import sys
from html import unescape
from pathlib import Path
from typing import Final

from runner.service import installing
from runner.service.definition import ServiceError, Steps
from runner.service.installing import Run, run_command
from services.launcher.home import Home, holder
from services.launcher.service import launchd, systemd
from services.launcher.service.definition import HubService
from services.launcher.service.settings_file import write_settings

_OTHERS: Final = (
    "A Hub runs as a service on Linux (systemd) and macOS (launchd). Elsewhere let your own supervisor keep "
    "`exekra up` running, or use the containers of docker-compose.yml."
)


def steps_for(service: HubService, platform: str = sys.platform) -> Steps:
    """What this system needs. Raises ServiceError where no such service is known (Windows, say)."""
    if platform == "linux":
        return systemd.steps(service, Path.home())
    if platform == "darwin":
        return launchd.steps(service, Path.home())
    raise ServiceError(f"No service is known for this system ({platform}). {_OTHERS}")


def install(service: HubService, steps: Steps, settings: str, run: Run = run_command) -> None:
    """Write the settings and the service's file and start it; what was there is replaced. Raises ServiceError."""
    program = steps.install[0][0]
    if run is run_command and shutil.which(program) is None:
        raise ServiceError(f"{program} is not there, nothing was written. {_OTHERS}")
    for path in steps.files:
        if path.exists() and not _serves(path, service):
            raise ServiceError(f"{path} belongs to a Hub in another data folder: choose another --name.")
    process = holder(Home(root=service.home, sockets=service.home))
    if process is not None and run(steps.status)[0]:
        raise ServiceError(f"A Hub runs in {service.home} already (process {process}): stop it first, `exekra down`.")
    write_settings(service.settings, settings, _identity(service.account) if service.account else None)
    installing.install(steps, run)


def remove(steps: Steps, run: Run = run_command) -> list[Path]:
    """Stop the service and remove its file; returns what was there. Data folder and settings stay."""
    return installing.remove(steps, run)


def _serves(path: Path, service: HubService) -> bool:
    """Whether the file of a service names this Hub's settings; each system escapes in its own way."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return str(service.settings) in unescape(text.replace("%%", "%"))


def _identity(account: str) -> tuple[int, int]:
    entry = pwd.getpwnam(account)
    return entry.pw_uid, entry.pw_gid
