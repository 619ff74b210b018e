"""The supervisor over real processes: order, restarts, drains, kills, and nobody left behind."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from services.launcher.child import tied_command
from services.launcher.child_process import ChildSpec
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.home import Home, open_home
from services.launcher.processes import identify, recorded_processes
from services.launcher.supervisor import supervise
from tests.conftest import running
from tests.eventually import eventually

OBEDIENT = (
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); print('up', flush=True); signal.pause()"
)
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
)
TELLING = """
import signal, sys
def end(*_):
    print('down', flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
signal.pause()
"""
PARENT = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).pid, flush=True)
{STUBBORN}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def console(said: list[str]) -> Console:
    return Console("json", said.append)


def spec(home: Home, name: str, program: str, drain_seconds: float = 5.0) -> ChildSpec:
    async def is_up() -> None:
        log = home.logs / f"{name}.log"
        await eventually(lambda: log.exists() and "up" in log.read_text().splitlines()[-1:])

    command = partial(tied_command, (sys.executable, "-c", program), signal.SIGKILL)
    return ChildSpec(name, command, dict(os.environ), ready=is_up, ready_seconds=10, drain_seconds=drain_seconds)


async def test_processes_stop_in_the_opposite_order_and_leave_no_files(
    home: Home, console: Console, said: list[str]
) -> None:
    async with supervise(home, console) as supervisor:
        await supervisor.start(spec(home, "database", TELLING))
        await supervisor.start(spec(home, "service", TELLING))
        assert set(supervisor.processes()) == {"database", "service"} == set(recorded_processes(home.processes))
    told = [(line["service"], line["event"]) for line in map(json.loads, said)]
    assert told == [("database", "up"), ("service", "up"), ("service", "down"), ("database", "down")]
    assert list(home.processes.iterdir()) == []


async def test_of_those_that_start_together_the_higher_rank_stops_first(
    home: Home, console: Console, said: list[str]
) -> None:
    async with supervise(home, console) as supervisor:
        await supervisor.start(
            spec(home, "audit", TELLING),
            replace(spec(home, "gateway", TELLING), stop_rank=2),
            replace(spec(home, "scheduler", TELLING), stop_rank=1),
        )
    down = [line["service"] for line in map(json.loads, said) if line["event"] == "down"]
    assert down == ["gateway", "scheduler", "audit"]


async def test_what_a_dead_process_left_behind_is_ended_before_it_starts_again(home: Home, console: Console) -> None:
    async with supervise(home, console) as supervisor:
        await supervisor.start(spec(home, "service", PARENT))
        orphan = int((home.logs / "service.log").read_text().splitlines()[0])
        os.kill(supervisor.processes()["service"], signal.SIGKILL)
        await eventually(lambda: identify(orphan) is None)


async def test_a_command_that_cannot_be_made_later_is_tried_again(
    home: Home, console: Console, said: list[str]
) -> None:
    good = spec(home, "service", OBEDIENT)
    refusals: list[str] = []

    def command() -> tuple[str, ...]:
        if refusals:
            raise LaunchRefusedError(refusals.pop())
        return good.command()

    async with supervise(home, console) as supervisor:
        await supervisor.start(replace(good, command=command))
        refusals.append("the folder is locked")
        first = supervisor.processes()["service"]
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: supervisor.processes().get("service", first) != first)
    assert any("cannot be started (the folder is locked)" in line for line in said)


async def test_a_killed_process_is_started_again(home: Home, console: Console, said: list[str]) -> None:
    async with supervise(home, console) as supervisor:
        await supervisor.start(spec(home, "service", OBEDIENT))
        first = supervisor.processes()["service"]
        os.kill(first, signal.SIGKILL)
        second = await eventually(lambda: supervisor.processes().get("service", first) != first)
        assert second
    assert any("service ended with signal SIGKILL; starting it again" in line for line in said)


async def test_a_process_that_ends_while_it_starts_is_an_error_with_its_last_words(
    home: Home, console: Console
) -> None:
    with pytest.raises(ChildFailedError, match=r"(?s)service ended with exit status 3.*service.log.*no such table"):
        async with supervise(home, console) as supervisor:
            await supervisor.start(
                spec(home, "good", OBEDIENT), spec(home, "service", "print('no such table'); exit(3)")
            )
    assert list(home.processes.iterdir()) == []


async def test_a_process_that_does_not_drain_is_killed_with_what_it_started(home: Home, console: Console) -> None:
    async with supervise(home, console) as supervisor:
        await supervisor.start(spec(home, "service", PARENT, drain_seconds=0.2))
        grandchild = int((home.logs / "service.log").read_text().splitlines()[0])
    await eventually(lambda: identify(grandchild) is None)


async def test_cancelling_the_drain_ends_everything_at_once(home: Home, console: Console) -> None:
    drains = asyncio.Event()

    async def run() -> None:
        async with supervise(home, console) as supervisor:
            await supervisor.start(spec(home, "service", STUBBORN, drain_seconds=60))
            drains.set()

    task = asyncio.create_task(run())
    await drains.wait()
    await eventually(lambda: (home.processes / "service.json").exists())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 30)
    assert list(home.processes.iterdir()) == []


async def test_a_supervisor_that_is_killed_takes_its_processes_along(home: Home) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from services.launcher.console import Console\n"
        "from services.launcher.home import open_home\n"
        "from services.launcher.supervisor import supervise\n"
        "from tests.integration.launcher.test_supervisor import OBEDIENT, spec\n"
        "async def main():\n"
        "    home = open_home(Path(sys.argv[1]))\n"
        "    async with supervise(home, Console('json')) as supervisor:\n"
        "        await supervisor.start(spec(home, 'service', OBEDIENT))\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    command = (sys.executable, "-c", program, str(home.root))
    with running(command, home.root / "supervisor.log", signal.SIGKILL):
        orphan = await eventually(lambda: recorded_processes(home.processes).get("service"))
        assert orphan is not None
    await eventually(lambda: identify(orphan.pid) is None)


async def test_a_log_is_cut_into_two_files(home: Home, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.launcher.log_file.LogFile.__init__.__defaults__", (1000,))
    async with supervise(home, console) as supervisor:
        await supervisor.start(spec(home, "service", f"for _ in range(30): print('x' * 99)\n{OBEDIENT}"))
    assert (home.logs / "service.log").stat().st_size <= 1000
    assert (home.logs / "service.log.1").stat().st_size == 1000
