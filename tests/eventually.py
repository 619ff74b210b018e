"""Waiting for what another process does: polled with a deadline, never slept for."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 60.0
"""A machine that others use answers late; what never comes is told within the time of a test all the same."""


async def eventually(check: Callable[[], T | Awaitable[T]], seconds: float = PATIENCE_SECONDS) -> T:
    """The first true answer of `check`. Raises AssertionError with its last answer after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = check()
        answer: T = await found if inspect.isawaitable(found) else found
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(f"not within {seconds} s; the last answer was {answer!r}")
        await asyncio.sleep(POLL_SECONDS)
