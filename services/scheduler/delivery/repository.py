"""The SQL of endpoints and of their delivery log, and rows to models. What sends deliveries is in `queue`."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from services.scheduler.delivery.model import (
    MAXIMUM_ENDPOINTS,
    Attempt,
    Delivery,
    DeliveryStatus,
    Draft,
    Endpoint,
    Filter,
    Keys,
    LoggedAttempt,
    Outcome,
    OutgoingEvent,
    Replay,
    SealedValue,
    Target,
)
from services.scheduler.workflows.model import Creator

if TYPE_CHECKING:
    from services.kit.postgres import Connection

COUNTED = 10_000
"""Queues are counted up to this."""
_ENDPOINT = f"""p.id::text AS id, p.name, p.url, p.enabled, p.disabled_reason, p.event_types, p.workflow_ids,
 p.labels, p.header_names, p.allow_private, p.verify_tls, p.ca_pem, p.failures, p.open_until, p.last_success_at,
 p.last_failure_at, p.last_error, CASE WHEN p.previous_until > now() THEN p.previous_until END AS previous_until,
 p.revision, p.created_at, p.updated_at, p.creator_kind, p.creator_id, p.creator_name,
 (SELECT count(*) FROM (SELECT FROM event_delivery d WHERE d.endpoint_id = p.id AND d.status = 'PENDING'
   LIMIT {COUNTED}) AS counted) AS pending,
 (SELECT count(*) FROM (SELECT FROM event_delivery d WHERE d.endpoint_id = p.id AND d.status = 'PARKED'
   LIMIT {COUNTED}) AS counted) AS parked"""  # noqa: S608 - a constant
LIST = f"""SELECT {_ENDPOINT} FROM event_endpoint p WHERE p.deleted_at IS NULL
 ORDER BY lower(p.name), p.id LIMIT {MAXIMUM_ENDPOINTS}"""  # noqa: S608 - a constant
GET = f"SELECT {_ENDPOINT} FROM event_endpoint p WHERE p.id = $1 AND p.deleted_at IS NULL"  # noqa: S608 - a constant
LOCK = "SELECT FROM event_endpoint WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
LOCK_NAMES = "SELECT pg_advisory_xact_lock(45450008, 4)"
COUNT = "SELECT count(*) FROM event_endpoint WHERE deleted_at IS NULL"
NAME_TAKEN = """SELECT EXISTS (SELECT FROM event_endpoint
 WHERE deleted_at IS NULL AND lower(name) = lower($1) AND id <> $2)"""
INSERT = """INSERT INTO event_endpoint (id, name, url, enabled, event_types, workflow_ids, labels, allow_private,
  verify_tls, ca_pem, secret, headers, header_names, creator_kind, creator_id, creator_name)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"""
UPDATE = """UPDATE event_endpoint SET name = $2, url = $3, enabled = $4, event_types = $5, workflow_ids = $6,
  labels = $7, allow_private = $8, verify_tls = $9, ca_pem = $10,
  disabled_reason = CASE WHEN $4 THEN '' ELSE disabled_reason END, failures = 0, open_until = NULL,
  revision = revision + 1, updated_at = now() WHERE id = $1"""
SET_HEADERS = """UPDATE event_endpoint SET headers = $2, headers_version = $3, header_names = $4 WHERE id = $1"""
KEYS = """SELECT secret, secret_version, CASE WHEN previous_until > now() THEN previous_secret END AS previous_secret,
 headers, headers_version FROM event_endpoint WHERE id = $1 AND deleted_at IS NULL"""
ROTATE = """UPDATE event_endpoint SET secret = $2, secret_version = secret_version + 1, previous_secret = secret,
  previous_until = now() + make_interval(secs => $3), revision = revision + 1, updated_at = now() WHERE id = $1"""
DELETE = """UPDATE event_endpoint SET deleted_at = now(), enabled = false, secret = '', previous_secret = NULL,
  headers = '' WHERE id = $1"""
TARGET = """SELECT id::text AS id, url, allow_private, verify_tls, ca_pem, secret, secret_version,
  CASE WHEN previous_until > now() THEN previous_secret END AS previous_secret, headers, headers_version
 FROM event_endpoint WHERE id = $1 AND deleted_at IS NULL"""

_EVENT = """e.seq, e.id::text AS event_id, e.type, e.at, e.subject_kind, e.subject_id, e.data::text AS data"""
_DELIVERY = f"""d.id::text AS id, d.endpoint_id::text AS endpoint_id, d.status, d.attempts, d.created_at, d.ended_at,
 d.next_at, d.give_up_at, d.last_status, d.last_error, {_EVENT}"""
DELIVERIES = f"""SELECT {_DELIVERY} FROM event_delivery d JOIN outgoing_event e ON e.seq = d.event_seq
 WHERE d.endpoint_id = $1 AND ($2::text[] IS NULL OR d.status = ANY ($2)) AND ($3 = '' OR e.type = $3)
  AND ($4 = '' OR e.subject_id = $4) AND ($5::bigint IS NULL OR d.event_seq < $5)
 ORDER BY d.event_seq DESC LIMIT $6"""  # noqa: S608 - a constant
DELIVERY = f"""SELECT {_DELIVERY} FROM event_delivery d JOIN outgoing_event e ON e.seq = d.event_seq
 WHERE d.endpoint_id = $1 AND d.id = $2"""  # noqa: S608 - a constant
ATTEMPTS = """SELECT attempt_no, at, duration_seconds, outcome, request_headers::text, response_status,
  response_headers::text, response_body, error
 FROM delivery_attempt WHERE delivery_id = $1 ORDER BY attempt_no DESC LIMIT 100"""

ADD_MISSED = """INSERT INTO event_delivery (endpoint_id, event_seq, order_key, status, give_up_at, ended_at)
SELECT p.id, e.seq, e.order_key, 'PARKED', now(), now()
  FROM outgoing_event e JOIN event_endpoint p ON p.id = $1
 WHERE e.fanned_out_at IS NOT NULL AND e.endpoint_id IS NULL
   AND ($2::timestamptz IS NULL OR e.at >= $2) AND ($3::timestamptz IS NULL OR e.at < $3)
   AND is_event_type_in(e.type, p.event_types)
   AND (p.workflow_ids = '{}' OR e.workflow_id IS NULL OR e.workflow_id = ANY (p.workflow_ids))
   AND (p.labels = '{}' OR e.labels IS NULL OR e.labels && p.labels)
   AND NOT EXISTS (SELECT FROM event_delivery d WHERE d.endpoint_id = p.id AND d.event_seq = e.seq)
 ORDER BY e.seq LIMIT $4
    ON CONFLICT (endpoint_id, event_seq) DO NOTHING RETURNING id"""
CHOOSE = """SELECT d.id FROM event_delivery d JOIN outgoing_event e ON e.seq = d.event_seq
 WHERE d.endpoint_id = $1 AND d.status = ANY ($2) AND d.status <> 'PENDING'
   AND ($3::timestamptz IS NULL OR e.at >= $3) AND ($4::timestamptz IS NULL OR e.at < $4)
   AND ($5::uuid[] IS NULL OR d.id = ANY ($5))
 ORDER BY d.event_seq LIMIT $6"""
# Ended deliveries become pending again behind whatever of their lane is pending already.
REVIVE = """UPDATE event_delivery SET status = 'PENDING', ended_at = NULL, tries = 0, lease_id = NULL, next_at = NULL,
  created_at = now(), give_up_at = now() + make_interval(secs => $2)
 WHERE id = ANY ($1) AND status <> 'PENDING'"""


async def list_endpoints(connection: "Connection") -> list[Endpoint]:
    """All of them, by name."""
    return [_endpoint(row) for row in await connection.fetch(LIST)]


async def find(connection: "Connection", endpoint_id: str) -> Endpoint | None:
    """None when it is unknown or deleted."""
    row = await connection.fetchrow(GET, endpoint_id)
    return _endpoint(row) if row else None


async def insert(
    connection: "Connection", endpoint_id: str, draft: Draft, secret: bytes, headers: bytes, creator: Creator
) -> None:
    """Both envelopes are of version 1."""
    await connection.execute(
        INSERT,
        endpoint_id,
        *_columns(draft),
        secret,
        headers,
        sorted(draft.headers or ()),
        creator.kind,
        creator.id,
        creator.name,
    )


async def update(connection: "Connection", endpoint_id: str, draft: Draft) -> None:
    """Everything but secret and headers; a changed endpoint is tried anew at once."""
    await connection.execute(UPDATE, endpoint_id, *_columns(draft))


async def keys(connection: "Connection", endpoint_id: str) -> Keys | None:
    """The sealed secret or secrets, and the sealed headers."""
    row = await connection.fetchrow(KEYS, endpoint_id)
    return keys_of(row) if row else None


async def target(connection: "Connection", endpoint_id: str) -> Target | None:
    """Where to send to; None when it was deleted."""
    row = await connection.fetchrow(TARGET, endpoint_id)
    return target_of(row) if row else None


def target_of(row: Any) -> Target:
    """The target in a row of `TARGET`."""
    return Target(row["id"], row["url"], keys_of(row), row["allow_private"], row["verify_tls"], row["ca_pem"])


async def deliveries(
    connection: "Connection",
    endpoint_id: str,
    statuses: Sequence[str] | None,
    event_type: str,
    subject_id: str,
    before: int | None,
    limit: int,
) -> list[Delivery]:
    """The newest events first; `before` is the number of the last one shown."""
    rows = await connection.fetch(DELIVERIES, endpoint_id, statuses, event_type, subject_id, before, limit)
    return [_delivery(row) for row in rows]


async def delivery(connection: "Connection", endpoint_id: str, delivery_id: str) -> Delivery | None:
    """One of an endpoint."""
    row = await connection.fetchrow(DELIVERY, endpoint_id, delivery_id)
    return _delivery(row) if row else None


async def attempts(connection: "Connection", delivery_id: str) -> list[LoggedAttempt]:
    """The latest first."""
    return [_attempt(row) for row in await connection.fetch(ATTEMPTS, delivery_id)]


async def choose(connection: "Connection", endpoint_id: str, replay: Replay, limit: int) -> list[Any]:
    """Ids of what is to be sent again, in the order of their events; events that were missed become deliveries."""
    chosen: list[Any] = []
    if replay.missed:
        chosen = [
            row["id"] for row in await connection.fetch(ADD_MISSED, endpoint_id, replay.since, replay.until, limit)
        ]
    ids = list(replay.delivery_ids) or None
    if replay.statuses and len(chosen) < limit:
        rows = await connection.fetch(
            CHOOSE, endpoint_id, list(replay.statuses), replay.since, replay.until, ids, limit - len(chosen)
        )
        chosen += [row["id"] for row in rows if row["id"] not in set(chosen)]
    return chosen


def event_of(row: Any) -> OutgoingEvent:
    """The event in a row of `_EVENT`."""
    return OutgoingEvent(
        row["seq"], row["event_id"], row["type"], row["at"], row["subject_kind"], row["subject_id"], row["data"]
    )


def keys_of(row: Any) -> Keys:
    """The envelopes in a row."""
    version = row["secret_version"]
    previous = SealedValue(row["previous_secret"], version - 1) if row["previous_secret"] else None
    return Keys(SealedValue(row["secret"], version), previous, SealedValue(row["headers"], row["headers_version"]))


def _columns(draft: Draft) -> tuple[Any, ...]:
    chosen = draft.filter
    return (
        draft.name,
        draft.url,
        draft.enabled,
        list(chosen.event_types),
        list(chosen.workflow_ids),
        list(chosen.labels),
        draft.allow_private,
        draft.verify_tls,
        draft.ca_pem,
    )


def _endpoint(row: Any) -> Endpoint:
    plain = {
        name: row[name] for name in Endpoint.__dataclass_fields__ if name not in ("filter", "creator", "header_names")
    }
    workflows = tuple(str(workflow_id) for workflow_id in row["workflow_ids"])
    return Endpoint(
        **plain,
        filter=Filter(tuple(row["event_types"]), workflows, tuple(row["labels"])),
        header_names=tuple(row["header_names"]),
        creator=Creator(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        event=event_of(row),
        status=DeliveryStatus(row["status"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        next_at=row["next_at"],
        give_up_at=row["give_up_at"],
        last_status=row["last_status"],
        last_error=row["last_error"],
    )


def _attempt(row: Any) -> LoggedAttempt:
    answered = row["response_headers"]
    return LoggedAttempt(
        row["attempt_no"],
        Attempt(
            at=row["at"],
            duration_seconds=row["duration_seconds"],
            outcome=Outcome(row["outcome"]),
            request_headers=json.loads(row["request_headers"]),
            response_status=row["response_status"],
            response_headers=json.loads(answered) if answered else None,
            response_body=row["response_body"],
            error=row["error"],
        ),
    )
