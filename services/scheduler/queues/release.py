"""Ends what nobody else will: handlings whose execution is over, leases, deadlines. And forgets old items.

Any number of processes may release; each item is judged locked, by what is committed then.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from services.scheduler.queues import handling_repository as handlings
from services.scheduler.queues import item_repository
from services.scheduler.queues.lifecycle import ItemStatus
from services.scheduler.queues.model import end_handling

if TYPE_CHECKING:
    from services.kit.postgres import Pool

BATCH = 200
FORGOTTEN_AT_ONCE = 500

log = structlog.get_logger()


class Release:
    """`run_once` is one turn of a loop."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def run_once(self) -> None:
        """Ends what is over by now."""
        async with self._pool.acquire() as connection:
            items = await handlings.find_over(connection, BATCH)
            await item_repository.expire(connection, BATCH)
        for item_id in items:
            await self._end(item_id)

    async def _end(self, item_id: str) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            item = await handlings.lock(connection, item_id)
            if item is None or item.status is not ItemStatus.IN_PROGRESS:
                return
            ending = await handlings.why_over(connection, item_id)
            if ending is None:
                return
            step = end_handling(item, ending)
            await handlings.apply(connection, step)
        assert ending.failure is not None
        log.info("a work item was given up", item=item_id, reason=ending.failure.code, status=step.status.value)


async def forget_items(pool: "Pool", keep_days: float) -> None:
    """Deletes items settled longer ago; what waits or is lost is never forgotten."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    while True:
        async with pool.acquire() as connection:
            if await item_repository.forget(connection, before, FORGOTTEN_AT_ONCE) < FORGOTTEN_AT_ONCE:
                return
