"""`exekra trigger …` against a Hub of scripted answers: what is sent, and what a person reads."""

from collections.abc import Callable
from typing import Any

from tests.unit.cli.answers import WORKFLOW, WORKFLOW_ID, page
from tests.unit.cli.conftest import Ran, ScriptedHub

Exekra = Callable[..., Ran]
TRIGGER_ID = "019a0000-0000-7000-8000-000000000009"
TRIGGER: dict[str, Any] = {
    "id": TRIGGER_ID,
    "kind": "schedule",
    "workflowId": WORKFLOW_ID,
    "workflowName": "Invoices",
    "name": "Nightly",
    "enabled": True,
    "breaker": "closed",
    "priority": 50,
    "inputs": {"a": 1},
    "description": "At 08:00 every day (UTC)",
    "nextFireAt": "2026-03-02T08:00:00Z",
    "url": None,
}


def test_a_schedule_is_sent_as_it_was_typed(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer("POST /api/triggers", {"trigger": TRIGGER, "secret": None}, status=201)
    ran = exekra(
        "trigger", "create", "Invoices", "Nightly", "--cron", "0 8 * * *", "--zone", "UTC", "--misfire", "all",
        "--grace", "30", "--overlap", "skip", "--calendar", "Holidays", "--calendar", "Inventory", "--disabled",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert "next: 2026-03-02T08:00:00Z" in ran.out
    sent = hub.sent("POST /api/triggers")
    assert sent.headers["Idempotency-Key"]
    assert sent.body == {
        "kind": "schedule",
        "workflowId": WORKFLOW_ID,
        "name": "Nightly",
        "cron": "0 8 * * *",
        "timezone": "UTC",
        "misfire": {"policy": "all", "graceSeconds": 30.0},
        "overlap": "skip",
        "calendars": ["Holidays", "Inventory"],
        "priority": 50,
        "enabled": False,
    }


def test_the_secret_of_a_webhook_is_shown(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hook = {**TRIGGER, "kind": "webhook", "description": None, "nextFireAt": None, "url": "https://hub/hooks/t"}
    hub.answer("POST /api/triggers", {"trigger": hook, "secret": "s3cret"}, status=201)
    ran = exekra("trigger", "create", "Invoices", "Hook", "--webhook", "--auth", "github")
    assert "s3cret" in ran.out
    assert "url: https://hub/hooks/t" in ran.out
    assert hub.sent("POST /api/triggers").body["auth"] == {"type": "github"}


def test_a_name_that_several_triggers_have_needs_an_id(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER, {**TRIGGER, "id": WORKFLOW_ID}))
    ran = exekra("trigger", "show", "nightly")
    assert (ran.status, "give the id" in ran.err) == (2, True)


def test_a_preview_shows_what_is_dropped_in_its_place(hub: ScriptedHub, exekra: Exekra) -> None:
    fires = [
        {"at": "2026-03-01T08:00:00Z", "local": "2026-03-01T08:00:00+00:00", "dst": None},
        {"at": "2026-03-03T08:00:00Z", "local": "2026-03-03T08:00:00+00:00", "dst": "gap"},
    ]
    dropped = [{"at": "2026-03-02T08:00:00Z", "local": "2026-03-02T08:00:00+00:00", "because": "Closed."}]
    hub.answer("POST /api/triggers/preview", {"description": "Daily", "fires": fires, "dropped": dropped})
    lines = exekra("trigger", "preview", "--cron", "@daily", "--zone", "UTC").out.splitlines()
    assert [line[:10] for line in lines] == ["Daily", "2026-03-01", "2026-03-02", "2026-03-03"]
    assert "not: Closed." in lines[2]
    assert lines[3].endswith("gap")


def test_a_change_needs_something_to_change(hub: ScriptedHub, exekra: Exekra) -> None:
    assert exekra("trigger", "update", "Nightly").status == 2
    assert hub.received == []


def test_what_a_backfill_leaves_is_said(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER))
    fire = {"fireAt": "2026-03-01T08:00:00Z", "outcome": "backfilled", "executionId": WORKFLOW_ID}
    hub.answer(f"POST /api/triggers/{TRIGGER_ID}/backfill", {"items": [fire], "remaining": 7, "shared": 0})
    ran = exekra("trigger", "backfill", "Nightly", "--from", "2026-03-01T00:00:00Z", "--until", "2026-03-02T00:00:00Z")
    assert "7 more" in ran.out
    assert hub.sent(f"POST /api/triggers/{TRIGGER_ID}/backfill").body["dryRun"] is False


def test_a_schedule_without_a_time_zone_is_asked_for_one_before_anything_is_sent(
    hub: ScriptedHub, exekra: Exekra
) -> None:
    for words in (["create", "Invoices", "Nightly"], ["preview"]):
        ran = exekra("trigger", *words, "--cron", "0 8 * * *")
        assert ran.status == 2
        assert "--zone Europe/Berlin" in ran.err
    assert hub.received == []
