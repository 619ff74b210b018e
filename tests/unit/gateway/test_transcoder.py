"""Models and messages: what is written, what is left out, and what fails at start."""

import json
from datetime import UTC, datetime
from typing import Annotated

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from exekra.registry.v1 import runner_admin_service_pb2 as registry
from exekra.registry.v1 import runner_pb2
from exekra.scheduler.v1 import attempt_pb2, execution_pb2, execution_service_pb2, workflow_service_pb2
from services.gateway.routes.evidence_shapes import NodeRunShape
from services.gateway.routes.execution_shapes import CreateExecution, ExecutionQuery, ExecutionShape
from services.gateway.routes.runner_shapes import ChangeRunner, RunnerShape
from services.gateway.transcoding.enums import words
from services.gateway.transcoding.fields import ApiModel, Document, Gather, Outer, Proto
from services.gateway.transcoding.requests import RequestBinder
from services.gateway.transcoding.responses import ResponseWriter

EXECUTIONS = ResponseWriter(ExecutionShape, execution_pb2.Execution.DESCRIPTOR)
ID = "01a20864-f613-7e9e-abb0-3ea4dbd07e07"


def test_every_status_has_its_word() -> None:
    enum = execution_pb2.Execution.DESCRIPTOR.fields_by_name["status"].enum_type
    assert list(words(enum).values()) == [
        None, "QUEUED", "ASSIGNED", "RUNNING", "STOPPING", "COMPLETED", "FAILED", "STOPPED", "LOST",
    ]  # fmt: skip
    nodes = execution_pb2.NodeRun.DESCRIPTOR.fields_by_name["status"].enum_type
    assert list(words(nodes).values()) == [
        None, "running", "completed", "failed", "skipped", "retried", "stopped", "paused", "reused", "waiting",
    ]  # fmt: skip


def test_an_empty_message_is_valid_json_with_every_member() -> None:
    for model, message in (
        (ExecutionShape, execution_pb2.Execution()),
        (NodeRunShape, execution_pb2.NodeRun()),
        (RunnerShape, runner_pb2.Runner()),
    ):
        written = json.loads(ResponseWriter(model, message.DESCRIPTOR).write(message))
        assert written.keys() == {info.alias for info in model.model_fields.values()}


@given(
    st.text().filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
    st.floats(),
    st.integers(0, 2**31 - 1),
)
def test_any_text_and_number_is_written_as_valid_json(text: str, number: float, whole: int) -> None:
    message = execution_pb2.Execution(workflow_name=text, timeout_seconds=number, version=whole)
    written = json.loads(EXECUTIONS.write(message))
    assert written["workflow"]["name"] == text
    assert written["version"] == whole


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_are_iso_8601_in_utc(instant: datetime) -> None:
    message = execution_pb2.Execution()
    message.created_at.FromDatetime(instant)
    written = json.loads(EXECUTIONS.write(message))["createdAt"]
    assert written.endswith("Z")
    assert datetime.fromisoformat(written) == instant


def test_only_what_was_given_is_sent() -> None:
    message = execution_service_pb2.CreateExecutionRequest()
    body = CreateExecution.model_validate({"workflowId": ID})
    RequestBinder(CreateExecution, message.DESCRIPTOR).fill(body, message)
    assert {field.name for field, _ in message.ListFields()} == {"workflow_id", "inputs_json", "mode", "priority"}
    assert not message.HasField("queue_timeout_seconds")


def test_an_empty_list_replaces_and_a_missing_one_does_not() -> None:
    binder = RequestBinder(ChangeRunner, registry.UpdateRunnerRequest.DESCRIPTOR)
    for body, replaces in (({}, False), ({"labels": []}, True), ({"labels": None}, False)):
        message = registry.UpdateRunnerRequest()
        binder.fill(ChangeRunner.model_validate(body), message)
        assert message.set_labels is replaces


def test_names_that_python_keeps_for_itself_are_written() -> None:
    message = execution_service_pb2.ListExecutionsRequest()
    query = ExecutionQuery.model_validate({"from": "2026-11-23T12:00:00+02:00", "status": ["LOST"]})
    RequestBinder(ExecutionQuery, message.DESCRIPTOR).fill(query, message)
    assert getattr(message, "from") == Timestamp(seconds=1795428000)
    assert list(message.statuses) == [execution_pb2.EXECUTION_STATUS_LOST]


def test_members_come_from_elsewhere_when_the_model_says_so() -> None:
    class Inner(ApiModel):
        id: str
        graph: Annotated[Document, Outer("graph_json")]

    class Whole(ApiModel):
        workflow: Inner

    message = workflow_service_pb2.GetWorkflowResponse(graph_json=b'{"a":1.0}')
    message.workflow.id = "w"
    written = ResponseWriter(Whole, message.DESCRIPTOR).write(message)
    assert written == '{"workflow":{"id":"w","graph":{"a":1.0}}}'


def test_a_model_that_does_not_fit_its_message_fails_when_compiled() -> None:
    class Unknown(ApiModel):
        colour: str

    class Nested(ApiModel):
        workflow: Annotated[Unknown, Gather((("colour", "no_such_field"),))]

    class Renamed(ApiModel):
        a: Annotated[str, Proto("no_such_field")]

    class Bytes(ApiModel):
        inputs_json: str

    descriptor = execution_pb2.Execution.DESCRIPTOR
    for model in (Unknown, Nested, Renamed, Bytes):
        with pytest.raises(TypeError):
            ResponseWriter(model, descriptor)
    for model in (Unknown, Renamed):
        with pytest.raises(TypeError):
            RequestBinder(model, descriptor)


def test_an_unset_failure_is_null_and_a_set_one_an_object() -> None:
    node = execution_pb2.NodeRun()
    writer = ResponseWriter(NodeRunShape, node.DESCRIPTOR)
    assert json.loads(writer.write(node))["failure"] is None
    node.failure.CopyFrom(attempt_pb2.Failure(code="X"))
    assert json.loads(writer.write(node))["failure"]["details"] is None
