"""Reports as they come over the wire."""

import json

from exekra.scheduler.v1 import attempt_pb2 as pb
from services.scheduler.evidence.messages import to_batch
from services.scheduler.evidence.model import NodeRunStatus

REF = pb.AttemptRef(execution_id="e", attempt_id="a")


def test_a_report_becomes_plain_data() -> None:
    event = pb.NodeEvent(seq=3, node_run_seq=2, node_id="n1", status=pb.NODE_RUN_STATUS_FAILED, output_json=b"1")
    event.at.FromJsonString("2026-03-01T12:00:00.123456Z")
    event.failure.CopyFrom(pb.Failure(code="HTTP_FAILED", message="No answer.", node_id="n1", retryable=True))
    line = pb.LogLine(seq=1, level=pb.LOG_LEVEL_ERROR, message="oh")
    line.at.FromJsonString("2026-03-01T12:00:00.5Z")
    batch = to_batch("r", REF, [event], [line])
    (plain,) = batch.node_events
    assert (batch.runner_id, batch.attempt_id, plain.run_seq, plain.output) == ("r", "a", 2, b"1")
    assert plain.status is NodeRunStatus.FAILED
    assert plain.at.microsecond == 123456
    assert json.loads(plain.failure) == {
        "code": "HTTP_FAILED",
        "message": "No answer.",
        "nodeId": "n1",
        "retryable": True,
        "details": {},
    }
    assert batch.log_lines[0].at % 1_000_000 == 500_000


def test_what_postgres_or_a_calendar_cannot_hold_is_brought_to_what_they_can() -> None:
    event = pb.NodeEvent(seq=1, node_id="a\x00b", duration_seconds=float("nan"), status=99)  # type: ignore[arg-type]
    event.at.seconds = 10**15
    event.failure.details_json = b"no json"
    line = pb.LogLine(seq=1, level=77)  # type: ignore[arg-type]
    line.at.seconds = -5
    batch = to_batch("r", REF, [event], [line])
    (plain,) = batch.node_events
    assert plain.node_id == "a\ufffdb"
    assert plain.duration_seconds == 0.0
    assert plain.at.year == 9999
    assert json.loads(plain.failure)["details"] == {"text": "no json"}
    assert (batch.log_lines[0].level, batch.log_lines[0].at) == (2, 0)
