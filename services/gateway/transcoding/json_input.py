"""JSON from outside, with its limits: what passes can be stored, transcoded and written again.

Refused: more than 64 levels, duplicate names, NaN and Infinity, numbers beyond a double, NUL and lone surrogates.
"""

import json
import math
import re
from typing import Any, NoReturn

from services.kit.errors import DomainError, FieldError, Kind

DEPTH = 64
_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Duplicate(dict[str, Any]):
    """An object in which `name` stood twice: found again afterwards, when its place is known."""

    name: str = ""


def parse(body: bytes) -> Any:
    """The document. Raises a DomainError that names the place."""
    duplicates: list[_Duplicate] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        duplicates.append(_mark(members, pairs))
        return duplicates[-1]

    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_constant, parse_float=_float, object_pairs_hook=build
        )
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise malformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise malformed(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise malformed(str(error)) from None
    # Only what opens more than 64 brackets, repeats a name or escapes such characters needs the walk.
    if body.count(b"{") + body.count(b"[") > DEPTH or _ESCAPES.search(body) or duplicates:
        _walk(document)
    return document


def malformed(detail: str) -> DomainError:
    """The body is no JSON that a Hub could keep."""
    return DomainError(Kind.INVALID, "JSON_MALFORMED", f"The body is not acceptable JSON. {detail}")


def is_storable(text: str) -> bool:
    """No NUL and no lone surrogates: neither fits PostgreSQL or UTF-8."""
    return _UNSTORABLE.search(text) is None


def escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _mark(members: dict[str, Any], pairs: list[tuple[str, Any]]) -> _Duplicate:
    marked = _Duplicate(members)
    names = [name for name, _ in pairs]
    marked.name = next(name for index, name in enumerate(names) if name in names[:index])
    return marked


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"The number {text[:40]} is too large.")
    return value


def _walk(document: Any) -> None:
    """Level by level, so the depth is known without recursion."""
    level: list[tuple[str, Any]] = [("", document)]
    for _ in range(DEPTH + 1):
        if not level:
            return
        following: list[tuple[str, Any]] = []
        for pointer, value in level:
            if isinstance(value, dict):
                if isinstance(value, _Duplicate):
                    raise _refused(f"{pointer}/{escape(value.name)}", "This name stands twice in the object.")
                for name, child in value.items():
                    if not is_storable(name):
                        raise _refused(pointer, "A name holds a NUL character or half a surrogate pair.")
                    following.append((f"{pointer}/{escape(name)}", child))
            elif isinstance(value, list):
                following.extend((f"{pointer}/{index}", child) for index, child in enumerate(value))
            elif isinstance(value, str) and not is_storable(value):
                raise _refused(pointer, "The text holds a NUL character or half a surrogate pair.")
        level = following
    raise _too_deep()


def _refused(pointer: str, detail: str) -> DomainError:
    return DomainError(
        Kind.INVALID,
        "JSON_NOT_ACCEPTABLE",
        "The body holds something the Hub cannot keep.",
        fields=[FieldError(pointer, detail)],
    )


def _too_deep() -> DomainError:
    return DomainError(Kind.INVALID, "JSON_TOO_DEEP", f"The body is nested deeper than {DEPTH} levels.")
