"""Claims what the bells missed: what became due every second, everything else every few seconds."""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from services.scheduler.executions.repository import dispatch, outcomes

if TYPE_CHECKING:
    from services.kit.postgres import Pool


class Reconciler:
    """`run_once` is one turn of a loop. `every_turn`: nobody else claims (there is no Redis), so look at everything."""

    def __init__(
        self,
        pool: "Pool",
        claim_here: Callable[[], Awaitable[object]],
        *,
        reconcile_seconds: float,
        every_turn: bool,
    ) -> None:
        self._pool = pool
        self._claim_here = claim_here
        self._reconcile_seconds = reconcile_seconds
        self._every_turn = every_turn
        self._next_full = 0.0

    async def run_once(self) -> None:
        """Claims if something may be claimable."""
        full = time.monotonic() >= self._next_full
        async with self._pool.acquire() as connection:
            if full:
                self._next_full = time.monotonic() + self._reconcile_seconds
                await connection.fetchval(outcomes.UNPARK_ALL)
            wanted = await dispatch.has_due(connection)
            if not wanted and (full or self._every_turn):
                wanted = await dispatch.has_claimable(connection)
        if wanted:
            await self._claim_here()
