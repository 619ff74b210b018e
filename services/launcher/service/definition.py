"""Which Hub runs as a service: its command, as whom, how long it may take to stop; not how a system writes it down."""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.service.definition import ServiceError
from services.launcher.backing import POSTGRES_DRAIN_SECONDS
from services.launcher.composition import DRAIN_MARGIN_SECONDS, FRONT_RANK
from services.launcher.pairing import DRAIN_SECONDS as RUNNER_DRAIN_SECONDS

DEFAULT_NAME: Final = "exekra-hub"
SETTINGS_NAME: Final = "service.env"
STOP_MARGIN_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class HubService:
    """One Hub as a service. `account` is empty for a service of the person who installs it, else the machine's."""

    name: str
    home: Path
    account: str
    stop_seconds: int
    """After which the system may kill it: every process has had its time to end by then."""

    @property
    def of_machine(self) -> bool:
        """Whether it starts with the machine rather than with a person's session."""
        return bool(self.account)

    @property
    def command(self) -> tuple[str, ...]:
        """What runs; `-P`: nothing is imported from where it happens to start."""
        return (sys.executable, "-P", "-m", "services.launcher", "up")

    @property
    def settings(self) -> Path:
        """Its environment, one `NAME="value"` a line."""
        return self.home / SETTINGS_NAME

    @property
    def log(self) -> Path:
        """Where its output goes on systems that do not keep one themselves."""
        return self.home / "service.log"


def define(home: Path, drain_seconds: float, name: str = DEFAULT_NAME, account: str | None = None) -> HubService:
    """The service of the Hub in `home`: of the machine when root installs it, of the person otherwise.

    It runs as `account`, which only root may choose; else as the owner of the data folder. Raises ServiceError.
    """
    root = home.expanduser().absolute()
    for text in (str(root), sys.executable):
        if not text.isprintable():
            raise ServiceError(f"{text!r} holds characters that a service's file cannot keep.")
    if not name or name.startswith("-") or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise ServiceError(f"{name!r} cannot be the name of a service: use letters, digits, - and _.")
    if os.geteuid() != 0:
        if account is not None:
            raise ServiceError("Only root chooses the account of a service: leave it out, or run this as root.")
        runs_as = ""
    else:
        runs_as = _known(account) if account is not None else _owner(root)
    return HubService(name, root, runs_as, stop_seconds(drain_seconds))


def stop_seconds(drain_seconds: float) -> int:
    """The longest time that a Hub takes to stop: its runner, then each rank of services, then the database."""
    services = (FRONT_RANK + 1) * (drain_seconds + DRAIN_MARGIN_SECONDS)
    return round(RUNNER_DRAIN_SECONDS + services + POSTGRES_DRAIN_SECONDS + STOP_MARGIN_SECONDS)


def _known(account: str) -> str:
    try:
        return pwd.getpwnam(account).pw_name
    except KeyError:
        raise ServiceError(f"There is no account {account} on this machine.") from None


def _owner(home: Path) -> str:
    try:
        return pwd.getpwuid(home.stat().st_uid).pw_name
    except FileNotFoundError:
        return "root"
    except KeyError:
        raise ServiceError(f"{home} belongs to no account of this machine: name one with --account.") from None
