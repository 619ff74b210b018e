"""Somebody else's program at a Hub: calls with everything to be seen of an answer, and the graphs it runs."""

import io
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.hub import HubUnderTest
from tests.rest import Api


@dataclass(frozen=True)
class Answer:
    """One answer; `body` is its JSON, or its text when it is none."""

    status: int
    headers: Any
    body: Any

    @property
    def pointers(self) -> list[str]:
        """Of a problem: the places it names."""
        return [error["pointer"] for error in self.body["errors"]]


@dataclass(frozen=True)
class Integrator:
    """A running Hub, calls by an API key of its administrator, and where commands are typed (see `terminal`)."""

    under_test: HubUnderTest
    typist: Path | None = None

    @property
    def api(self) -> Api:
        """Calls that raise problems."""
        return self.under_test.api

    @property
    def url(self) -> str:
        """https://host:port."""
        return self.under_test.running.url

    @property
    def runner_id(self) -> str:
        """Of the Hub's own runner."""
        return self.under_test.running.runner_id

    @property
    def key(self) -> str:
        """The value of the header Authorization."""
        return str(self.api._session.headers["Authorization"])

    def trust(self) -> ssl.SSLContext:
        """Trusts this Hub alone."""
        return ssl.create_default_context(cafile=str(self.under_test.running.authority))

    @asynccontextmanager
    async def session(self, **headers: str) -> AsyncIterator[aiohttp.ClientSession]:
        """Calls of another client, with its own headers."""
        connector = aiohttp.TCPConnector(ssl=self.trust(), limit=60)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.url, connector=connector, cookie_jar=jar, headers=headers) as session:
            yield session

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """An answer whatever it is; bytes go as they are, everything else as JSON."""
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        if body is not None:
            options["data"] = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        session = self.api._session
        async with session.request(method, f"{self.url}{path}", headers=headers, **options) as response:
            return await answer_of(response)

    async def start(self, workflow_id: str, **body: Any) -> dict[str, Any]:
        """A new execution. Raises Problem."""
        answer = await self.api.call("POST", "/executions", {"workflowId": workflow_id, **body})
        execution: dict[str, Any] = answer["execution"]
        return execution

    async def run(self, workflow_id: str, **body: Any) -> dict[str, Any]:
        """An execution that has ended."""
        return await self.api.ended((await self.start(workflow_id, **body))["id"])


async def answer_of(response: aiohttp.ClientResponse) -> Answer:
    """All of a response."""
    text = await response.text()
    is_json = response.content_type.endswith("json")
    return Answer(response.status, response.headers, json.loads(text) if is_json and text else text)


def unique(what: str) -> str:
    """A name nobody else has."""
    return f"{what} {uuid4().hex[:12]}"


def row(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A graph: a start and the nodes behind it, one after the other."""
    placed = [{"id": "start", "type": "control.start"}, *nodes]
    edges = [
        {"id": f"e{number}", "from": before["id"], "port": "out", "to": after["id"]}
        for number, (before, after) in enumerate(zip(placed, nodes, strict=False))
    ]
    return {"schemaVersion": 1, "nodes": placed, "edges": edges, **more}


def node(node_id: str, kind: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One node."""
    return {"id": node_id, "type": kind, "config": config, **more}


def sleeping(seconds: float, **more: Any) -> dict[str, Any]:
    """A graph that waits."""
    return row(node("sleep", "control.delay", {"seconds": seconds}), **more)


DOUBLING = row(
    node("double", "data.transform", {"expression": "{{ inputs.number * 2 }}"}),
    inputs=[{"name": "number", "type": "number", "required": True}],
    output={"doubled": "{{ nodes.double.output }}"},
)
FAILING = row(node("bad", "data.transform", {"expression": "{{ 1 / 0 }}"}))
