"""The exit status of commands, and what they say with it."""

import json

import pytest
from aiohttp import web

from tests.unit.cli.answers import EXECUTION_ID, Exekra
from tests.unit.cli.conftest import ScriptedHub


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
