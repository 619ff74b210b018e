"""Who a process is: its number and the instant it started, because numbers are used again.

It writes one file per child into the data folder and stops, at the next start, what a killed supervisor left behind.
It starts nothing.
"""

import json
import os
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from services.launcher.home import write_private_file

LEFTOVER_SECONDS: Final = 10.0


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that cannot be mistaken for a later one with the same number.

    `started` is the kernel's own count since boot on Linux (a stepped clock does not move it), seconds since the
    epoch elsewhere; `boot` tells boots apart.
    """

    pid: int
    started: float
    boot: str


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a living process; None if there is none (a zombie is none)."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessIdentity(pid=pid, started=_started(process), boot=_boot())
    except psutil.NoSuchProcess:
        return None


def record_process(folder: Path, name: str, pid: int) -> None:
    """Remember the named child. A child that is gone already leaves no file."""
    identity = identify(pid)
    if identity:
        write_private_file(folder / f"{name}.json", json.dumps(asdict(identity)).encode())


def forget_process(folder: Path, name: str) -> None:
    """The named child has ended and been waited for."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def recorded_processes(folder: Path) -> dict[str, ProcessIdentity]:
    """The remembered children that still live, by name. A supervisor may write and forget them meanwhile."""
    alive: dict[str, ProcessIdentity] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            remembered = ProcessIdentity(**json.loads(file.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            continue
        if identify(remembered.pid) == remembered:
            alive[file.stem] = remembered
    return alive


def stop_leftovers(folder: Path, gently: Iterable[str] = ()) -> list[str]:
    """Stop the children of a supervisor that was killed and clear their files; returns the names of those that lived.

    Those named in `gently` (the database) get SIGINT and time to write their state down; all others hold nothing
    that a kill could damage.
    """
    alive = recorded_processes(folder)
    for name, identity in alive.items():
        _signal(identity, signal.SIGINT if name in gently else signal.SIGKILL)
    _, stubborn = psutil.wait_procs(_handles(alive.values()), timeout=LEFTOVER_SECONDS)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=LEFTOVER_SECONDS)
    for file in folder.glob("*.json"):
        file.unlink()
    return list(alive)


def _handles(identities: Iterable[ProcessIdentity]) -> list[psutil.Process]:
    handles = []
    for identity in identities:
        try:
            handles.append(psutil.Process(identity.pid))
        except psutil.NoSuchProcess:
            continue
    return handles


def _signal(identity: ProcessIdentity, number: int) -> None:
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return


def _started(process: psutil.Process) -> float:
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return float(process.create_time())
    return float(stat.rpartition(")")[2].split()[19])  # field 22; the name before ")" may hold spaces


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except FileNotFoundError:
        return ""
