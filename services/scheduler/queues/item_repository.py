"""SQL of work items and their handlings, as people see and change them; `handling_repository` takes and settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.scheduler.executions.model import Actor
from services.scheduler.queues.lifecycle import ItemEvent, ItemStatus
from services.scheduler.queues.model import Added, Handling, Item, ItemFailure, ItemOutcome, NewItem

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LISTED_BYTES = 2_048
"""A larger payload or output is left out of lists."""

_PLAIN = """id::text AS id, queue_id::text AS queue_id, reference, octet_length(payload) AS payload_bytes, status,
 priority, ready_at, deadline_at, attempt_no, failures, execution_id::text AS execution_id, taken_at, lease_expires_at,
 settled_at, failure_code, failure_message, created_at, updated_at, creator_kind, creator_id, creator_name"""
FROM = "FROM work_item"
COLUMNS = f"{_PLAIN}, payload, output"
_LISTED = f"""{_PLAIN}, CASE WHEN octet_length(payload) <= {LISTED_BYTES} THEN payload ELSE '' END AS payload,
 CASE WHEN octet_length(output) <= {LISTED_BYTES} THEN output END AS output"""
ADD = """INSERT INTO work_item (id, queue_id, reference, unique_reference, payload, priority, ready_at, deadline_at,
  order_at, creator_kind, creator_id, creator_name)
 SELECT id, $1, reference, CASE WHEN $2 THEN nullif(reference, '') END, payload, priority,
  greatest(coalesce(not_before, now()), now()), deadline_at, now(), $3, $4, $5
 FROM unnest($6::uuid[], $7::text[], $8::bytea[], $9::int[], $10::timestamptz[], $11::timestamptz[])
  AS new (id, reference, payload, priority, not_before, deadline_at)
 ON CONFLICT (queue_id, unique_reference) WHERE unique_reference IS NOT NULL DO NOTHING RETURNING id::text"""
HOLDERS = """SELECT unique_reference AS reference, id::text AS id FROM work_item
 WHERE queue_id = $1 AND unique_reference = ANY ($2::text[])"""
GET = f"SELECT {COLUMNS} {FROM} WHERE id = $1 AND queue_id = $2"
LOCK = f"{GET} FOR UPDATE"
LIST = f"""SELECT {_LISTED} {FROM}
 WHERE queue_id = $1 AND ($2::text[] IS NULL OR status = ANY ($2)) AND ($3::text IS NULL OR reference LIKE $3)
   AND ($4::uuid IS NULL OR execution_id = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
   AND ($6::timestamptz IS NULL OR created_at < $6)
   AND ($7::timestamptz IS NULL OR (created_at, id) < ($7, $8::uuid))
 ORDER BY created_at DESC, id DESC LIMIT $9"""
HANDLINGS = """SELECT attempt_no, execution_id::text AS execution_id, node_id, taken_at, ended_at, outcome, code,
 message, late FROM work_item_attempt WHERE item_id = $1 ORDER BY attempt_no DESC LIMIT $2"""
CHANGE = """UPDATE work_item SET status = 'NEW', event = 'CHANGE', priority = $2, ready_at = $3, deadline_at = $4
 WHERE id = $1"""
REOPEN = """UPDATE work_item SET status = 'NEW', event = 'REOPEN', failures = 0, ready_at = now(),
 deadline_at = CASE WHEN deadline_at > now() THEN deadline_at END, lease_expires_at = NULL WHERE id = $1"""
RESOLVE = """UPDATE work_item SET status = $2, event = $3, failure_code = $4, failure_message = $5,
 lease_expires_at = NULL WHERE id = $1"""
DELETE = "DELETE FROM work_item WHERE id = $1"
EXPORT = f"""SELECT {COLUMNS} {FROM}
 WHERE queue_id = $1 AND ($2::text[] IS NULL OR status = ANY ($2)) AND ($3::uuid IS NULL OR id > $3)
 ORDER BY id LIMIT $4"""
EXPIRE = """UPDATE work_item SET status = 'EXPIRED', event = 'EXPIRE', failure_code = 'DEADLINE',
  failure_message = 'Nobody took it before its deadline.'
 WHERE id IN (SELECT id FROM work_item WHERE status = 'NEW' AND deadline_at <= now() ORDER BY deadline_at LIMIT $1
  FOR UPDATE SKIP LOCKED) RETURNING true"""
FORGET = """DELETE FROM work_item WHERE id IN (SELECT id FROM work_item
  WHERE status IN ('SUCCESSFUL', 'FAILED', 'BUSINESS_FAILED', 'EXPIRED') AND settled_at < $1
  ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING true"""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a queue; what is None or empty does not narrow. Times are of the adding."""

    statuses: Sequence[ItemStatus] = ()
    reference: str = ""
    """Its beginning."""
    execution_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def add(
    connection: "Connection", queue_id: str, items: Sequence[NewItem], by: Actor, *, unique: bool
) -> list[Added]:
    """In the order of `items`. With `unique`, a reference that an item of the queue has makes none."""
    made = await connection.fetch(
        ADD,
        queue_id,
        unique,
        by.kind,
        by.id,
        by.name,
        [item.id for item in items],
        [item.reference for item in items],
        [item.payload for item in items],
        [item.priority for item in items],
        [item.not_before for item in items],
        [item.deadline_at for item in items],
    )
    new = {row["id"] for row in made}
    if len(new) == len(items):
        return [Added(item.id, item.reference) for item in items]
    taken = [item.reference for item in items if item.id not in new]
    holders = {row["reference"]: row["id"] for row in await connection.fetch(HOLDERS, queue_id, taken)}
    return [
        Added(item.id, item.reference)
        if item.id in new
        else Added(holders.get(item.reference, ""), item.reference, duplicate=True)
        for item in items
    ]


async def find(connection: "Connection", queue_id: str, item_id: str, *, locked: bool = False) -> Item | None:
    """None when the queue has no such item; `locked`: nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK if locked else GET, item_id, queue_id)
    return read_item(row) if row else None


async def list_items(
    connection: "Connection", queue_id: str, wanted: ItemFilter, after: tuple[datetime, str] | None, limit: int
) -> list[Item]:
    """The newest first; `after` is (created at, id) of the last one shown."""
    at, item_id = after or (None, None)
    rows = await connection.fetch(
        LIST,
        queue_id,
        list(wanted.statuses) or None,
        _beginning(wanted.reference) if wanted.reference else None,
        wanted.execution_id,
        wanted.since,
        wanted.until,
        at,
        item_id,
        limit,
    )
    return [read_item(row) for row in rows]


async def export(
    connection: "Connection", queue_id: str, statuses: Sequence[ItemStatus], after: str | None, limit: int
) -> list[Item]:
    """The oldest first; `after` is the id of the last one told."""
    return [read_item(row) for row in await connection.fetch(EXPORT, queue_id, list(statuses) or None, after, limit)]


async def handlings(connection: "Connection", item_id: str, limit: int) -> list[Handling]:
    """The latest first."""
    return [_handling(row) for row in await connection.fetch(HANDLINGS, item_id, limit)]


async def change(
    connection: "Connection", item_id: str, priority: int, ready_at: datetime, deadline_at: datetime | None
) -> None:
    """Of a locked item that waits."""
    await connection.execute(CHANGE, item_id, priority, ready_at, deadline_at)


async def reopen(connection: "Connection", item_id: str) -> None:
    """A locked item waits again; a deadline that is over is dropped."""
    await connection.execute(REOPEN, item_id)


async def resolve(
    connection: "Connection", item_id: str, status: ItemStatus, event: ItemEvent, failure: ItemFailure | None
) -> None:
    """What a person says of a locked item that was lost."""
    code, message = (failure.code, failure.message) if failure else (None, None)
    await connection.execute(RESOLVE, item_id, status, event, code, message)


async def delete(connection: "Connection", item_id: str) -> None:
    """With its handlings."""
    await connection.execute(DELETE, item_id)


async def expire(connection: "Connection", limit: int) -> int:
    """Ends what nobody took before its deadline; answers how many there were."""
    return len(await connection.fetch(EXPIRE, limit))


async def forget(connection: "Connection", before: datetime, limit: int) -> int:
    """Deletes what was settled before then; what is lost or waits is never forgotten. Answers how many there were."""
    return len(await connection.fetch(FORGET, before, limit))


def read_item(row: Any) -> Item:
    """An item of a row with COLUMNS."""
    failure = None
    if row["failure_code"] is not None:
        failure = ItemFailure(row["failure_code"], row["failure_message"] or "")
    return Item(
        id=row["id"],
        queue_id=row["queue_id"],
        reference=row["reference"],
        payload=row["payload"],
        payload_bytes=row["payload_bytes"],
        status=ItemStatus(row["status"]),
        priority=row["priority"],
        ready_at=row["ready_at"],
        deadline_at=row["deadline_at"],
        attempt_no=row["attempt_no"],
        failures=row["failures"],
        execution_id=row["execution_id"],
        taken_at=row["taken_at"],
        lease_expires_at=row["lease_expires_at"],
        settled_at=row["settled_at"],
        output=row["output"] or b"",
        failure=failure,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=Actor(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )


def _handling(row: Any) -> Handling:
    return Handling(
        attempt_no=row["attempt_no"],
        execution_id=row["execution_id"],
        node_id=row["node_id"],
        taken_at=row["taken_at"],
        ended_at=row["ended_at"],
        outcome=ItemOutcome(row["outcome"]) if row["outcome"] else None,
        failure=ItemFailure(row["code"], row["message"] or "") if row["code"] is not None else None,
        late=row["late"],
    )


def _beginning(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
