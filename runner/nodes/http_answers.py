"""What a server answers: read within its limit, saved or decoded, or turned into a failure when it was not expected."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp

from runner.nodes.base import NodeFailure
from runner.nodes.paths import COPY_BLOCK, file_errors, replacing
from runner.workflow.documents import DocumentError, Json, parse_document

MEMORY_LIMIT: Final = 16 * 1024 * 1024
FILE_LIMIT: Final = 2 * 1024 * 1024 * 1024
_EXCERPT: Final = 500
_RETRYABLE_STATUS: Final = frozenset({408, 425, 429})


async def save_answer(response: aiohttp.ClientResponse, path: Path, limit: int) -> dict[str, Json]:
    """The body as a file, `{path, name, size, sha256}`; a file that is there is replaced when all of it has come."""
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


async def read_answer(response: aiohttp.ClientResponse, limit: int, *, before: int = 0) -> bytes:
    """The whole body. Raises NodeFailure HTTP_TOO_LARGE above `limit` bytes with those that came `before` it."""
    return b"".join([block async for block in _blocks(response, limit, before)])


def decode_answer(body: bytes, response: aiohttp.ClientResponse, read_as: str) -> dict[str, Json]:
    """`{json, text}`, one of which is null. Raises NodeFailure HTTP_INVALID_JSON, HTTP_NOT_TEXT."""
    is_json = response.content_type.endswith(("/json", "+json"))
    if read_as == "json" or (read_as == "auto" and is_json and body.strip()):
        return {"json": decode_json(body, response), "text": None}
    charset = response.charset or "utf-8"
    try:
        return {"json": None, "text": body.decode(charset)}
    except (UnicodeDecodeError, LookupError) as error:
        raise NodeFailure(
            "HTTP_NOT_TEXT",
            f"The answer ({response.content_type}) is no text in {charset}; set 'Save to file' to keep its bytes.",
            details={"contentType": response.content_type},
        ) from error


def decode_json(body: bytes, response: aiohttp.ClientResponse) -> Json:
    """The body as JSON, whatever its content type says. Raises NodeFailure HTTP_INVALID_JSON."""
    try:
        return parse_document(body.removeprefix(b"\xef\xbb\xbf"), max_bytes=len(body) + 1)
    except DocumentError as error:
        raise NodeFailure(
            "HTTP_INVALID_JSON",
            f"The answer is not the JSON it should be: {error.message} Look at it with 'Read as' text.",
            details={"excerpt": _excerpt(body), "contentType": response.content_type},
        ) from error


async def unexpected_answer(response: aiohttp.ClientResponse) -> NodeFailure:
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


def header_lines(response: aiohttp.ClientResponse) -> dict[str, Json]:
    """The headers by their names in small letters; repeated ones are joined by commas."""
    return {name.lower(): ", ".join(response.headers.getall(name)) for name in response.headers}


async def _blocks(response: aiohttp.ClientResponse, limit: int, before: int = 0) -> AsyncIterator[bytes]:
    """The body in blocks, unpacked if it came packed. Raises NodeFailure HTTP_TOO_LARGE as soon as that is known."""
    too_large = NodeFailure(
        "HTTP_TOO_LARGE",
        f"The answer is larger than {limit:,} bytes; raise 'Largest answer' or save it to a file.",
        details={"limit": limit},
    )
    if before + (response.content_length or 0) > limit and response.method != "HEAD":
        raise too_large
    size = before
    async for block in response.content.iter_chunked(COPY_BLOCK):
        size += len(block)
        if size > limit:
            raise too_large
        yield block


def _excerpt(body: bytes) -> str:
    return " ".join(body.decode("utf-8", "replace").replace("\0", "").split())[:_EXCERPT]
