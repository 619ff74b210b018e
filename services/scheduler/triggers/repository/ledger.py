"""SQL of the ledger as people use it: reading it, firing by hand, and backfill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.scheduler.triggers.ledger import Outcome, Reason

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

COLUMNS = """fire_at, due_at, origin, outcome, reason, execution_id::text AS execution_id, merged_into, blocked_by,
 instants, span_until, planned_at, decided_at"""
LIST = f"""SELECT {COLUMNS} FROM fire
 WHERE trigger_id = $1 AND outcome IS NOT NULL
   AND ($2::text[] IS NULL OR outcome = ANY ($2))
   AND ($3::timestamptz IS NULL OR coalesce(span_until, fire_at) >= $3)
   AND ($4::timestamptz IS NULL OR fire_at < $4)
   AND ($5::timestamptz IS NULL OR fire_at < $5)
 ORDER BY fire_at DESC LIMIT $6"""  # noqa: S608 - a constant
INSERT_BY_HAND = """INSERT INTO fire (trigger_id, fire_at, due_at, origin, outcome, reason, execution_id, decided_at)
 SELECT $1, at, at, 'PERSON', $2, $3, $4, at FROM clock_timestamp() AS at ON CONFLICT DO NOTHING RETURNING fire_at"""
LOCK_SCHEDULE = "SELECT live_executions::text[] AS live, overlap FROM schedule WHERE trigger_id = $1 FOR UPDATE"
MISSED = f"""SELECT {COLUMNS} FROM fire
 WHERE trigger_id = $1 AND outcome = 'MISSED' AND instants = 1 AND fire_at >= $2 AND fire_at < $3
 ORDER BY fire_at LIMIT $4"""  # noqa: S608 - a constant
COUNT_MISSED = """SELECT count(*) FILTER (WHERE instants = 1) AS single,
  coalesce(sum(instants) FILTER (WHERE instants > 1), 0) AS shared
  FROM fire WHERE trigger_id = $1 AND outcome = 'MISSED' AND fire_at < $3 AND coalesce(span_until, fire_at) >= $2"""
READ_MANY = f"SELECT {COLUMNS} FROM fire WHERE trigger_id = $1 AND fire_at = ANY ($2) ORDER BY fire_at"  # noqa: S608


@dataclass(frozen=True, slots=True)
class FireRow:
    """A decided row of the ledger."""

    fire_at: datetime
    due_at: datetime
    origin: str
    outcome: Outcome
    reason: str
    execution_id: str | None
    merged_into: datetime | None
    blocked_by: str
    instants: int
    span_until: datetime | None
    planned_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows a list shows; None: all. `fire_from` is included, `fire_to` not."""

    outcomes: Sequence[Outcome] | None = None
    fire_from: datetime | None = None
    fire_to: datetime | None = None


async def list_fires(
    connection: "Connection", trigger_id: str, wanted: Filter, before: datetime | None, limit: int
) -> list[FireRow]:
    """Newest first; `before` is the instant of the last one shown."""
    outcomes = None if wanted.outcomes is None else list(wanted.outcomes)
    rows = await connection.fetch(LIST, trigger_id, outcomes, wanted.fire_from, wanted.fire_to, before, limit)
    return [_row(row) for row in rows]


async def insert_by_hand(connection: "Connection", trigger_id: str, execution_id: str, *, duplicate: bool) -> None:
    """A row of its own for a fire that nobody planned."""
    outcome = Outcome.DUPLICATE if duplicate else Outcome.FIRED
    while await connection.fetchval(INSERT_BY_HAND, trigger_id, outcome, Reason.BY_HAND, execution_id) is None:
        # The same microsecond was taken: the clock has moved on.
        pass


async def lock_schedule(connection: "Connection", trigger_id: str) -> tuple[list[str], str] | None:
    """Its living executions as last seen and its overlap rule; nobody fires it until the transaction ends.

    None for a trigger that is no schedule.
    """
    row = await connection.fetchrow(LOCK_SCHEDULE, trigger_id)
    return None if row is None else (list(row["live"]), row["overlap"])


async def find_missed(
    connection: "Connection", trigger_id: str, first: datetime, until: datetime, limit: int
) -> list[FireRow]:
    """Missed fires of the range that have a row of their own, oldest first."""
    return [_row(row) for row in await connection.fetch(MISSED, trigger_id, first, until, limit)]


async def count_missed(connection: "Connection", trigger_id: str, first: datetime, until: datetime) -> tuple[int, int]:
    """Missed fires of the range: with a row of their own, and in shared rows."""
    row = await connection.fetchrow(COUNT_MISSED, trigger_id, first, until)
    assert row is not None
    return row["single"], row["shared"]


async def read_many(connection: "Connection", trigger_id: str, fires: Sequence[datetime]) -> list[FireRow]:
    """Oldest first."""
    return [_row(row) for row in await connection.fetch(READ_MANY, trigger_id, list(fires))]


def _row(row: "asyncpg.Record") -> FireRow:
    return FireRow(**{**dict(row), "outcome": Outcome(row["outcome"])})
