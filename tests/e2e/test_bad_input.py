"""Bad input at the running Hub: refused with a problem that names the place, by whichever service sees it first."""

import json
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.e2e.integrator import DOUBLING, Integrator, node, row, unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEBIBYTE = 1024 * 1024
MEMBERS = {"type", "title", "status", "detail", "instance", "reason", "requestId", "errors"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def workflow_id(hub: Integrator) -> str:
    """A published workflow."""
    return await hub.api.publish(unique("Bad input"), DOUBLING)


def raw(text: str) -> bytes:
    """A body as it is written; `ID` stands for the workflow's id."""
    return text.encode("utf-8", "surrogatepass")


WRONG: list[tuple[str, str, str, str]] = [
    ("POST", "/executions", '{"workflowId":"ID","inputs":{"number":1},"colour":1}', "/colour"),
    ("POST", "/executions", '{"workflowId":"nonsense"}', "/workflowId"),
    ("POST", "/executions", '{"workflowId":"ID","inputs":{"number":"\\u0000"}}', "/inputs/number"),
    ("POST", "/executions", '{"workflowId":"ID","inputs":{"number":"\\ud800"}}', "/inputs/number"),
    ("POST", "/executions", '{"workflowId":"ID","inputs":{"number":"text"}}', "/inputs/number"),
    ("POST", "/executions", '{"workflowId":"ID","inputs":[1]}', "/inputs"),
    ("POST", "/executions", '{"workflowId":"ID","priority":101}', "/priority"),
    ("POST", "/executions", '{"workflowId":"ID","priority":1e300}', "/priority"),
    ("POST", "/executions", '{"workflowId":"ID","priority":true}', "/priority"),
    ("POST", "/executions", '{"workflowId":"ID","timeoutSeconds":-1}', "/timeoutSeconds"),
    ("POST", "/executions", '{"workflowId":"ID","timeoutSeconds":1e200}', "/timeoutSeconds"),
    ("POST", "/executions", '{"workflowId":"ID","queueTimeoutSeconds":"1"}', "/queueTimeoutSeconds"),
    ("POST", "/executions", '{"workflowId":"ID","notBefore":"tomorrow"}', "/notBefore"),
    ("POST", "/executions", '{"workflowId":"ID","notBefore":"99999-01-01T00:00:00Z"}', "/notBefore"),
    ("POST", "/executions", '{"workflowId":"ID","mode":"INTERACTIVE"}', "/mode"),
    ("POST", "/executions", '{"workflowId":"ID","dedupeKey":""}', "/dedupeKey"),
    ("POST", "/executions", '{"workflowId":"ID","inputs":{"number":1,"number":2}}', "/inputs/number"),
    ("PUT", "/workflows/ID/draft", '{"graph":{"nodes":[],"nodes":[]}}', "/graph/nodes"),
    (
        "PUT",
        "/workflows/ID/draft",
        '{"graph":{"nodes":[{"id":"a","config":{"x":"\\u0000"}}]}}',
        "/graph/nodes/0/config/x",
    ),
    ("PUT", "/workflows/ID/draft", '{"graph":7}', "/graph"),
    ("PUT", "/workflows/ID/draft", "{}", "/graph"),
    ("PATCH", "/workflows/ID", '{"name":"   "}', "/name"),
    ("PATCH", "/workflows/ID", '{"tags":["a",5]}', "/tags/1"),
    ("POST", "/workflows/ID/publish", '{"version":0}', "/version"),
    ("POST", "/workflows/ID/publish", '{"version":99999999999}', "/version"),
    ("POST", "/workflows/ID/rollback", "{}", "/version"),
    ("GET", "/workflows/ID/diff?from=1", "", "/to"),
    ("GET", "/workflows/ID/versions?cursor=%00", "", "/cursor"),
    ("POST", "/runners", '{"name":""}', "/name"),
    ("POST", "/runners", '{"name":"x","slots":0}', "/slots"),
    ("POST", "/runners", '{"name":"x","slots":1.5}', "/slots"),
    ("POST", "/runners", '{"name":"x","labels":["two words"]}', "/labels/0"),
    ("POST", "/users", '{"email":"x"}', "/email"),
    ("POST", "/api-keys", '{"name":"x","scopes":["everything"]}', "/scopes/0"),
    ("POST", "/api-keys", '{"name":"x","expiresAt":"2001-01-01T00:00:00Z"}', "/expiresAt"),
]


@pytest.mark.parametrize(("method", "path", "body", "pointer"), WRONG, ids=lambda value: value[:60])
async def test_what_is_wrong_is_named(
    hub: Integrator, workflow_id: str, method: str, path: str, body: str, pointer: str
) -> None:
    path, body = path.replace("ID", workflow_id), body.replace("ID", workflow_id)
    answer = await hub.ask(method, f"/api{path}", raw(body) if body else None)
    assert answer.status == 422, answer.body
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert set(answer.body) >= MEMBERS
    assert pointer in answer.pointers, answer.body


LISTS = ("workflows", "executions", "runners", "users", "api-keys", "audit", "sessions")
CURSORS = ("x", "W10", "WzFd", "WyIwIl0", "WyJub25zZW5zZSIsIDFd", "bnVsbA", "e30", "%C3%A4", "A" * 490)


@pytest.mark.parametrize("resource", LISTS)
async def test_a_cursor_that_is_not_ours_is_refused_by_every_list(hub: Integrator, resource: str) -> None:
    for cursor in CURSORS:
        answer = await hub.ask("GET", f"/api/{resource}?cursor={cursor}")
        assert answer.status in (200, 422), (cursor, answer.body)
        assert answer.status == 200 or answer.pointers == ["/cursor"], cursor
    for limit in ("0", "201", "-1", "1e3", "9" * 400):
        assert (await hub.ask("GET", f"/api/{resource}?limit={limit}")).pointers == ["/limit"]


async def test_the_limits_of_size_and_depth_hold(hub: Integrator, workflow_id: str) -> None:
    def nested(depth: int) -> str:
        return "[" * depth + "]" * depth

    start = f'{{"workflowId":"{workflow_id}","inputs":{{"number":'
    too_deep = await hub.ask("POST", "/api/executions", raw(f"{start}{nested(63)}}}}}"))
    assert (too_deep.status, too_deep.body["reason"]) == (422, "JSON_TOO_DEEP")
    bomb = await hub.ask("POST", "/api/executions", raw(f"{start}{nested(400_000)}}}}}"))
    assert bomb.status == 422
    for number in ("NaN", "-Infinity", "1e999", "9" * 5000, "01", "+1"):
        assert (await hub.ask("POST", "/api/executions", raw(f"{start}{number}}}}}"))).status == 422, number
    body = json.dumps({"workflowId": workflow_id, "inputs": {"number": "x" * MEBIBYTE}})
    assert (await hub.ask("POST", "/api/executions", raw(body))).status == 413
    large = row(node("a", "data.transform", {"expression": "x" * (2 * MEBIBYTE)}))
    assert (await hub.ask("POST", f"/api/workflows/{workflow_id}/validate", {"graph": large})).body["valid"] is False
    larger = row(node("a", "data.transform", {"expression": "x" * (5 * MEBIBYTE)}))
    for path in ("/draft", "/validate"):
        method = "PUT" if path == "/draft" else "POST"
        assert (await hub.ask(method, f"/api/workflows/{workflow_id}{path}", {"graph": larger})).status == 413


GRAPHS: list[Any] = [
    {},
    {"nodes": None},
    {"nodes": {}},
    {"schemaVersion": 99, "nodes": []},
    {"schemaVersion": 1, "nodes": [1, "x", None, []], "edges": [7]},
    {"schemaVersion": 1, "nodes": [{"id": {}, "type": []}], "edges": [{"from": 1}]},
    row(node("a", "data.transform", {"expression": "{{ " + "(" * 5000 + " }}"})),
    row(node("a", "data.transform", {"expression": "{{ " + "1+" * 5000 + "1 }}"})),
    row(node("start", "control.delay", {"seconds": 1})),
    row(node("a", "control.delay", {"seconds": "x"}), settings={"retry": {"maxAttempts": 10**30}}),
    row(*[node(f"n{number}", "control.delay", {"seconds": 0}) for number in range(2_500)]),
    row(node("a", "control.forEach", {"items": []}, body={"nodes": "x", "edges": {}})),
]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: json.dumps(graph)[:50])
async def test_a_graph_that_is_none_is_judged_and_never_published(hub: Integrator, graph: Any) -> None:
    made = await hub.ask("POST", "/api/workflows", {"name": unique("graph"), "graph": graph})
    assert made.status in (201, 422), made.body
    known = await hub.api.call("POST", "/workflows", {"name": unique("judge")})
    verdict = await hub.ask("POST", f"/api/workflows/{known['workflow']['id']}/validate", {"graph": graph})
    assert verdict.status in (200, 422), verdict.body
    assert verdict.status == 422 or (verdict.body["valid"] is False and verdict.body["problems"])
    if made.status == 201:
        refused = await hub.ask("POST", f"/api/workflows/{made.body['workflow']['id']}/publish")
        assert refused.status == 422, refused.body


