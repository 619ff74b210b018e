"""SQL of work queues and what is known of them as a whole; items are `item_repository`'s."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from services.scheduler.executions.model import Actor
from services.scheduler.queues.errors import queue_name_taken
from services.scheduler.queues.lifecycle import ItemStatus
from services.scheduler.queues.model import Counts, ItemOutcome, LossPolicy, Queue

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_COLUMNS = """id::text AS id, name, description, unique_references, max_retries, retry_backoff_seconds, lease_seconds,
 on_lost, payload_schema, revision, created_at, updated_at, creator_kind, creator_id, creator_name"""
_FROM = "FROM work_queue"
INSERT = """INSERT INTO work_queue (id, name, description, unique_references, max_retries, retry_backoff_seconds,
 lease_seconds, on_lost, payload_schema, creator_kind, creator_id, creator_name)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
SELECT = f"SELECT {_COLUMNS} {_FROM} WHERE id = $1"
LOCK = f"{SELECT} FOR NO KEY UPDATE"
LOCK_TO_DELETE = f"{SELECT} FOR UPDATE"
BY_NAME = f"SELECT {_COLUMNS} {_FROM} WHERE lower(name) = lower($1)"
LIST = f"""SELECT {_COLUMNS} {_FROM}
 WHERE ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR strpos(lower(description), lower($1)) > 0)
   AND ($2::text IS NULL OR (lower(name), id) > ($2, $3::uuid))
 ORDER BY lower(name), id LIMIT $4"""
UPDATE = """UPDATE work_queue SET name = $2, description = $3, max_retries = $4, retry_backoff_seconds = $5,
 lease_seconds = $6, on_lost = $7, payload_schema = $8, revision = revision + 1, updated_at = now() WHERE id = $1"""
DELETE = "DELETE FROM work_queue WHERE id = $1"
COUNT = """SELECT queue_id::text AS queue_id, status, count(*) AS count FROM work_item
 WHERE queue_id = ANY ($1::uuid[]) GROUP BY queue_id, status"""
READY = """SELECT count(*) AS ready, min(created_at) AS oldest FROM work_item
 WHERE queue_id = $1 AND status = 'NEW' AND ready_at <= now()"""
HANDLED = """SELECT count(*) AS handled, coalesce(avg(extract(epoch FROM ended_at - taken_at)), 0)::float8 AS mean
 FROM work_item_attempt
 WHERE queue_id = $1 AND ended_at > now() - make_interval(hours => $2)
  AND outcome IN ('SUCCESSFUL', 'BUSINESS_FAILED')"""
FAILURES = """SELECT outcome, coalesce(code, '') AS code, count(*) AS count, max(ended_at) AS last_at
 FROM work_item_attempt
 WHERE queue_id = $1 AND ended_at > now() - make_interval(hours => $2) AND outcome <> 'SUCCESSFUL'
 GROUP BY outcome, coalesce(code, '') ORDER BY count(*) DESC, max(ended_at) DESC LIMIT $3"""


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How often handlings failed alike."""

    outcome: ItemOutcome
    code: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Statistics:
    """A queue as a whole; handlings and failures are those of the last hours."""

    counts: Counts
    ready: int
    oldest_waiting_at: datetime | None
    handled: int
    mean_handling_seconds: float
    failures: Sequence[FailureCount]


async def insert(connection: "Connection", queue: Queue) -> None:
    """Raises NAME_TAKEN; the transaction is then over."""
    by = queue.created_by
    try:
        await connection.execute(
            INSERT,
            queue.id,
            queue.name,
            queue.description,
            queue.unique_references,
            *_rules(queue),
            by.kind,
            by.id,
            by.name,
        )
    except asyncpg.UniqueViolationError:
        raise queue_name_taken(queue.name) from None


async def update(connection: "Connection", queue: Queue) -> None:
    """Writes a locked queue. Raises NAME_TAKEN; the transaction is then over."""
    try:
        await connection.execute(UPDATE, queue.id, queue.name, queue.description, *_rules(queue))
    except asyncpg.UniqueViolationError:
        raise queue_name_taken(queue.name) from None


async def find(connection: "Connection", queue_id: str) -> Queue | None:
    """None when it is unknown."""
    row = await connection.fetchrow(SELECT, queue_id)
    return _queue(row) if row else None


async def lock(connection: "Connection", queue_id: str, *, to_delete: bool = False) -> Queue | None:
    """As `find`, and nobody else changes it until the transaction ends; `to_delete`: nor adds items."""
    row = await connection.fetchrow(LOCK_TO_DELETE if to_delete else LOCK, queue_id)
    return _queue(row) if row else None


async def find_by_name(connection: "Connection", name: str) -> Queue | None:
    """Whatever the case of its letters."""
    row = await connection.fetchrow(BY_NAME, name)
    return _queue(row) if row else None


async def list_queues(connection: "Connection", query: str, after: tuple[str, str] | None, limit: int) -> list[Queue]:
    """By name; `after` is (name in lower case, id) of the last one shown."""
    name, queue_id = after or (None, None)
    return [_queue(row) for row in await connection.fetch(LIST, query, name, queue_id, limit)]


async def delete(connection: "Connection", queue_id: str) -> None:
    """With all its items."""
    await connection.execute(DELETE, queue_id)


async def count_items(connection: "Connection", queue_ids: Sequence[str]) -> dict[str, dict[ItemStatus, int]]:
    """By queue, how many items have each status."""
    found: dict[str, dict[ItemStatus, int]] = {queue_id: {} for queue_id in queue_ids}
    for row in await connection.fetch(COUNT, queue_ids):
        found[row["queue_id"]][ItemStatus(row["status"])] = row["count"]
    return found


async def statistics(connection: "Connection", queue_id: str, hours: int, most_failures: int) -> Statistics:
    """Of one queue, the handlings and failures of the last hours."""
    counts = (await count_items(connection, [queue_id]))[queue_id]
    ready = await connection.fetchrow(READY, queue_id)
    handled = await connection.fetchrow(HANDLED, queue_id, hours)
    failures = await connection.fetch(FAILURES, queue_id, hours, most_failures)
    assert ready is not None
    assert handled is not None
    return Statistics(
        counts=counts,
        ready=ready["ready"],
        oldest_waiting_at=ready["oldest"],
        handled=handled["handled"],
        mean_handling_seconds=handled["mean"],
        failures=[
            FailureCount(ItemOutcome(row["outcome"]), row["code"], row["count"], row["last_at"]) for row in failures
        ],
    )


def _rules(queue: Queue) -> tuple[Any, ...]:
    return (queue.max_retries, queue.retry_backoff_seconds, queue.lease_seconds, queue.on_lost, queue.payload_schema)


def _queue(row: Any) -> Queue:
    return Queue(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        unique_references=row["unique_references"],
        max_retries=row["max_retries"],
        retry_backoff_seconds=row["retry_backoff_seconds"],
        lease_seconds=row["lease_seconds"],
        on_lost=LossPolicy(row["on_lost"]),
        payload_schema=row["payload_schema"],
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=Actor(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )
