"""SQL that locks work and writes what was decided about it: one statement each, however large a batch is."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from services.scheduler.executions.lifecycle import ENDED, Status
from services.scheduler.executions.model import AttemptEnd, AttemptState, Change, Failure, Mode, Work

if TYPE_CHECKING:
    from services.kit.postgres import Connection

WORK = """execution_id, workflow_id, status, mode, latest_attempt_id, run_attempts, max_attempts, backoff_seconds,
 on_lost,
 dispatch_failures, stop_cause, stop_force, concurrency_key, timeout_seconds, queue_over, deadline_over, contact_lost,
 attempt_id, runner_id, slot, epoch, lease_seconds, acknowledged, ended, digest, offer_over, lease_over,
 lease_left_seconds,
 runner_name, refusers, attempt_no"""
LOCK_WORK = f"SELECT {WORK} FROM lock_work($1::uuid[], $2::uuid[], $3)"  # noqa: S608 - a constant

APPLY = """WITH change AS (
 SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::float8[],
  $9::int[], $10::int[], $11::bool[], $12::bytea[], $13::bytea[], $14::text[], $15::bool[], $16::text[], $17::float8[],
  $18::float8[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::text[], $24::bool[], $25::text[],
  $26::text[], $27::text[], $28::text[], $29::bool[])
 AS c (execution_id, event, status, attempt_id, attempt_end, end_reason, waiting_for, ready_in, run_attempts,
  dispatch_failures, acknowledged, output, failure, failure_code, late, digest, cpu_avg, cpu_peak, memory_avg,
  memory_peak, node_events, log_lines, stop_cause, stop_force, by_kind, by_id, by_name, facts, ended)
), freed AS (
 UPDATE seat s SET attempt_id = NULL FROM change c WHERE s.attempt_id = c.attempt_id AND c.attempt_end IS NOT NULL
), tried AS (
 UPDATE attempt a
    SET ended = coalesce(c.attempt_end, a.ended),
        ended_at = CASE WHEN c.attempt_end IS NULL THEN a.ended_at ELSE coalesce(a.ended_at, now()) END,
        end_reason = coalesce(c.end_reason, a.end_reason), digest = coalesce(c.digest, a.digest),
        late = a.late OR c.late, failure = coalesce(c.failure, a.failure),
        node_events = coalesce(c.node_events, a.node_events), log_lines = coalesce(c.log_lines, a.log_lines),
        acknowledged_at = CASE WHEN c.acknowledged THEN now() ELSE a.acknowledged_at END,
        lease_expires_at = CASE WHEN c.acknowledged
            THEN now() + make_interval(secs => a.lease_seconds + t.lease_margin_seconds) ELSE a.lease_expires_at END
   FROM change c CROSS JOIN dispatch_timing t
  WHERE a.id = c.attempt_id AND (c.acknowledged OR c.attempt_end IS NOT NULL)
)
UPDATE execution e
   SET status = c.status, event = c.event, event_facts = c.facts::json, waiting_for = c.waiting_for,
       ready_at = CASE WHEN c.ready_in IS NULL THEN e.ready_at ELSE now() + make_interval(secs => c.ready_in) END,
       run_attempts = coalesce(c.run_attempts, e.run_attempts),
       dispatch_failures = coalesce(c.dispatch_failures, e.dispatch_failures),
       runner_id = CASE WHEN c.status = 'QUEUED' THEN NULL ELSE e.runner_id END,
       assigned_at = CASE WHEN c.status = 'QUEUED' THEN NULL ELSE e.assigned_at END,
       started_at = CASE WHEN c.acknowledged THEN coalesce(e.started_at, now())
                         WHEN c.run_attempts = 0 AND c.event = 'NOT_BEGUN' THEN NULL ELSE e.started_at END,
       deadline_at = CASE WHEN c.acknowledged AND e.timeout_seconds > 0
                          THEN now() + make_interval(secs => e.timeout_seconds)
                          WHEN c.status = 'RUNNING' THEN e.deadline_at END,
       completed_at = CASE WHEN c.ended THEN now() END,
       contact_lost_at = CASE WHEN c.event = 'CONTACT_LOST' THEN now()
                              WHEN c.event = 'CONTACT_REGAINED' OR c.attempt_end IS NOT NULL THEN NULL
                              ELSE e.contact_lost_at END,
       output = coalesce(c.output, e.output),
       failure = CASE WHEN c.ended THEN c.failure END, failure_code = CASE WHEN c.ended THEN c.failure_code END,
       late = e.late OR c.late,
       cpu_avg = coalesce(c.cpu_avg, e.cpu_avg), cpu_peak = coalesce(c.cpu_peak, e.cpu_peak),
       memory_avg = coalesce(c.memory_avg, e.memory_avg), memory_peak = coalesce(c.memory_peak, e.memory_peak),
       stop_requested_at = CASE WHEN c.stop_cause IS NOT NULL THEN now()
                                WHEN c.status = 'QUEUED' THEN NULL ELSE e.stop_requested_at END,
       stop_cause = coalesce(c.stop_cause, e.stop_cause), stop_force = coalesce(c.stop_force, e.stop_force),
       stopped_by_kind = coalesce(c.by_kind, e.stopped_by_kind), stopped_by_id = coalesce(c.by_id, e.stopped_by_id),
       stopped_by_name = coalesce(c.by_name, e.stopped_by_name)
  FROM change c
 WHERE e.id = c.execution_id
