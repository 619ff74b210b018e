"""Webhook triggers and their inbox, typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.cli.conftest import Ran, ScriptedHub

Exekra = Callable[..., Ran]

TRIGGER_ID = "018f0000-0000-7000-8000-00000000000a"
DELIVERY_ID = "018f0000-0000-7000-8000-00000000000b"
TRIGGER: dict[str, Any] = {
    "id": TRIGGER_ID,
    "name": "Orders",
    "kind": "webhook",
    "url": "https://hub/hooks/t",
    "auth": {"type": "hmac"},
    "previousSecretUntil": "2026-03-02T08:00:00Z",
}
DELIVERY: dict[str, Any] = {
    "id": DELIVERY_ID,
    "outcome": "refused",
    "reason": "NOT_PUBLISHED",
    "message": "Publish it.",
    "receivedAt": "2026-03-02T08:00:00Z",
    "ip": "192.0.2.1",
    "query": None,
    "dedupeId": "m1",
    "executionId": None,
    "replayOf": None,
    "contentType": "application/json",
    "bodyBytes": 20_000,
    "headers": {"accept": ["a", "b"], "x-evil": "\x1b[2J"},
    "bodyPreview": '{"order": 7}',
    "bodyComplete": False,
}


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "nextCursor": None}


def test_only_what_was_typed_is_changed(hub: ScriptedHub, exekra: Exekra, tmp_path: Path) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER))
    hub.answer(f"PATCH /api/triggers/{TRIGGER_ID}", {"trigger": TRIGGER})
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    ran = exekra(
        "trigger", "webhook", "orders", "--auth", "hmac", "--header", "X-Mac", "--secret-file", str(secret),
        "--filter", "", "--allow", "10.0.0.0/8", "--allow", "::1", "--rate-limit", "0",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert hub.sent(f"PATCH /api/triggers/{TRIGGER_ID}").body == {
        "auth": {"type": "hmac", "header": "X-Mac", "secret": "s3cret"},
        "filter": "",
        "allowedIps": ["10.0.0.0/8", "::1"],
        "rateLimit": 0,
    }
    assert "s3cret" not in ran.out


def test_nothing_to_change_is_a_mistake(hub: ScriptedHub, exekra: Exekra) -> None:
    assert exekra("trigger", "webhook", "orders").status == 2


def test_a_rotated_secret_is_shown_with_the_end_of_the_one_before(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER))
    hub.answer(f"POST /api/triggers/{TRIGGER_ID}/rotate", {"trigger": TRIGGER, "secret": "s3cret"})
    ran = exekra("trigger", "rotate", "orders")
    assert "secret: s3cret" in ran.out
    assert "2026-03-02T08:00:00Z" in ran.out


def test_the_inbox_is_listed_by_outcome(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER))
    hub.answer(f"GET /api/triggers/{TRIGGER_ID}/deliveries", page(DELIVERY))
    ran = exekra("delivery", "list", "orders", "--outcome", "refused", "--outcome", "held")
    assert DELIVERY_ID in ran.out
    assert hub.sent(f"GET /api/triggers/{TRIGGER_ID}/deliveries").query["outcome"] == "refused,held"


def test_a_delivery_is_shown_without_moving_the_terminal(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer(f"GET /api/deliveries/{DELIVERY_ID}", {"delivery": DELIVERY})
    ran = exekra("delivery", "show", DELIVERY_ID)
    assert ran.out.startswith("refused NOT_PUBLISHED Publish it.\n")
    assert "accept: a\naccept: b\n" in ran.out
    assert "\x1b" not in ran.out
    assert '{"order": 7}\n… the first part of 20000 bytes' in ran.out


def test_an_example_in_an_unknown_language_names_those_there_are(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/triggers", page(TRIGGER))
    examples = {"items": [{"language": "sh", "code": "curl …"}], "instructions": "Call it."}
    hub.answer(f"GET /api/triggers/{TRIGGER_ID}/examples", examples)
    ran = exekra("delivery", "example", "orders", "--language", "cobol")
    assert (ran.status, "sh" in ran.err) == (2, True)
    assert exekra("delivery", "example", "orders").out == "curl …\n"
