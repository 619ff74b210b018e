"""Schedules at work: the ledger is planned ahead, and what is due fires at its second."""

import asyncio
from typing import TYPE_CHECKING

from services.scheduler.triggers.compose import make_firing
from services.scheduler.triggers.launching import Launcher
from services.scheduler.triggers.planner import Planner
from services.scheduler.triggers.repository import firing as repository

if TYPE_CHECKING:
    from services.scheduler.compose import Core

FORGOTTEN_AT_ONCE = 5_000
SOON_SECONDS = 0.2
"""After a turn that left something due: it fell due meanwhile, or another process is at it."""


class Schedules:
    """Three loops: `plan`, `fire` and `forget`. `wake` calls for `fire` when the next planned fire is due.

    Planning a hundred thousand schedules at a start takes a minute; what is planned already does not wait for it.
    """

    def __init__(self, core: "Core", launcher: Launcher) -> None:
        self._pool = core.pool
        self._poll_seconds = core.settings.poll_seconds
        self._keep_fires_days = core.settings.keep_fires_days
        self._planner = Planner(core.pool)
        self._firing = make_firing(core, launcher)
        self.wake = asyncio.Event()

    async def plan(self) -> None:
        """Fills the ledger."""
        await self._planner.run_once()

    async def fire(self) -> None:
        """Fires what is due. What is due later than the next poll is found by the poll."""
        seconds = await self._firing.run_once()
        if seconds is not None and seconds < self._poll_seconds:
            asyncio.get_running_loop().call_later(seconds if seconds > 0 else SOON_SECONDS, self.wake.set)

    async def forget(self) -> None:
        """Deletes rows of the ledger after their time."""
        while True:
            async with self._pool.acquire() as connection:
                gone = await repository.forget(connection, self._keep_fires_days, FORGOTTEN_AT_ONCE)
            if gone < FORGOTTEN_AT_ONCE:
                return
