"""The SQL by which deliveries are taken and ended: leases, order, circuits. Any number of processes use it at once.

A lane is what one endpoint gets of one subject. Its oldest pending delivery has a time, the others wait for its end.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.scheduler.delivery.model import Attempt, Due, Target
from services.scheduler.delivery.repository import event_of, target_of

if TYPE_CHECKING:
    from services.kit.postgres import Connection

FAN_OUT = "SELECT fan_out_events($1, $2)"
TELL_RUNNERS = "SELECT tell_runners()"
WAITING = """SELECT p.id::text AS id, p.open_until IS NOT NULL AS is_open, p.url, p.allow_private, p.verify_tls,
  p.ca_pem, p.secret, p.secret_version, p.headers, p.headers_version,
  CASE WHEN p.previous_until > now() THEN p.previous_secret END AS previous_secret
 FROM event_endpoint p
 WHERE p.deleted_at IS NULL AND p.enabled AND (p.open_until IS NULL OR p.open_until <= now())
   AND (SELECT d.next_at FROM event_delivery d WHERE d.endpoint_id = p.id AND d.status = 'PENDING'
         AND d.next_at IS NOT NULL ORDER BY d.next_at LIMIT 1) <= now()
 ORDER BY p.id"""
# Of an endpoint whose circuit was open, one process sends one delivery to see how it is.
PROBE = """UPDATE event_endpoint SET open_until = now() + make_interval(secs => $2)
 WHERE id = $1 AND open_until <= now() AND enabled AND deleted_at IS NULL RETURNING id"""
_CLAIM = """WITH taken AS (
 SELECT d.id FROM event_delivery d
  WHERE d.endpoint_id = $1 AND d.status = 'PENDING' AND d.next_at IS NOT NULL AND d.next_at <= now()
  ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED
), leased AS (
 UPDATE event_delivery d SET lease_id = $3, tries = d.tries + 1, attempts = d.attempts + 1,
   next_at = now() + make_interval(secs => $4)
  FROM taken WHERE d.id = taken.id
 RETURNING d.id, d.endpoint_id, d.event_seq, d.tries, d.attempts, d.give_up_at)
SELECT d.id::text AS id, d.endpoint_id::text AS endpoint_id, d.tries, d.attempts, d.give_up_at <= now() AS is_over,
 e.seq, e.id::text AS event_id, e.type, e.at, e.subject_kind, e.subject_id, e.data::text AS data
 FROM leased d JOIN outgoing_event e ON e.seq = d.event_seq ORDER BY e.seq"""
CLAIM = _CLAIM.format(order="d.next_at")
# A probe asks how the endpoint is, so it goes with what was never refused: events that this receiver refuses again and
# again would keep the circuit open for all others. After those with the one that is nearest to its end.
CLAIM_PROBE = _CLAIM.format(order="d.tries > 0, d.tries DESC, d.next_at")
# Only who holds the lease may end it: what comes late from a process that was frozen changes nothing.
SETTLE = "SELECT settle_delivery($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
# The net behind settle_delivery(), which gives the next of a lane its time.
UNBLOCK = """WITH stuck AS MATERIALIZED (
 SELECT (array_agg(id ORDER BY event_seq))[1] AS id FROM event_delivery WHERE status = 'PENDING'
  GROUP BY endpoint_id, order_key HAVING bool_and(next_at IS NULL))