RETURNING e.id"""

UNPARK = "SELECT unpark($1, $2)"
UNPARK_ALL = "SELECT unpark()"


async def lock_work(
    connection: "Connection",
    attempts: Iterable[str] = (),
    executions: Iterable[str] = (),
    *,
    deadline_grace_seconds: float = 0.0,
) -> dict[str, Work]:
    """Each attempt's (or execution's) work under its own id; ids that are not there are missing. Locks until commit.

    Ids must be UUIDs. Waits for locks as long as the connection's lock_timeout allows.
    """
    attempt_ids, execution_ids = list(attempts), list(executions)
    if not attempt_ids and not execution_ids:
        return {}
    rows = await connection.fetch(LOCK_WORK, attempt_ids, execution_ids, deadline_grace_seconds)
    found = {}
    wanted = set(execution_ids)
    for row in rows:
        work = _work(row)
        if work.attempt is not None:
            found[work.attempt.id] = work
        if work.execution_id in wanted:
            found[work.execution_id] = work
    return found


async def apply_changes(connection: "Connection", changes: Sequence[Change]) -> None:
    """Writes the changes, at most one for each execution; the caller has locked them."""
    if not changes:
        return
    columns = list(zip(*(_columns(change) for change in changes), strict=True))
    written = await connection.fetch(APPLY, *(list(column) for column in columns))
    if len(written) != len(changes):
        raise RuntimeError(f"{len(changes)} changes were decided, {len(written)} could be written")


async def unpark(connection: "Connection", work: Iterable[Work]) -> int:
    """Lets the next execution of each concurrency key go after one ended; answers how many can now be claimed."""
    keys = {(each.workflow_id, each.concurrency_key) for each in work if each.concurrency_key is not None}
    return sum([await connection.fetchval(UNPARK, workflow_id, key) for workflow_id, key in sorted(keys)])


def dump_failure(failure: Failure) -> bytes:
    """A failure as it is stored: the JSON form of the contract."""
    return json.dumps(
        {
            "code": failure.code,
            "message": failure.message,
            "nodeId": failure.node_id,
            "retryable": failure.retryable,
            "details": dict(failure.details),
        }
    ).encode()


def load_failure(stored: bytes | None) -> Failure | None:
    """The failure that `dump_failure` wrote."""
    if stored is None:
        return None
    document = json.loads(stored)
    return Failure(
        code=document["code"],
        message=document["message"],
        node_id=document["nodeId"],
        retryable=document["retryable"],
        details=document["details"],
    )


def _columns(change: Change) -> tuple[Any, ...]:
    failure, metrics, by = change.failure, change.metrics, change.stopped_by
    return (
        change.execution_id,
        change.event,
        change.status,
        change.attempt_id,
        change.attempt_end,
        printable(change.end_reason) if change.attempt_end else None,
        change.waiting_for,
        change.ready_in_seconds,
        change.run_attempts,
        change.dispatch_failures,
        change.acknowledged,
        change.output,
        dump_failure(failure) if failure else None,
        printable(failure.code) if failure else None,
        change.late,
        printable(change.digest) if change.digest is not None else None,
        metrics.cpu_avg if metrics else None,
        metrics.cpu_peak if metrics else None,
        metrics.memory_avg if metrics else None,
        metrics.memory_peak if metrics else None,
        change.node_events,
        change.log_lines,
        change.stop_cause,
        change.stop_force,
        by.kind if by else None,
        printable(by.id) if by else None,
        printable(by.name) if by else None,
        json.dumps(dict(change.facts)) if change.facts else None,
        change.status in ENDED,
    )


def printable(text: str) -> str:
    """Text of a runner or person as Postgres can hold it: it has no place for the character NUL."""
    return text.replace("\x00", "\ufffd")


def _work(row: Any) -> Work:
    attempt = None
    if row["attempt_id"] is not None:
        attempt = AttemptState(
            id=str(row["attempt_id"]),
            runner_id=str(row["runner_id"]),
            slot=row["slot"],
            epoch=row["epoch"],
            lease_seconds=row["lease_seconds"],
            acknowledged=row["acknowledged"],
            ended=AttemptEnd(row["ended"]) if row["ended"] else None,
            digest=row["digest"],
            offer_over=row["offer_over"],
            lease_over=row["lease_over"],
            lease_left_seconds=row["lease_left_seconds"],
            runner_name=row["runner_name"] or "",
            number=row["attempt_no"],
        )
    return Work(
        execution_id=str(row["execution_id"]),
        workflow_id=str(row["workflow_id"]),
        status=Status(row["status"]),
        mode=Mode(row["mode"]),
        latest_attempt_id=str(row["latest_attempt_id"]) if row["latest_attempt_id"] else None,
        run_attempts=row["run_attempts"],
        max_attempts=row["max_attempts"],
        backoff_seconds=row["backoff_seconds"],
        on_lost=row["on_lost"],
        dispatch_failures=row["dispatch_failures"],
        stop_cause=row["stop_cause"],
        stop_force=row["stop_force"],
        concurrency_key=row["concurrency_key"],
        timeout_seconds=row["timeout_seconds"],
        attempt=attempt,
        queue_over=row["queue_over"],
        deadline_over=row["deadline_over"],
        contact_lost=row["contact_lost"],
        refusers=tuple(row["refusers"]),
    )
