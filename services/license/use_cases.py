"""What the license service does: answer what is allowed, and hand out seats."""

from typing import TYPE_CHECKING, Final, Protocol

from services.license import repository
from services.license.errors import holder_missing, seats_exhausted, seats_frozen, unknown_seat_kind
from services.license.model import RUNNER_SEAT, Entitlement, Seat, Standing
from services.license.repository import Announcement

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

OFFERED_SECONDS: Final = 72 * 3_600.0
"""For so long an announcement is offered to whoever tells people of it."""


class Book(Protocol):
    """Knows what holds: the library of installed licences."""

    async def standing(self, connection: "Connection") -> Standing:
        """What holds now."""
        ...

    async def install(self, text: str) -> None:
        """Puts a licence in force, or refuses it."""
        ...


class Licensing:
    """The entitlement in force and its seats."""

    def __init__(self, pool: "Pool", book: Book) -> None:
        self._pool = pool
        self._book = book

    async def standing(self) -> tuple[Standing, int]:
        """What holds now, and the runner seats in use."""
        async with self._pool.acquire() as connection:
            return await self._book.standing(connection), await repository.count(connection, RUNNER_SEAT)

    async def install(self, text: str) -> tuple[Standing, int]:
        """Puts a licence in force and says what holds then. Raises why it is refused."""
        await self._book.install(text)
        return await self.standing()

    async def verdict(self) -> tuple[Entitlement, list[Announcement]]:
        """What holds now, and what people are to be told of."""
        async with self._pool.acquire() as connection:
            standing = await self._book.standing(connection)
            return standing.entitlement, await repository.list_announcements(connection, OFFERED_SECONDS)

    async def acquire_seat(self, kind: str, holder_id: str) -> Seat:
        """The holder's seat, the one it has or a free one. Raises LICENCE_SEATS_EXHAUSTED, LICENCE_FROZEN."""
        async with self._pool.acquire() as connection, connection.transaction():
            entitlement = (await self._book.standing(connection)).entitlement
            limit = _limit(entitlement, kind, holder_id)
            if entitlement.frozen and not await repository.is_held(connection, kind, holder_id):
                raise seats_frozen(kind)
            number = await repository.acquire(connection, kind, holder_id, limit)
        if number is None:
            raise seats_exhausted(kind, limit)
        return Seat(number=number, limit=limit)

    async def release_seat(self, kind: str, holder_id: str) -> None:
        """Frees the holder's seat; nothing changes when it holds none."""
        _limit(Entitlement(), kind, holder_id)
        async with self._pool.acquire() as connection:
            await repository.release(connection, kind, holder_id)


def _limit(entitlement: Entitlement, kind: str, holder_id: str) -> int:
    limit = entitlement.seats(kind)
    if limit is None:
        raise unknown_seat_kind(kind)
    if not holder_id:
        raise holder_missing()
    return limit