@pytest.mark.parametrize(
    "document", [{}, {"format": "exekra"}, {"graph": []}, {"format": 1, "graph": {}}, {"nodes": []}]
)
async def test_what_is_no_export_is_not_imported(hub: Integrator, document: Any) -> None:
    assert (await hub.ask("POST", "/api/workflows/import", document)).status == 422


async def test_other_bodies_methods_and_paths_are_problems(hub: Integrator, workflow_id: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await hub.ask("POST", "/api/executions", b"workflowId=1", headers=form)).status == 415
    for body in (b"", b"[]", b"null", b"5", b'"x"', b"{", b"\xff", b"\xef\xbb\xbf{}"):
        assert (await hub.ask("POST", "/api/executions", body)).status == 422, body
    assert (await hub.ask("DELETE", "/api/executions")).status == 405
    assert (await hub.ask("GET", "/api/nothing")).status == 404
    assert (await hub.ask("POST", "/hooks/unknown", {})).status == 404
    for name in ("nonsense", "%00", "%2e%2e%2f", "'; DROP TABLE execution; --", "0" * 3000):
        for resource in ("executions", "workflows", "runners", "artifacts", "users"):
            assert (await hub.ask("GET", f"/api/{resource}/{name}")).status == 404, (resource, name)
    nobody = str(uuid4())
    for method, path in (
        ("POST", "/stop"),
        ("POST", "/retry"),
        ("GET", "/nodes"),
        ("GET", "/logs"),
        ("GET", "/events"),
    ):
        assert (await hub.ask(method, f"/api/executions/{nobody}{path}")).status == 404, path
    text = "%27%20OR%201=1%20--%25_\\"
    assert (await hub.ask("GET", f"/api/executions?q={text}&workflowId={workflow_id}")).body["items"] == []


async def test_without_a_valid_credential_nothing_is_told(hub: Integrator, workflow_id: str) -> None:
    for value in ("Bearer ", "Bearer exk_nonsense", "Basic YTpi", "Bearer " + "x" * 5000, hub.key + "x"):
        answer = await hub.ask("GET", f"/api/workflows/{workflow_id}", headers={"Authorization": value})
        assert answer.status == 401, value
        assert "WWW-Authenticate" in answer.headers
