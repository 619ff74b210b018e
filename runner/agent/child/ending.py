"""Ends processes that may go on making others while they are looked for, and keeps orphans where they are found.

What belongs together is decided by the callers; here is how it is held still, looked for again, and killed.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

LOOK_SECONDS: Final = 0.01
"""Between two looks that found nothing new."""
QUIET_LOOKS: Final = 3
"""So many looks in a row must find nothing new before it counts as all."""
PHASE_SECONDS: Final = 2.0
"""The most that each phase takes, holding still and killing: what forks for ever is not waited for for ever."""
_PR_SET_CHILD_SUBREAPER: Final = 36
_SETTLED_SECONDS: Final = 1.0
"""A process this old carries the environment and session that it will keep; a younger one may be about to start."""


def adopt_orphans() -> None:
    """Become the parent of whatever this process's descendants leave behind, whichever session it went to (Linux).

    A daemon, or one of a row of processes that each start the next and end, stays a descendant by that.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants() -> int:
    """Kill everything below this process; returns how many there were."""
    if not _children(os.getpid()):
        return 0  # as nearly always; an execution does not wait for several looks at nothing
    return Kin(psutil.Process()).end()


class Orphans:
    """Adopted processes that ended: nobody else asks for their status, and each would keep its number for ever."""

    def __init__(self) -> None:
        self._ended: set[psutil.Process] = set()

    def reap(self) -> None:
        """Release what had ended at the last call already; whoever started one itself has asked by then."""
        ended = set()
        for pid in _children(os.getpid()):
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                if process.status() == psutil.STATUS_ZOMBIE:
                    ended.add(process)
        for process in ended & self._ended:
            with suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
        self._ended = ended


class Kin:
    """Processes that are to end together: one, all below it, and what `belongs` knows anywhere on the machine.

    This process is never among them, though it may be the one whose descendants are to end.
    """

    def __init__(self, root: psutil.Process | None, belongs: Callable[[psutil.Process], bool] | None = None) -> None:
        self._root = root
        self._belongs = belongs
        self._found: dict[int, psutil.Process] = {}
        self._strangers = {os.getpid()}
        self._began = time.time()

    def end(self) -> int:
        """Hold all of them still, then kill them, the root last; returns how many there were.

        The root outlives the others because it may be what adopts them: held still, it also keeps the number of
        each child that ends from being given to another process.
        """
        self._repeat(self._hold)
        self._repeat(self._kill)
        if self._root is not None and self._root.pid in self._found:
            _send(self._root, kill=True)
        return len(self._found)

    def _repeat(self, look: Callable[[], int]) -> None:
        quiet = 0
        deadline = time.monotonic() + PHASE_SECONDS
        while quiet < QUIET_LOOKS and time.monotonic() < deadline:
            if look():
                quiet = 0
            else:
                quiet += 1
                time.sleep(LOOK_SECONDS)

    def _hold(self) -> int:
        """Hold still what is new. Each at once when it is found: the next moment it may have a successor."""
        held = 0
        for process in self._look():
            self._found[process.pid] = process
            _send(process, kill=False)
            held += 1
        return held

    def _kill(self) -> int:
        known = len(self._found)
        self._hold()
        for process in self._found.values():
            if process != self._root:
                _send(process, kill=True)
        return len(self._found) - known

    def _look(self) -> Iterator[psutil.Process]:
        if self._root is not None:
            yield from self._fresh([self._root.pid])
            yield from self._below(self._root.pid)
        if self._belongs is None:
            return
        for pid in psutil.pids():
            if pid in self._strangers or pid in self._found:
                continue
            try:
                process = psutil.Process(pid)
                if self._belongs(process):
                    yield process
                    yield from self._below(pid)
                elif process.create_time() < self._began - _SETTLED_SECONDS:
                    self._strangers.add(pid)
            except (psutil.Error, OSError):
                # Gone, or another account's.
                continue

    def _below(self, pid: int) -> Iterator[psutil.Process]:
        waiting, seen = [pid], {pid, os.getpid()}
        while waiting:
            children = [child for child in _children(waiting.pop()) if child not in seen]
            yield from self._fresh(children)
            seen.update(children)
            waiting.extend(children)

    def _fresh(self, pids: list[int]) -> Iterator[psutil.Process]:
        for pid in pids:
            if pid not in self._found and pid != os.getpid():
                with suppress(psutil.Error):
                    yield psutil.Process(pid)


def _children(pid: int) -> list[int]:
    """Of all threads of the process. The kernel's own list is read in microseconds, the table of processes is not."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        pass
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _send(process: psutil.Process, *, kill: bool) -> None:
    """To its group, which takes a fork in progress along, and to itself, in case it is in ours.

    Sessions of an execution are its own, so its groups hold nobody else.
    """
    if sys.platform != "win32":
        number = signal.SIGKILL if kill else signal.SIGSTOP
        with suppress(OSError):
            group = os.getpgid(process.pid)
            if group != os.getpgrp() and process.is_running():
                os.killpg(group, number)
    with suppress(psutil.Error):
        process.kill() if kill else process.suspend()