UPDATE event_delivery d SET next_at = now()
 WHERE d.id = ANY (ARRAY (SELECT id FROM stuck)) AND d.status = 'PENDING' AND d.next_at IS NULL"""
LOG_ATTEMPT = """INSERT INTO delivery_attempt (delivery_id, attempt_no, outcome, at, duration_seconds, request_headers,
  response_status, response_headers, response_body, error)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, left($10, 1000)) ON CONFLICT DO NOTHING"""
FAILED = """UPDATE event_endpoint SET failures = failures + 1, last_failure_at = now(), last_error = $2
 WHERE id = $1 RETURNING failures"""
OPEN = """UPDATE event_endpoint SET open_until = greatest(open_until, now() + make_interval(secs => $2))
 WHERE id = $1"""
DISABLE = """UPDATE event_endpoint SET enabled = false, disabled_reason = $2, revision = revision + 1,
  updated_at = now()
 WHERE id = $1 AND enabled AND deleted_at IS NULL RETURNING name, url"""
# Who is only probed, or switched off, would keep the rest of a long queue for ever.
PARK_OVERDUE = """WITH late AS (
 SELECT d.id FROM event_delivery d JOIN event_endpoint p ON p.id = d.endpoint_id
  WHERE d.status = 'PENDING' AND d.give_up_at <= now() AND (d.lease_id IS NULL OR d.next_at <= now())
    AND (p.open_until IS NOT NULL OR NOT p.enabled)
  ORDER BY d.give_up_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
UPDATE event_delivery d SET status = 'PARKED', ended_at = now(), next_at = NULL, lease_id = NULL,
  last_error = CASE WHEN d.last_error = '' THEN 'The endpoint was not reached in time.' ELSE d.last_error END
 FROM late WHERE d.id = late.id"""
EMIT = "SELECT emit_event($1, $2, $3, $4, $5)"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An endpoint with something due."""

    target: Target
    is_open: bool
    """Its circuit was open until now: one delivery is to probe it."""


async def waiting(connection: "Connection") -> list[Waiting]:
    """Endpoints to which something may be sent now."""
    return [Waiting(target_of(row), row["is_open"]) for row in await connection.fetch(WAITING)]


async def claim(
    connection: "Connection", endpoint_id: str, limit: int, lease_seconds: float, *, is_probe: bool = False
) -> list[Due]:
    """Takes up to `limit` deliveries of an endpoint for so long; to probe it, those that say most of it."""
    lease_id = new_id()
    statement = CLAIM_PROBE if is_probe else CLAIM
    return [
        Due(
            id=row["id"],
            lease_id=lease_id,
            endpoint_id=row["endpoint_id"],
            event=event_of(row),
            tries=row["tries"],
            attempts=row["attempts"],
            is_over=row["is_over"],
        )
        for row in await connection.fetch(statement, endpoint_id, limit, lease_id, lease_seconds)
    ]


async def probe(connection: "Connection", endpoint_id: str, seconds: float) -> bool:
    """True for the one process that may try an endpoint whose circuit was open."""
    return await connection.fetchval(PROBE, endpoint_id, seconds) is not None


async def settle(
    connection: "Connection", due: Due, attempt: Attempt, wait_seconds: float, spread_seconds: float
) -> bool:
    """Writes what came of an attempt; False when the lease had passed to somebody else, and then nothing is written.

    A success closes the circuit, and what waited for the receiver goes within `spread_seconds`.
    """
    settled: bool = await connection.fetchval(
        SETTLE,
        due.id,
        due.lease_id,
        attempt.outcome,
        wait_seconds,
        spread_seconds,
        due.attempts,
        *_log_columns(attempt),
    )
    return settled


async def log_attempt(connection: "Connection", delivery_id: str, attempt_no: int, attempt: Attempt) -> None:
    """One line of the delivery log."""
    await connection.execute(LOG_ATTEMPT, delivery_id, attempt_no, attempt.outcome, *_log_columns(attempt))


def _log_columns(attempt: Attempt) -> tuple[Any, ...]:
    answered = attempt.response_headers
    return (
        attempt.at,
        attempt.duration_seconds,
        json.dumps(dict(attempt.request_headers)),
        attempt.response_status,
        json.dumps(dict(answered)) if answered is not None else None,
        attempt.response_body,
        attempt.error,
    )


async def failed(connection: "Connection", endpoint_id: str, error: str) -> int:
    """Counts a failure of the endpoint itself; answers how many there were in a row."""
    count: int | None = await connection.fetchval(FAILED, endpoint_id, error[:1_000])
    return count or 0


async def disable(connection: "Connection", endpoint_id: str, reason: str, event_type: str) -> None:
    """Switches an endpoint off and tells of it, once."""
    row = await connection.fetchrow(DISABLE, endpoint_id, reason)
    if row is not None:
        told = {"endpoint": {"id": endpoint_id, "name": row["name"], "url": row["url"]}, "reason": reason}
        await connection.execute(EMIT, event_type, "endpoint", endpoint_id, f"endpoint:{endpoint_id}", json.dumps(told))


async def revive(connection: "Connection", statement: str, ids: Sequence[Any], window_seconds: float) -> None:
    """Makes ended deliveries pending again, then gives the first of each lane its time."""
    await connection.execute(statement, list(ids), window_seconds)
    await connection.execute(UNBLOCK)
