"""Reading a request's parts with their limits: body, query, path, idempotency key. Errors name the place."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_origin

from aiohttp import web
from pydantic import BaseModel, ValidationError

from services.gateway.transcoding.fields import without_none
from services.gateway.transcoding.json_input import escape, is_storable, parse
from services.gateway.web.errors import HttpError
from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found
from services.kit.ids import is_id

ModelT = TypeVar("ModelT", bound=BaseModel)

BODY_BYTES = 1024 * 1024
GRAPH_BYTES = 4 * 1024 * 1024
READ_SECONDS = 30.0
"""A client that needs longer for its body is cut off."""
LARGEST_VERSION = 2**31 - 1
ERRORS_SHOWN = 100
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,200}")


async def read_body(request: web.Request, limit: int) -> bytes:
    """The bytes, never more than `limit`. Raises BODY_TOO_LARGE (413), BODY_TOO_SLOW (408)."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    received = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.content.iter_any():
                received += chunk
                if len(received) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise HttpError(408, "BODY_TOO_SLOW", "The body did not arrive in time.") from None
    return bytes(received)


def parse_body(request: web.Request, body: bytes, model: type[ModelT]) -> ModelT:
    """The validated model. An empty body counts as `{}`. Raises 415 for other media types, 422 with pointers."""
    if not body:
        return validate(model, {})
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise HttpError(
            415, "MEDIA_TYPE_UNSUPPORTED", "Send the body as application/json.", {"Accept-Post": "application/json"}
        )
    return validate(model, parse(body))


def parse_query(request: web.Request, model: type[ModelT]) -> ModelT:
    """Lists may be repeated or separated by commas; everything else stands once."""
    values: dict[str, Any] = {}
    lists = {
        info.alias or name
        for name, info in model.model_fields.items()
        if get_origin(without_none(info.annotation)[0]) in (list, tuple)
    }
    for name in request.query:
        given = request.query.getall(name)
        if not all(is_storable(value) for value in (name, *given)):
            raise invalid("The query holds a NUL or broken character.", FieldError(f"/{escape(name)}", "Remove it."))
        if name in lists:
            values[name] = [part for value in given for part in value.split(",") if part]
        elif len(given) > 1:
            raise invalid("A query parameter stands twice.", FieldError(f"/{escape(name)}", "Give it once."))
        else:
            values[name] = given[0]
    return validate(model, values)


def parse_path(request: web.Request) -> dict[str, str | int]:
    """Ids are UUIDs and versions numbers; anything else names nothing. Raises NOT_FOUND."""
    return {name: _path_value(name, value) for name, value in request.match_info.items()}


def _path_value(name: str, value: str) -> str | int:
    if name == "version":
        if not value.isascii() or not value.isdecimal() or not 1 <= int(value[:11]) <= LARGEST_VERSION:
            raise not_found("VERSION_NOT_FOUND", "version")
        return int(value)
    if not is_id(value):
        raise not_found(f"{name.removesuffix('_id').upper()}_NOT_FOUND", name.removesuffix("_id").replace("_", " "))
    return value


def idempotency_key(request: web.Request) -> str:
    """Empty when there is none. Raises IDEMPOTENCY_KEY_INVALID."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise DomainError(
            Kind.INVALID,
            "IDEMPOTENCY_KEY_INVALID",
            "An Idempotency-Key is 1 to 200 printable ASCII characters.",
        )
    return key


def fingerprint(request: web.Request, body: bytes) -> str:
    """SHA-256 of method, path, query and body: what an idempotency key stands for."""
    return hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + body).hexdigest()


def validate(model: type[ModelT], document: Any) -> ModelT:
    """Raises a DomainError that lists every wrong member with its JSON pointer."""
    try:
        return model.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        fields = [_field_error(item) for item in error.errors(include_url=False, include_input=False)[:ERRORS_SHOWN]]
    named = fields[0]
    raise DomainError(
        Kind.INVALID, "INVALID", f"{named.pointer or 'The body'}: {named.detail}", fields=fields
    ) from None


def _field_error(item: Mapping[str, Any]) -> FieldError:
    pointer = "".join(f"/{escape(str(step))}" for step in item["loc"])
    if item["type"] == "extra_forbidden":
        return FieldError(pointer, "There is no such member. Check its spelling.")
    if item["type"] == "value_error":
        text = str(item["ctx"]["error"])
        return FieldError(pointer, f"{text[:1].upper()}{text[1:]}.")
    return FieldError(pointer, f"{item['msg']}.")


def _too_large(limit: int) -> HttpError:
    return HttpError(413, "BODY_TOO_LARGE", f"The body is larger than {limit // 1024} KiB.")
