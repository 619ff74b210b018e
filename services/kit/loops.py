"""Periodic work: `run_once` inside `every`. A loop that keeps failing ends its process instead of dying silently.

An outage of something else (Postgres, another service) is waited out: it is no fault of this process.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from services.kit.translation import is_outage

log = structlog.get_logger()

FAILURES_IN_A_ROW = 10
"""After so many the exception is let out: the supervisor restarts the process and somebody sees it."""

BACKOFF_SECONDS = 5.0
"""Longest extra wait after a failed turn."""


async def every(
    seconds: float,
    run_once: Callable[[], Awaitable[object]],
    *,
    stop: asyncio.Event,
    wake: asyncio.Event | None = None,
    name: str = "",
) -> None:
    """Runs at once, then each `seconds` or as soon as `wake` is set, until `stop`. Raises the last failure."""
    failures = 0
    while not stop.is_set():
        if wake is not None:
            wake.clear()
        try:
            await run_once()
            failures = 0
        except Exception as error:
            failures += 1
            log.warning("loop turn failed", loop=name or run_once.__qualname__, failures=failures, error=repr(error))
            if failures >= FAILURES_IN_A_ROW and not is_outage(error):
                raise
            await wait_for_any(min(0.1 * 2 ** min(failures, 6), BACKOFF_SECONDS), stop)
        await wait_for_any(seconds, stop, *([wake] if wake else []))


async def wait_for_any(seconds: float, *events: asyncio.Event) -> None:
    """Returns when one of the events is set, or after `seconds`."""
    if any(event.is_set() for event in events):
        return
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*waiters, return_exceptions=True)
