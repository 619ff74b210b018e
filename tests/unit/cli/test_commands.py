"""The commands against a Hub of scripted answers."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.cli.completion import complete_runner, complete_workflow
from services.cli.profile import Profile, profile_path, save_profile
from tests.unit.cli.conftest import Ran, ScriptedHub

Exekra = Callable[..., Ran]
WORKFLOW_ID = "019a0000-0000-7000-8000-000000000001"
EXECUTION_ID = "019a0000-0000-7000-8000-000000000002"
RUNNER_ID = "019a0000-0000-7000-8000-000000000003"
WORKFLOW = {
    "id": WORKFLOW_ID,
    "name": "Invoices",
    "description": "",
    "tags": ["finance"],
    "draftVersion": 2,
    "publishedVersion": 1,
    "updatedAt": "2026-03-01T12:00:00.123456Z",
}
EXECUTION: dict[str, Any] = {
    "id": EXECUTION_ID,
    "workflow": {"id": WORKFLOW_ID, "name": "Invoices"},
    "version": 1,
    "status": "COMPLETED",
    "createdAt": "2026-03-01T12:00:00Z",
    "output": {"total": 42},
    "failure": None,
}


def page(*items: object, cursor: str | None = None) -> dict[str, object]:
    return {"items": list(items), "nextCursor": cursor}


def execution(status: str, **more: object) -> dict[str, object]:
    return {"execution": {**EXECUTION, "status": status, **more}}


# -- exit statuses ------------------------------------------------------------------------------------------------


def test_usage_is_2_whatever_is_wrong(hub: ScriptedHub, exekra: Exekra) -> None:
    assert exekra("nonsense").status == 2
    assert exekra("run").status == 2
    assert exekra("run", "Invoices", "--priority", "101").status == 2
    assert exekra("execution", "show", "nonsense").status == 2
    assert exekra("run", "Invoices", "--input-json", "[1]").status == 2


@pytest.mark.parametrize(("http", "status"), [(401, 4), (403, 4), (404, 3), (409, 4), (422, 4), (503, 5), (500, 1)])
def test_a_problem_decides_the_exit_status_and_is_told_in_full(
    hub: ScriptedHub, exekra: Exekra, http: int, status: int
) -> None:
    problem = {
        "detail": "It cannot be.",
        "reason": "SOME_REASON",
        "errors": [{"pointer": "/inputs/n", "detail": "Give a number."}],
    }
    hub.answer(f"POST /api/executions/{EXECUTION_ID}/stop", problem, status=http)
    ran = exekra("execution", "stop", EXECUTION_ID)
    assert ran.status == status
    assert "It cannot be." in ran.err
    assert "/inputs/n: Give a number." in ran.err
    assert ran.out == ""
    ran = exekra("execution", "stop", EXECUTION_ID, "--json")
    assert json.loads(ran.err)["error"]["reason"] == "SOME_REASON"


def test_a_hub_that_is_away_is_5_and_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, hub: ScriptedHub, exekra: Exekra
) -> None:
    monkeypatch.setenv("EXEKRA_URL", "http://127.0.0.1:1")
    ran = exekra("workflow", "list")
    assert ran.status == 5
    assert "exekra up" in ran.err


def test_an_answer_that_is_no_problem_document_is_no_crash(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answers["GET /api/workflows"] = [(502, web.Response(status=502, text="<html>")) for _ in range(3)]
    ran = exekra("workflow", "list")
    assert ran.status == 5
    assert "502" in ran.err


# -- workflows ----------------------------------------------------------------------------------------------------


def test_lists_are_tables_for_people_and_documents_for_scripts(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    ran = exekra("workflow", "list", "--tag", "finance")
    assert "Invoices" in ran.out
    assert "2026-03-01T12:00:00Z" in ran.out
    request = hub.sent("GET /api/workflows")
    assert (request.query["tag"], request.headers["Authorization"]) == ("finance", "Bearer exk_test")
    assert exekra("workflow", "--json", "list").document == {"items": [WORKFLOW]}
    assert exekra("--json", "workflow", "list").document == {"items": [WORKFLOW]}


def test_an_empty_list_says_what_to_do_next(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page())
    ran = exekra("workflow", "list")
    assert (ran.status, ran.out) == (0, "")
    assert "exekra workflow import" in ran.err


def test_a_list_is_fetched_to_its_end(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW, cursor="next"), page(WORKFLOW))
    assert len(exekra("workflow", "list", "--json").document["items"]) == 2
    assert hub.sent("GET /api/workflows").query["cursor"] == "next"


def test_a_workflow_is_named_by_name_or_id_and_a_near_name_is_suggested(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW, {**WORKFLOW, "name": "Invoices (2)", "id": "x"}))
    hub.answer(f"GET /api/workflows/{WORKFLOW_ID}", {"workflow": WORKFLOW})
    hub.answer(f"POST /api/workflows/{WORKFLOW_ID}/publish", {"workflow": {**WORKFLOW, "publishedVersion": 2}})
    for name in ("invoices", WORKFLOW_ID.upper()):
        assert "version 2 is published" in exekra("workflow", "publish", name, "--note", "go").out
    assert hub.sent(f"POST /api/workflows/{WORKFLOW_ID}/publish").body == {"note": "go"}
    ran = exekra("workflow", "publish", "Invoises")
    assert ran.status == 3
    assert "Did you mean Invoices" in ran.err


def test_problems_of_a_graph_are_lines_and_exit_1(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    problem = {"nodeId": "n1", "pointer": "/nodes/1", "message": "Unknown type.", "severity": "error"}
    hub.answer(f"POST /api/workflows/{WORKFLOW_ID}/validate", {"valid": False, "problems": [problem]})
    ran = exekra("workflow", "validate", "Invoices")
    assert ran.status == 1
    assert "error: /nodes/1: node n1: Unknown type." in ran.out


def test_an_export_and_a_bare_graph_are_both_imported(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    hub.answer("POST /api/workflows/import", {"workflow": WORKFLOW, "problems": []}, status=201)
    hub.answer("POST /api/workflows", {"workflow": WORKFLOW}, status=201)
    hub.answer(f"POST /api/workflows/{WORKFLOW_ID}/publish", {"workflow": WORKFLOW})
    exported, bare = tmp_path / "exported.json", tmp_path / "My graph.json"
    exported.write_text(json.dumps({"format": "exekra.workflow/1", "graph": {"nodes": []}}))
    bare.write_text(json.dumps({"nodes": []}))
    assert exekra("workflow", "import", str(exported), "--name", "Bills").status == 0
    assert hub.sent("POST /api/workflows/import").query == {"name": "Bills"}
    assert exekra("workflow", "import", str(bare), "--publish").status == 0
    assert hub.sent("POST /api/workflows").body == {"name": "My graph", "graph": {"nodes": []}}
    assert hub.sent("POST /api/workflows").headers["Idempotency-Key"]
    assert exekra("workflow", "import", str(tmp_path / "none.json")).status == 1


def test_an_export_is_printed_or_written(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer(f"GET /api/workflows/{WORKFLOW_ID}/export", {"format": "exekra.workflow/1"})
    assert exekra("workflow", "export", "Invoices").document == {"format": "exekra.workflow/1"}
    target = tmp_path / "out.json"
    assert exekra("workflow", "export", "Invoices", "--output", str(target)).status == 0
    assert json.loads(target.read_text()) == {"format": "exekra.workflow/1"}


def test_a_refusal_while_files_are_compared_is_told_as_everywhere(
    hub: ScriptedHub, exekra: Exekra, tmp_path: Path
) -> None:
    (tmp_path / "a.workflow.json").write_text(json.dumps({"format": "exekra.workflow/1", "name": "Invoices"}))
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer(f"GET /api/workflows/{WORKFLOW_ID}", {"detail": "This needs workflow:view."}, status=403)
    ran = exekra("apply", str(tmp_path))
    assert (ran.status, ran.err) == (4, "exekra: This needs workflow:view.\n")
    hub.answer(f"GET /api/workflows/{WORKFLOW_ID}", {"workflow": WORKFLOW})
    assert exekra("apply", str(tmp_path), "--dry-run", "--json").document["steps"][0]["action"] == "change"
    assert exekra("workflow", "export").status == 2
    assert exekra("workflow", "export", "Invoices", "--all", str(tmp_path)).status == 2
    assert exekra("apply", str(tmp_path / "none")).status == 2


# -- executions ---------------------------------------------------------------------------------------------------


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


def test_a_runner_is_registered_rotated_and_drained(hub: ScriptedHub, exekra: Exekra) -> None:
    runner = {"id": RUNNER_ID, "name": "Desk"}
    secret = {"runner": runner, "machineKey": "mk_1", "machineSecret": "ms_1", "pairCommand": "exekra-runner pair"}
    hub.answer("GET /api/runners", page(runner))
    hub.answer("POST /api/runners", secret, status=201)
    hub.answer(f"POST /api/runners/{RUNNER_ID}/rotate-secret", secret)
    hub.answer(f"POST /api/runners/{RUNNER_ID}/drain", {"runner": runner})
    hub.answer(f"POST /api/runners/{RUNNER_ID}/resume", {"runner": runner})
    assert "ms_1" in exekra("runner", "register", "Desk", "--label", "a", "--label", "b", "--slots", "2").out
    assert hub.sent("POST /api/runners").body == {"name": "Desk", "labels": ["a", "b"], "slots": 2}
    assert "ms_1" in exekra("runner", "rotate", "desk").out
    for action in ("drain", "resume"):
        assert exekra("runner", action, "desk").status == 0
        assert hub.sent(f"POST /api/runners/{RUNNER_ID}/{action}").body is None


def test_a_broken_audit_chain_exits_1(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    hub.answer("POST /api/audit/verify", {"valid": False, "checked": 7, "brokenAt": 8, "message": "Row 8 was changed."})
    ran = exekra("audit", "verify")
    assert ran.status == 1
    assert "Row 8 was changed." in ran.out
    hub.answers["GET /api/audit/export"] = [(200, web.Response(body=b'{"seq":1}\n'))]
    target = tmp_path / "audit.jsonl"
    assert exekra("audit", "export", "--output", str(target)).status == 0
    assert target.read_bytes() == b'{"seq":1}\n'


def test_the_licence_is_shown_with_what_is_used(hub: ScriptedHub, exekra: Exekra) -> None:
    licence = {
        "edition": "enterprise",
        "customer": "Ada Ltd",
        "state": "valid",
        "runnerLimit": 10,
        "runnersUsed": 3,
        "concurrentExecutions": 20,
        "expiresAt": "2027-12-31T00:00:00Z",
    }
    hub.answer("GET /api/license", {"license": licence})
    ran = exekra("license", "show")
    assert "enterprise, valid, Ada Ltd" in ran.out
    assert "3 of 10" in ran.out
    assert exekra("license", "show", "--json").document == {"license": licence}


def test_a_hub_is_started_stopped_and_shown_with_the_options_given(
    monkeypatch: pytest.MonkeyPatch, exekra: Exekra, tmp_path: Path
) -> None:
    became: list[tuple[list[str], str | None]] = []

    def become(_program: str, command: list[str]) -> None:
        became.append((command[2:], os.environ.get("EXEKRA_HOME")))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setenv("EXEKRA_HOME", "kept")
    exekra("up")
    exekra("down", "--home", str(tmp_path))
    exekra("demo", "--home", str(tmp_path), "--url", "https://h", "--ca", "ca.pem", "--files", "a:b")
    assert became == [
        (["services.launcher", "up"], "kept"),
        (["services.launcher", "down"], str(tmp_path)),
        (["scripts.demo", "--url", "https://h", "--ca", "ca.pem", "--files", "a:b"], str(tmp_path)),
    ]


def test_the_shell_completes_names_and_stays_quiet_when_it_cannot(
    hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW, {**WORKFLOW, "name": "Inventory"}, {**WORKFLOW, "name": "Orders"}))
    hub.answer("GET /api/runners", page({"id": RUNNER_ID, "name": "Desk"}))
    assert complete_workflow("inv") == ["Invoices", "Inventory"]
    assert complete_runner("") == ["Desk"]
    hub.answer("GET /api/runners", page({"id": RUNNER_ID, "name": "Ada's desk"}))
    assert complete_runner("ada") == ["Ada's desk"]
    with monkeypatch.context() as bash:
        bash.setenv("_EXEKRA_COMPLETE", "complete_bash")
        assert complete_runner("ada") == ["Ada\\'s\\ desk"]
    monkeypatch.setenv("EXEKRA_URL", "http://127.0.0.1:1")
    assert complete_workflow("inv") == []
    monkeypatch.setenv("EXEKRA_URL", "nonsense")
    assert complete_runner("") == []


def test_dispatch_is_held_and_released(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("POST /api/dispatch/hold", {})
    hub.answer("POST /api/dispatch/release", {})
    hub.answer(
        "GET /api/dispatch", {"dispatch": {"held": True, "reason": "maintenance", "heldBy": "Ada", "bell": "redis"}}
    )
    assert "Held by Ada" in exekra("dispatch", "show").out
    assert exekra("dispatch", "hold", "--reason", "maintenance").status == 0
    assert hub.sent("POST /api/dispatch/hold").body == {"reason": "maintenance"}
    assert exekra("dispatch", "release", "--json").document == {"held": False}


def test_the_doctor_names_what_is_wrong(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /healthz", {"status": "ok"})
    hub.answer("GET /readyz", {"status": "not ready", "checks": {"registry": False}}, status=503)
    hub.answer("GET /api/auth/me", {"user": {"email": "a@b", "role": "ADMIN"}, "permissions": ["runner:view"]})
    hub.answer("GET /api/runners", page())
    ran = exekra("doctor", "--json")
    verdicts = {check["name"]: check["verdict"] for check in ran.document["checks"]}
    assert ran.status == 1
    assert verdicts == {
        "reachable": "ok",
        "clock": "ok",
        "services": "wrong",
        "signed in": "ok",
        "runners": "warning",
    }


def test_migrating_needs_a_database(hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXEKRA_DATABASE_URL", raising=False)
    assert exekra("migrate").status == 2
    assert exekra("migrate", "--database-url", "postgresql://nobody@127.0.0.1:1/none").status == 1


# -- signing in ---------------------------------------------------------------------------------------------------


def test_a_password_without_a_terminal_is_not_asked_for(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEKRA_URL", "https://127.0.0.1:1")
    ran = exekra("login")
    assert ran.status == 2
    assert "--password-file" in ran.err
    assert exekra("login", "http://plain.example").status == 2


def test_a_stored_sign_in_goes_to_its_own_server_alone_and_logout_forgets_it(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXEKRA_API_KEY")
    profile_path().parent.mkdir(parents=True)
    stored = {"url": hub.url, "cookie": "__Host-exekra-1", "session": "s3cret", "csrf_token": "c5rf"}
    profile_path().write_text(json.dumps(stored))
    hub.answer("POST /api/dispatch/release", {})
    hub.answer("POST /api/auth/logout", {})
    exekra("dispatch", "release")
    request = hub.sent("POST /api/dispatch/release")
    assert (request.headers["Cookie"], request.headers["X-Exekra-Csrf"]) == ("__Host-exekra-1=s3cret", "c5rf")
    profile_path().write_text(json.dumps({**stored, "url": "https://elsewhere.example"}))
    exekra("dispatch", "release")
    assert "Cookie" not in hub.sent("POST /api/dispatch/release").headers
    assert exekra("logout").status == 0
    assert not profile_path().exists()
    profile_path().write_text("nonsense")
    assert "Remove it" in exekra("dispatch", "release").err


def test_an_api_key_in_a_file_comes_before_a_stored_session(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("exk_from_file\n")
    monkeypatch.delenv("EXEKRA_API_KEY")
    monkeypatch.setenv("EXEKRA_API_KEY_FILE", str(key))
    hub.answer("POST /api/dispatch/release", {})
    exekra("dispatch", "release")
    assert hub.sent("POST /api/dispatch/release").headers["Authorization"] == "Bearer exk_from_file"


def test_a_kept_sign_in_is_readable_by_this_account_alone(hub: ScriptedHub) -> None:
    path = save_profile(Profile(hub.url, session="s"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
