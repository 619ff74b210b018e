"""Opaque cursors: what a list answers as `nextCursor` and takes back as `cursor`."""

import base64
import binascii
import json
from typing import Any

from services.kit.errors import FieldError, invalid

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


def decode_cursor(cursor: str, size: int) -> list[Any] | None:
    """The values given to `encode_cursor`; None for the first page. Raises a DomainError for anything else."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        values = None
    if not isinstance(values, list) or len(values) != size or not all(isinstance(v, str | int | None) for v in values):
        raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor of the page before."))
    return values
