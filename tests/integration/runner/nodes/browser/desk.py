"""A browser that runs nodes, and a server on loopback that shows it what a test says."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from runner.nodes.base import NodeFailure
from runner.nodes.browser import program
from runner.nodes.browser.session import BrowserSession
from tests.integration.runner.nodes.web_server import WebServer
from tests.unit.runner.nodes.harness import Workplace


@dataclass
class Desk:
    """An open browser and its server. `show` begins every test: with one tab, on a page of its own."""

    place: Workplace
    server: WebServer
    served: dict[str, str | bytes] = field(default_factory=dict)
    """What the server shows by path; bytes are downloads."""

    @property
    def session(self) -> BrowserSession:
        session = self.place.resources.get("browser")
        assert isinstance(session, BrowserSession)
        return session

    async def show(self, body: str = "", **pages: str | bytes) -> None:
        """Show this page; others are at `/<name>`, of any kind when they are bytes."""
        shown = {"": body, **pages}
        self.served = {f"/{name}": content for name, content in shown.items()}
        self.server.answer = self.answer
        self.place.lines.clear()
        self.place.attached.clear()
        session = self.session
        session.settle()
        for page in session.pages:
            if page is not session.page:
                await page.close()
        await self.run("goto", url=self.server.url + "/")

    async def run(self, kind: str, **config):
        """The output of one node of the family."""
        return await self.place.run(f"browser.{kind}", **config)

    async def fail(self, kind: str, **config) -> NodeFailure:
        """The failure of one node of the family."""
        return await self.place.fail(f"browser.{kind}", **config)

    async def script(self, code: str, **args):
        """What the page knows."""
        return (await self.run("script", code=code, args=args))["result"]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What `served` holds for the path."""
        content = self.served.get(request.path)
        if content is None:
            return web.Response(status=404, text="There is no such page.")
        if isinstance(content, bytes):
            headers = {"Content-Disposition": f"attachment; filename={request.path[1:]}"}
            return web.Response(body=content, headers=headers)
        title = "" if "<title>" in content else "<title>Test</title>"
        return web.Response(text=f"<!doctype html>{title}{content}", content_type="text/html")


@asynccontextmanager
async def open_desk(folder: Path, **config) -> AsyncIterator[Desk]:
    """A desk whose browser was opened with this config. Left out on a developer's machine that has no browser."""
    missing = program.missing()
    if missing and not os.environ.get("CI"):
        pytest.skip(missing)
    async with WebServer() as server:
        desk = Desk(Workplace(folder), server)
        await desk.run("open", **config)
        yield desk
        if desk.place.resources.get("browser") is not None:
            await desk.session.close()
