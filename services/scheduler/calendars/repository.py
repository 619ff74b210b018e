"""SQL of calendars and their ICS sources, and who uses them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from services.scheduler.calendars.documents import read_entries, write_entries
from services.scheduler.calendars.errors import name_taken
from services.scheduler.calendars.ics import IcsDays
from services.scheduler.calendars.model import Calendar, CalendarKind, Source
from services.scheduler.executions.model import Actor

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_COLUMNS = """c.id, c.name, c.description, c.kind, c.timezone, c.entries, c.revision, c.created_at, c.updated_at,
 c.creator_kind, c.creator_id, c.creator_name, s.url, s.days, s.events, s.notes, s.fetched_at, s.checked_at,
 s.problem"""
_FROM = "FROM calendar c LEFT JOIN calendar_source s ON s.calendar_id = c.id"
INSERT = """INSERT INTO calendar (id, name, description, kind, timezone, entries, creator_kind, creator_id,
 creator_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
SELECT = f"SELECT {_COLUMNS} {_FROM} WHERE c.id = $1"
LOCK = "SELECT id FROM calendar WHERE id = $1 FOR NO KEY UPDATE"
LOCK_TO_DELETE = "SELECT id FROM calendar WHERE id = $1 FOR UPDATE"
LIST = f"""SELECT {_COLUMNS} {_FROM}
 WHERE ($1 = '' OR strpos(lower(c.name), lower($1)) > 0 OR strpos(lower(c.description), lower($1)) > 0)
   AND ($2::text IS NULL OR (lower(c.name), c.id) > ($2, $3::uuid))
 ORDER BY lower(c.name), c.id LIMIT $4"""
UPDATE = """UPDATE calendar SET name = $2, description = $3, kind = $4, timezone = $5, entries = $6,
 revision = revision + 1, updated_at = now() WHERE id = $1"""
TOUCH = "UPDATE calendar SET revision = revision + 1, updated_at = now() WHERE id = $1"
DELETE = "DELETE FROM calendar WHERE id = $1"
USERS = """SELECT t.id, t.name, used.calendar_id FROM schedule s JOIN trigger t ON t.id = s.trigger_id
 CROSS JOIN LATERAL unnest(s.calendars) AS used (calendar_id)
 WHERE s.calendars && $1::uuid[] AND used.calendar_id = ANY ($1::uuid[]) AND t.deleted_at IS NULL
 ORDER BY t.name, t.id LIMIT $2"""
REPLAN = """SELECT replan_schedules(array_agg(s.trigger_id)) FROM schedule s
 WHERE s.calendars @> ARRAY[$1::uuid] HAVING count(*) > 0"""
SAVE_SOURCE = """INSERT INTO calendar_source (calendar_id, url, document, sha256, days, events, notes, etag,
 last_modified, next_check_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10))
 ON CONFLICT (calendar_id) DO UPDATE SET url = excluded.url, document = excluded.document, sha256 = excluded.sha256,
  days = excluded.days, events = excluded.events, notes = excluded.notes, etag = excluded.etag,
  last_modified = excluded.last_modified, fetched_at = now(), checked_at = now(),
  next_check_at = excluded.next_check_at, failures = 0, problem = ''"""
DELETE_SOURCE = "DELETE FROM calendar_source WHERE calendar_id = $1 RETURNING calendar_id"
READ_SOURCE = """SELECT s.calendar_id, c.timezone, s.url, s.document, s.sha256, s.days, s.etag,
 s.last_modified, s.failures
 FROM calendar_source s JOIN calendar c ON c.id = s.calendar_id WHERE s.calendar_id = $1"""
TAKE_DUE = """UPDATE calendar_source SET next_check_at = now() + make_interval(secs => $1)
 WHERE calendar_id = (SELECT calendar_id FROM calendar_source WHERE next_check_at <= now()
  ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING calendar_id"""
CHECKED = """UPDATE calendar_source SET checked_at = now(), failures = 0, problem = '',
 next_check_at = now() + make_interval(secs => $2) WHERE calendar_id = $1"""
FAILED = """UPDATE calendar_source SET checked_at = now(), failures = failures + 1, problem = $2,
 next_check_at = now() + make_interval(secs => $3) WHERE calendar_id = $1"""
RULES = f"SELECT {_COLUMNS} {_FROM} WHERE c.id = ANY ($1::uuid[])"
REVISIONS = "SELECT id, revision FROM calendar WHERE id = ANY ($1::uuid[])"
FIND = """SELECT id, lower(name) AS name FROM calendar WHERE id = ANY ($1::uuid[]) OR lower(name) = ANY ($2::text[])
 ORDER BY id FOR KEY SHARE"""


@dataclass(frozen=True, slots=True)
class KeptSource:
    """The last good copy of an ICS document and how it was got."""

    calendar_id: str
    timezone: str
    url: str
    document: bytes
    sha256: str
    days: bytes
    etag: str
    last_modified: str
    failures: int


@dataclass(frozen=True, slots=True)
class NewSource:
    """A document that was read. `next_check_seconds`: when it is looked at again."""

    url: str
    document: bytes
    sha256: str
    found: IcsDays
    next_check_seconds: float
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A trigger whose schedule stands on a calendar."""

    trigger_id: str
    name: str


async def insert(connection: "Connection", calendar: Calendar) -> None:
    """Raises NAME_TAKEN; the transaction is then over."""
    by = calendar.created_by
    try:
        await connection.execute(INSERT, calendar.id, *_values(calendar), by.kind, by.id, by.name)
    except asyncpg.UniqueViolationError:
        raise name_taken(calendar.name) from None


async def update(connection: "Connection", calendar: Calendar) -> None:
    """Writes a locked calendar. Raises NAME_TAKEN; the transaction is then over."""
    try:
        await connection.execute(UPDATE, calendar.id, *_values(calendar))
    except asyncpg.UniqueViolationError:
        raise name_taken(calendar.name) from None


async def find(connection: "Connection", calendar_id: str) -> Calendar | None:
    """None when it is unknown."""
    row = await connection.fetchrow(SELECT, calendar_id)
    return _calendar(row) if row else None


async def lock(connection: "Connection", calendar_id: str, *, to_delete: bool = False) -> Calendar | None:
    """As `find`, and nobody else changes it until the transaction ends; `to_delete`: nor begins to use it."""
    await connection.fetchval(LOCK_TO_DELETE if to_delete else LOCK, calendar_id)
    # Read by a statement of its own: it sees what was committed while the lock was waited for.
    return await find(connection, calendar_id)


async def list_calendars(
    connection: "Connection", query: str, after: tuple[str, str] | None, limit: int
) -> list[Calendar]:
    """By name; `after` is (name in lower case, id) of the last one shown."""
    name, calendar_id = after or (None, None)
    return [_calendar(row) for row in await connection.fetch(LIST, query, name, calendar_id, limit)]


async def touch(connection: "Connection", calendar_id: str) -> None:
    """Its days changed."""
    await connection.execute(TOUCH, calendar_id)


async def delete(connection: "Connection", calendar_id: str) -> None:
    """Removes it with its source."""
    await connection.execute(DELETE, calendar_id)


async def users(connection: "Connection", calendar_ids: Sequence[str], limit: int) -> dict[str, list[User]]:
    """Up to `limit` triggers that stand on these calendars, by calendar."""
    found: dict[str, list[User]] = {}
    for row in await connection.fetch(USERS, calendar_ids, limit):
        found.setdefault(str(row["calendar_id"]), []).append(User(str(row["id"]), row["name"]))
    return found


async def replan(connection: "Connection", calendar_id: str) -> None:
    """What schedules on this calendar had planned is planned anew."""
    await connection.execute(REPLAN, calendar_id)


async def save_source(connection: "Connection", calendar_id: str, source: NewSource) -> None:
    """In place of an earlier one."""
    await connection.execute(
        SAVE_SOURCE,
        calendar_id,
        source.url,
        source.document,
        source.sha256,
        dump_days(source.found.days),
        source.found.events,
        list(source.found.notes),
        source.etag,
        source.last_modified,
        source.next_check_seconds,
    )


async def delete_source(connection: "Connection", calendar_id: str) -> bool:
    """True when there was one."""
    return await connection.fetchval(DELETE_SOURCE, calendar_id) is not None


async def read_source(connection: "Connection", calendar_id: str) -> KeptSource | None:
    """The document and how it was got; None when there is none."""
    row = await connection.fetchrow(READ_SOURCE, calendar_id)
    return KeptSource(**{**row, "calendar_id": str(row["calendar_id"])}) if row else None


async def take_due(connection: "Connection", busy_seconds: float) -> str | None:
    """The calendar whose source is to be looked at next; nobody else takes it for so long."""
    taken = await connection.fetchval(TAKE_DUE, busy_seconds)
    return None if taken is None else str(taken)


async def mark_checked(connection: "Connection", calendar_id: str, next_check_seconds: float) -> None:
    """Nothing new."""
    await connection.execute(CHECKED, calendar_id, next_check_seconds)


async def mark_failed(connection: "Connection", calendar_id: str, problem: str, next_check_seconds: float) -> None:
    """The last good copy stays."""
    await connection.execute(FAILED, calendar_id, problem, next_check_seconds)


async def revisions(connection: "Connection", calendar_ids: Sequence[str]) -> dict[str, int]:
    """Of those that exist."""
    return {str(row["id"]): row["revision"] for row in await connection.fetch(REVISIONS, calendar_ids)}


async def find_many(connection: "Connection", calendar_ids: Sequence[str]) -> list[Calendar]:
    """Those that exist."""
    return [_calendar(row) for row in await connection.fetch(RULES, calendar_ids)]


async def find_names(connection: "Connection", ids: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Id by id and by name (in lower case); none of them is deleted until the transaction ends."""
    found: dict[str, str] = {}
    for row in await connection.fetch(FIND, ids, names):
        found |= {str(row["id"]): str(row["id"]), row["name"]: str(row["id"])}
    return found


def dump_days(days: Mapping[date, str]) -> bytes:
    """As the source keeps them."""
    return json.dumps({day.isoformat(): title for day, title in days.items()}, ensure_ascii=False).encode()


def load_days(stored: bytes) -> dict[date, str]:
    """What `dump_days` wrote."""
    return {date.fromisoformat(day): title for day, title in json.loads(stored).items()}


def _values(calendar: Calendar) -> tuple[Any, ...]:
    entries = write_entries(calendar.entries)
    return calendar.name, calendar.description, calendar.kind, calendar.timezone, entries


def _calendar(row: Any) -> Calendar:
    imported = load_days(row["days"]) if row["days"] is not None else {}
    return Calendar(
        id=str(row["id"]),
        name=row["name"],
        description=row["description"],
        kind=CalendarKind(row["kind"]),
        timezone=row["timezone"],
        entries=read_entries(row["entries"]),
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=Actor(row["creator_kind"], row["creator_id"], row["creator_name"]),
        source=_source(row, imported) if row["url"] is not None else None,
        imported=imported,
    )


def _source(row: Any, imported: Mapping[date, str]) -> Source:
    fetched_at: datetime = row["fetched_at"]
    return Source(
        url=row["url"],
        fetched_at=fetched_at,
        checked_at=row["checked_at"],
        events=row["events"],
        days=len(imported),
        first_day=min(imported, default=None),
        last_day=max(imported, default=None),
        problem=row["problem"],
        notes=tuple(row["notes"]),
    )
