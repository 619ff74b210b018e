"""JSON documents that come from outside: limits before parsing, and pointers into them.

Owns what a graph, an input or an output may look like as JSON, whatever it means. Knows nothing of nodes.
"""

import json
import re
from typing import Any, NoReturn

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON document as the standard library decodes it; expressions and nodes exchange nothing else."""

MAX_GRAPH_BYTES = 4 * 1024 * 1024
MAX_JSON_DEPTH = 64
MAX_NUMBER_DIGITS = 400

_SURROGATE = re.compile("[\ud800-\udfff]")
_BRACKETS_AND_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class DocumentError(ValueError):
    """The bytes are no acceptable JSON document; the message says what is wrong, `pointer` where when it is known."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer


def parse_document(data: bytes, *, max_bytes: int = MAX_GRAPH_BYTES, max_depth: int = MAX_JSON_DEPTH) -> Json:
    """Decode UTF-8 JSON, refusing what must never be stored.

    Raises DocumentError for more than `max_bytes` bytes, nesting beyond `max_depth`, a key given twice, NaN and
    Infinity, numbers of more than 400 digits, the character NUL and surrogates that stand alone.
    """
    if len(data) > max_bytes:
        raise DocumentError(f"The document has {len(data)} bytes; {max_bytes} are allowed.")
    _check_depth(data, max_depth)
    try:
        document: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object_without_repeated_keys,
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
            parse_float=_parse_float,
        )
    except UnicodeDecodeError as error:
        raise DocumentError(f"The document is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"The document is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    if b"\\u" in data or b"\x00" in data:
        _refuse_characters(document, ())
    return document


def equal_json(left: Json, right: Json) -> bool:
    """Equality of JSON documents: as Python's, except that true and false are no numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal_json(value, right[key]) for key, value in left.items())
    return left == right


def json_pointer(*parts: str | int) -> str:
    """The RFC 6901 pointer of `parts`; the whole document is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _check_depth(data: bytes, max_depth: int) -> None:
    # Counted before parsing, because the decoder itself recurses.
    depth = 0
    for match in _BRACKETS_AND_STRINGS.finditer(data):
        bracket = match.group()
        if bracket in (b"{", b"["):
            depth += 1
            if depth > max_depth:
                raise DocumentError(f"The document is nested deeper than {max_depth} levels.")
        elif bracket in (b"}", b"]"):
            depth -= 1


def _object_without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # add() returns None, which is what makes the test work
        raise DocumentError(f"The key {repeated!r} stands twice in one object.")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not a JSON number.")


def _parse_int(text: str) -> int:
    if len(text) > MAX_NUMBER_DIGITS:
        raise DocumentError(f"A number has {len(text)} digits; {MAX_NUMBER_DIGITS} are allowed.")
    return int(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise DocumentError(f"The number {text[:40]} is too large.")
    return number


def _refuse_characters(value: Json, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise DocumentError("The text contains the character NUL.", json_pointer(*path))
        if _SURROGATE.search(value):
            raise DocumentError("The text contains half of a surrogate pair.", json_pointer(*path))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            _refuse_characters(element, (*path, index))
    elif isinstance(value, dict):
        for key, element in value.items():
            _refuse_characters(key, path)
            _refuse_characters(element, (*path, key))
