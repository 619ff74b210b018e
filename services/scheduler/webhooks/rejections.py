"""Deliveries that were turned away at the door: nothing of them is kept but how often, from where, and why.

So an integrator sees why a sender is not heard, and whoever floods the door makes one row grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.kit.batches import Batches
from services.kit.errors import DomainError
from services.kit.ids import is_id
from services.scheduler.webhooks.errors import trigger_not_found
from services.scheduler.webhooks.model import Rejection
from services.scheduler.webhooks.repository import inbox, rejections

if TYPE_CHECKING:
    from services.kit.postgres import Pool

NOTED_AT_ONCE = 500
LISTED = 200


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """One delivery that was not let in."""

    trigger_id: str
    reason: str
    ip: str
    message: str


class Rejections:
    """Those that are turned away at the same time share a statement, one at a time: the door stays open for others."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._noting: Batches[TurnedAway, None] = Batches(self._note, most=NOTED_AT_ONCE, at_once=1)

    async def note(self, trigger_id: str, ip: str, refusal: DomainError) -> None:
        """Counts one more. Raises UNAVAILABLE while the database is away."""
        await self._noting.do(TurnedAway(trigger_id, refusal.reason, ip, refusal.message))

    async def find(self, trigger_id: str) -> list[Rejection]:
        """The latest first, at most 200. Raises TRIGGER_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            if not is_id(trigger_id) or not await inbox.trigger_exists(connection, trigger_id):
                raise trigger_not_found()
            return await rejections.list_rejections(connection, trigger_id, LISTED)

    async def _note(self, turned_away: Sequence[TurnedAway]) -> Sequence[None]:
        async with self._pool.acquire() as connection:
            await rejections.count(
                connection, [(one.trigger_id, one.reason, one.ip, one.message) for one in turned_away]
            )
        return [None] * len(turned_away)
