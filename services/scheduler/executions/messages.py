"""Executions as protobuf messages, and the small messages inside them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import execution_pb2 as pb
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.model import Failure, Metrics
from services.scheduler.executions.obstacles import PendingReason
from services.scheduler.executions.repository.outcomes import load_failure
from services.scheduler.executions.repository.queries import HistoryStep, View

_LATEST_SECOND = 253_402_300_799


def timestamp(at: datetime | None) -> Timestamp | None:
    """None stays None: the field is then unset."""
    if at is None:
        return None
    message = Timestamp()
    message.FromDatetime(at)
    return message


def instant(message: Timestamp) -> datetime | None:
    """Aware and in UTC; None for a time outside the calendar."""
    if not 0 <= message.seconds <= _LATEST_SECOND:
        return None
    return message.ToDatetime(tzinfo=UTC)


def status_number(status: str | None) -> pb.ExecutionStatus.ValueType:
    """The enum of a status; unspecified for None."""
    return pb.ExecutionStatus.Value(f"EXECUTION_STATUS_{status or 'UNSPECIFIED'}")


def status_of(number: int) -> Status | None:
    """None for the unspecified and for numbers of a newer version."""
    name = pb.ExecutionStatus.Name(number) if number in pb.ExecutionStatus.values() else ""  # type: ignore[arg-type]  # any number may come
    text = name.removeprefix("EXECUTION_STATUS_")
    return Status(text) if text in Status.__members__ else None


def failure_from_message(message: attempt_pb2.Failure) -> Failure:
    """A runner's failure; details that are no JSON object are dropped."""
    try:
        details = json.loads(message.details_json or b"{}")
    except ValueError:
        details = {}
    return Failure(
        code=message.code or "UNKNOWN",
        message=message.message,
        node_id=message.node_id,
        retryable=message.retryable,
        details=details if isinstance(details, dict) else {},
    )


def failure_message(failure: Failure | None) -> attempt_pb2.Failure | None:
    """None stays None: the field is then unset."""
    if failure is None:
        return None
    return attempt_pb2.Failure(
        code=failure.code,
        message=failure.message,
        node_id=failure.node_id,
        retryable=failure.retryable,
        details_json=json.dumps(dict(failure.details)).encode(),
    )


def metrics_from_message(message: attempt_pb2.ExecutionMetrics) -> Metrics:
    """What the runner measured."""
    return Metrics(message.cpu_avg, message.cpu_peak, message.memory_avg, message.memory_peak)


def execution_message(view: View, reasons: Iterable[PendingReason] = ()) -> pb.Execution:
    """An execution as the gateway gets it."""
    metrics = None
    if view.cpu_avg is not None:
        metrics = attempt_pb2.ExecutionMetrics(
            cpu_avg=view.cpu_avg,
            cpu_peak=view.cpu_peak or 0.0,
            memory_avg=view.memory_avg or 0,
            memory_peak=view.memory_peak or 0,
        )
    stopped_by = None
    if view.stopped_by_kind is not None:
        stopped_by = pb.Actor(kind=view.stopped_by_kind, id=view.stopped_by_id or "", name=view.stopped_by_name or "")
    return pb.Execution(
        id=view.id,
        workflow_id=view.workflow_id,
        workflow_name=view.workflow_name,
        version=view.version,
        status=status_number(view.status),
        mode=pb.ExecutionMode.Value(f"EXECUTION_MODE_{view.mode}"),
        priority=view.priority,
        attempt=view.attempt_no,
        run_attempts=view.run_attempts,
        runner_id=view.runner_id or "",
        runner_name=view.runner_name or "",
        trigger_id=view.trigger_id or "",
        triggered_by=pb.Actor(kind=view.actor_kind, id=view.actor_id, name=view.actor_name),
        inputs_json=view.inputs,
        output_json=view.output or b"",
        failure=failure_message(load_failure(view.failure)),
        created_at=timestamp(view.created_at),
        not_before=timestamp(view.not_before),
        assigned_at=timestamp(view.assigned_at),
        started_at=timestamp(view.started_at),
        completed_at=timestamp(view.completed_at),
        contact_lost_at=timestamp(view.contact_lost_at),
        metrics=metrics,
        pending_reasons=[reason_message(reason) for reason in reasons],
        dedupe_key=view.dedupe_key or "",
        retry_of=view.retry_of or "",
        late=view.late,
        draft=view.draft,
        timeout_seconds=view.timeout_seconds,
        queue_timeout_seconds=view.queue_timeout_seconds,
        stopped_by=stopped_by,
        waiting_for=view.waiting_for or "",
    )


def reason_message(reason: PendingReason) -> pb.PendingReason:
    """For one runner the conditions that fail."""
    return pb.PendingReason(
        runner_id=reason.runner_id,
        runner=reason.runner,
        obstacles=[pb.Obstacle(code=obstacle.code, message=obstacle.message) for obstacle in reason.obstacles],
    )


def step_message(step: HistoryStep) -> pb.ExecutionEvent:
    """One step of the history."""
    return pb.ExecutionEvent(
        seq=step.seq,
        at=timestamp(step.at),
        event=step.event,
        from_status=status_number(step.from_status),
        to_status=status_number(step.to_status),
        attempt_id=step.attempt_id or "",
        runner_id=step.runner_id or "",
        facts_json=(step.facts or "{}").encode(),
    )
