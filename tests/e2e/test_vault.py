"""A secret on the whole Hub: used by real executions of every sort, and afterwards nowhere to be found."""

import asyncio
import base64
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
import pytest_asyncio
from aiohttp import web

from tests.e2e.integrator import Integrator, node, row, unique
from tests.eventually import eventually
from tests.receiver import Message, Receiver, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")

MASK = "•••"
TABLES = """SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
 WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""


@dataclass
class Shop:
    """Lets in who brings the token, and says more about it than it should."""

    token: str = field(default_factory=lambda: f"hush{uuid4().hex}")
    public: str = field(default_factory=lambda: f"order{uuid4().hex}")
    """In every answer, and no secret: a search that does not find it is worth nothing."""
    came: list[str] = field(default_factory=list)
    """The paths asked for by who brought the token."""
    refused: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while `/slow` is to be answered."""
    receiver: Receiver = field(default_factory=Receiver)

    async def reply(self, message: Message) -> web.StreamResponse:
        """One request."""
        given = message.headers.get("authorization", "")
        if given != f"Bearer {self.token}":
            self.refused += 1
            return web.Response(status=401)
        self.came.append(message.path)
        if message.path == "/slow":
            await self.closed.wait()
        told = {
            "order": self.public,
            "echo": f"you sent {given}!",
            "encoded": base64.b64encode(self.token.encode()).decode(),
            "large": [f"{self.public} {self.token}"] * (5_000 if message.path == "/large" else 1),
        }
        return web.json_response(told, status=500 if message.path == "/broken" else 200)

    def ask(self, node_id: str, path: str, credential: str, **more: Any) -> dict[str, Any]:
        """A node that asks for a path."""
        auth = {"type": "bearer", "token": f"{{{{ credentials.{credential}.token }}}}"}
        return node(
            node_id, "http.request", {"url": self.receiver.url(path), "auth": auth, **more.pop("config", {})}, **more
        )


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Shop]:
    """One that listens."""
    shop = Shop()
    shop.closed.set()
    shop.receiver.reply = shop.reply
    async with receiving(shop.receiver):
        yield shop


async def keep(hub: Integrator, shop: Shop, **more: Any) -> dict[str, Any]:
    """A new credential with the shop's token."""
    body = {"name": f"erp_{uuid4().hex[:12]}", "kind": "token", "value": {"token": shop.token}, **more}
    credential: dict[str, Any] = (await hub.api.call("POST", "/credentials", body))["credential"]
    return credential


async def places_in_database(hub: Integrator, text: str) -> list[str]:
    """The tables that hold a text, binary columns included."""
    assert text.isalnum()
    found = []
    for table in await hub.under_test.query(TABLES):
        seen = f"position('{text}' in t::text) > 0 OR position('{text.encode().hex()}' in t::text) > 0"
        if await hub.under_test.query(f"SELECT 1 FROM {table['name']} t WHERE {seen} LIMIT 1"):
            found.append(table["name"])
    return found


def places_in_files(folder: Path, text: str) -> list[str]:
    """The files below a folder that hold a text: journal, logs, artifacts, work folders, the database's own."""
    found = []
    for path in folder.rglob("*"):
        # Files of a running Hub come and go.
        with suppress(FileNotFoundError):
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(folder)))
    return found


def family(hub: Integrator) -> Iterator[psutil.Process]:
    """The Hub's processes and all that they started."""
    for pid in hub.under_test.running.supervisor.processes().values():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            yield process
            yield from process.children(recursive=True)


def places_in_processes(hub: Integrator, text: str) -> list[str]:
    """The processes that show a text to whoever may look at their environment or command line."""
    found = []
    for process in family(hub):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if text in repr((process.environ(), process.cmdline())):
                found.append(str(process))
    return found


