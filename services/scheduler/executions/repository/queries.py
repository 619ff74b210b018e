"""SQL that reads executions for people: one, a page of them, their history, and why one is pending."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.scheduler.executions.model import Mode
from services.scheduler.executions.obstacles import PendingReason, explain

if TYPE_CHECKING:
    from services.kit.postgres import Connection

COLUMNS = """e.id, e.workflow_id, e.workflow_name, e.version, e.status, e.mode, e.priority, e.attempt_no,
 e.run_attempts,
 e.runner_id, r.name AS runner_name, e.trigger_id, e.actor_kind, e.actor_id, e.actor_name, e.inputs, e.output,
 e.failure,
 e.created_at, e.not_before, e.assigned_at, e.started_at, e.completed_at,
 CASE WHEN e.status IN ('RUNNING', 'STOPPING') AND n.seen_at < now() - make_interval(secs => t.silent_seconds)
  THEN n.seen_at END AS contact_lost_at,
 e.cpu_avg, e.cpu_peak, e.memory_avg, e.memory_peak, e.dedupe_key, e.retry_of, e.late, e.draft, e.timeout_seconds,
 e.queue_timeout_seconds, e.stopped_by_kind, e.stopped_by_id, e.stopped_by_name, e.waiting_for,
 d.runner_id AS bound_to"""
BESIDE = """CROSS JOIN dispatch_timing t JOIN demand d ON d.id = e.demand_id
 LEFT JOIN runner r ON r.id = e.runner_id LEFT JOIN runner_session n ON n.runner_id = e.runner_id"""
VIEW = f"SELECT {COLUMNS} FROM execution e {BESIDE}"  # noqa: S608 - a constant
GET = f"{VIEW} WHERE e.id = $1"
NEWEST_FIRST = " ORDER BY e.created_at DESC, e.id DESC LIMIT $1"
PLACES = "SELECT e.id, e.created_at, e.status FROM execution e"
STANDS = f"{PLACES} WHERE e.id = ANY ($1::uuid[])"
FILTERS = {
    "workflow_id": "e.workflow_id = ${}",
    "runner_id": "e.runner_id = ${}",
    "statuses": "e.status = ANY (${}::text[])",
    "trigger_id": "e.trigger_id = ${}",
    "created_from": "e.created_at >= ${}",
    "created_to": "e.created_at < ${}",
    "query": "e.workflow_id IN (SELECT id FROM workflow WHERE strpos(lower(name), lower(${})) > 0)",
    "id_range": "e.id BETWEEN (${0}::uuid[])[1] AND (${0}::uuid[])[2]",
    "after": "(e.created_at, e.id) < (${}, ${})",
}
EVENTS = """SELECT seq, at, event, from_status, to_status, attempt_id, runner_id, facts FROM execution_event
 WHERE execution_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"""
PENDING = """SELECT r.id AS runner_id, r.name, o.codes, e.ready_at, e.concurrency_limit, n.paused_at, n.paused_by,
 ARRAY (SELECT unnest(d.labels) EXCEPT SELECT unnest(r.labels) ORDER BY 1) AS labels,
 ARRAY (SELECT unnest(d.capabilities) EXCEPT SELECT unnest(n.capabilities) ORDER BY 1) AS capabilities
 FROM execution e JOIN demand d ON d.id = e.demand_id CROSS JOIN runner r LEFT JOIN runner_session n ON n.runner_id
 = r.id
 CROSS JOIN LATERAL (SELECT obstacles(e, d, r, n) AS codes OFFSET 0) o
 WHERE e.id = $1 AND e.status = 'QUEUED' AND r.deleted_at IS NULL ORDER BY cardinality(o.codes), r.name LIMIT $2"""
IS_POSSIBLE = """SELECT EXISTS (SELECT FROM execution e JOIN demand d ON d.id = e.demand_id CROSS JOIN runner r
 LEFT JOIN runner_session n ON n.runner_id = r.id
 WHERE e.id = $1 AND r.deleted_at IS NULL AND r.enabled AND (d.runner_id IS NULL OR d.runner_id = r.id)
  AND d.labels <@ r.labels AND d.capabilities <@ n.capabilities)"""

MAXIMUM_RUNNERS = 200


@dataclass(frozen=True, slots=True)
class View:
    """An execution as people see it. Ids are text, documents the bytes they came as."""

    id: str
    workflow_id: str
    workflow_name: str
    version: int
    status: str
    mode: Mode
    priority: int
    attempt_no: int
    run_attempts: int
    runner_id: str | None
    runner_name: str | None
    trigger_id: str | None
    actor_kind: str
    actor_id: str
    actor_name: str
    inputs: bytes
    output: bytes | None
    failure: bytes | None
    created_at: datetime
    not_before: datetime | None
    assigned_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    contact_lost_at: datetime | None
    cpu_avg: float | None
    cpu_peak: float | None
    memory_avg: int | None
    memory_peak: int | None
    dedupe_key: str | None
    retry_of: str | None
    late: bool
    draft: bool
    timeout_seconds: float
    queue_timeout_seconds: float
    stopped_by_kind: str | None
    stopped_by_id: str | None
    stopped_by_name: str | None
    waiting_for: str | None
    bound_to: str | None
    """The one runner it may run on."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a list shows; None and empty mean all. `after` is the last one of the page before."""

    workflow_id: str | None = None
    runner_id: str | None = None
    statuses: Sequence[str] | None = None
    trigger_id: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    query: str | None = None
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an execution stands, in its life and in the list of all."""

    id: str
    created_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One row of an execution's history."""

    seq: int
    at: datetime
    event: str
    from_status: str | None
    to_status: str
    attempt_id: str | None
    runner_id: str | None
    facts: str | None
    """A JSON object."""


