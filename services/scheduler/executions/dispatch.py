"""Dispatch: claims what can be claimed and sends the offers; the same code in the arq job, the loops and in process."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.scheduler.executions.model import Offer
from services.scheduler.executions.offers import Courier
from services.scheduler.executions.repository import dispatch as repository
from services.scheduler.executions.ringer import Ringer

if TYPE_CHECKING:
    from services.kit.postgres import Pool

CLAIMED_AT_ONCE = 50
DISPATCH_SECONDS = 1.0
"""One run claims no longer than this; whoever asked may ask again."""


class Dispatcher:
    """`run` may be called by several at once: claims never wait for each other."""

    def __init__(self, pool: "Pool", courier: Courier, ringer: Ringer) -> None:
        self._pool = pool
        self._courier = courier
        self._ringer = ringer

    async def run(self) -> int:
        """Claims until nothing is claimable or a second is over; answers how many offers were made."""
        until = time.monotonic() + DISPATCH_SECONDS
        total = 0
        deliveries: list[asyncio.Task[bool]] = []
        try:
            while time.monotonic() < until:
                async with self._pool.acquire() as connection:
                    offers = await repository.claim(connection, CLAIMED_AT_ONCE)
                if offers:
                    total += len(offers)
                    deliveries.append(asyncio.create_task(self.deliver(offers)))
                if len(offers) == CLAIMED_AT_ONCE:
                    continue
                came_back = any([await delivery for delivery in deliveries])
                deliveries.clear()
                if not came_back:
                    break
        finally:
            await asyncio.gather(*deliveries)
        return total

    async def deliver(self, offers: Sequence[Offer]) -> bool:
        """Sends them to their runners. True when some came back to the queue."""
        self._ringer.ring({"executions", "runners", *(f"execution:{offer.execution_id}" for offer in offers)})
        aftermath = await self._courier.deliver(offers)
        self._ringer.ring(aftermath.topics)
        return aftermath.dispatch
