"""The SQL of the inbox: deliveries, how they are known again, and those that wait."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from services.scheduler.webhooks.model import Delivery, Incoming, Outcome

if TYPE_CHECKING:
    from services.kit.postgres import Connection

FIND_HOLDING = """SELECT t.id FROM unnest($1::uuid[]) AS t (id)
 WHERE EXISTS (SELECT FROM delivery d WHERE d.trigger_id = t.id AND d.outcome = 'HELD')"""
TRIGGER_EXISTS = "SELECT EXISTS (SELECT FROM trigger WHERE id = $1 AND kind = 'WEBHOOK')"
FIND_KNOWN = """SELECT d.id, d.trigger_id, d.dedupe_id, d.outcome, d.reason, d.execution_id
 FROM unnest($1::uuid[], $2::text[]) AS wanted (trigger_id, dedupe_id)
 JOIN delivery d ON d.trigger_id = wanted.trigger_id AND d.dedupe_id = wanted.dedupe_id
 WHERE d.dedupe_id <> '' AND d.outcome <> 'REFUSED'"""
INSERT_DELIVERIES = """INSERT INTO delivery (id, trigger_id, received_at, outcome, reason, message, execution_id,
  dedupe_id, ip, method, query, headers, body, replay_of)
 SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::uuid[],
  $8::text[], $9::text[], $10::text[], $11::text[], $12::json[], $13::bytea[], $14::uuid[])
 ON CONFLICT (trigger_id, dedupe_id) WHERE dedupe_id <> '' AND outcome <> 'REFUSED' DO NOTHING RETURNING id"""
_HEAD = """d.id, d.trigger_id, d.received_at, d.outcome, d.reason, d.message, d.execution_id, d.dedupe_id, d.ip,
 d.method, d.query, d.replay_of, octet_length(d.body) AS body_bytes"""
_WHOLE = f"{_HEAD}, d.headers, d.body"
GET_DELIVERY = f"SELECT {_WHOLE} FROM delivery d WHERE d.id = $1"  # noqa: S608 - a constant
LOCK_DELIVERY = f"{GET_DELIVERY} FOR UPDATE"
LIST_DELIVERIES = f"""SELECT {_HEAD} FROM delivery d
 WHERE d.trigger_id = $1 AND (cardinality($2::text[]) = 0 OR d.outcome = ANY ($2::text[]))
  AND ($3::uuid IS NULL OR d.id < $3) ORDER BY d.id DESC LIMIT $4"""  # noqa: S608 - a constant
LOCK_HELD = f"""SELECT {_WHOLE} FROM delivery d WHERE d.trigger_id = $1 AND d.outcome = 'HELD'
 ORDER BY d.id LIMIT $2 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - a constant
LOCK_NEWEST_HELD = f"""SELECT {_WHOLE} FROM delivery d WHERE d.trigger_id = $1 AND d.outcome = 'HELD'
 ORDER BY d.id DESC LIMIT 1 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - a constant
SETTLE = """UPDATE delivery d
 SET outcome = n.outcome, reason = n.reason, message = n.message, execution_id = n.execution_id
 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
  AS n (id, outcome, reason, message, execution_id) WHERE d.id = n.id"""
SETTLE_HELD = """UPDATE delivery SET outcome = 'IGNORED', reason = $2, message = $3
 WHERE trigger_id = $1 AND outcome = 'HELD'"""
# UUIDv7: the ids of older deliveries are smaller than the one a delivery of that time would have.
FORGET = """WITH bound AS (SELECT (lpad(to_hex((extract(epoch FROM now() - make_interval(days => $1)) * 1000)::bigint),
  12, '0') || repeat('0', 20))::uuid AS id)
 DELETE FROM delivery WHERE id IN (SELECT d.id FROM delivery d, bound WHERE d.id < bound.id AND d.outcome <> 'HELD'
  ORDER BY d.id LIMIT $2)"""


async def trigger_exists(connection: "Connection", trigger_id: str) -> bool:
    """Whether there is or was a webhook trigger of this id: its inbox outlives it."""
    return bool(await connection.fetchval(TRIGGER_EXISTS, trigger_id))


async def find_known(connection: "Connection", keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Rows with `id, outcome, reason, execution_id` by trigger and the sender's delivery id."""
    rows = await connection.fetch(FIND_KNOWN, [key[0] for key in keys], [key[1] for key in keys])
    return {(str(row["trigger_id"]), row["dedupe_id"]): row for row in rows}


