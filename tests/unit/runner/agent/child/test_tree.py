import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from runner.agent.child.tree import MARK, Member, Roster, kill_tree, start_time

ATTEMPT = f"attempt-{os.getpid()}"
"""A mark of this run alone: whatever carries it is killed, also where several runs share a machine."""
_PARENT = """
import os, subprocess, sys, time
sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", sleeper])
daemon = subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=True)
print(child.pid, daemon.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def family() -> Iterator[tuple[Member, list[psutil.Process]]]:
    """A process in its own session, its child, and a daemon that left the session; all marked."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, MARK: ATTEMPT},
    )
    assert parent.stdout is not None
    pids = [parent.pid, *map(int, parent.stdout.readline().split())]
    yield Member(parent.pid, start_time(parent.pid), ATTEMPT), [psutil.Process(pid) for pid in pids]
    for pid in pids:
        if psutil.pid_exists(pid):
            os.kill(pid, 9)
    parent.wait()
    parent.stdout.close()


def all_gone(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes):
            return True
    return False


def test_the_whole_tree_is_killed_wherever_it_went(family: tuple[Member, list[psutil.Process]]) -> None:
    member, processes = family
    assert kill_tree(member) == 3
    assert all_gone(processes)


def test_what_is_left_without_its_parent_is_found(family: tuple[Member, list[psutil.Process]]) -> None:
    member, (parent, *rest) = family
    parent.kill()
    assert all_gone([parent])
    assert kill_tree(member) >= 2
    assert all_gone(rest)


def test_a_process_that_took_over_the_pid_is_left_alone(family: tuple[Member, list[psutil.Process]]) -> None:
    member, processes = family
    older = Member(member.pid, member.started_at - 100, "another-attempt")
    assert kill_tree(older) == 0
    assert all(process.is_running() for process in processes)


def test_leftovers_are_killed_once_and_forgotten(family: tuple[Member, list[psutil.Process]], tmp_path: Path) -> None:
    member, processes = family
    Roster(tmp_path).add(member)
    (tmp_path / "torn.json").write_text('{"pid": 1')
    assert Roster(tmp_path).kill_leftovers() == 3
    assert all_gone(processes)
    assert list(tmp_path.iterdir()) == []
