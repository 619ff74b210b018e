"""Ends everything a script started: its process group, and what left that group, known by a mark in its environment."""

import os
import signal
from contextlib import suppress

import psutil

from runner.agent.child.ending import Kin
from runner.nodes.scripts.surroundings import MARK


def ask_to_end(pid: int) -> None:
    """SIGTERM to the script's group; where there are no groups, nothing."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGTERM)


def kill_family(pid: int, mark: str) -> None:
    """Kill all of it, also what makes others meanwhile. Looks at every process of the machine: milliseconds."""
    Kin(_script(pid), lambda process: process.environ().get(MARK) == mark).end()
    if hasattr(os, "killpg"):
        # What the script left in its group when it ended, without the mark.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _script(pid: int) -> psutil.Process | None:
    """The script itself, unless it ended and its number went to another process."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.ppid() == os.getpid():
            return process
    return None