async def insert_deliveries(connection: "Connection", deliveries: Sequence[Delivery]) -> int:
    """How many were stored; the others were taken in by somebody else meanwhile."""
    # In one order everywhere, so that two batches with the same two deliveries wait and do not deadlock.
    ordered = sorted(deliveries, key=lambda delivery: (delivery.trigger_id, delivery.dedupe_id))
    columns = zip(*(_values(delivery) for delivery in ordered), strict=True)
    return len(await connection.fetch(INSERT_DELIVERIES, *map(list, columns)))


async def get_delivery(connection: "Connection", delivery_id: str, *, locked: bool = False) -> Delivery | None:
    """The whole of it."""
    row = await connection.fetchrow(LOCK_DELIVERY if locked else GET_DELIVERY, delivery_id)
    return _delivery(row) if row else None


async def list_deliveries(
    connection: "Connection", trigger_id: str, outcomes: Sequence[str], before: str | None, limit: int
) -> list[Delivery]:
    """Newest first, without headers and bodies."""
    return [_delivery(row) for row in await connection.fetch(LIST_DELIVERIES, trigger_id, outcomes, before, limit)]


async def find_holding(connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
    """Those of the triggers that hold a delivery."""
    return {str(row["id"]) for row in await connection.fetch(FIND_HOLDING, trigger_ids)}


async def lock_held(connection: "Connection", trigger_id: str, limit: int) -> list[Delivery]:
    """The oldest held deliveries, less those that somebody else has locked."""
    return [_delivery(row) for row in await connection.fetch(LOCK_HELD, trigger_id, limit)]


async def lock_newest_held(connection: "Connection", trigger_id: str) -> Delivery | None:
    """The latest of the held deliveries; None also when somebody else has locked it."""
    row = await connection.fetchrow(LOCK_NEWEST_HELD, trigger_id)
    return _delivery(row) if row else None


async def settle(connection: "Connection", decided: Sequence[Delivery]) -> None:
    """Writes what became of held deliveries."""
    await connection.execute(
        SETTLE,
        [delivery.id for delivery in decided],
        [delivery.outcome for delivery in decided],
        [delivery.reason for delivery in decided],
        [delivery.message for delivery in decided],
        [delivery.execution_id for delivery in decided],
    )


async def settle_held(connection: "Connection", trigger_id: str, reason: str, message: str) -> None:
    """All that is still held is ignored, for this reason."""
    await connection.execute(SETTLE_HELD, trigger_id, reason, message)


async def forget(connection: "Connection", days: int, limit: int) -> int:
    """Deletes up to so many deliveries older than so many days; held ones stay. Answers how many."""
    return int((await connection.execute(FORGET, days, limit)).split()[-1])


def _values(delivery: Delivery) -> tuple[object, ...]:
    sent = delivery.sent
    return (
        delivery.id,
        delivery.trigger_id,
        delivery.received_at,
        delivery.outcome,
        delivery.reason,
        delivery.message,
        delivery.execution_id,
        delivery.dedupe_id,
        sent.ip,
        sent.method,
        sent.query,
        json.dumps(list(sent.headers), ensure_ascii=False),
        sent.body,
        delivery.replay_of,
    )


def _delivery(row: Any) -> Delivery:
    found = dict(row)
    return Delivery(
        id=str(row["id"]),
        trigger_id=str(row["trigger_id"]),
        received_at=row["received_at"],
        outcome=Outcome(row["outcome"]),
        sent=Incoming(
            headers=[(name, value) for name, value in json.loads(found.get("headers", "[]"))],
            query=row["query"],
            body=found.get("body", b""),
            ip=row["ip"],
            method=row["method"],
        ),
        reason=row["reason"],
        message=row["message"],
        execution_id=str(row["execution_id"]) if row["execution_id"] else None,
        dedupe_id=row["dedupe_id"],
        replay_of=str(row["replay_of"]) if row["replay_of"] else None,
        body_bytes=row["body_bytes"],
    )
