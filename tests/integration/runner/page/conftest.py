"""A scripted Hub, an agent in the test's process, its page on a real port, and somebody whom its door let in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from runner.page.door import Address, published
from runner.page.guard import OUR_HEADER
from runner.page.opening import ticket_url
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import LocalAgent


@dataclass
class Visitor:
    """A browser's view: `http` keeps cookies; `ask` and `do` are what the page's script does."""

    http: aiohttp.ClientSession
    address: Address

    async def ask(self, path: str) -> object:
        async with self.http.get(f"{self.address.url}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def do(self, path: str, **body: object) -> object:
        headers = {OUR_HEADER: "1", "Origin": self.address.url, "Sec-Fetch-Site": "same-origin"}
        async with self.http.post(f"{self.address.url}{path}", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
async def hub() -> AsyncIterator[ScriptedHub]:
    hub = ScriptedHub(slots=2)
    await hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def agent(hub: ScriptedHub, tmp_path: Path) -> AsyncIterator[LocalAgent]:
    agent = LocalAgent(hub, tmp_path / "home", with_page=True)
    yield agent
    await agent.end()


@pytest.fixture
async def stranger(agent: LocalAgent) -> AsyncIterator[Visitor]:
    """Knows where the page is, and nothing else."""
    await agent.start()
    address = published(agent.home)
    assert address is not None
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Visitor(http, address)


@pytest.fixture
async def visitor(agent: LocalAgent, stranger: Visitor) -> Visitor:
    """Somebody who came by `exekra-runner open`."""
    async with stranger.http.get(await asyncio.to_thread(ticket_url, agent.home)) as answer:
        assert answer.status == 200
        assert str(answer.url) == f"{stranger.address.url}/"
    return stranger
