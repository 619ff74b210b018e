"""Methods that expressions may call on texts, lists and objects: an allow-list, each bounded before it runs.

No attribute of a Python object is ever looked up by a name from an expression; the tables below are all there is.
"""

from collections.abc import Callable
from typing import Any

from runner.workflow.evaluation import (
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    check_weight,
    kind_of,
    shown_keys,
    to_text,
)

Method = Callable[..., Any]


def call_method(evaluation: Evaluation, value: Any, name: str, arguments: list[Any]) -> Any:
    """`value.name(*arguments)`. Raises ExpressionError when the method is not in the list for this type."""
    methods = _METHODS.get(type(value), {})
    method = methods.get(name)
    if method is None:
        raise ExpressionError(
            f"{kind_of(value).capitalize()} has no method {name!r}; there are: {shown_keys(methods)}."
        )
    evaluation.work()
    return method(evaluation, value, *arguments)


def join_texts(evaluation: Evaluation, separator: str, parts: Any) -> str:
    """The parts as one text, each written as text first. Raises ExpressionError unless `parts` is a list."""
    if not isinstance(parts, list):
        raise ExpressionError(f"join() needs a list, not {kind_of(parts)}.")
    evaluation.elements(parts)
    texts = [part if isinstance(part, str) else _counted_text(evaluation, part) for part in parts]
    evaluation.build(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _counted_text(evaluation: Evaluation, part: Any) -> str:
    text = to_text(part)
    evaluation.build(len(text))
    return text


def split_text(evaluation: Evaluation, text: str, separator: str | None = None, most: int = -1) -> list[str]:
    """The parts of a text, counted before they are handed out."""
    evaluation.build(len(text))
    parts = text.split(separator, most)
    evaluation.build(len(parts) * SLOT_BYTES)
    return parts


def replace_text(evaluation: Evaluation, text: str, old: str, new: str, most: int = -1) -> str:
    """The text with `old` replaced, its length computed before it is built."""
    found = text.count(old)
    times = found if most < 0 else min(found, most)
    evaluation.build(len(text) + max(0, len(new) - len(old)) * times)
    return text.replace(old, new, most)


def _rsplit(evaluation: Evaluation, text: str, separator: str | None = None, most: int = -1) -> list[str]:
    evaluation.build(len(text))
    parts = text.rsplit(separator, most)
    evaluation.build(len(parts) * SLOT_BYTES)
    return parts


def _lines(evaluation: Evaluation, text: str) -> list[str]:
    evaluation.build(len(text))
    lines = text.splitlines()
    evaluation.build(len(lines) * SLOT_BYTES)
    return lines


def _same_length(function: Callable[..., Any]) -> Method:
    """Methods whose result is about as long as the text (case changes may grow it threefold)."""

    def call(evaluation: Evaluation, text: str, *arguments: Any) -> Any:
        evaluation.build(len(text))
        return function(text, *arguments)

    return call


def _padded(function: Callable[..., str]) -> Method:
    def call(evaluation: Evaluation, text: str, width: int, *fill: str) -> str:
        evaluation.build(max(width, len(text)))
        return function(text, width, *fill)

    return call


def _looked_at(function: Callable[..., Any]) -> Method:
    """Methods that answer a number or a boolean."""

    def call(evaluation: Evaluation, value: Any, *arguments: Any) -> Any:
        evaluation.work(1 + (len(value) >> 10))
        if arguments and isinstance(arguments[0], list | dict):
            check_weight(value)
            check_weight(arguments[0])
        return function(value, *arguments)

    return call


def _starts(test: Callable[[str, Any], bool]) -> Method:
    def call(_: Evaluation, text: str, prefix: str | list[str]) -> bool:
        return test(text, tuple(prefix) if isinstance(prefix, list) else prefix)

    return call


def _listed(function: Callable[[dict[str, Any]], list[Any]], slots: int) -> Method:
    def call(evaluation: Evaluation, value: dict[str, Any]) -> list[Any]:
        evaluation.elements(value)
        evaluation.build(len(value) * SLOT_BYTES * slots)
        return function(value)

    return call


def _get(_: Evaluation, value: dict[str, Any], key: str, otherwise: Any = None) -> Any:
    return value.get(key, otherwise)


_TEXT_METHODS: dict[str, Method] = {
    "capitalize": _same_length(str.capitalize),
    "casefold": _same_length(str.casefold),
    "center": _padded(str.center),
    "count": _looked_at(str.count),
    "endswith": _starts(str.endswith),
    "find": _looked_at(str.find),
    "isalnum": _looked_at(str.isalnum),
    "isalpha": _looked_at(str.isalpha),
    "isdigit": _looked_at(str.isdigit),
    "islower": _looked_at(str.islower),
    "isnumeric": _looked_at(str.isnumeric),
    "isspace": _looked_at(str.isspace),
    "isupper": _looked_at(str.isupper),
    "join": join_texts,
    "ljust": _padded(str.ljust),
    "lower": _same_length(str.lower),
    "lstrip": _same_length(str.lstrip),
    "removeprefix": _same_length(str.removeprefix),
    "removesuffix": _same_length(str.removesuffix),
    "replace": replace_text,
    "rfind": _looked_at(str.rfind),
    "rjust": _padded(str.rjust),
    "rsplit": _rsplit,
    "rstrip": _same_length(str.rstrip),
    "split": split_text,
    "splitlines": _lines,
    "startswith": _starts(str.startswith),
    "strip": _same_length(str.strip),
    "swapcase": _same_length(str.swapcase),
    "title": _same_length(str.title),
    "upper": _same_length(str.upper),
    "zfill": _padded(str.zfill),
}

_METHODS: dict[type, dict[str, Method]] = {
    str: _TEXT_METHODS,
    list: {"count": _looked_at(list.count), "index": _looked_at(list.index)},
    dict: {
        "get": _get,
        "items": _listed(lambda value: [[key, element] for key, element in value.items()], 3),
        "keys": _listed(list, 1),
        "values": _listed(lambda value: list(value.values()), 1),
    },
}

METHOD_NAMES = frozenset(name for methods in _METHODS.values() for name in methods)
