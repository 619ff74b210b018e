"""REST to gRPC and back, with scripted services behind real sockets."""

import json
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from exekra.registry.v1 import runner_admin_service_pb2, runner_pb2
from exekra.scheduler.v1 import (
    attempt_pb2,
    evidence_service_pb2,
    execution_pb2,
    execution_service_pb2,
    workflow_pb2,
    workflow_service_pb2,
)
from services.kit.errors import DomainError, FieldError, Kind
from services.kit.ids import new_id
from tests.integration.gateway.served import Script, Served

AT = Timestamp(seconds=1_770_000_000, nanos=250_000_000)
GRAPH = {"schemaVersion": 1, "nodes": [{"id": "n1", "type": "control.start", "position": {"x": 1, "y": 1.0}}], "ü": 1e3}


def _workflow(**fields: Any) -> workflow_pb2.Workflow:
    return workflow_pb2.Workflow(
        id=new_id(), name="Rates", draft_version=1, etag="e1", created_at=AT, updated_at=AT, **fields
    )


def _execution(**fields: Any) -> execution_pb2.Execution:
    return execution_pb2.Execution(
        **{
            "id": new_id(),
            "workflow_id": new_id(),
            "workflow_name": "Rates",
            "version": 3,
            "status": execution_pb2.EXECUTION_STATUS_QUEUED,
            "mode": execution_pb2.EXECUTION_MODE_SCHEDULED,
            "inputs_json": b'{"n":1,"f":1.0}',
            "created_at": AT,
            **fields,
        }
    )


async def test_creating_a_workflow_passes_the_graph_as_it_is(served: Served, script: Script) -> None:
    script.answers["CreateWorkflow"] = lambda _: workflow_service_pb2.CreateWorkflowResponse(workflow=_workflow())
    admin = await served.admin()
    headers = {"Idempotency-Key": "once"}
    reply = await admin.call("POST", "/api/workflows", {"name": " Rates ", "tags": ["a"], "graph": GRAPH}, headers)
    assert reply.status == 201
    sent = script.last("CreateWorkflow")
    assert sent.name == "Rates"
    assert list(sent.tags) == ["a"]
    assert sent.graph_json == json.dumps(GRAPH, ensure_ascii=False, separators=(",", ":")).encode()
    assert sent.idempotency_key == "once"
    assert len(sent.body_sha256) == 64
    workflow = reply.body["workflow"]
    assert workflow["publishedVersion"] is None
    assert workflow["draftVersion"] == 1
    assert workflow["createdAt"] == "2026-02-02T02:40:00.250Z"


async def test_an_execution_reads_as_the_contract_says(served: Served, script: Script) -> None:
    execution = _execution(
        failure=attempt_pb2.Failure(code="X", message="m", node_id="n1", details_json=b'{"a":[1]}'),
        triggered_by=execution_pb2.Actor(kind="user", id="u", name="Ada"),
        pending_reasons=[
            execution_pb2.PendingReason(
                runner_id="r", runner="R", obstacles=[execution_pb2.Obstacle(code="BUSY", message="No free slot")]
            )
        ],
    )
    script.answers["GetExecution"] = lambda _: execution_service_pb2.GetExecutionResponse(execution=execution)
    admin = await served.admin()
    shown = (await admin.call("GET", f"/api/executions/{execution.id}")).body["execution"]
    assert shown["workflow"] == {"id": execution.workflow_id, "name": "Rates"}
    assert (shown["status"], shown["mode"]) == ("QUEUED", "scheduled")
    assert shown["failure"] == {"code": "X", "message": "m", "nodeId": "n1", "retryable": False, "details": {"a": [1]}}
    assert shown["pendingReasons"] == [
        {"runnerId": "r", "runner": "R", "obstacles": [{"code": "BUSY", "message": "No free slot"}]}
    ]
    assert shown["output"] is None
    assert shown["runnerId"] is None
    assert shown["completedAt"] is None
    assert shown["metrics"] is None


async def test_documents_keep_their_number_types(served: Served, script: Script) -> None:
    execution = _execution(output_json=b'{"whole":1,"part":1.0,"text":"\xc3\xbc"}')
    script.answers["GetExecution"] = lambda _: execution_service_pb2.GetExecutionResponse(execution=execution)
    admin = await served.admin()
    reply = await admin.call("GET", f"/api/executions/{execution.id}")
    assert '"output":{"whole":1,"part":1.0,"text":"ü"}' in reply.content.decode()
    assert '"inputs":{"n":1,"f":1.0}' in reply.content.decode()


