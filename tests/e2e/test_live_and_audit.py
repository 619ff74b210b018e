"""What an integrator watches: the stream of changes, and the log of what people and keys did."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.e2e.integrator import Integrator, sleeping, unique
from tests.eventually import eventually
from tests.hub import EMAIL, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 20


async def read_events(response: aiohttp.ClientResponse, until: str) -> list[dict[str, Any]]:
    """Events, as {id, event, data}, up to the first whose data holds the text."""
    events: list[dict[str, Any]] = []
    event: dict[str, Any] = {}
    async with asyncio.timeout(SECONDS):
        async for raw in response.content:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name in ("id", "event", "data"):
                event[name] = value
            elif not name and "data" in event:
                events.append(event)
                if until in event["data"]:
                    return events
                event = {}
    raise AssertionError(f"the stream ended before {until!r}: {events}")


async def test_an_execution_is_watched_and_a_watcher_goes_on_where_it_was(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Watched"), sleeping(0.3))
    async with hub.session(Authorization=hub.key) as session:
        async with session.get("/api/events?topics=executions,runners") as response:
            assert (response.status, response.content_type) == (200, "text/event-stream")
            execution = await hub.start(workflow_id)
            first = await read_events(response, f'"executionId": "{execution["id"]}"')
        cursor = [event["id"] for event in first if event.get("id")][-1]
        await hub.api.ended(execution["id"])
        async with session.get(
            f"/api/events?topics=execution:{execution['id']}", headers={"Last-Event-ID": cursor}
        ) as response:
            missed = await read_events(response, '"status": "COMPLETED"')
    seen = [json.loads(event["data"]) for event in missed]
    assert {change["topic"] for change in seen} == {f"execution:{execution['id']}"}
    statuses = [change["payload"]["status"] for change in seen if change["kind"] == "execution.changed"]
    assert statuses[-3:] == ["ASSIGNED", "RUNNING", "COMPLETED"]


@pytest.mark.parametrize("topics", ["", "nonsense", "execution:1", "execution:01890000-0000-7000-8000-000000000000"])
async def test_what_cannot_be_watched_is_refused(hub: Integrator, topics: str) -> None:
    answer = await hub.ask("GET", f"/api/events?topics={topics}")
    assert answer.status in (404, 422)


async def test_every_administrative_action_has_its_row_and_the_chain_holds(hub: Integrator) -> None:
    name = unique("Audited")
    workflow_id = await hub.api.publish(name, sleeping(50))
    execution = await hub.start(workflow_id)
    await hub.api.call("POST", f"/executions/{execution['id']}/stop", {"force": True})
    await hub.api.ended(execution["id"])
    await hub.api.call("POST", f"/workflows/{workflow_id}/rollback", {"version": 1})
    runner = (await hub.api.call("POST", "/runners", {"name": name}))["runner"]
    for action in ("drain", "resume", "rotate-secret"):
        await hub.api.call("POST", f"/runners/{runner['id']}/{action}")
    await hub.api.call("PATCH", f"/runners/{runner['id']}", {"labels": ["x"]})
    await hub.api.call("DELETE", f"/runners/{runner['id']}")
    await hub.api.call("DELETE", f"/workflows/{workflow_id}")
    wanted = {
        workflow_id: ["workflow.created", "workflow.published", "workflow.rolled_back", "workflow.deleted"],
        execution["id"]: ["execution.created", "execution.stopped"],
        runner["id"]: [
            "runner.created",
            "runner.drained",
            "runner.resumed",
            "runner.secret_rotated",
            "runner.updated",
            "runner.deleted",
        ],
    }
    for resource, actions in wanted.items():

        async def written(resource: str = resource, actions: list[str] = actions) -> bool:
            items = (await hub.api.call("GET", f"/audit?resource={resource}"))["items"]
            assert all(item["actorKind"] == "api_key" and item["ip"] == "127.0.0.1" for item in items)
            return [item["action"] for item in reversed(items)] == actions

        await eventually(written, seconds=SECONDS)
    verdict = await hub.api.call("POST", "/audit/verify")
    assert (verdict["valid"], verdict["brokenAt"]) == (True, None)
    assert verdict["checked"] > sum(map(len, wanted.values()))


async def test_a_person_signs_in_by_cookie_and_proves_that_the_page_is_ours(hub: Integrator) -> None:
    async with hub.session() as session:
        async with session.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as response:
            assert response.status == 200
        async with session.get("/api/auth/me") as response:
            me = await response.json()
        assert {"user", "permissions", "csrfToken"} <= set(me)
        proof = {"X-Exekra-Csrf": me["csrfToken"]}
        bad: list[dict[str, str]] = [
            {},
            {"X-Exekra-Csrf": "wrong"},
            {**proof, "Origin": "https://elsewhere.example"},
            {**proof, "Sec-Fetch-Site": "cross-site"},
        ]
        for headers in bad:
            async with session.post("/api/workflows", json={"name": unique("x")}, headers=headers) as response:
                assert (response.status, (await response.json())["reason"]) == (403, "CSRF_REFUSED"), headers
        async with session.post("/api/workflows", json={"name": unique("x")}, headers=proof) as response:
            assert response.status == 201
        async with session.post("/api/auth/logout", headers=proof) as response:
            assert response.status == 204
        async with session.get("/api/auth/me") as response:
            assert response.status == 401


async def test_a_key_with_few_scopes_may_do_little(hub: Integrator) -> None:
    made = await hub.api.call("POST", "/api-keys", {"name": unique("viewer"), "scopes": ["execution:view"]})
    async with hub.session(Authorization=f"Bearer {made['key']}") as session:
        async with session.get("/api/executions") as response:
            assert response.status == 200
        async with session.post("/api/workflows", json={"name": "x"}) as response:
            assert response.status == 403
        await hub.api.call("DELETE", f"/api-keys/{made['apiKey']['id']}")
        async with session.get("/api/executions") as response:
            assert response.status == 401
