"""The seats' SQL."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('exekra seats ' || $1, 0))"
HELD = "SELECT number FROM seat WHERE kind = $1 AND holder_id = $2"
LOWEST_FREE = """SELECT number FROM generate_series(1, $2::integer) AS free (number)
 WHERE NOT EXISTS (SELECT FROM seat WHERE seat.kind = $1 AND seat.number = free.number)
 ORDER BY number LIMIT 1"""
INSERT = "INSERT INTO seat (kind, holder_id, number) VALUES ($1, $2, $3)"
DELETE = "DELETE FROM seat WHERE kind = $1 AND holder_id = $2"
COUNT = "SELECT count(*) FROM seat WHERE kind = $1"


async def acquire(connection: "Connection", kind: str, holder_id: str, limit: int) -> int | None:
    """The seat the holder has or now gets, the lowest free one; None when all are taken.

    Acquisitions of one kind follow each other (advisory lock), so a limit holds whoever asks at the same time.
    """
    async with connection.transaction():
        await connection.execute(LOCK, kind)
        held: int | None = await connection.fetchval(HELD, kind, holder_id)
        if held is not None:
            return held
        free: int | None = await connection.fetchval(LOWEST_FREE, kind, limit)
        if free is not None:
            await connection.execute(INSERT, kind, holder_id, free)
        return free


async def release(connection: "Connection", kind: str, holder_id: str) -> None:
    """Frees the holder's seat if it has one."""
    await connection.execute(DELETE, kind, holder_id)


async def count(connection: "Connection", kind: str) -> int:
    """Seats of a kind in use."""
    number: int = await connection.fetchval(COUNT, kind)
    return number
