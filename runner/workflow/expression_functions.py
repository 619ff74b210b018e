"""Functions that expressions may call, each bounded before it runs.

`default` is not here: the compiler makes it, because its second argument is read only when the first is missing.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runner.workflow.documents import DocumentError, Json, parse_document
from runner.workflow.evaluation import (
    MAX_BUILT_BYTES,
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    MissingError,
    check_weight,
    kind_of,
    shown_keys,
    to_text,
)
from runner.workflow.expression_methods import join_texts, replace_text, split_text
from runner.workflow.expression_operators import finite
from runner.workflow.queries import QueryError, run_query

MAX_NUMBER_TEXT = 400
MAX_FORMAT_LENGTH = 100
# Only plain directives: the C library pads to any width that stands between `%` and the letter.
_DATE_FORMAT = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSyYzZfuVGcxX%])*")


def _list(name: str, evaluation: Evaluation, value: Any) -> list[Any]:
    """The list a function works on: a list itself, the keys of an object, the characters of a text."""
    if not isinstance(value, list | dict | str):
        raise ExpressionError(f"{name}() needs a list, not {kind_of(value)}.")
    evaluation.elements(value)
    if isinstance(value, list):
        return value
    evaluation.build(len(value) * SLOT_BYTES)
    return list(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{name}() needs a text, not {kind_of(value)}.")
    return value


def _built_list(evaluation: Evaluation, values: list[Any]) -> list[Any]:
    evaluation.build(len(values) * SLOT_BYTES)
    return values


# -- time ---------------------------------------------------------------------------------------------------------


def now(evaluation: Evaluation, zone: str = "UTC") -> str:
    """This instant as ISO 8601 text in the zone."""
    return _iso(evaluation.environment.now().astimezone(_zone(zone)))


def date(
    evaluation: Evaluation,
    value: Json = None,
    format: str | None = None,  # noqa: A002 - the word its users know
    *,
    zone: str | None = None,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
) -> str:
    """An instant (ISO 8601 text, seconds since 1970, or null for now), shifted, as text in the zone and format."""
    instant = _instant(evaluation.environment.now() if value is None else value)
    if zone is not None:
        instant = instant.astimezone(_zone(zone))
    instant += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if format is None:
        return _iso(instant)
    if len(format) > MAX_FORMAT_LENGTH or not _DATE_FORMAT.fullmatch(format):
        raise ExpressionError(f"{format[:MAX_FORMAT_LENGTH]!r} is no date format; use directives as in %Y-%m-%d %H:%M.")
    return instant.strftime(format)


def timestamp(evaluation: Evaluation, value: Json = None) -> float:
    """Seconds since 1970 of an instant."""
    return _instant(evaluation.environment.now() if value is None else value).timestamp()


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ExpressionError(f"There is no time zone {name!r}.") from None


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    try:
        instant = datetime.fromisoformat(_text("date", value))
    except ValueError:
        raise ExpressionError(
            f"{value[:40]!r} is no date; write it as in 2026-01-31 or 2026-01-31T09:30:00Z."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


# -- numbers, text, types -----------------------------------------------------------------------------------------


def to_int(_: Evaluation, value: Json = 0) -> int:
    """A number or its text as a whole number, cut towards zero."""
    if isinstance(value, str) and len(value) <= MAX_NUMBER_TEXT:
        return int(finite(int(value)))
    if not isinstance(value, int | float):
        raise ExpressionError(f"int() cannot read {kind_of(value)}.")
    return int(finite(value))


def to_float(_: Evaluation, value: Json = 0) -> float:
    """A number or its text as a number with a fraction."""
    if isinstance(value, str) and len(value) <= MAX_NUMBER_TEXT:
        return float(finite(float(value)))
    if not isinstance(value, int | float):
        raise ExpressionError(f"float() cannot read {kind_of(value)}.")
    return float(value)


def to_str(evaluation: Evaluation, value: Json = "") -> str:
    """The value as it would stand inside text."""
    text = to_text(value)
    evaluation.build(len(text))
    return text


def to_json(evaluation: Evaluation, value: Json) -> Json:
    """Text is read as JSON, everything else is written as JSON."""
    if not isinstance(value, str):
        return to_str(evaluation, value)
    evaluation.build(len(value))
    try:
        return parse_document(value.encode(), max_bytes=MAX_BUILT_BYTES)
    except (DocumentError, UnicodeEncodeError) as error:
        raise ExpressionError(f"json() cannot read the text: {error}") from None


def round_number(_: Evaluation, value: float, digits: int | None = None) -> float:
    """Python's rounding: half to even."""
    return float(finite(round(value, digits))) if isinstance(value, float) and digits is not None else round(value)


def absolute(_: Evaluation, value: float) -> float:
    """The number without its sign."""
    return abs(value)


def floor(_: Evaluation, value: float) -> int:
    """The next whole number below."""
    return math.floor(value)


def ceil(_: Evaluation, value: float) -> int:
    """The next whole number above."""
    return math.ceil(value)


# -- lists and objects --------------------------------------------------------------------------------------------


