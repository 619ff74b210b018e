"""Sending HTTP requests: address, headers, trust, and which failures are worth another try.

What is sent along is `http_bodies`', what comes back `http_answers`', lists in pages are `http_pages`'.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.http_answers import (
    FILE_LIMIT,
    MEMORY_LIMIT,
    decode_answer,
    header_lines,
    read_answer,
    save_answer,
    unexpected_answer,
)
from runner.nodes.http_bodies import pairs, sent_body
from runner.nodes.http_config import ApiKeyAuth, BasicAuth, BearerAuth, HttpRequestConfig, status_ranges
from runner.nodes.paths import check_target, resolve_path
from runner.nodes.tls import client_tls
from runner.workflow.documents import Json

REDIRECT_LIMIT: Final = 10
HARMLESS_HEADERS: Final = frozenset({"accept", "accept-language", "content-type", "if-none-match", "user-agent"})
"""Headers of a config that another server may see as well."""


@dataclass(frozen=True, slots=True)
class Client:
    """A session and whom it trusts; cookies last as long as it does."""

    session: aiohttp.ClientSession
    tls: ssl.SSLContext | bool
    context: NodeContext

    @asynccontextmanager
    async def ask(self, config: HttpRequestConfig) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the request; the answer has an expected status, its body is read in the block. Raises HTTP_*."""
        url = url_of(config)
        with _failures(config, url):
            async with (
                sent_body(config.body, self.context) as (data, told),
                self.session.request(
                    config.method,
                    url,
                    data=data,
                    headers=_headers(config, told),
                    ssl=self.tls,
                    proxy=config.proxy,
                    timeout=aiohttp.ClientTimeout(total=config.timeout_seconds),
                    allow_redirects=config.follow_redirects,
                    max_redirects=REDIRECT_LIMIT,
                    middlewares=_keeping_the_key(config, url),
                ) as response,
            ):
                if not any(response.status in expected for expected in status_ranges(config.expected_status)):
                    raise await unexpected_answer(response)
                yield response


@asynccontextmanager
async def http_client(config: HttpRequestConfig, context: NodeContext) -> AsyncIterator[Client]:
    """A client that trusts whom the config does."""
    # True: aiohttp has the system's authorities at hand; reading them for each request would take longer than that.
    tls: ssl.SSLContext | bool = True
    if config.ca_file is not None or not config.verify_tls:
        tls = await asyncio.to_thread(client_tls, context, config.ca_file, verify=config.verify_tls)
    async with aiohttp.ClientSession() as session:
        yield Client(session, tls, context)


async def exchange(config: HttpRequestConfig, context: NodeContext) -> dict[str, Json]:
    """Send the request, return the node's output. Raises NodeFailure HTTP_*."""
    save_to = resolve_path(context, config.save_to) if config.save_to is not None else None
    if save_to is not None:
        await asyncio.to_thread(check_target, save_to, "replace")
    async with http_client(config, context) as client, client.ask(config) as response:
        output: dict[str, Json] = {
            "status": response.status,
            "headers": header_lines(response),
            "url": str(response.url),
        }
        if save_to is not None:
            return output | {"file": await save_answer(response, save_to, config.max_bytes or FILE_LIMIT)}
        body = await read_answer(response, config.max_bytes or MEMORY_LIMIT)
        return output | await asyncio.to_thread(decode_answer, body, response, config.read_as)


def url_of(config: HttpRequestConfig) -> URL:
    """Where the request goes. Raises NodeFailure HTTP_INVALID_URL."""
    try:
        url = URL(config.url.strip())
    except ValueError as error:
        raise NodeFailure("HTTP_INVALID_URL", f"{config.url[:200]!r} is no web address: {error}.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NodeFailure("HTTP_INVALID_URL", f"{config.url[:200]!r} must begin with https:// and name a host.")
    query = pairs(config.query)
    if isinstance(config.auth, ApiKeyAuth) and config.auth.place == "query":
        # A link to the next page may repeat the key.
        url = url.without_query_params(config.auth.name)
        query.append((config.auth.name, config.auth.key))
    return url.extend_query(query) if query else url


def _headers(config: HttpRequestConfig, told: dict[str, str]) -> dict[str, str]:
    """All headers; those of the config win over the ones derived."""
    headers = {"User-Agent": "Exekra-Runner", **told}
    match config.auth:
        case BasicAuth(username=username, password=password):
            headers["Authorization"] = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        case BearerAuth(token=token):
            headers["Authorization"] = f"Bearer {token.strip()}"
        case ApiKeyAuth(name=name, key=key, place="header"):
            headers[name] = key
    names = {name.lower() for name in config.headers}
    return {name: value for name, value in headers.items() if name.lower() not in names} | config.headers


def _keeping_the_key(config: HttpRequestConfig, url: URL) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Takes what may be a key off redirects to another server; the client does so for Authorization alone."""
    names = {name for name in config.headers if name.lower() not in HARMLESS_HEADERS}
    if isinstance(config.auth, ApiKeyAuth):
        names.add(config.auth.name)
    if not names:
        return ()

    async def keep(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if request.url.origin() != url.origin():
            for name in names:
                request.headers.pop(name, None)
        return await send(request)

    return (keep,)


@contextmanager
def _failures(config: HttpRequestConfig, url: URL) -> Iterator[None]:
    """Turn the client's errors into failures. The query is left out of messages: it may hold keys."""
    place = str(url.with_query(None).with_user(None))
    try:
        yield
    except TimeoutError as error:
        raise NodeFailure(
            "HTTP_TIMEOUT",
            f"{place} did not answer within {config.timeout_seconds:g} s; try again later or raise the timeout.",
            retryable=True,
        ) from error
    except aiohttp.ClientSSLError as error:
        raise NodeFailure(
            "HTTP_TLS_FAILED", f"{place} cannot be trusted: {error}. Set 'CA file' if a private authority signed it."
        ) from error
    except aiohttp.TooManyRedirects as error:
        raise NodeFailure("HTTP_REDIRECTS", f"{place} redirects more than {REDIRECT_LIMIT} times; check it.") from error
    except aiohttp.InvalidURL as error:
        raise NodeFailure("HTTP_INVALID_URL", f"{place} led to no web address: {error}.") from error
    except aiohttp.ClientConnectorError as error:
        raise NodeFailure(
            "HTTP_UNREACHABLE",
            f"{place} cannot be reached: {error.os_error}. Check address and network.",
            retryable=True,
        ) from error
    except aiohttp.ClientError as error:
        reason = str(error) or type(error).__name__
        raise NodeFailure("HTTP_CONNECTION_LOST", f"{place}: {reason}. Try again.", retryable=True) from error
