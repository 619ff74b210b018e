"""Calls of the Hub's REST API: a deadline on each, problems as CliError with the exit status they mean."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp

from services.cli.errors import FAILED, NOT_FOUND, REFUSED, UNREACHABLE, CliError, usage
from services.cli.profile import Profile

SECONDS = 30.0
DOWNLOAD_SECONDS = 3600.0
PAGE = 200
SAFE = frozenset({"GET", "HEAD"})
CSRF_HEADER = "X-Exekra-Csrf"
CHUNK_BYTES = 64 * 1024

Json = Any


class Hub:
    """One Hub, as somebody. Use it as a context manager."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=tls_context(self.profile.authority))
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"Accept": "application/json"}
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **params: Any) -> Json:
        """A resource under `/api`. Parameters that are None or empty are left out."""
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Json = None, **params: Any) -> Json:
        """Changes or makes something; sent with an Idempotency-Key of its own. None sends no body."""
        return await self.call("POST", path, body=body, params=params)

    async def items(self, path: str, most: int | None = None, **params: Any) -> list[dict[str, Any]]:
        """The items of a list, at most `most` of them."""
        return [item async for item in self.each(path, most, **params)]

    async def each(self, path: str, most: int | None = None, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """The items of a list one by one, fetched page after page, at most `most` of them."""
        cursor, left = "", most
        while True:
            page = await self.get(path, **params, limit=PAGE if left is None else min(PAGE, left), cursor=cursor)
            for item in page["items"]:
                yield item
            left = None if left is None else left - len(page["items"])
            cursor = page.get("nextCursor") or ""
            if not cursor or left == 0:
                return

    async def call(
        self, method: str, path: str, *, body: Json = None, params: Mapping[str, Any] | None = None, api: bool = True
    ) -> Json:
        """The answered document, None for an empty answer. Raises CliError."""
        async with self.request(method, path, body=body, params=params, api=api) as response:
            text = await response.text()
        return json.loads(text) if text else None

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """A download, in pieces."""
        async with self.request("GET", path, seconds=DOWNLOAD_SECONDS) as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        params: Mapping[str, Any] | None = None,
        api: bool = True,
        seconds: float = SECONDS,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that is no refusal. Raises CliError."""
        if self._session is None:
            raise RuntimeError("the Hub's client is used outside its block")
        url = f"{self.profile.url}{'/api' if api else ''}{path}"
        try:
            async with self._session.request(
                method,
                url,
                json=body,
                params=_query(params or {}),
                headers=self._headers(method),
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                if not 200 <= response.status < 300:
                    raise await _refusal(response)
                yield response
        except aiohttp.ClientConnectorCertificateError as error:
            raise _untrusted(self.profile, error) from None
        except aiohttp.InvalidURL:
            raise usage(
                f"{self.profile.url!r} is no address of a Hub; give one like https://hub.example:4545."
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(self.profile, error) from None

    def _headers(self, method: str) -> dict[str, str]:
        headers = {}
        if self.profile.api_key:
            headers["Authorization"] = f"Bearer {self.profile.api_key}"
        elif self.profile.session:
            headers["Cookie"] = f"{self.profile.cookie}={self.profile.session}"
            if method not in SAFE:
                headers[CSRF_HEADER] = self.profile.csrf_token
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        return headers


def tls_context(authority: str) -> ssl.SSLContext:
    """Trusts the Hub's own authority alone when it is known, else the system's."""
    try:
        return ssl.create_default_context(cadata=authority or None)
    except ssl.SSLError:
        raise CliError("The certificate authority cannot be read: give a PEM file with --ca.") from None


def _query(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(each))
        for name, value in params.items()
        for each in (value if isinstance(value, list | tuple) else [value])
        if each not in (None, "")
    ]


async def _refusal(response: aiohttp.ClientResponse) -> CliError:
    try:
        problem = await response.json(content_type=None)
    except (ValueError, aiohttp.ClientError):
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": f"The server answered {response.status} {response.reason}."}
    message = str(problem.get("detail") or problem.get("title") or f"The Hub answered {response.status}.")
    details = [f"{entry.get('pointer', '')}: {entry.get('detail', '')}" for entry in problem.get("errors") or ()]
    details += [str(obstacle.get("message") or obstacle.get("code")) for obstacle in problem.get("obstacles") or ()]
    if response.status == 401 and not response.url.path.endswith("/login"):
        message += " Sign in with: exekra login"
    return CliError(message, _exit_code(response.status), reason=str(problem.get("reason", "")), details=details)


def _exit_code(status: int) -> int:
    if status == 404:
        return NOT_FOUND
    if status in (502, 503, 504):
        return UNREACHABLE
    return REFUSED if 400 <= status < 500 else FAILED


def _untrusted(profile: Profile, error: Exception) -> CliError:
    return CliError(
        f"The certificate of {profile.url} is not trusted. Name the Hub's authority (tls/ca.pem in its data folder): "
        f"exekra login {profile.url} --ca FILE",
        UNREACHABLE,
        details=[str(error)],
    )


def _unreachable(profile: Profile, error: Exception) -> CliError:
    return CliError(
        f"No Hub answers at {profile.url}. Start one with `exekra up`, or name another with EXEKRA_URL.",
        UNREACHABLE,
        details=[str(error) or type(error).__name__],
    )
