"""Forgets deliveries after their time, in short transactions. Held ones stay: they still wait for their execution."""

from typing import TYPE_CHECKING

from services.scheduler.webhooks.repository import inbox

if TYPE_CHECKING:
    from services.kit.postgres import Pool

FORGOTTEN_AT_ONCE = 1_000


async def forget_deliveries(pool: "Pool", days: int) -> None:
    """Deletes what arrived longer ago than so many days."""
    forgotten = FORGOTTEN_AT_ONCE
    while forgotten == FORGOTTEN_AT_ONCE:
        async with pool.acquire() as connection:
            forgotten = await inbox.forget(connection, days, FORGOTTEN_AT_ONCE)
