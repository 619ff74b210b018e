"""A server of scripted answers over real HTTP, in the test's own loop."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from services.client import ApiKey, Hub, Retry

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Answers one after the other, the last again and again; remembers what was asked."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Documents are answered as JSON, (status, document, headers) as they say, None cuts the connection."""
        text = await request.text()
        self.asked.append((request.method, request.path_qs))
        self.headers.append(dict(request.headers))
        self.bodies.append(json.loads(text) if text else None)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if callable(answer):
            result: web.StreamResponse = await answer(request)
            return result
        status, document, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        if isinstance(document, str):
            return web.Response(status=status, text=document, headers=headers)
        return web.json_response(document, status=status, headers=headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Listens on a free port."""
    scripted = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", scripted.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def hub(server: Server) -> AsyncIterator[Hub]:
    """A client of the server that does not wait long between attempts."""
    async with Hub(server.url, ApiKey("exk_test"), retry=Retry(attempts=3, first_seconds=0.01)) as client:
        yield client
