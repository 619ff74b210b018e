"""Schedules at work: the ledger is planned ahead, and what is due fires at its second."""

import asyncio
from typing import TYPE_CHECKING

from services.scheduler.triggers.compose import make_firing
from services.scheduler.triggers.firing import Launcher
from services.scheduler.triggers.planner import Planner
from services.scheduler.triggers.repository import firing as repository

if TYPE_CHECKING:
    from services.scheduler.compose import Core

FORGOTTEN_AT_ONCE = 5_000


class Schedules:
    """`run_once` is one turn of a loop; `wake` calls for the next one when the next planned fire is due."""

    def __init__(self, core: "Core", launcher: Launcher) -> None:
        self._pool = core.pool
        self._poll_seconds = core.settings.poll_seconds
        self._keep_fires_days = core.settings.keep_fires_days
        self._planner = Planner(core.pool)
        self._firing = make_firing(core, launcher)
        self.wake = asyncio.Event()

    async def run_once(self) -> None:
        """Plans, then fires."""
        await self._planner.run_once()
        seconds = await self._firing.run_once()
        # Later ones are found by the poll; one that is due but cannot be taken now belongs to another process.
        if seconds is not None and 0 <= seconds < self._poll_seconds:
            asyncio.get_running_loop().call_later(seconds, self.wake.set)

    async def forget(self) -> None:
        """Deletes rows of the ledger after their time."""
        while True:
            async with self._pool.acquire() as connection:
                gone = await repository.forget(connection, self._keep_fires_days, FORGOTTEN_AT_ONCE)
            if gone < FORGOTTEN_AT_ONCE:
                return
