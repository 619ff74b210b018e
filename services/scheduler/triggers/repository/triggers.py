"""SQL of the table that triggers of every kind share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.scheduler.triggers.model import Kind, Trigger
from services.scheduler.workflows.model import Creator

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

COLUMNS = """t.id::text AS id, t.kind, t.workflow_id::text AS workflow_id, w.name AS workflow_name, t.name, t.enabled,
 t.inputs, t.priority, t.labels, coalesce(t.dedupe_key, '') AS dedupe_key, t.timeout_seconds, t.queue_timeout_seconds,
 t.breaker, t.revision, t.created_at, t.updated_at, t.creator_kind, t.creator_id, t.creator_name"""
VIEW = f"SELECT {COLUMNS} FROM trigger t JOIN workflow w ON w.id = t.workflow_id"  # noqa: S608 - a constant
FIND = f"{VIEW} WHERE t.id = $1 AND t.deleted_at IS NULL"
LOCK = f"{FIND} FOR NO KEY UPDATE OF t"
INSERT = """INSERT INTO trigger (id, kind, workflow_id, name, enabled, inputs, priority, labels, dedupe_key,
 timeout_seconds, queue_timeout_seconds, creator_kind, creator_id, creator_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, ''), $10, $11, $12, $13, $14)"""
UPDATE = """UPDATE trigger SET name = $2, enabled = $3, inputs = $4, priority = $5, labels = $6,
 dedupe_key = nullif($7, ''), timeout_seconds = $8, queue_timeout_seconds = $9, revision = revision + 1,
 updated_at = now() WHERE id = $1"""
DELETE = """UPDATE trigger SET deleted_at = now(), updated_at = now(), enabled = false, revision = revision + 1
 WHERE id = $1"""
LIST = f"""{VIEW} WHERE t.deleted_at IS NULL
   AND ($1::uuid IS NULL OR t.workflow_id = $1)
   AND ($2 = '' OR t.kind = $2)
   AND ($3 = '' OR strpos(lower(t.name), lower($3)) > 0)
   AND ($4::boolean IS NULL OR t.enabled = $4)
   AND ($5::timestamptz IS NULL OR (t.created_at, t.id) < ($5, $6::uuid))
 ORDER BY t.created_at DESC, t.id DESC LIMIT $7"""
LOCK_WORKFLOW = "SELECT published_version FROM workflow WHERE id = $1 AND deleted_at IS NULL FOR SHARE"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which triggers a list shows; empty or None: all."""

    workflow_id: str | None = None
    kind: str = ""
    query: str = ""
    enabled: bool | None = None


async def find(connection: "Connection", trigger_id: str) -> Trigger | None:
    """None when it is unknown or deleted."""
    row = await connection.fetchrow(FIND, trigger_id)
    return trigger_of(row) if row else None


async def lock(connection: "Connection", trigger_id: str) -> Trigger | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK, trigger_id)
    return trigger_of(row) if row else None


async def insert(connection: "Connection", new: Trigger) -> Trigger:
    """Stores it; answers it as it is stored."""
    await connection.execute(
        INSERT,
        new.id,
        new.kind,
        new.workflow_id,
        new.name,
        new.enabled,
        new.inputs,
        new.priority,
        list(new.labels),
        new.dedupe_key,
        new.timeout_seconds,
        new.queue_timeout_seconds,
        new.creator.kind,
        new.creator.id,
        new.creator.name,
    )
    return await _again(connection, new.id)


async def update(connection: "Connection", new: Trigger) -> Trigger:
    """Stores what may change; a new revision."""
    await connection.execute(
        UPDATE,
        new.id,
        new.name,
        new.enabled,
        new.inputs,
        new.priority,
        list(new.labels),
        new.dedupe_key,
        new.timeout_seconds,
        new.queue_timeout_seconds,
    )
    return await _again(connection, new.id)


async def list_triggers(
    connection: "Connection", wanted: Filter, after: tuple[Any, str] | None, limit: int
) -> list[Trigger]:
    """Newest first; `after` is (created_at, id) of the last one shown."""
    created_at, trigger_id = after or (None, None)
    rows = await connection.fetch(
        LIST, wanted.workflow_id, wanted.kind, wanted.query, wanted.enabled, created_at, trigger_id, limit
    )
    return [trigger_of(row) for row in rows]


async def lock_workflow(connection: "Connection", workflow_id: str) -> bool | None:
    """Whether it is published; None when there is none. It is not deleted until the transaction ends."""
    row = await connection.fetchrow(LOCK_WORKFLOW, workflow_id)
    return None if row is None else row["published_version"] is not None


def trigger_of(row: "asyncpg.Record") -> Trigger:
    """A row of `COLUMNS`."""
    return Trigger(
        id=row["id"],
        kind=Kind(row["kind"]),
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        name=row["name"],
        enabled=row["enabled"],
        inputs=row["inputs"],
        priority=row["priority"],
        labels=tuple(row["labels"]),
        dedupe_key=row["dedupe_key"],
        timeout_seconds=row["timeout_seconds"],
        queue_timeout_seconds=row["queue_timeout_seconds"],
        breaker=row["breaker"],
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        creator=Creator(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )


async def _again(connection: "Connection", trigger_id: str) -> Trigger:
    trigger = await find(connection, trigger_id)
    assert trigger is not None
    return trigger
