"""Functions of expressions on lists and objects."""

import json
from collections.abc import Callable
from typing import Any

from runner.workflow.documents import Json
from runner.workflow.evaluation import (
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    MissingError,
    check_weight,
    kind_of,
    shown_keys,
)
from runner.workflow.expression_operators import finite


def listed(name: str, evaluation: Evaluation, value: Any) -> list[Any]:
    """The list a function works on: a list itself, the keys of an object, the characters of a text."""
    if not isinstance(value, list | dict | str):
        raise ExpressionError(f"{name}() needs a list, not {kind_of(value)}.")
    evaluation.elements(value)
    if isinstance(value, list):
        return value
    evaluation.build(len(value) * SLOT_BYTES)
    return list(value)


def built_list(evaluation: Evaluation, values: list[Any]) -> list[Any]:
    """The values, counted as built."""
    evaluation.build(len(values) * SLOT_BYTES)
    return values


def length(_: Evaluation, value: Json) -> int:
    """How many characters, elements or keys."""
    if not isinstance(value, list | dict | str):
        raise ExpressionError(f"len() needs a text, a list or an object, not {kind_of(value)}.")
    return len(value)


def total(evaluation: Evaluation, values: Json, start: float = 0) -> Any:
    """The sum of numbers."""
    result: Any = start
    for value in listed("sum", evaluation, values):
        if not isinstance(value, int | float):
            raise ExpressionError(f"sum() adds numbers, not {kind_of(value)}.")
        result += value
    return finite(result)


def sort(evaluation: Evaluation, values: Json, key: str | None = None, *, reverse: bool = False) -> list[Any]:
    """A sorted copy; `key` names the field that objects are sorted by."""
    found = built_list(evaluation, listed("sorted", evaluation, values))
    evaluation.check()
    if any(isinstance(element, list) for element in found) or key is not None:
        check_weight(found)
    if key is None:
        return sorted(found, reverse=reverse)
    return sorted(found, key=lambda element: _field(element, key), reverse=reverse)


def _field(element: Any, key: str) -> Any:
    if not isinstance(element, dict):
        raise ExpressionError(f"{kind_of(element).capitalize()} has no field {key!r} to sort by.")
    if key not in element:
        raise MissingError(f"An element has no key {key!r}; there are: {shown_keys(element)}.")
    return element[key]


def extreme(name: str, choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """`min` or `max` of a list, or of its arguments."""

    def call(evaluation: Evaluation, *values: Json) -> Any:
        candidates = listed(name, evaluation, values[0]) if len(values) == 1 else list(values)
        if not candidates:
            raise MissingError(f"{name}() of an empty list.")
        if isinstance(candidates[0], list):
            check_weight(candidates)
        return choose(candidates)

    return call


def numbers(evaluation: Evaluation, *bounds: int) -> list[int]:
    """The whole numbers of Python's range()."""
    span = range(*bounds)
    evaluation.build(len(span) * SLOT_BYTES)
    return list(span)


def unique(evaluation: Evaluation, values: Json) -> list[Any]:
    """The different elements in their first order."""
    check_weight(values)
    seen: dict[str, Any] = {}
    for value in built_list(evaluation, listed("unique", evaluation, values)):
        evaluation.work()
        seen.setdefault(json.dumps(value, sort_keys=True), value)
    return list(seen.values())


def enumerated(evaluation: Evaluation, values: Json, start: int = 0) -> list[Any]:
    """Pairs of number and element."""
    found = listed("enumerate", evaluation, values)
    evaluation.build(len(found) * SLOT_BYTES * 3)
    return [[number, value] for number, value in enumerate(found, start)]


def zipped(evaluation: Evaluation, *lists: Json) -> list[Any]:
    """Lists of the first, second, … elements; as long as the shortest."""
    found = [listed("zip", evaluation, values) for values in lists]
    evaluation.build(sum(map(len, found)) * SLOT_BYTES * 2)
    return [list(row) for row in zip(*found, strict=False)]


def keys(evaluation: Evaluation, value: Json) -> list[str]:
    """The keys of an object."""
    if not isinstance(value, dict):
        raise ExpressionError(f"keys() needs an object, not {kind_of(value)}.")
    return listed("keys", evaluation, value)


def values(evaluation: Evaluation, value: Json) -> list[Any]:
    """The values of an object."""
    if not isinstance(value, dict):
        raise ExpressionError(f"values() needs an object, not {kind_of(value)}.")
    evaluation.elements(value)
    return built_list(evaluation, list(value.values()))
