"""`exekra run`, `execution …` and `approval …` against a Hub of scripted answers."""

import json
from pathlib import Path

from tests.unit.cli.answers import EXECUTION, EXECUTION_ID, RUNNER_ID, WORKFLOW, WORKFLOW_ID, Exekra, execution, page
from tests.unit.cli.conftest import ScriptedHub


def declare(hub: ScriptedHub, **types: str) -> None:
    graph = {"inputs": [{"name": name, "type": kind} for name, kind in types.items()]}
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer(f"GET /api/workflows/{WORKFLOW_ID}/versions/1", {"version": {"version": 1, "graph": graph}})
    hub.answer("POST /api/executions", {**execution("QUEUED"), "duplicate": False}, status=201)


def test_inputs_are_read_as_their_declared_types(hub: ScriptedHub, exekra: Exekra) -> None:
    declare(hub, n="integer", code="string", rows="array", free="any")
    given = ("--input", "n=21", "--input", "code=007", "--input", "rows=[1, 2]", "--input", "free=a=b")
    ran = exekra("run", "Invoices", *given, "--input-json", '{"more": true}', "--priority", "90")
    assert ran.status == 0
    assert ran.out == f"{EXECUTION_ID}  QUEUED\n"
    body = hub.sent("POST /api/executions").body
    assert body["inputs"] == {"n": 21, "code": "007", "rows": [1, 2], "free": "a=b", "more": True}
    assert (body["workflowId"], body["mode"], body["priority"]) == (WORKFLOW_ID, "scheduled", 90)
    ran = exekra("run", "Invoices", "--input", "n=many")
    assert ran.status == 2
    assert "'many' is no integer" in ran.err


