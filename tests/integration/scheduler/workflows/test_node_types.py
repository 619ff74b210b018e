"""Declared node types and what executions are launched with; over real gRPC on a real Postgres."""

from typing import TYPE_CHECKING

import pytest

from exekra.scheduler.v1.workflow_pb2 import NodeType
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.workflows.use_cases import load_launchable
from tests.integration.scheduler.workflows.service import BROKEN, Stub, ask, create, declaration, graph, refusal

if TYPE_CHECKING:
    from services.kit.postgres import Pool


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
