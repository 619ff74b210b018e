"""Processes that cannot be mistaken for others."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from services.launcher.processes import identify, record_process, recorded_processes, stop_leftovers


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def test_a_leftover_is_stopped_and_its_file_removed(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record_process(tmp_path, "scheduler", sleeper.pid)
    assert list(recorded_processes(tmp_path)) == ["scheduler"]
    assert stop_leftovers(tmp_path) == ["scheduler"]
    assert identify(sleeper.pid) is None
    assert list(tmp_path.iterdir()) == []


def test_a_gentle_leftover_may_write_its_state_down(tmp_path: Path) -> None:
    folder, state = tmp_path / "processes", tmp_path / "state"
    folder.mkdir()
    program = (
        "import pathlib, signal, sys\n"
        "def write(*_): pathlib.Path(sys.argv[1]).touch(); sys.exit()\n"
        "signal.signal(signal.SIGINT, write); print('ready', flush=True)\n"
        "while True: signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(state)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        record_process(folder, "postgres", process.pid)
        assert stop_leftovers(folder, ("postgres",)) == ["postgres"]
    assert state.exists()


def test_a_process_that_got_the_number_later_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    earlier = replace(identity, started=identity.started - 1)
    (tmp_path / "scheduler.json").write_text(json.dumps(asdict(earlier)))
    assert stop_leftovers(tmp_path) == []
    assert sleeper.poll() is None


def test_a_torn_file_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "scheduler.json").write_text('{"pid":')
    assert stop_leftovers(tmp_path) == []


def test_a_file_that_is_forgotten_while_the_folder_is_read_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "scheduler.json").symlink_to(tmp_path / "forgotten")  # listed, and not there any more when it is read
    assert recorded_processes(tmp_path) == {}


def test_a_process_that_has_ended_has_no_identity(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    # Until it is waited for, a dead process is still listed by the kernel.
    while sleeper.poll() is None:
        continue
    assert identify(sleeper.pid) is None
