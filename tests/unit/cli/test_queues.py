"""`exekra queue …` against a Hub of scripted answers: what is sent, and what a person reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.cli.answers import page
from tests.unit.cli.conftest import Ran, ScriptedHub

Exekra = Callable[..., Ran]
QUEUE_ID = "019a0000-0000-7000-8000-000000000011"
ITEM_ID = "019a0000-0000-7000-8000-000000000012"
COUNTS = {"new": 3, "inProgress": 1, "successful": 7, "failed": 0, "businessFailed": 1, "lost": 1, "expired": 0}
QUEUE: dict[str, Any] = {
    "id": QUEUE_ID,
    "name": "Invoices",
    "description": "Paid by night",
    "uniqueReferences": True,
    "maxRetries": 2,
    "retryBackoffSeconds": 60.0,
    "leaseSeconds": 86_400.0,
    "onLost": "hold",
    "payloadSchema": None,
    "counts": COUNTS,
}
ITEM: dict[str, Any] = {
    "id": ITEM_ID,
    "status": "new",
    "reference": "INV-1",
    "payload": {"n": 1},
    "output": None,
    "attempt": 1,
    "failure": None,
    "readyAt": "2026-03-02T08:00:00Z",
}
ITEMS = f"/api/queues/{QUEUE_ID}/items"


def test_a_queue_is_made_with_its_rules(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object"}')
    hub.answer("POST /api/queues", {"queue": QUEUE}, status=201)
    ran = exekra("queue", "create", "Invoices", "--unique", "--retries", "5", "--schema", str(schema))
    assert (ran.status, ran.out) == (0, f"Made Invoices ({QUEUE_ID}).\n")
    assert hub.sent("POST /api/queues").body == {
        "name": "Invoices",
        "description": "",
        "uniqueReferences": True,
        "maxRetries": 5,
        "payloadSchema": {"type": "object"},
    }
    assert exekra("queue", "create", "X", "--on-lost", "sometimes").status == 2


def test_showing_a_queue_tells_what_waits_and_what_failed(hub: ScriptedHub, exekra: Exekra) -> None:
    failure = {"outcome": "systemFailed", "code": "SERVER_AWAY", "count": 4, "lastAt": "2026-03-02T08:00:00Z"}
    statistics = {"ready": 2, "oldestWaitingAt": "2026-03-02T07:00:00Z", "hours": 24, "handled": 8}
    hub.answer("GET /api/queues", page(QUEUE))
    hub.answer(f"GET /api/queues/{QUEUE_ID}", {"queue": QUEUE})
    hub.answer(
        f"GET /api/queues/{QUEUE_ID}/statistics",
        {**statistics, "counts": COUNTS, "meanHandlingSeconds": 1.5, "failures": [failure]},
    )
    out = exekra("queue", "show", "invoices").out
    assert "2 ready, the oldest since 2026-03-02T07:00:00Z" in out
    assert "8 handled in 24 h, 1.5 s each" in out
    assert "4 times systemFailed SERVER_AWAY" in out


def test_an_item_is_added_with_a_time_in_its_zone(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/queues", page(QUEUE))
    hub.answer(f"POST {ITEMS}", {"item": ITEM}, status=201)
    ran = exekra(
        "queue", "add", "Invoices", "--payload", '{"n": 1}', "--not-before", "2026-03-02T08:00:00Z", "--key", "k1"
    )
    assert ran.out == f"Added {ITEM_ID}.\n"
    sent = hub.sent(f"POST {ITEMS}")
    assert (sent.body["payload"], sent.body["notBefore"]) == ({"n": 1}, "2026-03-02T08:00:00+00:00")
    assert sent.headers["Idempotency-Key"] == "k1"
    assert exekra("queue", "add", "Invoices", "--payload", "{").status == 2
    assert exekra("queue", "add", "Invoices", "--not-before", "soon").status == 2


def test_a_file_of_items_goes_in_calls_of_a_thousand(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text("".join(json.dumps({"payload": number}) + "\n" for number in range(1_200)))
    hub.answer("GET /api/queues", page(QUEUE))
    hub.answer(
        f"POST {ITEMS}/bulk",
        {"items": [], "added": 1_000, "duplicates": 0},
        {"items": [], "added": 150, "duplicates": 50},
        status=201,
    )
    ran = exekra("queue", "add", "Invoices", "--file", str(file), "--key", "march")
    assert ran.out == "Added 1150 items; 50 were there already.\n"
    calls = [item for item in hub.received if item.path.endswith("/bulk")]
    assert [len(call.body["items"]) for call in calls] == [1_000, 200]
    assert [call.headers["Idempotency-Key"] for call in calls] == ["march-0", "march-1000"]


def test_items_are_listed_by_status_and_shown_with_their_handlings(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/queues", page(QUEUE))
    hub.answer(f"GET {ITEMS}", page(ITEM))
    listed = exekra("queue", "items", "Invoices", "--status", "failed", "--json").document
    assert [item["id"] for item in listed["items"]] == [ITEM_ID]
    assert hub.sent(f"GET {ITEMS}").query["status"] == "failed"
    handling = {
        "attempt": 1,
        "takenAt": "2026-03-02T08:00:00Z",
        "executionId": "e1",
        "outcome": "lost",
        "failure": None,
    }
    hub.answer(f"GET {ITEMS}/{ITEM_ID}", {"item": ITEM, "attempts": [handling]})
    assert "1. 2026-03-02T08:00:00Z by execution e1: lost" in exekra("queue", "item", "Invoices", ITEM_ID).out


def test_a_person_decides_about_an_item(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/queues", page(QUEUE))
    hub.answer(f"POST {ITEMS}/{ITEM_ID}/retry", {"item": ITEM})
    hub.answer(f"POST {ITEMS}/{ITEM_ID}/resolve", {"item": {**ITEM, "status": "businessFailed"}})
    hub.answer(f"PATCH {ITEMS}/{ITEM_ID}", {"item": ITEM})
    hub.answer(f"DELETE {ITEMS}/{ITEM_ID}", {}, status=200)
    assert exekra("queue", "retry", "Invoices", ITEM_ID).out == "The item waits again.\n"
    resolved = exekra("queue", "resolve", "Invoices", ITEM_ID, "--failed", "--comment", "Not in the bank's list.")
    assert resolved.out == "The item is businessFailed.\n"
    assert hub.sent(f"POST {ITEMS}/{ITEM_ID}/resolve").body["outcome"] == "businessFailed"
    assert exekra("queue", "postpone", "Invoices", ITEM_ID, "--priority", "80").status == 0
    assert hub.sent(f"PATCH {ITEMS}/{ITEM_ID}").body == {"priority": 80}
    assert exekra("queue", "postpone", "Invoices", ITEM_ID).status == 2
    assert exekra("queue", "remove", "Invoices", ITEM_ID).status == 0
    assert exekra("queue", "delete", "Invoices", "--force").status == 3
