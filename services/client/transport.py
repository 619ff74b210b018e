"""HTTP requests to one Hub: deadline, credential, repetition where it is safe, problems as exceptions."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp

from services.client.access import SAFE_METHODS, Credential, tls_context
from services.client.errors import AddressError, Problem, UnreachableError, UntrustedError, problem
from services.client.retries import Retry, may_repeat

T = TypeVar("T")

SECONDS = 30.0
API = "/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `path` is under `/api` unless `api` is false; a `key` makes a creation the same however often sent.

    It may take `seconds` in all, of which `silence_seconds` without a byte.
    """

    method: str
    path: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    seconds: float | None = SECONDS
    silence_seconds: float | None = None
    api: bool = True

    @property
    def repeatable(self) -> bool:
        """True when sending it twice does what sending it once does."""
        return self.method in SAFE_METHODS or bool(self.key)


class Transport:
    """One Hub, as somebody. Use it as a context manager."""

    def __init__(self, url: str, credential: Credential | None, authority: str, retry: Retry) -> None:
        self.url = check_url(url)
        self._credential = credential
        self._tls = tls_context(authority)
        self._retry = retry
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json"},
        )
        # aiohttp would repeat a PUT by itself, and a save that was made would read as somebody else's.
        self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def send(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that is no refusal, its body still unread. Raises Problem, UnreachableError."""
        response = await self._repeat(request, _unread)
        try:
            yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(self.url, error) from None
        finally:
            response.close()

    async def call(self, request: Request) -> Any:
        """The answered JSON, None for an empty answer. Raises Problem, UnreachableError."""
        return await self._repeat(request, _read)

    async def _repeat(self, request: Request, use: Callable[[aiohttp.ClientResponse], Awaitable[T]]) -> T:
        """All attempts together take no longer than the request may."""
        until = monotonic() + (request.seconds or math.inf)
        attempt = 1
        while True:
            try:
                return await self._once(request, until, use)
            except (Problem, UnreachableError) as error:
                pause = self._pause(request, attempt, error)
                if pause is None or monotonic() + pause >= until:
                    raise
            await asyncio.sleep(pause)
            attempt += 1

    async def _once(self, request: Request, until: float, use: Callable[[aiohttp.ClientResponse], Awaitable[T]]) -> T:
        if self._session is None:
            raise RuntimeError("the Hub's client is used outside its block")
        try:
            response = await self._session.request(
                request.method,
                f"{self.url}{API if request.api else ''}{request.path}",
                json=request.body,
                params=_query(request.params),
                headers=self._headers(request),
                timeout=_timeout(request, until),
                allow_redirects=False,
            )
            if not 200 <= response.status < 300:
                raise await _refusal(response)
            return await use(response)
        except aiohttp.ClientConnectorCertificateError as error:
            raise UntrustedError(f"The certificate of {self.url} is not trusted: {error}") from None
        except aiohttp.InvalidURL:
            raise AddressError(f"{self.url!r} is no address of a Hub.") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(self.url, error) from None

    def _pause(self, request: Request, attempt: int, error: Problem | UnreachableError) -> float | None:
        if isinstance(error, Problem):
            repeats = may_repeat(error.status, error.reason, repeatable=request.repeatable)
            return self._retry.pause(attempt, error.retry_after) if repeats else None
        repeats = not isinstance(error, UntrustedError) and (request.repeatable or not error.sent)
        return self._retry.pause(attempt) if repeats else None

    def _headers(self, request: Request) -> dict[str, str]:
        headers = dict(self._credential.headers(request.method)) if self._credential else {}
        if request.key:
            headers["Idempotency-Key"] = request.key
        return headers | dict(request.headers)


def new_key() -> str:
    """An Idempotency-Key nobody else has."""
    return str(uuid4())


def check_url(url: str) -> str:
    """The address without a slash at its end. Raises AddressError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise AddressError(f"{url!r} is no address of a Hub; give one like https://hub.example:4545.")
    return url.rstrip("/")


def _query(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(each).lower() if isinstance(each, bool) else str(each))
        for name, value in params.items()
        for each in (value if isinstance(value, list | tuple) else [value])
        if each not in (None, "")
    ]


def _timeout(request: Request, until: float) -> aiohttp.ClientTimeout:
    left = None if request.seconds is None else max(until - monotonic(), 0.001)
    return aiohttp.ClientTimeout(total=left, sock_connect=SECONDS, sock_read=request.silence_seconds)


async def _unread(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    return response


async def _read(response: aiohttp.ClientResponse) -> Any:
    content = await response.read()
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise problem(502, {"detail": f"{response.url.origin()} answered no JSON. Is it a Hub?"}) from None


async def _refusal(response: aiohttp.ClientResponse) -> Problem:
    try:
        document = json.loads(await response.read())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"detail": f"The server answered {response.status} {response.reason}."}
    return problem(response.status, document, response.headers.get("Retry-After"))


def _unreachable(url: str, error: Exception) -> UnreachableError:
    sent = not isinstance(error, aiohttp.ClientConnectorError)
    return UnreachableError(f"No Hub answers at {url}: {str(error) or type(error).__name__}", sent=sent)
