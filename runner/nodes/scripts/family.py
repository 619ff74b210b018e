"""Ends everything a script started: its process group, and what left that group, known by a mark in its environment."""

import os
import signal
import sys
from contextlib import suppress

import psutil

from runner.nodes.scripts.surroundings import MARK


def ask_to_end(pid: int) -> None:
    """SIGTERM to the script's group; where there are no groups, nothing."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGTERM)


def kill_family(pid: int, mark: str) -> None:
    """Kill all of it at once. Looks at every process of the machine, which takes milliseconds."""
    found = _with_descendants(pid) if sys.platform == "win32" else []
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
    for process in found:
        with suppress(psutil.Error):
            process.kill()


def _with_descendants(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    return []
