"""Ends everything an execution started, and whatever an agent that was killed left behind.

A process belongs to an execution when it descends from the execution's process, is in its session, or carries its
mark in the environment (a daemon that left both). A pid alone is never trusted: the start time must agree.
"""

import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from runner.agent.child.ending import Kin

MARK = "EXEKRA_ATTEMPT"
"""Environment name that programs started by an execution inherit; its value is the attempt's id."""
_CLOCK_SLACK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """An execution's process: what must be known to find all of it again after the agent was killed."""

    pid: int
    started_at: float
    attempt_id: str


def start_time(pid: int) -> float:
    """When the process started (wall clock); raises psutil.NoSuchProcess."""
    return psutil.Process(pid).create_time()


def kill_group(pid: int) -> None:
    """Kill the process and what is still in its group; cheap, enough for an execution that ended by itself."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)  # TerminateProcess on Windows


def kill_tree(member: Member) -> int:
    """Kill every process of the execution, wherever it went and while it makes others; returns how many there were.

    Blocks for some hundredths of a second, for seconds when they fork without pause.
    """
    root = _root(member)
    return Kin(root, partial(_belongs, member=member, session_is_ours=root is not None)).end()


def _root(member: Member) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(member.pid)
        if abs(process.create_time() - member.started_at) <= _CLOCK_SLACK_SECONDS:
            return process
    return None


def _belongs(process: psutil.Process, member: Member, *, session_is_ours: bool) -> bool:
    if process.create_time() < member.started_at - _CLOCK_SLACK_SECONDS:
        return False
    if hasattr(os, "getsid") and os.getsid(process.pid) == member.pid:
        # A session keeps its number as long as it has members; only a new leader of that number makes it another's.
        return session_is_ours or not psutil.pid_exists(member.pid)
    return bool(member.attempt_id) and process.environ().get(MARK) == member.attempt_id


class Roster:
    """The processes that work for this agent, one small file each, for the next agent to clean up after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, member: Member) -> None:
        """Note a process. Not synced: after a power cut there is no process either."""
        document = {"pid": member.pid, "startedAt": member.started_at, "attemptId": member.attempt_id}
        self._path(member.pid).write_text(json.dumps(document), encoding="utf-8")

    def remove(self, pid: int) -> None:
        """It is gone."""
        self._path(pid).unlink(missing_ok=True)

    def kill_leftovers(self) -> int:
        """End what an earlier agent left; returns how many processes there were."""
        killed = 0
        for path in self._folder.glob("*.json"):
            with suppress(ValueError, KeyError):
                document = json.loads(path.read_text(encoding="utf-8"))
                killed += kill_tree(Member(document["pid"], document["startedAt"], document["attemptId"]))
            path.unlink(missing_ok=True)
        return killed

    def _path(self, pid: int) -> Path:
        return self._folder / f"{pid}.json"