def test_inputs_come_from_a_file_too(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    declare(hub)
    file = tmp_path / "inputs.json"
    file.write_text('{"n": 1}')
    assert exekra("run", "Invoices", "--input-json", f"@{file}").status == 0
    assert hub.sent("POST /api/executions").body["inputs"] == {"n": 1}


def test_an_interactive_run_names_its_runner(hub: ScriptedHub, exekra: Exekra) -> None:
    declare(hub)
    hub.answer("GET /api/runners", page({"id": RUNNER_ID, "name": "Desk"}))
    assert exekra("run", "Invoices", "--interactive", "--runner", "desk", "--draft").status == 0
    body = hub.sent("POST /api/executions").body
    assert (body["mode"], body["runnerId"], body["draft"]) == ("interactive", RUNNER_ID, True)


def test_waiting_ends_with_the_execution_and_6_unless_it_is_completed(hub: ScriptedHub, exekra: Exekra) -> None:
    declare(hub)
    hub.answer(f"GET /api/executions/{EXECUTION_ID}", execution("RUNNING"), execution("COMPLETED"))
    ran = exekra("run", "Invoices", "--wait", "--json")
    assert (ran.status, ran.document["execution"]["output"]) == (0, {"total": 42})
    failure = {"code": "HTTP_FAILED", "message": "No answer.", "nodeId": "n1"}
    hub.answer(f"GET /api/executions/{EXECUTION_ID}", execution("FAILED", failure=failure, output=None))
    ran = exekra("run", "Invoices", "--wait")
    assert ran.status == 6
    assert "HTTP_FAILED at node n1: No answer." in ran.out
    hub.answer(f"POST /api/executions/{EXECUTION_ID}/retry", execution("QUEUED"), status=201)
    assert exekra("execution", "retry", EXECUTION_ID, "--wait").status == 6


def test_a_retry_from_a_node_says_from_where_and_with_what(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer(f"POST /api/executions/{EXECUTION_ID}/retry", execution("QUEUED"), status=201)
    options = ("--from", "n1", "--var", "total=5", "--var", "name=Ada", "--version", "3")
    assert exekra("execution", "retry", EXECUTION_ID, *options).status == 0
    body = hub.sent(f"POST /api/executions/{EXECUTION_ID}/retry").body
    assert body == {"fromNodeId": "n1", "vars": {"total": 5, "name": "Ada"}, "version": 3}


def test_approvals_are_listed_shown_and_decided(hub: ScriptedHub, exekra: Exekra) -> None:
    approval = {
        "id": EXECUTION_ID,
        "executionId": EXECUTION_ID,
        "workflow": {"id": WORKFLOW_ID, "name": "Invoices"},
        "title": "Pay 42?",
        "message": "To Ada",
        "data": {"lines": [1]},
        "status": "pending",
        "onTimeout": "rejected",
        "expiresAt": "2026-01-31T08:00:00Z",
        "decidedAt": None,
        "decidedBy": None,
        "comment": "",
    }
    hub.answer("GET /api/approvals", page(approval))
    assert "Pay 42?" in exekra("approval", "list").out
    hub.answer(f"GET /api/approvals/{EXECUTION_ID}", {"approval": approval})
    assert "Counts as rejected" in exekra("approval", "show", EXECUTION_ID).out
    hub.answer(f"POST /api/approvals/{EXECUTION_ID}", {"approval": {**approval, "status": "approved"}})
    assert exekra("approval", "approve", EXECUTION_ID, "--comment", "fine").status == 0
    assert hub.sent(f"POST /api/approvals/{EXECUTION_ID}").body == {"decision": "approved", "comment": "fine"}


def test_waiting_outlasts_a_hub_that_is_restarted(hub: ScriptedHub, exekra: Exekra) -> None:
    declare(hub)
    hub.answers[f"GET /api/executions/{EXECUTION_ID}"] = [
        (200, execution("RUNNING")),
        (503, {"detail": "The scheduler cannot be reached."}),
        (200, execution("COMPLETED")),
    ]
    assert exekra("run", "Invoices", "--wait").status == 0


def test_executions_are_filtered_and_limited(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer("GET /api/executions", page(EXECUTION))
    ran = exekra("execution", "list", "--workflow", "Invoices", "--status", "failed", "--limit", "1")
    assert EXECUTION_ID in ran.out
    assert hub.sent("GET /api/executions").query == {"limit": "1", "workflowId": WORKFLOW_ID, "status": "FAILED"}


def test_a_log_is_followed_to_the_end_and_shows_no_control_characters(hub: ScriptedHub, exekra: Exekra) -> None:
    line = {"seq": 1, "at": "2026-03-01T12:00:00Z", "level": "info", "nodeId": "n1", "message": "a\x1b[31mb"}
    hub.answer(f"GET /api/executions/{EXECUTION_ID}", execution("RUNNING"), execution("COMPLETED"))
    hub.answer(f"GET /api/executions/{EXECUTION_ID}/logs", page(line), page({**line, "seq": 2, "message": "end"}))
    ran = exekra("execution", "logs", "-f", EXECUTION_ID)
    assert ran.out.splitlines() == [
        "2026-03-01T12:00:00Z info    [n1] a\\x1b[31mb",
        "2026-03-01T12:00:00Z info    [n1] end",
    ]
    assert hub.sent(f"GET /api/executions/{EXECUTION_ID}/logs").query["after"] == "1"
    ran = exekra("execution", "logs", EXECUTION_ID, "--json")
    assert json.loads(ran.out)["message"] == "end"


def test_pending_says_the_reason_of_each_runner(hub: ScriptedHub, exekra: Exekra) -> None:
    reason = {"runnerId": RUNNER_ID, "runner": "Desk", "obstacles": [{"code": "BUSY", "message": "It is busy."}]}
    hub.answer(f"GET /api/executions/{EXECUTION_ID}/pending-reasons", page(reason))
    assert exekra("execution", "pending", EXECUTION_ID).out == "Desk: It is busy.\n"


# -- runners, administration --------------------------------------------------------------------------------------
