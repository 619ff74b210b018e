"""A Hub of scripted answers over real HTTP, and the command run against it."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.cli.__main__ import run


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class ScriptedHub:
    """Answers by method and path; a list of answers is given one after the other, the last again and again."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def answer(self, call: str, *documents: Any, status: int = 200) -> None:
        """`call` reads `GET /api/workflows`."""
        self.answers[call] = [(status, document) for document in documents]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        self.received.append(
            Received(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                json.loads(text) if text else None,
            )
        )
        answers = self.answers.get(f"{request.method} {request.path}")
        if not answers:
            return web.json_response({"detail": "There is no such thing.", "reason": "NOT_FOUND"}, status=404)
        status, document = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(document, web.Response):
            return document
        return web.json_response(document, status=status)

    def sent(self, call: str) -> Received:
        """The last request of a call."""
        return [item for item in self.received if f"{item.method} {item.path}" == call][-1]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ScriptedHub]:
    """The environment names it, with an API key."""
    scripted = ScriptedHub()
    ready, done = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", scripted.handle)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        scripted.url = f"http://{host}:{port}"
        loops.append(asyncio.get_running_loop())
        ready.set()
        await done.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    for name in ("EXEKRA_URL", "EXEKRA_API_KEY", "EXEKRA_API_KEY_FILE", "EXEKRA_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXEKRA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("EXEKRA_URL", scripted.url)
    monkeypatch.setenv("EXEKRA_API_KEY", "exk_test")
    yield scripted
    loops[0].call_soon_threadsafe(done.set)
    thread.join(10)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON it printed."""
        return json.loads(self.out)


@pytest.fixture
def exekra(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`exekra("workflow", "list")` runs the command in this process."""

    def call(*arguments: str) -> Ran:
        status = run(arguments)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call
