"""Scripts that do not want to end. Each is bounded in number and in time, whatever becomes of the test."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from runner.agent.child.tree import MARK, Member, kill_tree, start_time

MOST_SECONDS = 15
ATTEMPT = f"ending-{os.getpid()}"
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux alone")

EXECUTION = """
import subprocess, sys, time
from runner.agent.child.ending import adopt_orphans
adopt_orphans()
subprocess.Popen([sys.executable, "-S", "-c", sys.argv[1], sys.argv[2]], env={"PATH": "/usr/bin:/bin"}, **WHERE)
print("up", flush=True)
time.sleep(120)
"""
"""What an execution's process is to what it runs; nothing that it starts carries the mark."""
DEAF = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
def note():
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\\n")
until = time.monotonic() + 60
"""
GRANDCHILDREN = f"""{DEAF}
for _ in range(3):
    note()
    if os.fork():
        time.sleep(60)
        os._exit(0)
note()
time.sleep(60)
"""
DAEMON = f"""{DEAF}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        note()
        time.sleep(60)
    os._exit(0)
time.sleep(60)
"""
ROW = f"""{DEAF}
while time.monotonic() < until:
    note()
    if os.fork():
        time.sleep(0.02)
        os._exit(0)
"""
HASTY_ROW = f"""{DEAF}
for _ in range(50_000):
    if os.fork():
        os._exit(0)
    os.setsid()
    note()
"""
"""Never two at a time for longer than a moment, each with a session of its own, and it ends by itself."""
WATCHED = f"""{DEAF}
while time.monotonic() < until:
    pid = os.fork()
    if pid == 0:
        note()
        time.sleep(60)
        os._exit(0)
    os.waitpid(pid, 0)
"""
"""Starts another as soon as one is killed."""


def start(script: str, notes: Path, *, own_session: bool) -> subprocess.Popen[bytes]:
    where = '{"start_new_session": True}' if own_session else "{}"
    return subprocess.Popen(
        [sys.executable, "-c", EXECUTION.replace("**WHERE", f"**{where}"), script, str(notes)],
        start_new_session=True,
        env={**os.environ, MARK: ATTEMPT},
    )


def lives(notes: Path) -> list[int]:
    """What still runs of all that ever noted itself."""
    running = {process.pid for process in psutil.process_iter() if carries(process, notes)}
    noted = {int(line) for line in notes.read_text().split()}
    return sorted(running | {pid for pid in noted if psutil.pid_exists(pid) and carries(psutil.Process(pid), notes)})


def carries(process: psutil.Process, notes: Path) -> bool:
    try:
        return str(notes) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def bystander() -> Iterator[psutil.Process]:
    """Of the same account, without the mark, in another session."""
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


@needs_linux
@pytest.mark.parametrize("own_session", [False, True], ids=["same session", "own session"])
@pytest.mark.parametrize(
    "script",
    [GRANDCHILDREN, DAEMON, ROW, HASTY_ROW, WATCHED],
    ids=["grandchildren", "daemon", "row", "hasty", "watched"],
)
def test_nothing_that_it_started_is_left(
    tmp_path: Path, bystander: psutil.Process, script: str, own_session: bool
) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    execution = start(script, notes, own_session=own_session)
    try:
        member = Member(execution.pid, start_time(execution.pid), ATTEMPT)
        until(lambda: len(notes.read_text().split()) >= (3 if script in {ROW, HASTY_ROW, GRANDCHILDREN} else 1))
        began = time.monotonic()
        kill_tree(member)
        assert execution.wait(10) == -9
        until(lambda: not lives(notes), MOST_SECONDS)
        assert time.monotonic() - began < MOST_SECONDS
        assert bystander.is_running()
        assert bystander.status() != psutil.STATUS_STOPPED
    finally:
        execution.kill()
        execution.wait()


LEAVING = """
import sys, time, subprocess
from pathlib import Path
from runner.agent.child.ending import Orphans, adopt_orphans, end_descendants
adopt_orphans()
notes = Path(sys.argv[2])
subprocess.run([sys.executable, "-S", "-c", sys.argv[1], str(notes)], env={"PATH": "/usr/bin:/bin"})
while not notes.read_text():
    time.sleep(0.01)
if sys.argv[3] == "end":
    print(end_descendants() > 0)
else:
    import os
    pid = int(notes.read_text())
    os.kill(pid, 9)
    orphans, calls = Orphans(), 0
    while Path(f"/proc/{pid}").exists():
        orphans.reap()
        calls += 1
        time.sleep(0.01)
    print(calls >= 2)
"""
LEFT = DAEMON.rpartition("time.sleep(60)")[0]


@needs_linux
@pytest.mark.parametrize("deed", ["end", "reap"])
def test_what_a_script_left_outside_of_everything_is_ended_and_what_ended_is_released(
    tmp_path: Path, deed: str
) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    command = [sys.executable, "-c", LEAVING, LEFT, str(notes), deed]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "True"
    assert not lives(notes)
