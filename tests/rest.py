"""The REST API as an integrator uses it: one key, problems as exceptions, and patience where the contract allows it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

ENDED = {"COMPLETED", "FAILED", "STOPPED", "LOST"}
AWAY = {502, 503, 504}
RETRY_SECONDS = 0.1
CONNECTIONS = 40


class Problem(Exception):
    """An answer that is no success, as its problem document."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(f"{status} {document}")
        self.status = status
        self.document = document


class Api:
    """Calls with an API key. `patient` ones go on over connection errors and 5xx that mean "away"."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON answer. Raises Problem, or aiohttp.ClientError when nothing answers."""
        options: dict[str, Any] = {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            options["json"] = body
        async with self._session.request(method, f"{self._url}/api{path}", **options) as response:
            content = await response.read()
            if response.status >= 400:
                raise Problem(response.status, json.loads(content) if content else {})
            return json.loads(content) if content else None

    async def patient(self, method: str, path: str, body: Any = None, *, seconds: float = 60.0) -> Any:
        """Repeats the very same request, with one Idempotency-Key for a POST, until it is answered definitely."""
        headers = {"Idempotency_Key": str(uuid4())} if method == "POST" else {}
        until = time.monotonic() + seconds
        while True:
            try:
                return await self.call(method, path, body, **headers)
            except Problem as problem:
                in_progress = problem.document.get("reason") == "IDEMPOTENCY_IN_PROGRESS"
                if (problem.status not in AWAY and not in_progress) or time.monotonic() > until:
                    raise
            except (aiohttp.ClientError, TimeoutError, OSError):
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def download(self, path: str) -> bytes:
        """The bytes of an artifact."""
        async with self._session.get(f"{self._url}/api{path}") as response:
            content = await response.read()
            if response.status >= 400:
                raise Problem(response.status, json.loads(content))
            return content

    async def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.patient("GET", f"{path}{'&' if '?' in path else '?'}limit=200&cursor={cursor}")
            items += page["items"]
            cursor = page["nextCursor"]
            if not cursor:
                return items

    async def publish(self, name: str, graph: dict[str, Any]) -> str:
        """A new published workflow; answers its id."""
        created = await self.patient("POST", "/workflows", {"name": name, "graph": graph})
        workflow_id: str = created["workflow"]["id"]
        await self.patient("POST", f"/workflows/{workflow_id}/publish", {})
        return workflow_id

    async def ended(self, execution_id: str, *, seconds: float = 60.0) -> dict[str, Any]:
        """The execution once it has ended. Raises AssertionError when it does not in time."""

        async def look() -> dict[str, Any] | None:
            execution: dict[str, Any] = (await self.patient("GET", f"/executions/{execution_id}"))["execution"]
            return execution if execution["status"] in ENDED else None

        return await eventually(look, seconds=seconds, what=f"execution {execution_id} ends")


async def eventually(look: Callable[[], Any], *, seconds: float = 60.0, what: str = "it happens") -> Any:
    """The first true thing `look` answers, asked every 50 ms. Raises AssertionError when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < until, f"waited {seconds} s in vain until {what}"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def signed_in(url: str, authority: Path, email: str, password: str) -> AsyncIterator[Api]:
    """An Api with a key made for a person who logs in, as the person would."""
    context = ssl.create_default_context(cafile=str(authority))
    connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=30)
    jar = aiohttp.CookieJar(unsafe=True)  # by default cookies of plain addresses are dropped
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as session:
        api = Api(session, url)
        await api.call("POST", "/auth/login", {"email": email, "password": password}, Origin=url)
        me = await api.call("GET", "/auth/me")
        key = await api.call(
            "POST", "/api-keys", {"name": f"test {uuid4().hex[:8]}"}, X_Exekra_Csrf=me["csrfToken"], Origin=url
        )
        session.cookie_jar.clear()
        session.headers["Authorization"] = f"Bearer {key['key']}"
        yield api
