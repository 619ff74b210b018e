"""A web server on loopback that answers what a test says and remembers what it was asked."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


class WebServer:
    """`answer` serves every path; the default answers 200 with `{"ok": true}`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.asked: list[Asked] = []
        self.answer: Answer = self.ok
        self.url = ""

    @staticmethod
    async def ok(_: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    def answers(self, **response) -> None:
        """Every further request gets this response."""

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(**response)

        self.answer = answer

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = list(request.query.items())
        self.asked.append(Asked(request.method, request.path, query, headers, await request.read()))
        return await self.answer(request)

    async def __aenter__(self) -> "WebServer":
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
