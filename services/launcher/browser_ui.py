"""Has the browser UI built when the Hub runs from its sources: beside the start, because the Hub is of use without it.

An installed Hub brings the built pages along; then there is nothing to do. How they are built is the script's business.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.launcher.console import Console

SCRIPT: Final = Path(__file__).resolve().parent.parent.parent / "scripts/ui.py"
END_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 0.05


async def build_browser_ui(console: Console, script: Path = SCRIPT) -> None:
    """Build what is not built yet, telling its progress; a failure is only told. Cancelled, it ends the build."""
    if not await asyncio.to_thread(script.exists):
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        "build",
        "--while-stdin",
        stdin=asyncio.subprocess.PIPE,  # ends with this process, however that ends
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Node and what it starts are ended together with the script
    )
    assert process.stdout is not None
    last = ""
    try:
        async for line in process.stdout:
            last = line.decode(errors="replace").strip() or last
            console.progress(last)
        if await process.wait() != 0:
            console.warn(f"there is no browser UI: {last}")
    finally:
        await _end(process)


async def _end(script: asyncio.subprocess.Process) -> None:
    """Ends the script and what it started: npm goes on for a while after whoever called it has gone.

    Cancelled once more, it waits no longer and kills.
    """
    with suppress(ProcessLookupError):
        os.killpg(script.pid, signal.SIGTERM)
        try:
            for _ in range(int(END_SECONDS / LOOK_SECONDS)):
                await asyncio.sleep(LOOK_SECONDS)
                os.killpg(script.pid, 0)  # raises once nobody is left
        finally:
            os.killpg(script.pid, signal.SIGKILL)
    # Not before: it also waits until nobody holds the script's output any more.
    await script.wait()
