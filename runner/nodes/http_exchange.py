"""One HTTP request and its answer. Owns limits, and which failures are worth another try."""

import asyncio
import base64
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from yarl import URL

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.http_config import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    FormBody,
    HttpRequestConfig,
    JsonBody,
    Scalar,
    TextBody,
    status_ranges,
)
from runner.nodes.paths import COPY_BLOCK, check_target, file_errors, replacing, resolve_path
from runner.nodes.tls import client_tls
from runner.workflow.documents import DocumentError, Json, parse_document

MEMORY_LIMIT: Final = 16 * 1024 * 1024
FILE_LIMIT: Final = 2 * 1024 * 1024 * 1024
REDIRECT_LIMIT: Final = 10
_EXCERPT: Final = 500
_RETRYABLE_STATUS: Final = frozenset({408, 425, 429})


async def exchange(config: HttpRequestConfig, context: NodeContext) -> dict[str, Json]:
    """Send the request, return the node's output. Raises NodeFailure HTTP_*."""
    url = _url(config)
    save_to = resolve_path(context, config.save_to) if config.save_to is not None else None
    if save_to is not None:
        await asyncio.to_thread(check_target, save_to, "replace")
    # True: aiohttp has the system's authorities at hand; reading them for each request would take longer than that.
    tls: ssl.SSLContext | bool = True
    if config.ca_file is not None or not config.verify_tls:
        tls = await asyncio.to_thread(client_tls, context, config.ca_file, verify=config.verify_tls)
    data, headers = _body(config)
    with _failures(config, url):
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=config.timeout_seconds)) as session,
            session.request(
                config.method,
                url,
                data=data,
                headers=headers,
                ssl=tls,
                proxy=config.proxy,
                allow_redirects=config.follow_redirects,
                max_redirects=REDIRECT_LIMIT,
                middlewares=_keeping_the_key(config, url),
            ) as response,
        ):
            if not any(response.status in expected for expected in status_ranges(config.expected_status)):
                raise await _unexpected(response)
            output: dict[str, Json] = {
                "status": response.status,
                "headers": {name.lower(): ", ".join(response.headers.getall(name)) for name in response.headers},
                "url": str(response.url),
            }
            if save_to is not None:
                return output | {"file": await _save(response, save_to, config.max_bytes or FILE_LIMIT)}
            body = b"".join([block async for block in _blocks(response, config.max_bytes or MEMORY_LIMIT)])
            return output | await asyncio.to_thread(_decode, body, response, config.read_as)