async def test_starting_answers_201_and_a_merged_one_200(served: Served, script: Script) -> None:
    def create(request: Any) -> Any:
        return execution_service_pb2.CreateExecutionResponse(execution=_execution(), duplicate=bool(request.dedupe_key))

    script.answers["CreateExecution"] = create
    admin = await served.admin()
    body = {
        "workflowId": new_id(),
        "inputs": {"file": "a.csv"},
        "priority": 70,
        "notBefore": "2026-11-23T12:00:00+02:00",
        "queueTimeoutSeconds": 0,
    }
    first = await admin.call("POST", "/api/executions", body)
    assert (first.status, first.body["duplicate"]) == (201, False)
    sent = script.last("CreateExecution")
    assert sent.inputs_json == b'{"file":"a.csv"}'
    assert sent.priority == 70
    assert sent.mode == execution_pb2.EXECUTION_MODE_SCHEDULED
    assert sent.not_before.ToJsonString() == "2026-11-23T10:00:00Z"
    assert sent.HasField("queue_timeout_seconds")
    merged = await admin.call("POST", "/api/executions", {**body, "dedupeKey": "k"})
    assert (merged.status, merged.body["duplicate"]) == (200, True)
    assert script.last("CreateExecution").dedupe_key == "k"


async def test_a_draft_needs_the_permission_to_edit(served: Served, script: Script) -> None:
    operator = await served.user("OPERATOR")
    reply = await operator.call("POST", "/api/executions", {"workflowId": new_id(), "draft": True})
    assert (reply.status, reply.body["reason"]) == (403, "PERMISSION_MISSING")


async def test_interactive_work_goes_to_the_callers_own_runner(served: Served, script: Script) -> None:
    admin = await served.admin()
    me = (await admin.call("GET", "/api/auth/me")).body["user"]["id"]
    runners = [
        runner_pb2.Runner(id="other", owner_id="somebody", state=runner_pb2.RUNNER_STATE_ONLINE),
        runner_pb2.Runner(id="away", owner_id=me, state=runner_pb2.RUNNER_STATE_OFFLINE, last_seen_at=AT),
        runner_pb2.Runner(id="here", owner_id=me, state=runner_pb2.RUNNER_STATE_ONLINE),
    ]
    body = {"workflowId": new_id(), "mode": "interactive"}
    none = await admin.call("POST", "/api/executions", body)
    assert (none.status, none.body["reason"]) == (422, "RUNNER_REQUIRED")
    assert none.body["errors"][0]["pointer"] == "/runnerId"
    script.answers["ListRunners"] = lambda _: runner_admin_service_pb2.ListRunnersResponse(items=runners)
    script.answers["CreateExecution"] = lambda _: execution_service_pb2.CreateExecutionResponse(execution=_execution())
    assert (await admin.call("POST", "/api/executions", body)).status == 201
    assert script.last("CreateExecution").runner_id == "here"


async def test_filters_of_a_list_reach_the_service(served: Served, script: Script) -> None:
    admin = await served.admin()
    query = "?status=QUEUED,RUNNING&status=LOST&from=2026-01-01T00:00:00Z&q=rates&limit=7"
    reply = await admin.call("GET", "/api/executions" + query)
    assert reply.body == {"items": [], "nextCursor": None}
    sent = script.last("ListExecutions")
    assert [execution_pb2.ExecutionStatus.Name(status)[17:] for status in sent.statuses] == [
        "QUEUED",
        "RUNNING",
        "LOST",
    ]
    assert getattr(sent, "from").seconds == 1767225600
    assert (sent.query, sent.limit) == ("rates", 7)


async def test_a_draft_carries_its_etag_and_condition(served: Served, script: Script) -> None:
    script.answers["SaveDraft"] = lambda _: workflow_service_pb2.SaveDraftResponse(version=4, etag="e4")
    script.answers["GetWorkflow"] = lambda _: workflow_service_pb2.GetWorkflowResponse(
        workflow=_workflow(), graph_json=b'{"nodes":[]}'
    )
    admin = await served.admin()
    path = f"/api/workflows/{new_id()}"
    shown = await admin.call("GET", path)
    assert shown.headers["ETag"] == '"e1"'
    assert shown.body["workflow"]["graph"] == {"nodes": []}
    saved = await admin.call("PUT", f"{path}/draft", {"graph": GRAPH}, {"If-Match": '"e1"'})
    assert saved.body == {"version": 4, "saves": 0}
    assert saved.headers["ETag"] == '"e4"'
    assert script.last("SaveDraft").if_match == "e1"


async def test_tags_are_replaced_only_when_given(served: Served, script: Script) -> None:
    script.answers["UpdateWorkflow"] = lambda _: workflow_service_pb2.UpdateWorkflowResponse(workflow=_workflow())
    admin = await served.admin()
    path = f"/api/workflows/{new_id()}"
    await admin.call("PATCH", path, {"description": ""})
    sent = script.last("UpdateWorkflow")
    assert (sent.HasField("name"), sent.HasField("description"), sent.set_tags) == (False, True, False)
    await admin.call("PATCH", path, {"tags": []})
    assert script.last("UpdateWorkflow").set_tags


