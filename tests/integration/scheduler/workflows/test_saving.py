"""Saving drafts: versions, automatic saves, what is no graph; over real gRPC on a real Postgres."""

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from services.kit.identity import Principal, current_principal
from services.scheduler.workflows.use_cases import load_launchable
from tests.integration.scheduler.workflows.service import (
    EDITOR,
    Stub,
    ask,
    audited,
    autosave,
    create,
    graph,
    numbers,
    refusal,
)

if TYPE_CHECKING:
    from services.kit.postgres import Pool


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
