"""Runners, audit log, licence, dispatch and the Hub itself from the command line."""

import os
from pathlib import Path

import pytest
from aiohttp import web

from services.cli.completion import complete_runner, complete_workflow
from tests.unit.cli.answers import RUNNER_ID, WORKFLOW, Exekra, page
from tests.unit.cli.conftest import ScriptedHub


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


def test_a_licence_is_installed_from_its_file_and_its_end_is_told(
    hub: ScriptedHub, exekra: Exekra, tmp_path: Path
) -> None:
    frozen = {
        "edition": "enterprise",
        "state": "frozen",
        "runnerLimit": 10,
        "runnersUsed": 3,
        "concurrentExecutions": 20,
        "expiresAt": "2027-12-31T00:00:00Z",
        "frozenUntil": "2028-02-13T00:00:00Z",
        "problem": "The clock is behind.",
    }
    hub.answer("POST /api/license", {"license": frozen})
    file = tmp_path / "acme.lic"
    file.write_text('{"kid": "x"}')
    ran = exekra("license", "install", str(file))
    assert ran.status == 0
    assert hub.sent("POST /api/license").body == {"file": '{"kid": "x"}'}
    for shown in ("enterprise, frozen", "community limits from", "2028-02-13T00:00:00Z", "The clock is behind."):
        assert shown in ran.out


def test_a_refused_licence_says_why_and_what_to_do(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    problem = {
        "status": 422,
        "reason": "LICENCE_TAMPERED",
        "detail": "The licence was changed after it was issued.",
        "errors": [{"pointer": "/file", "detail": "Ask for the file again."}],
    }
    hub.answers["POST /api/license"] = [(422, problem)]
    file = tmp_path / "acme.lic"
    file.write_text("{}")
    ran = exekra("license", "install", str(file))
    assert ran.status != 0
    assert "was changed" in ran.err
    assert "Ask for the file again." in ran.err
    missing = exekra("license", "install", str(tmp_path / "none.lic"))
    assert "cannot be read" in missing.err


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
    hub.answer(
        "GET /api/auth/me",
        {"user": {"email": "a@b", "role": "ADMIN"}, "permissions": ["execution:view", "runner:view"]},
    )
    hub.answer(
        "GET /api/dispatch", {"dispatch": {"held": True, "reason": "restored", "heldBy": "restore", "bell": "redis"}}
    )
    hub.answer("GET /api/runners", page())
    ran = exekra("doctor", "--json")
    verdicts = {check["name"]: check["verdict"] for check in ran.document["checks"]}
    assert ran.status == 1
    assert verdicts == {
        "reachable": "ok",
        "clock": "ok",
        "services": "wrong",
        "signed in": "ok",
        "dispatch": "warning",
        "runners": "warning",
    }


def test_the_status_says_that_work_is_held_and_how_it_goes_on(hub: ScriptedHub, exekra: Exekra) -> None:
    held = {"held": True, "reason": "restored from a backup", "heldBy": "restore", "heldAt": "2026-03-02T08:00:00Z"}
    hub.answer("GET /.well-known/exekra", {"version": "1"})
    hub.answer("GET /api/auth/me", {"user": {"email": "a@b", "role": "OPERATOR"}, "permissions": ["execution:view"]})
    hub.answer("GET /api/dispatch", {"dispatch": {**held, "bell": "none"}})
    hub.answer("GET /api/dashboard", {"executions": [], "runners": [], "recentFailures": []})
    ran = exekra("status")
    assert ran.status == 0, ran.err
    assert "by restore since 2026-03-02T08:00: restored from a backup" in ran.out
    assert "exekra dispatch release" in ran.out


def test_migrating_needs_a_database(hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXEKRA_DATABASE_URL", raising=False)
    assert exekra("migrate").status == 2
    assert exekra("migrate", "--database-url", "postgresql://nobody@127.0.0.1:1/none").status == 1


# -- signing in ---------------------------------------------------------------------------------------------------


def test_the_settings_that_are_given_are_set_and_an_empty_one_is_taken_back(hub: ScriptedHub, exekra: Exekra) -> None:
    fixed = [{"variable": "EXEKRA_PUBLIC_URL", "value": None}]
    settings = {
        "installationName": "Production",
        "timeZone": None,
        "installationId": "i1",
        "version": "1",
        "fixed": fixed,
    }
    hub.answer("GET /api/settings", {"settings": settings})
    hub.answer("PATCH /api/settings", {"settings": settings})
    assert "Production" in exekra("settings", "show").out
    assert exekra("settings", "show", "--json").document == {"settings": settings}
    assert exekra("settings", "set", "--name", "Production", "--time-zone", "").status == 0
    assert hub.sent("PATCH /api/settings").body == {"installationName": "Production", "timeZone": None}
    nothing = exekra("settings", "set")
    assert (nothing.status, "--time-zone" in nothing.err) == (2, True)
