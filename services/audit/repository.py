"""The audit log's SQL, and rows to models."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from services.audit.model import Checkpoint, Event, Filters, Link

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

APPEND = "SELECT append($1::jsonb)"

_COLUMNS = """seq, id::text AS id, at, service, actor_kind, actor_id, actor_name, action, resource_kind, resource_id,
 resource_name, ip, request_id, details, hash"""

READ_ALL = f"SELECT {_COLUMNS} FROM event ORDER BY seq"  # noqa: S608 - a constant

LIST = f"""SELECT {_COLUMNS} FROM event
 WHERE ($1 = '' OR actor_id = $1 OR lower(actor_name) = lower($1))
   AND ($2 = '' OR action = $2 OR action LIKE $2 || '.%')
   AND ($3 = '' OR resource_id = $3 OR resource_kind = $3 OR lower(resource_name) = lower($3))
   AND ($4::timestamptz IS NULL OR at >= $4)
   AND ($5::timestamptz IS NULL OR at < $5)
   AND ($6::bigint IS NULL OR seq < $6)
 ORDER BY seq DESC LIMIT $7"""  # noqa: S608 - a constant

HEAD = "SELECT seq, at, hash FROM event ORDER BY seq DESC LIMIT 1"
LAST_CHECKPOINT = "SELECT seq, at, hash, key_id, signature FROM checkpoint ORDER BY seq DESC LIMIT 1"
LIST_CHECKPOINTS = "SELECT seq, at, hash, key_id, signature FROM checkpoint ORDER BY seq"
INSERT_CHECKPOINT = """INSERT INTO checkpoint (seq, at, hash, key_id, signature) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (seq) DO NOTHING"""

READ_AHEAD = 500
"""Rows fetched at once while the whole log is read."""


async def append(connection: "Connection", events: Sequence[Event]) -> int:
    """Appends what is not there yet; answers the head's sequence number."""
    rows = [{**asdict(event), "at": event.at.isoformat()} for event in events]
    head: int = await connection.fetchval(APPEND, json.dumps(rows))
    return head


async def list_events(connection: "Connection", filters: Filters, before: int | None, limit: int) -> list[Link]:
    """Newest first, below the sequence number `before`."""
    rows = await connection.fetch(
        LIST, filters.actor, filters.action, filters.resource, filters.since, filters.until, before, limit
    )
    return [_link(row) for row in rows]


async def read_all(connection: "Connection") -> AsyncIterator[Link]:
    """The whole log, oldest first, as it was at one moment. Needs a transaction (repeatable read)."""
    async for row in connection.cursor(READ_ALL, prefetch=READ_AHEAD):
        yield _link(row)


async def head(connection: "Connection") -> tuple[int, bytes]:
    """Sequence number and hash of the newest row; 0 and nothing while there is none."""
    row = await connection.fetchrow(HEAD)
    return (row["seq"], row["hash"]) if row else (0, b"")


async def last_checkpoint(connection: "Connection") -> Checkpoint | None:
    """The newest one in the database."""
    row = await connection.fetchrow(LAST_CHECKPOINT)
    return _checkpoint(row) if row else None


async def list_checkpoints(connection: "Connection") -> list[Checkpoint]:
    """All in the database, oldest first."""
    return [_checkpoint(row) for row in await connection.fetch(LIST_CHECKPOINTS)]


async def insert_checkpoint(connection: "Connection", checkpoint: Checkpoint) -> None:
    """Keeps the first one of a row."""
    await connection.execute(
        INSERT_CHECKPOINT,
        checkpoint.seq,
        checkpoint.at,
        checkpoint.hash,
        checkpoint.key_id,
        checkpoint.signature,
    )


def _link(row: "asyncpg.Record") -> Link:
    fields: dict[str, Any] = dict(row)
    seq, row_hash = fields.pop("seq"), fields.pop("hash")
    return Link(seq=seq, event=Event(**fields), hash=row_hash)


def _checkpoint(row: "asyncpg.Record") -> Checkpoint:
    return Checkpoint(**dict(row))
