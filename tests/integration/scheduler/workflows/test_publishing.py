"""Publishing, rolling back and comparing versions; over real gRPC on a real Postgres."""

import json
from typing import TYPE_CHECKING

import asyncpg
import pytest

from services.kit.ids import new_id
from tests.integration.scheduler.workflows.service import BROKEN, Stub, ask, audited, create, graph, refusal

if TYPE_CHECKING:
    from services.kit.postgres import Pool


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
