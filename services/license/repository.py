"""The license service's SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.identity import Principal

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('exekra seats ' || $1, 0))"
HELD = "SELECT number FROM seat WHERE kind = $1 AND holder_id = $2"
# Counted as well: after a larger licence, seats above the limit may still be held.
LOWEST_FREE = """SELECT number FROM generate_series(1, $2::integer) AS free (number)
 WHERE NOT EXISTS (SELECT FROM seat WHERE seat.kind = $1 AND seat.number = free.number)
   AND (SELECT count(*) FROM seat WHERE seat.kind = $1) < $2
 ORDER BY number LIMIT 1"""
INSERT = "INSERT INTO seat (kind, holder_id, number) VALUES ($1, $2, $3)"
DELETE = "DELETE FROM seat WHERE kind = $1 AND holder_id = $2"
COUNT = "SELECT count(*) FROM seat WHERE kind = $1"
READ_INSTALLED = """SELECT i.id AS installation_id, i.mark, l.id AS licence_id, l.sealed, l.installed_at,
  l.installed_by_name
 FROM installation i LEFT JOIN licence l ON l.id = i.licence_id"""
LOCK_INSTALLED = READ_INSTALLED + " FOR UPDATE OF i"
SAVE_LICENCE = """INSERT INTO licence (id, sealed, installed_by_kind, installed_by_id, installed_by_name)
 VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, installed_at = now(),
  installed_by_kind = excluded.installed_by_kind, installed_by_id = excluded.installed_by_id,
  installed_by_name = excluded.installed_by_name"""
PUT_IN_FORCE = "UPDATE installation SET licence_id = $1"
SAVE_MARK = "UPDATE installation SET mark = $1"
ANNOUNCE = """INSERT INTO announcement (licence_id, stage, id, data) VALUES ($1, $2, $3, $4)
 ON CONFLICT DO NOTHING RETURNING true"""
LIST_ANNOUNCEMENTS = """SELECT id, stage, at, data FROM announcement
 WHERE at > now() - make_interval(secs => $1) ORDER BY at, id"""


@dataclass(frozen=True, slots=True)
class Installed:
    """The installation and the licence in force; `licence_id` is None in the community edition."""

    installation_id: str
    mark: bytes | None
    licence_id: str | None
    sealed: bytes
    installed_at: datetime | None
    installed_by: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """One stage of a licence as people are told of it; `data` is JSON."""

    id: str
    stage: str
    at: datetime
    data: str


async def acquire(connection: "Connection", kind: str, holder_id: str, limit: int) -> int | None:
    """The seat the holder has or now gets, the lowest free one; None when all are taken.

    Acquisitions of one kind follow each other, so a limit holds whoever asks at the same time: the lock is the
    caller's until its transaction ends.
    """
    await connection.execute(LOCK, kind)
    held: int | None = await connection.fetchval(HELD, kind, holder_id)
    if held is not None:
        return held
    free: int | None = await connection.fetchval(LOWEST_FREE, kind, limit)
    if free is not None:
        await connection.execute(INSERT, kind, holder_id, free)
    return free


async def is_held(connection: "Connection", kind: str, holder_id: str) -> bool:
    """Whether the holder has a seat."""
    return await connection.fetchval(HELD, kind, holder_id) is not None


async def release(connection: "Connection", kind: str, holder_id: str) -> None:
    """Frees the holder's seat if it has one."""
    await connection.execute(DELETE, kind, holder_id)


async def count(connection: "Connection", kind: str) -> int:
    """Seats of a kind in use."""
    number: int = await connection.fetchval(COUNT, kind)
    return number


async def read_installed(connection: "Connection", *, lock: bool = False) -> Installed:
    """What is in force; locked, nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK_INSTALLED if lock else READ_INSTALLED)
    assert row is not None
    return Installed(
        installation_id=str(row["installation_id"]),
        mark=row["mark"],
        licence_id=row["licence_id"],
        sealed=row["sealed"] or b"",
        installed_at=row["installed_at"],
        installed_by=row["installed_by_name"] or "",
    )


async def put_in_force(connection: "Connection", licence_id: str, sealed: bytes, by: Principal) -> None:
    """Keeps a licence; from now on it is the one that counts."""
    await connection.execute(SAVE_LICENCE, licence_id, sealed, by.kind, by.id, by.name)
    await connection.execute(PUT_IN_FORCE, licence_id)


async def save_mark(connection: "Connection", sealed: bytes) -> None:
    """Keeps the latest time that was seen."""
    await connection.execute(SAVE_MARK, sealed)


async def announce(connection: "Connection", licence_id: str, stage: str, identifier: str, data: str) -> bool:
    """False when it was told of before."""
    return bool(await connection.fetchval(ANNOUNCE, licence_id, stage, identifier, data))


async def list_announcements(connection: "Connection", seconds: float) -> list[Announcement]:
    """Those of the last `seconds`, oldest first."""
    rows = await connection.fetch(LIST_ANNOUNCEMENTS, seconds)
    return [Announcement(str(row["id"]), row["stage"], row["at"], row["data"]) for row in rows]