async def get(connection: "Connection", execution_id: str) -> View | None:
    """One execution."""
    row = await connection.fetchrow(GET, execution_id)
    return view_of(row) if row else None


async def find(connection: "Connection", wanted: Filter, limit: int) -> list[View]:
    """The newest `limit` executions that pass the filter."""
    sql, parameters = assemble(wanted)
    return [view_of(row) for row in await connection.fetch(sql, limit, *parameters)]


async def find_places(connection: "Connection", wanted: Filter, limit: int) -> list[Place]:
    """The newest `limit` that pass the filter, without what is in them."""
    where, parameters = _where(wanted)
    return [_place(row) for row in await connection.fetch(PLACES + where + NEWEST_FIRST, limit, *parameters)]


async def places_of(connection: "Connection", execution_ids: Sequence[str]) -> dict[str, Place]:
    """Those of these executions that exist."""
    return {str(row["id"]): _place(row) for row in await connection.fetch(STANDS, execution_ids)}


async def count(connection: "Connection", wanted: Filter, most: int) -> int:
    """How many pass the filter; `most` and one more are not told apart from any more."""
    where, parameters = _where(wanted)
    sql = f"SELECT count(*) FROM (SELECT FROM execution e{where} LIMIT $1) found"  # noqa: S608 - constant pieces
    found: int = await connection.fetchval(sql, most + 1, *parameters)
    return found


def assemble(wanted: Filter) -> tuple[str, list[Any]]:
    """The statement of constant pieces for this filter, and its parameters from $2 on."""
    where, parameters = _where(wanted)
    return VIEW + where + NEWEST_FIRST, parameters


def _where(wanted: Filter) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value is None or value in ("", []):
            continue
        place = len(parameters) + 2
        if field.name == "after":
            conditions.append(FILTERS["after"].format(place, place + 1))
            parameters += value
        elif field.name == "query" and (ids := id_range(value)):
            conditions.append(f"({FILTERS['query'].format(place)} OR {FILTERS['id_range'].format(place + 1)})")
            parameters += [value, ids]
        else:
            conditions.append(FILTERS[field.name].format(place))
            parameters.append(value)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), parameters


def id_range(text: str) -> list[str] | None:
    """The first and last id that begin with this text; None when none can."""
    digits = text.lower().replace("-", "")
    if not digits or len(digits) > 32 or set(digits) - set("0123456789abcdef"):
        return None
    return [str(UUID(digits.ljust(32, "0"))), str(UUID(digits.ljust(32, "f")))]


async def history(connection: "Connection", execution_id: str, after: int, limit: int) -> list[HistoryStep]:
    """The steps of an execution after number `after`."""
    return [
        HistoryStep(
            seq=row["seq"],
            at=row["at"],
            event=row["event"],
            from_status=row["from_status"],
            to_status=row["to_status"],
            attempt_id=_text(row["attempt_id"]),
            runner_id=_text(row["runner_id"]),
            facts=row["facts"],
        )
        for row in await connection.fetch(EVENTS, execution_id, after, limit)
    ]


async def pending_reasons(connection: "Connection", execution_id: str) -> list[PendingReason]:
    """For each runner what keeps this QUEUED execution from it, the nearest first; empty in every other status."""
    reasons = []
    for row in await connection.fetch(PENDING, execution_id, MAXIMUM_RUNNERS):
        facts = {
            "ready_at": row["ready_at"].isoformat(timespec="seconds"),
            "labels": ", ".join(row["labels"]),
            "capabilities": ", ".join(row["capabilities"]),
            "concurrency_limit": row["concurrency_limit"],
            "pause": _pause(row["paused_at"], row["paused_by"]),
        }
        reasons.append(PendingReason(str(row["runner_id"]), row["name"], explain(row["codes"], facts)))
    return reasons


async def is_possible(connection: "Connection", execution_id: str) -> bool:
    """Some runner has what the execution asks for, whether it is there now or not."""
    return bool(await connection.fetchval(IS_POSSIBLE, execution_id))


def _place(row: Any) -> Place:
    return Place(str(row["id"]), row["created_at"], row["status"])


def _pause(since: datetime | None, by: str | None) -> str:
    return f"{by or 'its owner'} at {since.isoformat(timespec='seconds')}" if since else ""


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_IDS = frozenset({"id", "workflow_id", "runner_id", "trigger_id", "retry_of", "bound_to"})


def view_of(row: Any) -> View:
    """The view in a row of `COLUMNS`."""
    values: dict[str, Any] = {name: _text(value) if name in _IDS else value for name, value in row.items()}
    return View(**{**values, "mode": Mode(row["mode"])})
