"""Lists of the command line, and how things are named."""

from tests.unit.cli.answers import WORKFLOW, WORKFLOW_ID, Exekra, page
from tests.unit.cli.conftest import ScriptedHub


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
