"""Workflows as an integrator keeps them: drafts, versions, publishing and moving them between Hubs."""

import pytest

from tests.e2e.integrator import DOUBLING, FAILING, Integrator, node, row, sleeping, unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = "01890000-0000-7000-8000-000000000000"


async def test_a_workflow_goes_through_drafts_versions_and_publishing(hub: Integrator) -> None:
    name = unique("Library")
    made = await hub.ask("POST", "/api/workflows", {"name": name, "description": "first"})
    assert made.status == 201
    workflow = made.body["workflow"]
    assert {"id", "name", "draftVersion", "publishedVersion"} <= set(workflow)
    assert (workflow["name"], workflow["publishedVersion"]) == (name, None)
    path = f"/api/workflows/{workflow['id']}"

    saved = await hub.ask("PUT", f"{path}/draft", {"graph": DOUBLING, "note": "doubles"})
    assert (saved.status, saved.body) == (200, {"version": 1, "saves": 1})
    second = await hub.ask("PUT", f"{path}/draft", {"graph": FAILING})
    assert second.body == {"version": 2, "saves": 1}
    versions = (await hub.ask("GET", f"{path}/versions")).body
    assert [item["version"] for item in versions["items"]] == [2, 1]
    assert versions["items"][1]["note"] == "doubles"
    assert (await hub.ask("GET", f"{path}/versions/1")).body["version"]["graph"] == DOUBLING
    assert (await hub.ask("GET", path)).body["workflow"]["graph"] == FAILING
    assert (await hub.ask("GET", f"{path}/versions/3")).status == 404
    difference = await hub.ask("GET", f"{path}/diff?from=1&to=2")
    assert difference.status == 200
    assert "double" in str(difference.body)

    published = await hub.ask("POST", f"{path}/publish", {"version": 1, "note": "go"})
    assert published.body["workflow"]["publishedVersion"] == 1
    assert (await hub.run(workflow["id"], inputs={"number": 4}))["output"] == {"doubled": 8}
    assert (await hub.ask("POST", f"{path}/publish")).body["workflow"]["publishedVersion"] == 2
    back = (await hub.ask("POST", f"{path}/rollback", {"version": 1})).body["workflow"]
    assert back["publishedVersion"] == back["draftVersion"] == 3
    assert (await hub.ask("GET", f"{path}/versions/3")).body["version"]["graph"] == DOUBLING


async def test_somebody_elses_save_is_noticed(hub: Integrator) -> None:
    workflow_id = (await hub.api.call("POST", "/workflows", {"name": unique("Etag"), "graph": DOUBLING}))["workflow"][
        "id"
    ]
    path = f"/api/workflows/{workflow_id}"
    seen = (await hub.ask("GET", path)).headers["ETag"]
    mine = await hub.ask("PUT", f"{path}/draft", {"graph": FAILING}, headers={"If-Match": seen})
    assert mine.status == 200
    assert mine.headers["ETag"] != seen
    theirs = await hub.ask("PUT", f"{path}/draft", {"graph": DOUBLING}, headers={"If-Match": seen})
    assert theirs.status == 412
    assert theirs.body["type"] != "about:blank"
    assert (await hub.ask("PUT", f"{path}/draft", {"graph": DOUBLING}, headers={"If-Match": "*"})).status == 200


