"""Building the browser UI beside the start: progress is told, a failure is only told, a stop ends it."""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from services.launcher.browser_ui import build_browser_ui
from services.launcher.console import Console
from tests.eventually import eventually


async def run_script(folder: Path, text: str) -> list[str]:
    """What the console says of a build made by this script."""
    script, said = folder / "ui.py", list[str]()
    script.write_text(text)
    await build_browser_ui(Console("console", said.append), script)
    return [line.partition("] ")[2] for line in said]


async def test_progress_is_told(tmp_path: Path) -> None:
    said = await run_script(tmp_path, "import sys\nassert sys.argv[1] == 'build'\nprint('building')")
    assert said == ["building"]


async def test_a_failure_is_only_told(tmp_path: Path) -> None:
    said = await run_script(tmp_path, "import sys\nprint('ui: no network', file=sys.stderr)\nsys.exit(1)")
    assert said[-1] == "warning: there is no browser UI: ui: no network"


async def test_an_installed_hub_builds_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    await build_browser_ui(Console("console", said.append), tmp_path / "nothing.py")
    assert said == []


async def test_stopping_the_hub_ends_the_build(tmp_path: Path) -> None:
    script, said = tmp_path / "ui.py", list[str]()
    script.write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    build = asyncio.create_task(build_browser_ui(Console("console", said.append), script))
    await eventually(lambda: said)
    pid = int(said[0].partition("] ")[2])
    build.cancel()
    with suppress(asyncio.CancelledError):
        await build
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("orders", [1, 2])
async def test_what_the_build_started_is_ended_with_it_even_if_it_will_not(tmp_path: Path, orders: int) -> None:
    script, said = tmp_path / "ui.py", list[str]()
    stubborn = (
        "import signal, os, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
    )
    script.write_text(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {stubborn!r}])")
    build = asyncio.create_task(build_browser_ui(Console("console", said.append), script))
    await eventually(lambda: said)
    pid = int(said[0].partition("] ")[2])
    for _ in range(orders):
        build.cancel()
        await asyncio.sleep(0)
    with suppress(asyncio.CancelledError):
        await build
    await eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


async def test_a_build_ends_with_a_hub_that_was_killed() -> None:
    waits = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    build = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"from scripts import ui; ui.end_with_stdin(); {waits}",
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    (started,) = await eventually(psutil.Process(build.pid).children)
    assert build.stdin is not None
    build.stdin.close()
    assert await asyncio.wait_for(build.wait(), 20) == -signal.SIGKILL
    await eventually(lambda: not started.is_running())
