"""`exekra workflow …` against a Hub of scripted answers."""

import json
from pathlib import Path

from tests.unit.cli.answers import WORKFLOW, WORKFLOW_ID, Exekra, page
from tests.unit.cli.conftest import ScriptedHub


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
