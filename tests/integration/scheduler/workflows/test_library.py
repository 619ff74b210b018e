"""Names, lists, copies, exports and imports of workflows; over real gRPC on a real Postgres."""

import json
from typing import TYPE_CHECKING

from exekra.audit.v1 import audit_service_pb2
from services.kit.ids import new_id
from tests.integration.scheduler.workflows.service import BROKEN, Stub, ask, create, graph, refusal

if TYPE_CHECKING:
    from services.kit.postgres import Pool


async def test_names_are_unique_whatever_their_case_until_deleted(stub: Stub) -> None:
    workflow = await create(stub, "Invoices")
    assert (await refusal(stub.CreateWorkflow, name=" INVOICES ")).reason == "NAME_TAKEN"
    other = await create(stub, "Other")
    assert (await refusal(stub.UpdateWorkflow, workflow_id=other.id, name="invoices")).reason == "NAME_TAKEN"
    await ask(stub.DeleteWorkflow, workflow_id=workflow.id)
    await ask(stub.UpdateWorkflow, workflow_id=other.id, name="invoices")
    assert (await refusal(stub.GetWorkflow, workflow_id=workflow.id)).reason == "WORKFLOW_NOT_FOUND"
    assert (await refusal(stub.CreateWorkflow, name="   ")).fields[0].pointer == "/name"


async def test_a_repeated_creation_gets_the_first_answer(stub: Stub, pool: "Pool") -> None:
    fields = {"name": "Invoices", "graph_json": graph(), "idempotency_key": "k1", "body_sha256": "a"}
    first, second = await ask(stub.CreateWorkflow, **fields), await ask(stub.CreateWorkflow, **fields)
    assert first == second
    assert await pool.fetchval("SELECT count(*) FROM workflow") == 1
    refused = await refusal(stub.CreateWorkflow, **{**fields, "body_sha256": "b"})
    assert refused.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_changing_is_audited_with_before_and_after_and_nothing_when_nothing_changed(
    stub: Stub, pool: "Pool"
) -> None:
    workflow = await create(stub)
    await ask(stub.UpdateWorkflow, workflow_id=workflow.id, description="Monthly", tags=["a"], set_tags=True)
    changed = await ask(stub.UpdateWorkflow, workflow_id=workflow.id, description="Monthly")
    assert (changed.workflow.description, list(changed.workflow.tags)) == ("Monthly", ["a"])
    rows = await pool.fetch("SELECT event FROM outbox ORDER BY id")
    events = [audit_service_pb2.AuditEvent.FromString(row["event"]) for row in rows]
    assert [event.action for event in events] == ["workflow.created", "workflow.updated"]
    assert json.loads(events[1].details_json)["before"] == {"description": "", "tags": []}


async def test_lists_go_by_name_in_pages_with_search_and_tags(stub: Stub) -> None:
    for name in ("delta", "Alpha", "charlie", "Bravo"):
        await create(stub, name, tags=["x"] if name == "delta" else [], description=f"about {name}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = await ask(stub.ListWorkflows, limit=2, cursor=cursor)
        seen += [workflow.name for workflow in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == ["Alpha", "Bravo", "charlie", "delta"]
    assert [item.name for item in (await ask(stub.ListWorkflows, query="ABOUT br")).items] == ["Bravo"]
    assert [item.name for item in (await ask(stub.ListWorkflows, query="100%")).items] == []
    assert [item.name for item in (await ask(stub.ListWorkflows, tag="x")).items] == ["delta"]
    assert (await refusal(stub.ListWorkflows, cursor="WyJhIiwiYiJd")).fields[0].pointer == "/cursor"


async def test_a_workflow_with_live_executions_is_not_deleted(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph())
    await pool.execute(
        """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode, lease_seconds,
         actor_kind) VALUES ($1, $2, 'Invoices', 1, 'x', 1, 'SCHEDULED', 100, 'system')""",
        new_id(),
        workflow.id,
    )
    refused = await refusal(stub.DeleteWorkflow, workflow_id=workflow.id)
    assert (refused.reason, refused.facts) == ("HAS_LIVE_EXECUTIONS", {"count": 1})


# -- publishing ---------------------------------------------------------------------------------------------------


async def test_a_copy_gets_a_free_name_and_publishes_nothing(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(), description="Monthly", tags=["a"])
    await ask(stub.PublishWorkflow, workflow_id=workflow.id)
    copies = [(await ask(stub.DuplicateWorkflow, workflow_id=workflow.id)).workflow for _ in range(2)]
    assert [copy.name for copy in copies] == ["Invoices (2)", "Invoices (3)"]
    assert (copies[0].draft_version, copies[0].published_version, list(copies[0].tags)) == (1, 0, ["a"])
    assert (await refusal(stub.DuplicateWorkflow, workflow_id=workflow.id, name="invoices")).reason == "NAME_TAKEN"


async def test_an_export_is_imported_with_its_graph_unchanged(stub: Stub) -> None:
    numbers = graph(variables=[{"name": "total", "initial": [1, 1.0, 12345678901234567890]}])
    workflow = await create(stub, graph_json=numbers, description="Größe ⏱", tags=["a"])
    document = (await ask(stub.ExportWorkflow, workflow_id=workflow.id)).document_json
    assert json.loads(document)["format"] == "exekra.workflow/1"
    imported = await ask(stub.ImportWorkflow, document_json=document)
    assert (imported.workflow.name, imported.workflow.description) == ("Invoices (2)", "Größe ⏱")
    again = (await ask(stub.GetWorkflow, workflow_id=imported.workflow.id)).graph_json
    assert json.dumps(json.loads(again)) == json.dumps(json.loads(numbers))
    renamed = await ask(stub.ImportWorkflow, document_json=document, name="Bills")
    assert renamed.workflow.name == "Bills"


async def test_an_import_says_what_is_wrong_with_its_graph(stub: Stub) -> None:
    workflow = await create(stub, graph_json=BROKEN)
    document = (await ask(stub.ExportWorkflow, workflow_id=workflow.id)).document_json
    assert (await ask(stub.ImportWorkflow, document_json=document)).problems
    for data, reason in (
        (b"{}", "IMPORT_UNSUPPORTED"),
        (b'{"format": "exekra.workflow/2"}', "IMPORT_UNSUPPORTED"),
        (b'{"format": "exekra.workflow/1", "graph": 1}', "GRAPH_MALFORMED"),
        (b'{"format": "exekra.workflow/1", "tags": [1], "graph": {"nodes": []}}', "INVALID"),
        (b"nonsense", "GRAPH_MALFORMED"),
    ):
        assert (await refusal(stub.ImportWorkflow, document_json=data)).reason == reason


# -- node types ---------------------------------------------------------------------------------------------------
