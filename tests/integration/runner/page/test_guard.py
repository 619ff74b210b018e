import asyncio
from typing import Any

import aiohttp
import pytest

from runner.page.door import published
from runner.page.guard import OUR_HEADER
from runner.page.opening import NoPageError, ticket_url
from tests.integration.runner.agent.processes import LocalAgent
from tests.integration.runner.page.conftest import Visitor

PATHS = ["/", "/api/state", "/api/checks", "/api/diagnostics.zip", "/api/runs/x", "/assets/page.js"]


async def status(visitor: Visitor, method: str, path: str, **more: Any) -> int:
    async with visitor.http.request(method, f"{visitor.address.url}{path}", **more) as answer:
        return answer.status


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_sees_nothing_and_is_told_how_to_open_the_page(stranger: Visitor, path: str) -> None:
    async with stranger.http.get(f"{stranger.address.url}{path}") as answer:
        assert answer.status == 401
        assert "exekra-runner open" in await answer.text()
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_neither_a_used_ticket_nor_the_token_opens_the_page(agent: LocalAgent, stranger: Visitor) -> None:
    url = await asyncio.to_thread(ticket_url, agent.home)
    async with stranger.http.get(url, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    stranger.http.cookie_jar.clear()
    for ticket in (url.rpartition("=")[2], stranger.address.token, ""):
        assert await status(stranger, "GET", f"/enter?ticket={ticket}") == 401


async def test_a_ticket_is_given_for_the_files_token_alone(stranger: Visitor) -> None:
    for authorization in ("Bearer wrong", stranger.address.token, "Bearer ", ""):
        headers = {"Authorization": authorization, OUR_HEADER: "1"}
        assert await status(stranger, "POST", "/tickets", headers=headers) == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}"])
async def test_a_name_that_was_pointed_at_this_machine_is_refused(visitor: Visitor, host: str) -> None:
    headers = {"Host": host.format(port=visitor.address.port)}
    assert await status(visitor, "GET", "/api/state", headers=headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {OUR_HEADER: "1", "Origin": "http://evil.example"},
        {OUR_HEADER: "1", "Origin": "null"},
        {OUR_HEADER: "1", "Sec-Fetch-Site": "cross-site"},
        {OUR_HEADER: "1", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_page_can_neither_stop_nor_pause(visitor: Visitor, headers: dict[str, str]) -> None:
    assert await status(visitor, "POST", "/api/pause", headers=headers, json={}) == 403
    state: Any = await visitor.ask("/api/state")
    assert state["pausedAt"] is None


async def test_every_answer_forbids_scripts_and_frames_of_others(visitor: Visitor) -> None:
    async with visitor.http.get(visitor.address.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["../page.json", "..%2f..%2fserver.py", "fonts", "nothing.js", "page.html", "%00.js"])
async def test_only_the_pages_own_files_are_served(visitor: Visitor, path: str) -> None:
    url = aiohttp.client.URL(f"{visitor.address.url}/assets/{path}", encoded=True)
    async with visitor.http.get(url) as answer:
        assert answer.status == 404


async def test_without_a_running_agent_the_command_says_what_to_do(agent: LocalAgent, stranger: Visitor) -> None:
    await agent.end()
    assert published(agent.home) is None
    with pytest.raises(NoPageError, match="exekra-runner run"):
        await asyncio.to_thread(ticket_url, agent.home)


async def test_a_file_that_a_killed_agent_left_is_told_as_such(agent: LocalAgent, stranger: Visitor) -> None:
    left = (agent.home / "page.json").read_text()
    await agent.end()
    (agent.home / "page.json").write_text(left)
    with pytest.raises(NoPageError, match="ended without saying so"):
        await asyncio.to_thread(ticket_url, agent.home)
