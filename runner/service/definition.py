"""What runs as a service: the command, its environment, and what a system has to write and to call for it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.agent.settings import PREFIX, RunnerSettings

SECRET_NAMES = frozenset({f"{PREFIX}MACHINE_KEY", f"{PREFIX}MACHINE_SECRET"})
"""Never written into a service's file: pairing keeps them in a private one."""
RESTART_SECONDS = 10
STOP_MARGIN_SECONDS = 30


class ServiceError(Exception):
    """The service cannot be installed, removed or asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Definition:
    """The service, whatever the system. Times in seconds."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    home: Path
    stop_seconds: int
    """After which the system may kill it: its work has had its time to end by then."""
    has_screen: bool
    """Whether it is installed from a session with a screen."""

    @property
    def log(self) -> Path:
        """Where its output goes on systems that do not keep one themselves."""
        return self.home / "service.log"


@dataclass(frozen=True, slots=True)
class Steps:
    """What a system needs; commands that may fail because nothing is installed are `replace`, `remove`, `removed`."""

    files: Mapping[Path, str] = field(default_factory=dict)
    """Content by path."""
    replace: tuple[tuple[str, ...], ...] = ()
    """Before installing: ends what an earlier installation left."""
    install: tuple[tuple[str, ...], ...] = ()
    """After writing."""
    remove: tuple[tuple[str, ...], ...] = ()
    """Before the files are removed."""
    removed: tuple[tuple[str, ...], ...] = ()
    """After that."""
    status: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know besides."""


def define(settings: RunnerSettings, environment: Mapping[str, str] | None = None) -> Definition:
    """The service of this installation and this home. Raises ServiceError for an environment that cannot be kept."""
    given = os.environ if environment is None else environment
    kept = {name: value for name, value in given.items() if name.startswith(PREFIX) and name not in SECRET_NAMES}
    kept = {**kept, f"{PREFIX}HOME": str(settings.home.absolute())}
    for name, value in kept.items():
        if not value.isprintable():
            raise ServiceError(f"{name} holds characters that a service's file cannot keep.")
    return Definition(
        name="exekra-runner",
        command=(sys.executable, "-m", "runner", "run"),
        environment=dict(sorted(kept.items())),
        home=settings.home.absolute(),
        stop_seconds=round(settings.drain_seconds + settings.stop_seconds + STOP_MARGIN_SECONDS),
        has_screen=sys.platform in {"darwin", "win32"} or bool(given.get("DISPLAY") or given.get("WAYLAND_DISPLAY")),
    )
