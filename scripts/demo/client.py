"""The Hub's REST interface as an integrator uses it: log in once for an API key, then call with the key alone."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

CALL_SECONDS: Final = 20
POLL_SECONDS: Final = 0.2
LIVE: Final = frozenset({"QUEUED", "ASSIGNED", "RUNNING", "STOPPING"})
KEY_NAME: Final = "Demo"


class CallRefusedError(Exception):
    """The Hub answered with a problem; the message carries its words."""


class HubClient:
    """Calls below `/api`. JSON in and out."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def call(
        self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None, **headers: str
    ) -> Any:
        """The JSON answer, None when it is empty. Raises CallRefusedError with the problem's words."""
        async with self._session.request(
            method,
            f"/api{path}",
            json=body,
            params=params,
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        ) as response:
            if response.status >= 400:
                raise CallRefusedError(f"{method} {path}: {response.status} {(await response.text())[:2000]}")
            return await response.json() if response.status != 204 else None

    async def items(self, path: str, **params: str) -> list[dict[str, Any]]:
        """All items of a list, page after page."""
        found: list[dict[str, Any]] = []
        query = {"limit": "200", **params}
        while True:
            page = await self.call("GET", path, params=query)
            found += page["items"]
            if not page["nextCursor"]:
                return found
            query["cursor"] = page["nextCursor"]

    async def publish(self, name: str, graph: dict[str, Any]) -> tuple[str, int]:
        """Workflow id and published version of this graph; a workflow of that name is brought up to date."""
        there = [found for found in await self.items("/workflows", q=name) if found["name"] == name]
        workflow_id = there[0]["id"] if there else (await self._create(name))["id"]
        saved = await self.call("PUT", f"/workflows/{workflow_id}/draft", {"graph": graph})
        verdict = await self.call("POST", f"/workflows/{workflow_id}/validate", {})
        if not verdict["valid"]:
            raise CallRefusedError(f"The workflow is not valid: {verdict['problems']}")
        body = {"version": saved["version"], "note": "Published by the demo"}
        workflow = (await self.call("POST", f"/workflows/{workflow_id}/publish", body))["workflow"]
        return workflow_id, int(workflow["publishedVersion"])

    async def follow(self, path: str, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
        """The execution at a path once it has ended, or as it is after `seconds`. Each change of status is told."""
        until, told = time.monotonic() + seconds, ""
        while True:
            execution: dict[str, Any] = (await self.call("GET", path))["execution"]
            if execution["status"] != told:
                told = execution["status"]
                tell(told)
            if told not in LIVE or time.monotonic() > until:
                return execution
            await asyncio.sleep(POLL_SECONDS)

    async def download(self, artifact_id: str) -> bytes:
        """An artifact's bytes. Raises CallRefusedError."""
        async with self._session.get(f"/api/artifacts/{artifact_id}") as response:
            if response.status != 200:
                raise CallRefusedError(f"GET /artifacts/{artifact_id}: {response.status} {await response.text()}")
            return await response.read()

    async def _create(self, name: str) -> dict[str, Any]:
        body = {"name": name, "description": "Shipped with the Hub: a file, a web service, a workbook."}
        answer = await self.call("POST", "/workflows", body)
        workflow: dict[str, Any] = answer["workflow"]
        return workflow


@asynccontextmanager
async def signed_in(url: str, authority: Path, email: str, password: str) -> AsyncIterator[HubClient]:
    """A client with an API key of its own, revoked at the end. Raises CallRefusedError for a wrong password."""
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=authority)
    async with _session(url, tls) as session:
        person = HubClient(session)
        await person.call("POST", "/auth/login", {"email": email, "password": password})
        csrf = (await person.call("GET", "/auth/me"))["csrfToken"]
        key = await person.call("POST", "/api-keys", {"name": KEY_NAME}, X_Exekra_Csrf=csrf)
        try:
            async with _session(url, tls, Authorization=f"Bearer {key['key']}") as keyed:
                yield HubClient(keyed)
        finally:
            await person.call("DELETE", f"/api-keys/{key['apiKey']['id']}", X_Exekra_Csrf=csrf)
            await person.call("POST", "/auth/logout", X_Exekra_Csrf=csrf)


def _session(url: str, tls: ssl.SSLContext, **headers: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        base_url=url,
        headers=headers,
        connector=aiohttp.TCPConnector(ssl=tls),
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # cookies of an address instead of a name
        timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
    )