async def test_an_export_is_imported_as_it_was_answered(served: Served, script: Script) -> None:
    document = b'{"format":"exekra.workflow","graph":{"a":1.0}}'
    script.answers["ExportWorkflow"] = lambda _: workflow_service_pb2.ExportWorkflowResponse(document_json=document)
    script.answers["ImportWorkflow"] = lambda _: workflow_service_pb2.ImportWorkflowResponse(workflow=_workflow())
    admin = await served.admin()
    exported = await admin.call("GET", f"/api/workflows/{new_id()}/export?version=2")
    assert exported.content == document
    assert script.last("ExportWorkflow").version == 2
    reply = await admin.call("POST", "/api/workflows/import?name=Copy", exported.body)
    assert reply.status == 201
    assert reply.body["problems"] == []
    sent = script.last("ImportWorkflow")
    assert (sent.document_json, sent.name) == (document, "Copy")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.NOT_FOUND, 404),
        (Kind.WRONG_STATE, 409),
        (Kind.CHANGED, 412),
        (Kind.PAYMENT, 402),
        (Kind.UNAVAILABLE, 503),
        (Kind.INVALID, 422),
    ],
)
async def test_a_services_refusal_becomes_its_problem(served: Served, script: Script, kind: Kind, status: int) -> None:
    def refuse(_: Any) -> Any:
        raise DomainError(kind, "REASON", "Do this.", fields=[FieldError("/name", "d")], facts={"obstacles": ["x"]})

    script.answers["GetWorkflow"] = refuse
    admin = await served.admin()
    reply = await admin.call("GET", f"/api/workflows/{new_id()}", headers={"X-Request-Id": "trace-1"})
    assert reply.status == status
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert reply.body["reason"] == "REASON"
    assert reply.body["errors"] == [{"pointer": "/name", "detail": "d"}]
    assert reply.body["obstacles"] == ["x"]
    assert reply.body["requestId"] == reply.headers["X-Request-Id"] == "trace-1"


async def test_a_broken_service_is_500_without_its_secrets(served: Served, script: Script) -> None:
    def fail(_: Any) -> Any:
        raise RuntimeError("password=hunter2")

    script.answers["GetWorkflow"] = fail
    admin = await served.admin()
    reply = await admin.call("GET", f"/api/workflows/{new_id()}")
    assert (reply.status, reply.body["reason"]) == (500, "INTERNAL")
    assert b"hunter2" not in reply.content


async def test_a_retry_from_the_middle_takes_its_node_and_variables_along(served: Served, script: Script) -> None:
    script.answers["RetryExecution"] = lambda _: execution_service_pb2.RetryExecutionResponse(execution=_execution())
    admin = await served.admin()
    path = f"/api/executions/{new_id()}/retry"
    assert (await admin.call("POST", path, {"fromNodeId": "n3", "vars": {"total": 1}})).status == 201
    assert (await admin.call("POST", path)).status == 201
    middle, start = (request for name, request in script.requests if name == "RetryExecution")
    assert (middle.from_node_id, json.loads(middle.vars_json)) == ("n3", {"total": 1})
    assert start.from_node_id == ""


async def test_node_runs_and_logs_use_small_words(served: Served, script: Script) -> None:
    node = execution_pb2.NodeRun(
        seq=1,
        node_id="n1",
        status=attempt_pb2.NODE_RUN_STATUS_FAILED,
        path_json=b'[{"loop":"l","index":2}]',
        started_at=AT,
    )
    line = attempt_pb2.LogLine(seq=9, at=AT, level=attempt_pb2.LOG_LEVEL_WARNING, message="m")
    script.answers["ListNodeRuns"] = lambda _: evidence_service_pb2.ListNodeRunsResponse(items=[node])
    script.answers["ListLogLines"] = lambda _: evidence_service_pb2.ListLogLinesResponse(
        items=[line], next_cursor="c", last_seq=12
    )
    admin = await served.admin()
    path = f"/api/executions/{new_id()}"
    shown = (await admin.call("GET", f"{path}/nodes")).body["items"][0]
    assert shown["status"] == "failed"
    assert shown["path"] == [{"loop": "l", "index": 2}]
    logs = (await admin.call("GET", f"{path}/logs?after=8&level=warning&q=M")).body
    assert logs["items"][0] == {
        "seq": 9,
        "at": "2026-02-02T02:40:00.250Z",
        "level": "warning",
        "nodeId": None,
        "message": "m",
    }
    assert (logs["nextCursor"], logs["lastSeq"]) == ("c", 12)
    sent = script.last("ListLogLines")
    assert (sent.after, sent.level, sent.query) == (8, attempt_pb2.LOG_LEVEL_WARNING, "M")


async def test_a_runner_made_by_key_belongs_to_the_person_behind_it(served: Served, script: Script) -> None:
    admin = await served.admin()
    me = (await admin.call("GET", "/api/auth/me")).body["user"]["id"]
    key = (await admin.call("POST", "/api/api-keys", {"name": "k"})).body["key"]
    program = await served.browser()
    script.answers["CreateRunner"] = lambda _: runner_admin_service_pb2.CreateRunnerResponse(
        runner=runner_pb2.Runner(id=new_id(), name="R", created_at=AT),
        machine_key="mk",
        machine_secret="s",
        pair_command="c",
    )
    bearer = {"Authorization": f"Bearer {key}"}
    made = await program.call("POST", "/api/runners", {"name": "R", "labels": ["finance"]}, bearer)
    assert made.status == 201
    assert {"runner", "machineKey", "machineSecret", "pairCommand"} <= made.body.keys()
    assert script.last("CreateRunner").owner_id == me
    assert list(script.last("CreateRunner").labels) == ["finance"]
