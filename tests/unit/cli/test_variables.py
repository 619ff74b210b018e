"""`exekra variable …` against a Hub of scripted answers."""

from typing import Any

import pytest

from tests.unit.cli.answers import Exekra, page
from tests.unit.cli.conftest import ScriptedHub

VARIABLE_ID = "019a0000-0000-7000-8000-000000000031"
VARIABLE: dict[str, Any] = {"id": VARIABLE_ID, "name": "rate", "value": 1.5, "etag": "v1", "usedBy": []}


@pytest.mark.parametrize(
    ("given", "options", "sent"),
    [("1.5", (), 1.5), ('{"a": [1]}', (), {"a": [1]}), ("plain text", (), "plain text"), ("5", ("--text",), "5")],
)
def test_a_new_name_makes_a_variable_of_json_or_text(
    hub: ScriptedHub, exekra: Exekra, given: str, options: tuple[str, ...], sent: object
) -> None:
    hub.answer("GET /api/variables", page())
    hub.answer("POST /api/variables", {"variable": VARIABLE}, status=201)
    assert exekra("variable", "set", "rate", given, *options).status == 0
    assert hub.sent("POST /api/variables").body == {"name": "rate", "value": sent, "description": ""}


def test_a_known_name_is_given_the_value_alone(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/variables", page(VARIABLE))
    hub.answer(f"PATCH /api/variables/{VARIABLE_ID}", {"variable": {**VARIABLE, "value": None}})
    ran = exekra("variable", "set", "RATE", "null")
    assert (ran.status, ran.out) == (0, "globals.rate = null\n")
    assert hub.sent(f"PATCH /api/variables/{VARIABLE_ID}").body == {"value": None}


def test_broken_json_is_not_taken_for_text(hub: ScriptedHub, exekra: Exekra) -> None:
    assert exekra("variable", "set", "rate", '{"a": ').status == 2
    assert hub.received == []


def test_a_list_tells_names_values_and_readers(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/variables", page({**VARIABLE, "usedBy": [{"workflowId": VARIABLE_ID, "name": "Invoices"}]}))
    assert "rate" in exekra("variable", "list").out
    assert exekra("variable", "list", "--json").document["items"][0]["value"] == 1.5
    assert "read by Invoices" in exekra("variable", "show", "rate").out


def test_a_variable_in_use_is_refused_and_deleted_by_force(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer("GET /api/variables", page(VARIABLE))
    path = f"DELETE /api/variables/{VARIABLE_ID}"
    hub.answer(path, {"detail": "It is read.", "reason": "VARIABLE_IN_USE", "status": 409}, status=409)
    assert exekra("variable", "delete", "rate").status == 4
    hub.answer(path, {}, status=200)
    assert exekra("variable", "delete", "rate", "--force").status == 0
    assert hub.sent(path).query == {"force": "true"}
