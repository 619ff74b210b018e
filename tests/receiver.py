"""A receiver of events on 127.0.0.1: keeps what it gets, and answers as it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Message:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    request: web.Request = field(repr=False)

    @property
    def id(self) -> str:
        """What receivers tell repeats by."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def type(self) -> str:
        """The type of the event."""
        return str(self.event["type"])

    @property
    def step(self) -> tuple[str, int]:
        """Which step of which execution."""
        data = self.event["data"]
        return data["execution"]["id"], data["step"]


Reply = Callable[[Message], Awaitable[web.StreamResponse | int] | web.StreamResponse | int]


@dataclass
class Receiver:
    """`reply` decides on the answer; a number is a status without body."""

    port: int = 0
    host: str = "127.0.0.1"
    reply: Reply = lambda _: 204
    came: list[Message] = field(default_factory=list)
    """Every request, refused ones too."""
    accepted: list[Message] = field(default_factory=list)
    """Those answered with 2xx."""

    def url(self, path: str = "/hook") -> str:
        """An address here."""
        return f"http://{self.host}:{self.port}{path}"

    def steps_of(self, execution_id: str) -> list[int]:
        """The steps of one execution that were accepted, in their order; other events are left out."""
        found = [m.step for m in self.accepted if m.event["data"].get("execution", {}).get("id") == execution_id]
        return [step for _, step in found]

    def steps(self) -> dict[str, list[int]]:
        """For each execution the steps that were accepted, in their order, repeats left out."""
        found: dict[str, list[int]] = {}
        seen: set[str] = set()
        for message in self.accepted:
            if message.id not in seen:
                seen.add(message.id)
                execution, step = message.step
                found.setdefault(execution, []).append(step)
        return found

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        message = Message(
            request.path, {k.lower(): v for k, v in request.headers.items()}, await request.read(), request
        )
        self.came.append(message)
        answer: Any = self.reply(message)
        if asyncio.iscoroutine(answer):
            answer = await answer
        response = answer if isinstance(answer, web.StreamResponse) else web.Response(status=answer)
        if 200 <= response.status < 300:
            self.accepted.append(message)
        return response


@asynccontextmanager
async def receiving(
    receiver: Receiver | None = None, port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Receiver]:
    """A listening receiver. Leaving the block closes its port; it can be opened again at the same one."""
    receiver = receiver or Receiver()
    application = web.Application(client_max_size=16 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", receiver.serve)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, reuse_address=True, ssl_context=tls)
        await site.start()
        receiver.host, receiver.port = host, runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
