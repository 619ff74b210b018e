"""WorkflowService over real gRPC on a real Postgres."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from exekra.audit.v1 import audit_service_pb2
from exekra.scheduler.v1 import workflow_service_pb2 as pb
from exekra.scheduler.v1 import workflow_service_pb2_grpc
from exekra.scheduler.v1.workflow_pb2 import NodeType, Workflow
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.workflows.rpc import registration
from services.scheduler.workflows.use_cases import load_launchable
from tests.conftest import HubDatabase, MakeDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Pool

EDITOR = Principal("user", "u1", "Ada", frozenset({"workflow:view", "workflow:edit", "workflow:publish"}))
Stub = workflow_service_pb2_grpc.WorkflowServiceStub


def graph(total: object = 0, **more: object) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 1,
            "inputs": [{"name": "file", "type": "string", "required": True}],
            "variables": [{"name": "total", "initial": total}],
            "settings": {"requirements": {"labels": ["finance"]}},
            "nodes": [
                {"id": "start", "type": "control.start"},
                {"id": "set", "type": "data.set", "config": {"values": {"total": "{{ inputs.file }}"}}},
            ],
            "edges": [{"from": "start", "to": "set"}],
            **more,
        }
    ).encode()


BROKEN = graph(edges=[{"from": "start", "to": "nowhere"}])


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["scheduler"])


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool


@pytest.fixture
async def stub(pool: "Pool", short_folder: Path) -> AsyncIterator[Stub]:
    name = f"{short_folder}/{new_id()[-12:]}"
    token = current_principal.set(EDITOR)
    async with (
        open_channel(f"unix:{name}.audit", caller="scheduler") as audit,
        grpc_server([registration(pool, Outbox("scheduler", pool, audit))], f"unix:{name}.sock", drain_seconds=1),
        open_channel(f"unix:{name}.sock", caller="gateway") as channel,
    ):
        yield Stub(channel)
    current_principal.reset(token)


@pytest.fixture
async def registry(stub: Stub, pool: "Pool", short_folder: Path) -> AsyncIterator[Stub]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    async with (
        open_channel(f"{address}.audit", caller="scheduler") as audit,
        grpc_server([registration(pool, Outbox("scheduler", pool, audit))], address, drain_seconds=1),
        open_channel(address, caller="registry") as channel,
    ):
        yield Stub(channel)


async def ask(method: Any, **fields: Any) -> Any:
    """Calls by fields: the request's type follows from the method's name."""
    name = method._method.decode().rpartition("/")[2]
    caller = "registry" if name in ("DeclareNodeTypes", "FetchGraph") else "gateway"
    return await call(method, getattr(pb, f"{name}Request")(**fields), caller=caller)


async def refusal(method: Any, **fields: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await ask(method, **fields)
    return refused.value


async def create(stub: Stub, name: str = "Invoices", **fields: Any) -> Workflow:
    workflow: Workflow = (await ask(stub.CreateWorkflow, name=name, **fields)).workflow
    return workflow


async def audited(pool: "Pool") -> list[str]:
    rows = await pool.fetch("SELECT event FROM outbox ORDER BY id")
    return [audit_service_pb2.AuditEvent.FromString(row["event"]).action for row in rows]


# -- storing ------------------------------------------------------------------------------------------------------


async def test_every_save_makes_a_numbered_version_and_an_audit_row(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(1), tags=["finance"])
    assert (workflow.draft_version, workflow.published_version, workflow.created_by.name) == (1, 0, "Ada")
    saved = await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2), note="more")
    assert saved.version == 2
    assert saved.etag != workflow.etag
    shown = await ask(stub.GetWorkflow, workflow_id=workflow.id)
    assert shown.graph_json == graph(2)
    versions = await ask(stub.ListVersions, workflow_id=workflow.id)
    assert [(version.version, version.note) for version in versions.items] == [(2, "more"), (1, "")]
    first = await ask(stub.GetVersion, workflow_id=workflow.id, version=1)
    assert first.version.graph_json == graph(1)
    assert await audited(pool) == ["workflow.created", "workflow.saved"]


async def test_the_same_graph_makes_no_version_however_it_is_written(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph())
    spaced = json.dumps(json.loads(graph()), indent=2, sort_keys=True).encode()
    saved = await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=spaced)
    assert (saved.version, saved.etag) == (1, workflow.etag)
    assert await audited(pool) == ["workflow.created"]


async def test_versions_stay_dense_when_many_save_at_once(stub: Stub) -> None:
    workflow = await create(stub)
    saves = (ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(number)) for number in range(12))
    assert sorted(saved.version for saved in await asyncio.gather(*saves)) == list(range(1, 13))


async def autosave(stub: Stub, workflow_id: str, total: object, etag: str) -> pb.SaveDraftResponse:
    saved: pb.SaveDraftResponse = await ask(
        stub.SaveDraft, workflow_id=workflow_id, graph_json=graph(total), if_match=etag, automatic=True
    )
    return saved


async def numbers(stub: Stub, workflow_id: str) -> list[tuple[int, int, bool]]:
    """Number, saves, whether open; newest first."""
    found = (await ask(stub.ListVersions, workflow_id=workflow_id)).items
    return [(version.version, version.saves, version.open) for version in found]


async def test_automatic_saves_go_into_one_version_that_a_save_closes(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(1))
    etags = [workflow.etag]
    for total in (2, 3, 4):
        etags.append((await autosave(stub, workflow.id, total, etags[-1])).etag)
    assert len(set(etags)) == 4
    assert await numbers(stub, workflow.id) == [(2, 3, True), (1, 1, False)]
    stale = await refusal(
        stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(9), if_match=etags[-2], automatic=True
    )
    assert stale.reason == "DRAFT_CHANGED"
    saved = await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(4), note="Four", if_match=etags[-1])
    assert (saved.version, saved.etag) == (2, etags[-1])
    await autosave(stub, workflow.id, 5, saved.etag)
    assert await numbers(stub, workflow.id) == [(3, 1, True), (2, 3, False), (1, 1, False)]
    kept = (await ask(stub.GetVersion, workflow_id=workflow.id, version=2)).version
    assert (kept.graph_json, kept.note) == (graph(4), "Four")
    assert await audited(pool) == ["workflow.created", *["workflow.saved"] * 3]


async def test_a_save_with_more_changes_goes_into_the_open_version_and_closes_it(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(1))
    begun = await autosave(stub, workflow.id, 2, workflow.etag)
    saved = await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(3), if_match=begun.etag)
    assert (saved.version, await numbers(stub, workflow.id)) == (2, [(2, 2, False), (1, 1, False)])


async def test_nobody_saves_into_a_version_they_have_not_seen_or_that_is_somebody_elses(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(1))
    mine = await autosave(stub, workflow.id, 2, workflow.etag)
    blind = await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(3))
    assert (mine.version, blind.version) == (2, 3)
    mine = await autosave(stub, workflow.id, 4, blind.etag)
    token = current_principal.set(Principal("user", "u2", "Grace", EDITOR.permissions))
    theirs = await autosave(stub, workflow.id, 5, mine.etag)
    current_principal.reset(token)
    assert (mine.version, theirs.version) == (4, 5)


async def test_half_an_hour_without_a_save_closes_the_version(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(1))
    begun = await autosave(stub, workflow.id, 2, workflow.etag)
    await pool.execute("UPDATE workflow_version SET saved_at = now() - interval '31 minutes' WHERE version = 2")
    assert await numbers(stub, workflow.id) == [(2, 1, False), (1, 1, False)]
    assert (await autosave(stub, workflow.id, 3, begun.etag)).version == 3


async def test_what_is_published_run_or_called_takes_no_automatic_save_any_more(stub: Stub, pool: "Pool") -> None:
    called = await create(stub, "Called", graph_json=graph(1, inputs=[]))
    begun = await autosave(stub, called.id, 2, called.etag)
    node = {"id": "call", "type": "control.subworkflow", "config": {"workflowId": called.id, "version": 2}}
    calling = graph(nodes=[{"id": "start", "type": "control.start"}, node], edges=[{"from": "start", "to": "call"}])
    caller = await create(stub, "Caller", graph_json=calling)
    await ask(stub.ValidateWorkflow, workflow_id=caller.id)
    assert (await numbers(stub, called.id))[0] == (2, 1, False)
    third = await autosave(stub, called.id, 3, begun.etag)
    async with pool.acquire() as connection, connection.transaction():
        launched = await load_launchable(connection, called.id, draft=True)
    fourth = await autosave(stub, called.id, 4, third.etag)
    assert (launched.version, third.version, fourth.version) == (3, 3, 4)
    found = await ask(stub.GetVersion, workflow_id=called.id, version=3)
    assert found.version.sha256 == launched.graph_sha256
    await ask(stub.PublishWorkflow, workflow_id=called.id)
    assert (await autosave(stub, called.id, 5, fourth.etag)).version == 5


async def test_a_draft_started_while_it_is_saved_runs_what_its_number_says(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(0))
    etag = (await autosave(stub, workflow.id, 1, workflow.etag)).etag

    async def launch() -> tuple[int, str]:
        async with pool.acquire() as connection, connection.transaction():
            launched = await load_launchable(connection, workflow.id, draft=True)
            return launched.version, launched.graph_sha256

    launched = []
    for total in range(2, 12):
        saved, started = await asyncio.gather(autosave(stub, workflow.id, total, etag), launch())
        etag = saved.etag
        launched.append(started)
    for version, sha256 in launched:
        assert (await ask(stub.GetVersion, workflow_id=workflow.id, version=version)).version.sha256 == sha256


async def test_a_save_over_somebody_elses_is_refused_when_asked(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(1))
    await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2), if_match=workflow.etag)
    refused = await refusal(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(3), if_match=workflow.etag)
    assert (refused.reason, refused.kind) == ("DRAFT_CHANGED", "changed")


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (b"no json", "/graph"),
        (b"[]", "/graph"),
        (b'{"edges": []}', "/graph/nodes"),
        (b'{"nodes": {}}', "/graph/nodes"),
        (b'{"nodes": [], "nodes": []}', "/graph"),
        (b'{"nodes": [{"id": "a\\u0000"}]}', "/graph/nodes/0/id"),
        (b'{"nodes": [], "x": NaN}', "/graph"),
        (b'{"nodes": ' + b"[" * 70 + b"]" * 70 + b"}", "/graph"),
    ],
)
async def test_what_is_no_graph_cannot_be_saved(stub: Stub, data: bytes, pointer: str) -> None:
    refused = await refusal(stub.CreateWorkflow, name="Invoices", graph_json=data)
    assert (refused.reason, refused.fields[0].pointer) == ("GRAPH_MALFORMED", pointer)


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


async def test_publishing_promotes_the_latest_draft_and_is_repeatable(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(1))
    await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2))
    for _ in range(2):
        published = await ask(stub.PublishWorkflow, workflow_id=workflow.id, note="go")
        assert published.workflow.published_version == 2
    assert (await audited(pool)).count("workflow.published") == 1
    versions = (await ask(stub.ListVersions, workflow_id=workflow.id)).items
    assert [(version.version, version.published) for version in versions] == [(2, True), (1, False)]
    assert versions[0].HasField("published_at")
    assert versions[0].note == "go"


async def test_a_draft_with_problems_is_kept_but_not_published(stub: Stub) -> None:
    workflow = await create(stub, graph_json=BROKEN)
    refused = await refusal(stub.PublishWorkflow, workflow_id=workflow.id)
    assert refused.reason == "GRAPH_INVALID"
    assert "/graph/edges/0" in {field.pointer.removesuffix("/to") for field in refused.fields}
    judged = await ask(stub.ValidateWorkflow, workflow_id=workflow.id)
    assert not judged.valid
    assert judged.problems
    assert (await ask(stub.ValidateWorkflow, workflow_id=workflow.id, graph_json=graph())).valid
    assert (await ask(stub.GetWorkflow, workflow_id=workflow.id)).workflow.published_version == 0


async def test_hundreds_of_problems_still_reach_the_caller(stub: Stub) -> None:
    nodes = [{"id": f"node-with-a-long-name-{number}", "type": "no.such.type"} for number in range(400)]
    workflow = await create(stub, graph_json=graph(nodes=nodes, edges=[]))
    refused = await refusal(stub.PublishWorkflow, workflow_id=workflow.id)
    assert refused.reason == "GRAPH_INVALID"
    assert "problems" in refused.message
    assert len(refused.fields) > 10
    judged = await ask(stub.ValidateWorkflow, workflow_id=workflow.id)
    assert len(judged.problems) >= 400


async def test_rolling_back_publishes_the_old_graph_as_a_new_version(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(1))
    await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2))
    await ask(stub.PublishWorkflow, workflow_id=workflow.id)
    rolled = (await ask(stub.RollbackWorkflow, workflow_id=workflow.id, version=1)).workflow
    assert (rolled.draft_version, rolled.published_version) == (3, 3)
    assert (await ask(stub.GetVersion, workflow_id=workflow.id, version=3)).version.graph_json == graph(1)
    assert (await refusal(stub.RollbackWorkflow, workflow_id=workflow.id, version=9)).reason == "VERSION_NOT_FOUND"


async def test_what_there_is_not_cannot_be_published(stub: Stub) -> None:
    workflow = await create(stub)
    assert (await refusal(stub.PublishWorkflow, workflow_id=workflow.id)).reason == "NOT_DRAFTED"
    assert (await refusal(stub.PublishWorkflow, workflow_id=workflow.id, version=3)).reason == "VERSION_NOT_FOUND"
    assert (await refusal(stub.PublishWorkflow, workflow_id=new_id())).reason == "WORKFLOW_NOT_FOUND"


async def test_two_versions_are_compared(stub: Stub) -> None:
    workflow = await create(stub, graph_json=graph(1))
    await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2))
    answer = await ask(stub.DiffVersions, workflow_id=workflow.id, from_version=1, to_version=2)
    assert json.loads(answer.diff_json)["changes"] == [
        {
            "pointer": "/variables",
            "old": [{"name": "total", "initial": 1}],
            "new": [{"name": "total", "initial": 2}],
        }
    ]


async def test_the_database_lets_nobody_change_or_delete_a_closed_version(pool: "Pool", stub: Stub) -> None:
    await create(stub, graph_json=graph())
    for statement, refusal_of_it in (
        ("UPDATE workflow_version SET graph = '{}'", "is closed"),
        ("UPDATE workflow_version SET open = true", "is closed"),
        ("DELETE FROM workflow_version", "permission denied"),
    ):
        with pytest.raises(asyncpg.PostgresError, match=refusal_of_it):
            await pool.execute(statement)


# -- copies -------------------------------------------------------------------------------------------------------


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


def declaration(name: str, capabilities: list[str]) -> bytes:
    return json.dumps(
        {"type": name, "family": name.partition(".")[0], "title": "Press", "capabilities": capabilities}
    ).encode()


async def test_types_that_runners_declare_join_those_the_product_ships(stub: Stub, registry: Stub) -> None:
    types = {item.type for item in (await ask(stub.ListNodeTypes)).items}
    assert {"control.start", "data.set", "http.request"} <= types
    name = f"acme.press{new_id()[-6:]}"
    workflow = await create(
        stub,
        graph_json=graph(
            nodes=[{"id": "start", "type": "control.start"}, {"id": "press", "type": name}],
            edges=[{"from": "start", "to": "press"}],
        ),
    )
    assert (await refusal(stub.PublishWorkflow, workflow_id=workflow.id)).reason == "GRAPH_INVALID"
    sha256 = new_id().replace("-", "") * 2
    runner_id = new_id()
    assert (await ask(registry.DeclareNodeTypes, runner_id=runner_id, sha256=sha256)).wanted
    declared = [NodeType(type=name, declaration_json=declaration(name, ["acme"]))]
    answer = await ask(registry.DeclareNodeTypes, runner_id=runner_id, sha256=sha256, node_types=declared)
    assert not answer.wanted
    assert not (await ask(registry.DeclareNodeTypes, runner_id=new_id(), sha256=sha256)).wanted
    assert name in {item.type for item in (await ask(stub.ListNodeTypes)).items}
    await ask(stub.PublishWorkflow, workflow_id=workflow.id)


async def test_declarations_that_cannot_be_read_are_refused(registry: Stub) -> None:
    for data in (b"{}", b"[]", b"nonsense"):
        refused = await refusal(
            registry.DeclareNodeTypes,
            runner_id=new_id(),
            sha256="0" * 64,
            node_types=[NodeType(type="a.b", declaration_json=data)],
        )
        assert refused.reason == "NODE_TYPES_INVALID"


async def test_a_graph_is_fetched_by_its_hash(stub: Stub, registry: Stub) -> None:
    workflow = await create(stub, graph_json=graph())
    sha256 = (await ask(stub.GetVersion, workflow_id=workflow.id, version=1)).version.sha256
    assert (await ask(registry.FetchGraph, sha256=sha256)).graph_json == graph()
    assert (await refusal(registry.FetchGraph, sha256="0" * 64)).reason == "VERSION_NOT_FOUND"


# -- launching ----------------------------------------------------------------------------------------------------


async def test_executions_run_the_published_version_and_drafts_the_latest(stub: Stub, pool: "Pool") -> None:
    workflow = await create(stub, graph_json=graph(1))
    async with pool.acquire() as connection:
        with pytest.raises(DomainError) as refused:
            await load_launchable(connection, workflow.id, draft=False)
        assert refused.value.reason == "NOT_PUBLISHED"
        await ask(stub.PublishWorkflow, workflow_id=workflow.id)
        await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=graph(2))
        published = await load_launchable(connection, workflow.id, draft=False)
        draft = await load_launchable(connection, workflow.id, draft=True)
        assert (published.version, draft.version) == (1, 2)
        assert published.graph_sha256 != draft.graph_sha256
        assert published.settings.labels == ("finance",)
        assert [given.name for given in published.inputs] == ["file"]
        await ask(stub.SaveDraft, workflow_id=workflow.id, graph_json=BROKEN)
        with pytest.raises(DomainError) as refused:
            await load_launchable(connection, workflow.id, draft=True)
        assert refused.value.reason == "GRAPH_INVALID"
        with pytest.raises(DomainError) as refused:
            await load_launchable(connection, new_id(), draft=False)
        assert refused.value.reason == "WORKFLOW_NOT_FOUND"


async def test_a_launch_asks_for_what_the_node_types_need(stub: Stub, registry: Stub, pool: "Pool") -> None:
    name = f"acme.scan{new_id()[-6:]}"
    await ask(
        registry.DeclareNodeTypes,
        runner_id=new_id(),
        sha256=new_id().replace("-", "") * 2,
        node_types=[NodeType(type=name, declaration_json=declaration(name, ["scanner"]))],
    )
    workflow = await create(
        stub,
        graph_json=graph(
            settings={"requirements": {"capabilities": ["browser"]}},
            nodes=[{"id": "start", "type": "control.start"}, {"id": "scan", "type": name}],
            edges=[{"from": "start", "to": "scan"}],
        ),
    )
    async with pool.acquire() as connection:
        launchable = await load_launchable(connection, workflow.id, draft=True)
    assert launchable.settings.capabilities == ("browser", "scanner")