async def places(hub: Integrator, text: str) -> list[str]:
    """Everywhere that a Hub keeps things."""
    home = hub.under_test.running.home.root
    files = await asyncio.to_thread(places_in_files, home, text)
    processes = await asyncio.to_thread(places_in_processes, hub, text)
    return [*await places_in_database(hub, text), *files, *processes]


async def telling(hub: Integrator, execution_id: str) -> str:
    """All that people are told of an execution: itself, its nodes, its log, and what its artifacts hold."""
    execution = await hub.api.call("GET", f"/executions/{execution_id}")
    nodes = await hub.api.every(f"/executions/{execution_id}/nodes")
    lines = await hub.api.every(f"/executions/{execution_id}/logs")
    artifacts = await hub.api.every(f"/executions/{execution_id}/artifacts")
    contents = [(await hub.api.download(f"/artifacts/{each['id']}")).decode() for each in artifacts]
    return json.dumps([execution, nodes, lines, artifacts, contents], ensure_ascii=False)


async def test_a_secret_does_its_work_in_executions_of_every_sort_and_is_found_nowhere(
    hub: Integrator, shop: Shop
) -> None:
    credential = await keep(hub, shop, hosts=["127.0.0.1"])
    name = credential["name"]
    graph = row(
        shop.ask("slow", "/slow", name),
        node("tell", "log.message", {"message": "It said {{ nodes.slow.output.json.echo }}"}),
        shop.ask("broken", "/broken", name, onError="continue"),
        shop.ask("large", "/large", name),
        node("print", "files.write", {"path": "kept.txt", "content": "{{ nodes.slow.output.json.order }}"}),
        output={"echo": "{{ nodes.slow.output.json.echo }}", "encoded": "{{ nodes.large.output.json.encoded }}"},
    )
    workflow_id = await hub.api.publish(unique("Uses a secret"), graph)
    await hub.api.call("PATCH", f"/credentials/{credential['id']}", {"workflowIds": [workflow_id]})
    call = node("call", "control.subworkflow", {"workflowId": workflow_id, "inputs": {}})
    caller_id = await hub.api.publish(unique("Calls it"), row(call, output={"called": "{{ nodes.call.output }}"}))

    shop.closed.clear()
    started = await hub.start(workflow_id)
    await eventually(lambda: shop.came)
    assert await places(hub, shop.token) == [], "while a node holds it"
    shop.closed.set()
    first = await hub.api.ended(started["id"])
    assert first["status"] == "COMPLETED", first["failure"]
    assert first["output"] == {"echo": f"you sent Bearer {MASK}!", "encoded": MASK}
    assert shop.came == ["/slow", "/broken", "/large"]

    async def again(way: dict[str, Any], asked: list[str]) -> str:
        shop.came.clear()
        ended = await hub.api.ended(way["id"])
        assert ended["status"] == "COMPLETED", ended["failure"]
        assert (shop.came, shop.refused) == (asked, 0)
        return str(ended["id"])

    everything = ["/slow", "/broken", "/large"]
    retry = f"/executions/{first['id']}/retry"
    told = [first["id"]]
    shop.came.clear()
    told.append(await again((await hub.api.call("POST", retry, {}))["execution"], everything))
    forked = (await hub.api.call("POST", retry, {"fromNodeId": "large"}))["execution"]
    told.append(await again(forked, ["/large"]))
    interactive = await hub.start(workflow_id, mode="interactive", runnerId=hub.runner_id)
    told.append(await again(interactive, everything))
    told.append(await again(await hub.start(caller_id), everything))

    for execution_id in told:
        text = await telling(hub, execution_id)
        assert (shop.public in text, MASK in text, shop.token in text) == (True, True, False)
        assert base64.b64encode(shop.token.encode()).decode() not in text

    async def audited() -> list[dict[str, Any]]:
        page = await hub.api.call("GET", f"/audit?resource={credential['id']}&action=credential.released")
        return page["items"] if len(page["items"]) >= len(told) else []

    events = await eventually(audited)
    assert {event["details"]["executionId"] for event in events} == set(told)
    assert len(events) == len(told), "one release does for all nodes of an execution"
    shown = (await hub.api.call("GET", f"/credentials/{credential['id']}"))["credential"]
    # Uses within seconds of each other are noted once.
    assert shown["lastExecutionId"] in told
    assert [user["workflowId"] for user in shown["usedBy"]] == [workflow_id]

    seen = await places(hub, shop.public)
    assert "automation.node_run" in seen, "the search finds what is no secret"
    assert any(place.startswith("postgres/") for place in seen)
    assert any(not place.startswith(("postgres/", "automation.")) for place in seen)
    assert await places(hub, shop.token) == []