def _url(config: HttpRequestConfig) -> URL:
    try:
        url = URL(config.url.strip())
    except ValueError as error:
        raise NodeFailure("HTTP_INVALID_URL", f"{config.url[:200]!r} is no web address: {error}.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NodeFailure("HTTP_INVALID_URL", f"{config.url[:200]!r} must begin with https:// and name a host.")
    pairs = _pairs(config.query)
    if isinstance(config.auth, ApiKeyAuth) and config.auth.place == "query":
        pairs.append((config.auth.name, config.auth.key))
    return url.extend_query(pairs) if pairs else url


def _pairs(fields: dict[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Names and texts; a list repeats its name, null is left out, true and false are written as JSON does."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]


def _body(config: HttpRequestConfig) -> tuple[Any, dict[str, str]]:
    """What is sent, and all headers; those of the config win over the ones derived."""
    headers = {"User-Agent": "Exekra-Runner"}
    data: Any = None
    match config.body:
        case JsonBody(value=value):
            data, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
        case TextBody(text=text, content_type=content_type):
            data, headers["Content-Type"] = text.encode(), f"{content_type}; charset=utf-8"
        case FormBody(fields=fields):
            data = aiohttp.FormData(_pairs(fields))
    match config.auth:
        case BasicAuth(username=username, password=password):
            headers["Authorization"] = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        case BearerAuth(token=token):
            headers["Authorization"] = f"Bearer {token.strip()}"
        case ApiKeyAuth(name=name, key=key, place="header"):
            headers[name] = key
    names = {name.lower() for name in config.headers}
    return data, {name: value for name, value in headers.items() if name.lower() not in names} | config.headers


def _keeping_the_key(config: HttpRequestConfig, url: URL) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Takes the key's header off redirects to another server; the client does so for Authorization alone."""
    auth = config.auth
    if not isinstance(auth, ApiKeyAuth):
        return ()

    async def keep(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if request.url.origin() != url.origin():
            request.headers.pop(auth.name, None)
        return await send(request)

    return (keep,)


async def _blocks(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The body in blocks, unpacked if it came packed. Raises NodeFailure HTTP_TOO_LARGE as soon as that is known."""
    too_large = NodeFailure(
        "HTTP_TOO_LARGE",
        f"The answer is larger than {limit:,} bytes; raise 'Largest answer' or save it to a file.",
        details={"limit": limit},
    )
    if (response.content_length or 0) > limit and response.method != "HEAD":
        raise too_large
    size = 0
    async for block in response.content.iter_chunked(COPY_BLOCK):
        size += len(block)
        if size > limit:
            raise too_large
        yield block


async def _save(response: aiohttp.ClientResponse, path: Path, limit: int) -> dict[str, Json]:
    digest, size = hashlib.sha256(), 0
    with replacing(path) as temporary:
        with file_errors(path):
            file = temporary.open("wb")
        with file:
            async for block in _blocks(response, limit):
                with file_errors(path):
                    await asyncio.to_thread(file.write, block)
                digest.update(block)
                size += len(block)
    return {"path": str(path), "name": path.name, "size": size, "sha256": digest.hexdigest()}


def _decode(body: bytes, response: aiohttp.ClientResponse, read_as: str) -> dict[str, Json]:
    is_json = response.content_type.endswith(("/json", "+json"))
    if read_as == "json" or (read_as == "auto" and is_json and body.strip()):
        try:
            return {"json": parse_document(body.removeprefix(b"\xef\xbb\xbf"), max_bytes=len(body) + 1), "text": None}
        except DocumentError as error:
            raise NodeFailure(
                "HTTP_INVALID_JSON",
                f"The answer is not the JSON it should be: {error.message} Look at it with 'Read as' text.",
                details={"excerpt": _excerpt(body), "contentType": response.content_type},
            ) from error
    charset = response.charset or "utf-8"
    try:
        return {"json": None, "text": body.decode(charset)}
    except (UnicodeDecodeError, LookupError) as error:
        raise NodeFailure(
            "HTTP_NOT_TEXT",
            f"The answer ({response.content_type}) is no text in {charset}; set 'Save to file' to keep its bytes.",
            details={"contentType": response.content_type},
        ) from error


async def _unexpected(response: aiohttp.ClientResponse) -> NodeFailure:
    """The failure for a status that was not expected, with the beginning of what the server says."""
    try:
        excerpt = _excerpt(await response.content.read(4 * _EXCERPT))
    except aiohttp.ClientError:
        excerpt = ""
    details: dict[str, Json] = {"status": response.status, "url": str(response.url), "excerpt": excerpt}
    if retry_after := response.headers.get("Retry-After"):
        details["retryAfter"] = retry_after
    retryable = response.status >= 500 or response.status in _RETRYABLE_STATUS
    answer = f"{response.method} {response.url.with_query(None)} answered {response.status} {response.reason or ''}"
    said = f" ({excerpt[:200]})" if excerpt else ""
    advice = "try again later" if retryable else "check the request, or add the status to 'Expected status'"
    return NodeFailure("HTTP_STATUS", f"{answer.rstrip()}{said}; {advice}.", retryable=retryable, details=details)


def _excerpt(body: bytes) -> str:
    return " ".join(body.decode("utf-8", "replace").replace("\0", "").split())[:_EXCERPT]


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
