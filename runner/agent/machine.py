"""What this machine is and how it is doing: load for the heartbeats, capabilities for the Hub's choice."""

import platform
import shutil
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from runner.desktop import availability
from runner.nodes.browser import program
from runner.nodes.scripts import permission


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """CPU and memory in percent of the machine, memory and disk in bytes; disk is where the journal stands."""

    at: datetime
    cpu_percent: float
    memory_percent: float
    memory_used: int
    memory_total: int
    disk_free: int
    disk_total: int


def measure(home: Path) -> MachineLoad:
    """The load since the last call (CPU) and now (the rest). The first call's CPU is 0."""
    memory = psutil.virtual_memory()
    disk = shutil.disk_usage(home)
    return MachineLoad(
        at=datetime.now(UTC),
        cpu_percent=psutil.cpu_percent(),
        memory_percent=memory.percent,
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        disk_free=disk.free,
        disk_total=disk.total,
    )


def capabilities() -> tuple[str, ...]:
    """What nodes may require that is really here: the operating system, a browser, a screen, leave to run scripts.

    Cheap enough to be asked at every poll: the screen is looked at in a thread of its own, every ten seconds.
    """
    found = {f"os:{_system()}"}
    if program.missing() is None:
        found.add("browser")
    if availability.desktop().is_there:
        found.add(availability.DESKTOP)
    if availability.ocr().is_there:
        found.add(availability.OCR)
    if permission.missing() is None:
        found.add("scripts")
    return tuple(sorted(found))


def hostname() -> str:
    """The machine's name as people know it."""
    return socket.gethostname()


def description() -> str:
    """Operating system, its release, processor and Python, for the Hub's list of runners."""
    return f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"


def _system() -> str:
    return {"linux": "linux", "darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
