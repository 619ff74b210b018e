"""`exekra credential …` against a Hub of scripted answers: values are piped in or typed, and nothing shows them."""

import io
import json
from typing import Any

import pytest

from tests.unit.cli.answers import WORKFLOW, WORKFLOW_ID, Exekra, page
from tests.unit.cli.conftest import ScriptedHub

CREDENTIAL_ID = "019a0000-0000-7000-8000-000000000041"
PATH = f"/api/credentials/{CREDENTIAL_ID}"
CREDENTIAL: dict[str, Any] = {
    "id": CREDENTIAL_ID,
    "name": "shop",
    "kind": "login",
    "fields": ["password", "username"],
    "usedBy": [{"workflowId": WORKFLOW_ID, "name": "Invoices", "published": True}],
    "lastUsedAt": None,
    "valueChangedAt": "2026-03-01T12:00:00Z",
    "etag": "v1",
}
VALUE = {"username": "robot", "password": "hush-hush"}


class Keyboard(io.StringIO):
    """A terminal, as far as the command asks."""

    def isatty(self) -> bool:
        return True


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_value_is_piped_in_and_not_printed(hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, json.dumps(VALUE))
    hub.answer("GET /api/workflows", page(WORKFLOW))
    hub.answer("POST /api/credentials", {"credential": CREDENTIAL}, status=201)
    ran = exekra("credential", "create", "shop", "--workflow", "Invoices", "--host", "shop.example.com")
    assert (ran.status, ran.out) == (0, f"Made shop ({CREDENTIAL_ID}). Its value is never shown again.\n")
    assert hub.sent("POST /api/credentials").body == {
        "name": "shop",
        "kind": "login",
        "value": VALUE,
        "workflowIds": [WORKFLOW_ID],
        "hosts": ["shop.example.com"],
    }


def test_a_person_is_asked_field_by_field(hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return f"typed {len(asked)}"

    monkeypatch.setattr("sys.stdin", Keyboard())
    monkeypatch.setattr("getpass.getpass", answer)
    hub.answer("POST /api/credentials", {"credential": CREDENTIAL}, status=201)
    ran = exekra("credential", "create", "door", "--kind", "keyValue", "--field", "pin", "--field", "site")
    assert (ran.status, asked) == (0, ["pin: ", "site: "])
    assert hub.sent("POST /api/credentials").body["value"] == {"pin": "typed 1", "site": "typed 2"}
    assert "typed" not in ran.out + ran.err


@pytest.mark.parametrize("text", ["", "hush-hush", '"hush-hush"', '["hush-hush"]', '{"password": "hush-hush"'])
def test_what_is_no_object_is_refused_without_repeating_it(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    pipe(monkeypatch, text)
    ran = exekra("credential", "create", "shop")
    assert ran.status == 2
    assert "hush" not in ran.out + ran.err
    assert hub.received == []


@pytest.mark.parametrize(
    "words", [("--kind", "password"), ("--kind", "keyValue"), ("--kind", "certificate"), ("shop", "hush-hush")]
)
def test_a_terminal_is_told_what_is_missing(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard())
    assert exekra("credential", "create", "shop", *words).status == 2
    assert hub.received == []


def test_only_what_is_named_changes(hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.answer("GET /api/credentials", page(CREDENTIAL))
    hub.answer(f"PATCH {PATH}", {"credential": CREDENTIAL})
    pipe(monkeypatch, json.dumps(VALUE))
    assert exekra("credential", "update", "SHOP", "--value").out == "Changed shop.\n"
    assert hub.sent(f"PATCH {PATH}").body == {"value": VALUE}
    assert exekra("credential", "update", "shop", "--any-host", "--any-workflow").status == 0
    assert hub.sent(f"PATCH {PATH}").body == {"hosts": [], "workflowIds": []}
    assert exekra("credential", "update", "shop").status == 2
    assert exekra("credential", "update", "shop", "--host", "a.example", "--any-host").status == 2


def test_a_list_tells_fields_and_users(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/credentials", page(CREDENTIAL))
    out = exekra("credential", "list").out
    assert "shop" in out
    assert "Invoices" in out
    assert exekra("credential", "list", "--json").document["items"][0]["fields"] == ["password", "username"]


def test_a_credential_in_use_is_refused_and_deleted_by_force(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/credentials", page(CREDENTIAL))
    refused = {"detail": "The workflows 'Invoices' name it.", "reason": "CREDENTIAL_IN_USE", "status": 409}
    hub.answer(f"DELETE {PATH}", refused, status=409)
    ran = exekra("credential", "delete", "shop")
    assert ran.status == 4
    assert "Invoices" in ran.err
    hub.answer(f"DELETE {PATH}", {}, status=200)
    assert exekra("credential", "delete", "shop", "--force").status == 0
    assert hub.sent(f"DELETE {PATH}").query == {"force": "true"}