async def test_validation_names_every_problem(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Valid"), DOUBLING)
    good = (await hub.ask("POST", f"/api/workflows/{workflow_id}/validate")).body
    assert good == {"valid": True, "problems": []}
    broken = row(node("a", "no.such", {}), node("b", "control.delay", {"seconds": "{{ vars.nobody }}"}))
    bad = (await hub.ask("POST", f"/api/workflows/{workflow_id}/validate", {"graph": broken})).body
    assert bad["valid"] is False
    assert {"a", "b"} <= {problem["nodeId"] for problem in bad["problems"]}
    assert all({"nodeId", "pointer", "message"} <= set(problem) for problem in bad["problems"])
    assert "/nodes/1/type" in [problem["pointer"] for problem in bad["problems"]]


async def test_a_graph_with_problems_is_kept_but_not_published(hub: Integrator) -> None:
    made = await hub.api.call("POST", "/workflows", {"name": unique("Broken"), "graph": row(node("a", "no.such", {}))})
    refused = await hub.ask("POST", f"/api/workflows/{made['workflow']['id']}/publish")
    assert 400 <= refused.status < 500
    assert refused.pointers == ["/graph/nodes/1/type"]


async def test_a_workflow_moves_by_export_and_import_and_is_copied(hub: Integrator) -> None:
    name = unique("Mover")
    workflow_id = await hub.api.publish(name, DOUBLING)
    exported = await hub.ask("GET", f"/api/workflows/{workflow_id}/export")
    assert exported.status == 200
    imported = await hub.ask("POST", f"/api/workflows/import?name={name}-there", exported.body)
    assert imported.status == 201
    assert imported.body["workflow"]["name"] == f"{name}-there"
    there = imported.body["workflow"]["id"]
    assert (await hub.ask("GET", f"/api/workflows/{there}")).body["workflow"]["graph"] == DOUBLING
    copy = await hub.ask("POST", f"/api/workflows/{workflow_id}/duplicate")
    assert copy.status == 201
    assert copy.body["workflow"]["publishedVersion"] is None
    assert copy.body["workflow"]["id"] not in (workflow_id, there)


async def test_lists_go_on_at_their_cursor_until_there_is_none(hub: Integrator) -> None:
    mark = unique("Paged")
    made = {
        (await hub.api.call("POST", "/workflows", {"name": f"{mark} {number}"}))["workflow"]["id"]
        for number in range(5)
    }
    seen: list[str] = []
    cursor, pages = "", 0
    while True:
        page = (await hub.ask("GET", f"/api/workflows?q={mark}&limit=2&cursor={cursor}")).body
        assert set(page) == {"items", "nextCursor"}
        seen += [workflow["id"] for workflow in page["items"]]
        pages += 1
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert pages == 3
    assert len(seen) == len(set(seen)) == 5
    assert set(seen) == made


async def test_what_is_deleted_is_gone_and_its_executions_stay(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Deleted"), sleeping(0))
    execution = await hub.run(workflow_id)
    changed = await hub.ask("PATCH", f"/api/workflows/{workflow_id}", {"description": "soon gone", "tags": ["a"]})
    assert (changed.body["workflow"]["description"], changed.body["workflow"]["tags"]) == ("soon gone", ["a"])
    assert (await hub.ask("DELETE", f"/api/workflows/{workflow_id}")).status == 204
    assert (await hub.ask("GET", f"/api/workflows/{workflow_id}")).status == 404
    assert (await hub.ask("POST", "/api/executions", {"workflowId": workflow_id})).status == 404
    kept = (await hub.ask("GET", f"/api/executions/{execution['id']}")).body["execution"]
    assert kept["status"] == "COMPLETED"


async def test_node_types_come_with_what_the_studio_needs(hub: Integrator) -> None:
    items = (await hub.ask("GET", "/api/node-types")).body["items"]
    types = {item["type"]: item for item in items}
    assert {"control.start", "control.forEach", "http.request", "data.set", "log.message"} <= set(types)
    assert hub.runner_id in types["http.request"]["runnerIds"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/publish"),
        ("POST", "/validate"),
        ("POST", "/duplicate"),
        ("GET", "/versions"),
        ("GET", "/export"),
        ("GET", "/diff?from=1&to=2"),
    ],
)
async def test_what_does_not_exist_is_not_found_everywhere(hub: Integrator, method: str, path: str) -> None:
    body = {"name": "x"} if method == "PATCH" else None
    answer = await hub.ask(method, f"/api/workflows/{NOBODY}{path}", body)
    assert (answer.status, answer.body["reason"]) == (404, "WORKFLOW_NOT_FOUND")
