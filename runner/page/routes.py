"""The page's addresses: the door, the state, actions, logs, pictures, checks, diagnostics, and its own files."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from runner.agent.desk import Desk
from runner.agent.doctor import Finding
from runner.agent.recent import Run
from runner.page.diagnostics import Diagnostics
from runner.page.door import Door
from runner.page.guard import STRANGER, cookie_name

ASSETS = Path(__file__).parent / "assets"
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
ASSET_FILES = {path.relative_to(ASSETS).as_posix(): path for path in ASSETS.rglob("*") if path.suffix in MEDIA_TYPES}
"""All there is to serve, by its name: what a request says becomes no path."""
BEARER = "Bearer "

Examine = Callable[[], Awaitable[Sequence[Finding]]]


class Routes:
    """`examine` is the doctor's whole examination."""

    def __init__(self, desk: Desk, door: Door, port: int, examine: Examine, diagnostics: Diagnostics) -> None:
        self._desk = desk
        self._door = door
        self._port = port
        self._examine = examine
        self._diagnostics = diagnostics
        self._findings: Sequence[Finding] | None = None
        self._examining = asyncio.Lock()

    def add_to(self, app: web.Application) -> None:
        """Every address."""
        app.add_routes(
            [
                web.post("/tickets", self.make_ticket),
                web.get("/enter", self.enter),
                web.get("/", self.page),
                web.get("/api/state", self.state),
                web.get("/api/checks", self.checks),
                web.post("/api/checks", self.check_again),
                web.post("/api/stop", self.stop),
                web.post("/api/pause", self.pause),
                web.post("/api/resume", self.resume),
                web.get("/api/runs/{attempt}", self.run),
                web.get("/api/runs/{attempt}/pictures/{picture}", self.picture),
                web.get("/api/diagnostics.zip", self.pack_diagnostics),
                web.get("/assets/{path:.+}", self.asset),
            ]
        )

    # -- the door -------------------------------------------------------------------------------------------------

    async def make_ticket(self, request: web.Request) -> web.Response:
        """For `exekra-runner open`, which can read the token's file."""
        shown = request.headers.get("Authorization", "")
        if not shown.startswith(BEARER) or not self._door.knows(shown.removeprefix(BEARER)):
            raise web.HTTPUnauthorized(text=STRANGER)
        return web.json_response({"ticket": self._door.make_ticket()})

    async def enter(self, request: web.Request) -> web.Response:
        """Turn a ticket into a visit; nothing of it stays in the address."""
        visit = self._door.enter(request.query.get("ticket", ""))
        if visit is None:
            raise web.HTTPUnauthorized(text=STRANGER)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(cookie_name(self._port), visit, httponly=True, samesite="Strict", path="/")
        return response

    # -- what is shown --------------------------------------------------------------------------------------------

    async def page(self, _request: web.Request) -> web.Response:
        """The page itself."""
        return web.Response(body=await asyncio.to_thread((ASSETS / "page.html").read_bytes), content_type="text/html")

    async def asset(self, request: web.Request) -> web.Response:
        """A file of the page."""
        path = ASSET_FILES.get(request.match_info["path"])
        if path is None:
            raise web.HTTPNotFound(text="There is no such file.")
        return web.Response(body=await asyncio.to_thread(path.read_bytes), content_type=MEDIA_TYPES[path.suffix])

    async def state(self, _request: web.Request) -> web.Response:
        """Everything but logs and checks."""
        return web.json_response(self._desk.state())

    async def checks(self, _request: web.Request) -> web.Response:
        """What the doctor found last; looks when it has not looked yet."""
        return await self._checked(again=False)

    async def check_again(self, _request: web.Request) -> web.Response:
        """What the doctor finds now."""
        return await self._checked(again=True)

    async def run(self, request: web.Request) -> web.Response:
        """One of the last executions with its log: `{facts, pictures, lines}`."""
        run = self._run_of(request)
        facts = run.facts
        lines = [json.loads(line) for line in run.lines]
        pictures = [{"id": each.id, "name": each.name, "nodeId": each.node_id} for each in facts.pictures]
        return web.json_response({"linesDropped": facts.lines_dropped, "pictures": pictures, "lines": lines})

    async def picture(self, request: web.Request) -> web.Response:
        """A screenshot."""
        run = self._run_of(request)
        picture = next((each for each in run.facts.pictures if each.id == request.match_info["picture"]), None)
        if picture is None:
            raise web.HTTPNotFound(text="This picture is not kept here.")
        path = self._desk.recent.picture_path(run, picture)
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise web.HTTPNotFound(text="This picture is not kept here any more.") from None
        return web.Response(body=content, content_type=picture.media_type)

    async def pack_diagnostics(self, _request: web.Request) -> web.Response:
        """A zip to send to whoever helps."""
        content = await self._diagnostics.pack(await self._examine(), self._desk.state())
        headers = {"Content-Disposition": 'attachment; filename="exekra-runner-diagnostics.zip"'}
        return web.Response(body=content, content_type="application/zip", headers=headers)

    # -- what is done ---------------------------------------------------------------------------------------------

    async def stop(self, request: web.Request) -> web.Response:
        """`{attemptId?}`: one execution, or all; `{stopped}` says how many there were."""
        body = await _body(request)
        attempt_id = body.get("attemptId")
        if attempt_id is not None and not isinstance(attempt_id, str):
            raise web.HTTPUnprocessableEntity(text="attemptId must be a text.")
        return web.json_response({"stopped": self._desk.stop(attempt_id)})

    async def pause(self, _request: web.Request) -> web.Response:
        """Take no further work."""
        try:
            self._desk.pause()
        except OSError as error:
            raise web.HTTPInsufficientStorage(text=f"The pause cannot be kept: {error.strerror}.") from None
        return web.json_response(self._desk.state())

    async def resume(self, _request: web.Request) -> web.Response:
        """Take work again."""
        self._desk.resume()
        return web.json_response(self._desk.state())

    async def _checked(self, *, again: bool) -> web.Response:
        # Two windows must not make the doctor log in twice at a time.
        async with self._examining:
            if again or self._findings is None:
                self._findings = await self._examine()
            return web.json_response([finding.as_json() for finding in self._findings])

    def _run_of(self, request: web.Request) -> Run:
        run = self._desk.recent.get(request.match_info["attempt"])
        if run is None:
            raise web.HTTPNotFound(text="This execution is not among the last ones any more; the Hub has its record.")
        return run


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPUnprocessableEntity(text="The body is not JSON.") from None
    if not isinstance(body, dict):
        raise web.HTTPUnprocessableEntity(text="The body must be an object.")
    return body