async def test_an_execution_that_may_not_have_a_secret_fails_and_says_what_to_do(hub: Integrator, shop: Shop) -> None:
    credential = await keep(hub, shop)
    path = f"/credentials/{credential['id']}"
    graph = row(shop.ask("ask", "/orders", credential["name"]))
    workflow_id = await hub.api.publish(unique("May not"), graph)

    async def failure() -> tuple[str, str]:
        ended = await hub.run(workflow_id)
        assert (ended["status"], ended["failure"]["nodeId"]) == ("FAILED", "ask")
        return ended["failure"]["code"], ended["failure"]["message"]

    other = await hub.api.publish(unique("May"), row(node("x", "data.transform", {"expression": "1"})))
    await hub.api.call("PATCH", path, {"workflowIds": [other]})
    code, message = await failure()
    assert code == "CREDENTIAL_NOT_ALLOWED"
    assert "Add the workflow to those that may use it" in message
    refused = await hub.ask("POST", f"/api/workflows/{workflow_id}/publish", {})
    assert refused.status == 422
    assert "is kept for other workflows" in str(refused.body["errors"])

    await hub.api.call("PATCH", path, {"workflowIds": [], "hosts": ["shop.example.com"]})
    code, message = await failure()
    assert code == "CREDENTIAL_HOST"
    assert "may go to shop.example.com alone" in message
    assert (shop.came, shop.refused) == ([], 0), "nothing went to where it may not"

    used = await hub.ask("DELETE", f"/api{path}")
    assert (used.status, used.body["reason"]) == (409, "CREDENTIAL_IN_USE")
    await hub.api.call("DELETE", f"{path}?force=true")
    code, message = await failure()
    assert code == "CREDENTIAL_NOT_FOUND"
    assert "Make it in the vault" in message


async def test_a_replaced_value_is_what_the_next_execution_gets(hub: Integrator, shop: Shop) -> None:
    credential = await keep(hub, shop, value={"token": "of-last-year"})
    workflow_id = await hub.api.publish(unique("Replaced"), row(shop.ask("ask", "/orders", credential["name"])))
    assert (await hub.run(workflow_id))["status"] == "FAILED"
    assert shop.refused == 1
    await hub.api.call("PATCH", f"/credentials/{credential['id']}", {"value": {"token": shop.token}})
    assert (await hub.run(workflow_id))["status"] == "COMPLETED"
    assert shop.came == ["/orders"]


async def test_a_node_waits_for_its_secret_while_the_scheduler_is_away(hub: Integrator, shop: Shop) -> None:
    before = await keep(hub, shop)
    after = await keep(hub, shop)
    workflow_id = await hub.api.publish(
        unique("Waits"), row(shop.ask("slow", "/slow", before["name"]), shop.ask("ask", "/orders", after["name"]))
    )
    shop.closed.clear()
    started = await hub.start(workflow_id)
    await eventually(lambda: shop.came)
    os.kill(hub.under_test.pid("scheduler"), signal.SIGKILL)
    shop.closed.set()
    ended = await hub.api.ended(started["id"])
    assert ended["status"] == "COMPLETED", ended["failure"]
    assert (shop.came, ended["attempt"]) == (["/slow", "/orders"], 1)
