"""An execution in an event is the very object that REST answers."""

import json

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import attempt_pb2, execution_pb2
from services.gateway.routes.execution_shapes import ExecutionShape
from services.gateway.transcoding.responses import ResponseWriter
from services.scheduler.delivery.documents import execution_document

WRITER = ResponseWriter(ExecutionShape, execution_pb2.Execution.DESCRIPTOR)

FULL = execution_pb2.Execution(
    id="e",
    workflow_id="w",
    workflow_name="Rates",
    version=3,
    status=execution_pb2.EXECUTION_STATUS_FAILED,
    mode=execution_pb2.EXECUTION_MODE_INTERACTIVE,
    priority=50,
    attempt=2,
    run_attempts=1,
    runner_id="r",
    runner_name="Desk",
    trigger_id="t",
    triggered_by=execution_pb2.Actor(kind="user", id="u", name="Ada"),
    inputs_json=b'{"a":1.0,"b":[1,null,"\xc3\xa9"]}',
    output_json=b"[]",
    failure=attempt_pb2.Failure(code="X", message="m", details_json=b'{"y":2}'),
    created_at=Timestamp(seconds=1_700_000_000, nanos=123_456_000),
    completed_at=Timestamp(seconds=1_700_000_001),
    metrics=attempt_pb2.ExecutionMetrics(cpu_avg=1.5, cpu_peak=2.0, memory_avg=3, memory_peak=4),
    dedupe_key="k",
    late=True,
    timeout_seconds=60.0,
    queue_timeout_seconds=86_400.0,
    stopped_by=execution_pb2.Actor(kind="system"),
    waiting_for="RETRY_BACKOFF",
)


def test_an_event_and_rest_show_the_same_execution() -> None:
    for message in (FULL, execution_pb2.Execution(id="e", workflow_id="w", created_at=Timestamp(seconds=1))):
        assert execution_document(message) == json.loads(WRITER.write(message))
