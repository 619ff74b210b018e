"""How large a value is as JSON, found without writing it when it is small."""

import json
from typing import Any

from runner.workflow.documents import Json

_SURELY_SMALL = 64 * 1024


class NotJsonError(Exception):
    """A value holds something that JSON does not have; the message says what."""


def json_bytes_above(value: Json, limit: int) -> bytes | None:
    """The value as UTF-8 JSON when that is more than `limit` bytes, otherwise None.

    Raises NotJsonError.
    """
    if rough_size(value) <= min(limit, _SURELY_SMALL):
        return None
    try:
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
            "utf-8", "surrogatepass"
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None
    return data if len(data) > limit else None


def rough_size(value: Any) -> int:
    """About the bytes of a value as JSON; at least a sixth of them. Raises NotJsonError."""
    kind = type(value)
    if kind is str:
        return len(value) + 2
    if value is None or kind is bool or kind is int:
        return 8
    size = 0
    stack = [value]
    while stack:
        element = stack.pop()
        kind = type(element)
        if kind is str:
            size += len(element) + 3
        elif kind is dict:
            for key, entry in element.items():
                if type(key) is not str:
                    raise NotJsonError(f"a key of type {type(key).__name__} ({key!r:.40})")
                size += len(key) + 4
                stack.append(entry)
        elif kind is list:
            stack.extend(element)
            size += 2
        elif kind is float:
            if not -float("inf") < element < float("inf"):
                raise NotJsonError(f"the number {element}")
            size += 10
        elif element is None or kind is bool or kind is int:
            size += 8
        else:
            raise NotJsonError(f"a value of type {kind.__name__} ({element!r:.40})")
    return size
