"""Opaque cursors: what a list answers as `nextCursor` and takes back as `cursor`."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any, Final, Literal

from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id

Kind = Literal["text", "number", "id"]
"""What one value of a cursor is: storable text, a 64-bit number from 0, or an id."""

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200


def clamp_limit(limit: int) -> int:
    """0 means the default. Raises a DomainError outside 1 to 200."""
    if limit == 0:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAXIMUM_LIMIT:
        raise invalid(
            "The page size is out of range.", FieldError("/limit", f"Give a number from 1 to {MAXIMUM_LIMIT}.")
        )
    return limit


def encode_cursor(*values: str | int | None) -> str:
    """The sort key of the last row shown."""
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: Kind) -> list[Any] | None:
    """The values given to `encode_cursor`, of these kinds; None for the first page.

    Raises a DomainError for anything else: whoever makes up a cursor must not meet the database with it.
    """
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    fits = isinstance(values, list) and len(values) == len(kinds)
    if not fits or not all(_CHECKS[kind](value) for kind, value in zip(kinds, values, strict=True)):
        raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor of the page before."))
    return list(values)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and re.search("[\x00\ud800-\udfff]", value) is None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_id(value)


_CHECKS: Final[dict[Kind, Callable[[object], bool]]] = {"text": _is_text, "number": _is_number, "id": _is_id}
