"""Forgets deliveries and rejections after their time, in short transactions. Held deliveries stay: they still wait."""

from typing import TYPE_CHECKING

from services.scheduler.webhooks.repository import inbox, rejections

if TYPE_CHECKING:
    from services.kit.postgres import Pool

FORGOTTEN_AT_ONCE = 1_000
KEPT_REJECTIONS = 1_000
"""Of each trigger: as many addresses as somebody who cares can look at."""


async def forget_deliveries(pool: "Pool", days: int) -> None:
    """Deletes what arrived longer ago than so many days."""
    forgotten = FORGOTTEN_AT_ONCE
    while forgotten == FORGOTTEN_AT_ONCE:
        async with pool.acquire() as connection:
            forgotten = await inbox.forget(connection, days, FORGOTTEN_AT_ONCE)


async def forget_rejections(pool: "Pool", days: int) -> None:
    """Deletes those not seen for so many days, and of each trigger all but the latest."""
    async with pool.acquire() as connection:
        await rejections.forget(connection, days, KEPT_REJECTIONS)
