"""Reports and evidence as protobuf messages: reports to plain batches, rows to answers."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import attempt_pb2 as pb
from exekra.scheduler.v1 import execution_pb2
from services.scheduler.evidence.model import (
    Artifact,
    Level,
    LogLine,
    NodeEvent,
    NodeRun,
    NodeRunStatus,
    ReportedBatch,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # the year 9999 ends
_LONGEST_SECONDS = 1e9
_PREFIX = len("NODE_RUN_STATUS_")
_STATUSES = {
    number: NodeRunStatus(name[_PREFIX:])
    for name, number in pb.NodeRunStatus.items()
    if number != pb.NODE_RUN_STATUS_UNSPECIFIED
}
_NUMBERS = {status: number for number, status in _STATUSES.items()}
_LEVELS: frozenset[int] = frozenset(Level)


def to_batch(
    runner_id: str,
    attempt: pb.AttemptRef,
    node_events: Iterable[pb.NodeEvent] = (),
    log_lines: Iterable[pb.LogLine] = (),
) -> ReportedBatch:
    """What a ReportBatch or the rest in a FinishRecord holds. The ids must be UUIDs: the caller has checked them."""
    return ReportedBatch(
        execution_id=attempt.execution_id,
        attempt_id=attempt.attempt_id,
        runner_id=runner_id,
        node_events=[_node_event(event) for event in node_events],
        log_lines=[_log_line(line) for line in log_lines],
    )


def to_node_run(run: NodeRun) -> execution_pb2.NodeRun:
    """One run of a node."""
    return execution_pb2.NodeRun(
        seq=run.seq,
        node_id=run.node_id,
        node_type=run.node_type,
        path_json=run.path,
        attempt=run.attempt_no,
        try_number=run.try_number,
        status=_NUMBERS[run.status],
        started_at=_stamp(run.started_at) if run.started_at else None,
        completed_at=_stamp(run.completed_at) if run.completed_at else None,
        duration_seconds=run.duration_seconds,
        input_json=run.input,
        output_json=run.output,
        failure=_to_failure(run.failure) if run.failure else None,
        port=run.port,
        variables_json=run.variables,
    )


def to_log_line(line: LogLine) -> pb.LogLine:
    """One log line."""
    at = Timestamp(seconds=line.at // 1_000_000, nanos=line.at % 1_000_000 * 1_000)
    return pb.LogLine(
        seq=line.seq, at=at, level=pb.LogLevel.ValueType(line.level), node_id=line.node_id, message=line.message
    )


def to_artifact(artifact: Artifact) -> execution_pb2.ArtifactInfo:
    """An artifact without its bytes."""
    return execution_pb2.ArtifactInfo(
        id=artifact.id,
        execution_id=artifact.execution_id,
        node_id=artifact.node_id,
        name=artifact.name,
        size=artifact.size,
        sha256=artifact.sha256,
        media_type=artifact.media_type,
        created_at=_stamp(artifact.created_at),
    )


def _node_event(event: pb.NodeEvent) -> NodeEvent:
    return NodeEvent(
        seq=event.seq,
        run_seq=max(event.node_run_seq, 1),
        node_id=_text(event.node_id),
        node_type=_text(event.node_type),
        path=event.path_json,
        try_number=event.try_number,
        status=_STATUSES.get(event.status, NodeRunStatus.RUNNING),
        at=_EPOCH + timedelta(microseconds=_microseconds(event.at)),
        duration_seconds=event.duration_seconds if 0 <= event.duration_seconds < _LONGEST_SECONDS else 0.0,
        input=event.input_json,
        output=event.output_json,
        failure=_failure(event.failure) if event.HasField("failure") else b"",
        port=_text(event.port),
        variables=event.variables_json,
    )


def _log_line(line: pb.LogLine) -> LogLine:
    level = int(line.level)
    return LogLine(
        line.seq, _microseconds(line.at), level if level in _LEVELS else Level.INFO.value, line.node_id, line.message
    )


def _microseconds(at: Timestamp) -> int:
    """A runner's clock may say anything; what no date can hold is brought to the nearest that one can."""
    return min(max(at.seconds, 0), _LAST_SECOND) * 1_000_000 + min(max(at.nanos, 0) // 1_000, 999_999)


def _text(text: str) -> str:
    """Postgres stores no NUL in text; a report must not fail by one."""
    return text.replace("\x00", "\ufffd")


def _failure(failure: pb.Failure) -> bytes:
    document = {
        "code": failure.code,
        "message": failure.message,
        "nodeId": failure.node_id,
        "retryable": failure.retryable,
        "details": _details(failure.details_json),
    }
    return json.dumps(document).encode()


def _details(data: bytes) -> object:
    try:
        return json.loads(data or b"{}")
    except ValueError:
        return {"text": data.decode(errors="replace")}


def _to_failure(data: bytes) -> pb.Failure:
    document = json.loads(data)
    return pb.Failure(
        code=document["code"],
        message=document["message"],
        node_id=document["nodeId"],
        retryable=document["retryable"],
        details_json=json.dumps(document["details"]).encode(),
    )


def _stamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