def length(_: Evaluation, value: Json) -> int:
    """How many characters, elements or keys."""
    if not isinstance(value, list | dict | str):
        raise ExpressionError(f"len() needs a text, a list or an object, not {kind_of(value)}.")
    return len(value)


def total(evaluation: Evaluation, values: Json, start: float = 0) -> Any:
    """The sum of numbers."""
    result: Any = start
    for value in _list("sum", evaluation, values):
        if not isinstance(value, int | float):
            raise ExpressionError(f"sum() adds numbers, not {kind_of(value)}.")
        result += value
    return finite(result)


def sort(evaluation: Evaluation, values: Json, key: str | None = None, *, reverse: bool = False) -> list[Any]:
    """A sorted copy; `key` names the field that objects are sorted by."""
    listed = _built_list(evaluation, _list("sorted", evaluation, values))
    evaluation.check()
    if any(isinstance(element, list) for element in listed) or key is not None:
        check_weight(listed)
    if key is None:
        return sorted(listed, reverse=reverse)
    return sorted(listed, key=lambda element: _field(element, key), reverse=reverse)


def _field(element: Any, key: str) -> Any:
    if not isinstance(element, dict):
        raise ExpressionError(f"{kind_of(element).capitalize()} has no field {key!r} to sort by.")
    if key not in element:
        raise MissingError(f"An element has no key {key!r}; there are: {shown_keys(element)}.")
    return element[key]


def _extreme(name: str, choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def call(evaluation: Evaluation, *values: Json) -> Any:
        candidates = _list(name, evaluation, values[0]) if len(values) == 1 else list(values)
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
    for value in _built_list(evaluation, _list("unique", evaluation, values)):
        evaluation.work()
        seen.setdefault(json.dumps(value, sort_keys=True), value)
    return list(seen.values())


def enumerated(evaluation: Evaluation, values: Json, start: int = 0) -> list[Any]:
    """Pairs of number and element."""
    listed = _list("enumerate", evaluation, values)
    evaluation.build(len(listed) * SLOT_BYTES * 3)
    return [[number, value] for number, value in enumerate(listed, start)]


def zipped(evaluation: Evaluation, *lists: Json) -> list[Any]:
    """Lists of the first, second, … elements; as long as the shortest."""
    listed = [_list("zip", evaluation, values) for values in lists]
    evaluation.build(sum(map(len, listed)) * SLOT_BYTES * 2)
    return [list(row) for row in zip(*listed, strict=False)]


def keys(evaluation: Evaluation, value: Json) -> list[str]:
    """The keys of an object."""
    if not isinstance(value, dict):
        raise ExpressionError(f"keys() needs an object, not {kind_of(value)}.")
    return _list("keys", evaluation, value)


def values(evaluation: Evaluation, value: Json) -> list[Any]:
    """The values of an object."""
    if not isinstance(value, dict):
        raise ExpressionError(f"values() needs an object, not {kind_of(value)}.")
    evaluation.elements(value)
    return _built_list(evaluation, list(value.values()))


def query(evaluation: Evaluation, data: Json, text: str) -> Json:
    """What a JMESPath query selects from data."""
    try:
        found = run_query(_text("jmespath", text), data, check=evaluation.check)
    except QueryError as error:
        raise ExpressionError(str(error)) from None
    evaluation.build(SLOT_BYTES)
    return found


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": absolute,
    "all": lambda evaluation, values: all(_list("all", evaluation, values)),
    "any": lambda evaluation, values: any(_list("any", evaluation, values)),
    "bool": lambda _, value=False: bool(value),
    "ceil": ceil,
    "date": date,
    "enumerate": enumerated,
    "float": to_float,
    "floor": floor,
    "int": to_int,
    "jmespath": query,
    "join": lambda evaluation, parts, separator="": join_texts(evaluation, _text("join", separator), parts),
    "json": to_json,
    "keys": keys,
    "len": length,
    "list": lambda evaluation, values: _built_list(evaluation, list(_list("list", evaluation, values))),
    "lower": lambda evaluation, text: to_str(evaluation, _text("lower", text).lower()),
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "now": now,
    "range": numbers,
    "replace": lambda evaluation, text, old, new: replace_text(evaluation, _text("replace", text), old, new),
    "reversed": lambda evaluation, values: _built_list(evaluation, _list("reversed", evaluation, values)[::-1]),
    "round": round_number,
    "sorted": sort,
    "split": lambda evaluation, text, separator=None: split_text(evaluation, _text("split", text), separator),
    "str": to_str,
    "strip": lambda evaluation, text: to_str(evaluation, _text("strip", text).strip()),
    "sum": total,
    "timestamp": timestamp,
    "title": lambda evaluation, text: to_str(evaluation, _text("title", text).title()),
    "trim": lambda evaluation, text: to_str(evaluation, _text("trim", text).strip()),
    "unique": unique,
    "upper": lambda evaluation, text: to_str(evaluation, _text("upper", text).upper()),
    "values": values,
    "zip": zipped,
}
