"""Waiting for something outside the event loop to become true, with a deadline and without a fixed sleep."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil


async def eventually(condition: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)


async def read_pids(path: Path) -> list[psutil.Process]:
    """The processes whose pids a hanging node wrote."""
    await eventually(path.exists)
    return [psutil.Process(int(pid)) for pid in path.read_text().split()]  # noqa: ASYNC240 - a test


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
