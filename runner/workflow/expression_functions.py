"""Functions that expressions may call, each bounded before it runs; those on dates and lists have modules of their own.

`default` is not here: the compiler makes it, because its second argument is read only when the first is missing.
"""

import math
from collections.abc import Callable
from typing import Any

from runner.workflow.documents import DocumentError, Json, parse_document
from runner.workflow.evaluation import (
    MAX_BUILT_BYTES,
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    kind_of,
    to_text,
)
from runner.workflow.expression_dates import date, now, timestamp
from runner.workflow.expression_lists import (
    built_list,
    enumerated,
    extreme,
    keys,
    length,
    listed,
    numbers,
    sort,
    total,
    unique,
    values,
    zipped,
)
from runner.workflow.expression_methods import join_texts, replace_text, split_text
from runner.workflow.expression_operators import finite
from runner.workflow.queries import QueryError, run_query

MAX_NUMBER_TEXT = 400


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{name}() needs a text, not {kind_of(value)}.")
    return value


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
    "all": lambda evaluation, values: all(listed("all", evaluation, values)),
    "any": lambda evaluation, values: any(listed("any", evaluation, values)),
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
    "list": lambda evaluation, values: built_list(evaluation, list(listed("list", evaluation, values))),
    "lower": lambda evaluation, text: to_str(evaluation, _text("lower", text).lower()),
    "max": extreme("max", max),
    "min": extreme("min", min),
    "now": now,
    "range": numbers,
    "replace": lambda evaluation, text, old, new: replace_text(evaluation, _text("replace", text), old, new),
    "reversed": lambda evaluation, values: built_list(evaluation, listed("reversed", evaluation, values)[::-1]),
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
