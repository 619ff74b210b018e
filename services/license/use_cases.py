"""What the license service does: answer what is allowed, and hand out seats."""

from typing import TYPE_CHECKING

from services.license import repository
from services.license.errors import holder_missing, seats_exhausted, unknown_seat_kind
from services.license.model import COMMUNITY, RUNNER_SEAT, Entitlement, Seat

if TYPE_CHECKING:
    from services.kit.postgres import Pool


class Licensing:
    """The entitlement in force and its seats."""

    def __init__(self, pool: "Pool", entitlement: Entitlement = COMMUNITY) -> None:
        self._pool = pool
        self._entitlement = entitlement

    @property
    def entitlement(self) -> Entitlement:
        """What holds now."""
        return self._entitlement

    async def acquire_seat(self, kind: str, holder_id: str) -> Seat:
        """The holder's seat, the one it has or a free one. Raises LICENCE_SEATS_EXHAUSTED."""
        limit = self._limit(kind, holder_id)
        async with self._pool.acquire() as connection:
            number = await repository.acquire(connection, kind, holder_id, limit)
        if number is None:
            raise seats_exhausted(kind, limit)
        return Seat(number=number, limit=limit)

    async def release_seat(self, kind: str, holder_id: str) -> None:
        """Frees the holder's seat; nothing changes when it holds none."""
        self._limit(kind, holder_id)
        async with self._pool.acquire() as connection:
            await repository.release(connection, kind, holder_id)

    async def count_runners(self) -> int:
        """Runner seats in use."""
        async with self._pool.acquire() as connection:
            return await repository.count(connection, RUNNER_SEAT)

    def _limit(self, kind: str, holder_id: str) -> int:
        limit = self._entitlement.seats(kind)
        if limit is None:
            raise unknown_seat_kind(kind)
        if not holder_id:
            raise holder_missing()
        return limit
