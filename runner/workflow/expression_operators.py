"""Operators of expressions: Python's on plain data, without the ones that explode.

Each takes the evaluation and two values. No `%` and no repetition beyond the limit on texts, no huge powers, no result
that is not JSON.
"""

import ast
import operator
from collections.abc import Callable
from typing import Any

from runner.workflow.evaluation import (
    MAX_NUMBER_BITS,
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    check_weight,
    kind_of,
)

Operator = Callable[[Evaluation, Any, Any], Any]

_INFINITY = float("inf")


def finite(number: Any) -> Any:
    """The number itself. Raises ExpressionError when it is infinite, not a number, or has more than 1,024 bits."""
    if type(number) is int:
        if number.bit_length() > MAX_NUMBER_BITS:
            raise ExpressionError("The number is too large.")
    elif type(number) is float and not -_INFINITY < number < _INFINITY:
        raise ExpressionError("The result is no finite number.")
    return number


def _numbers(symbol: str, left: Any, right: Any) -> None:
    for value in (left, right):
        if not isinstance(value, int | float):
            raise ExpressionError(f"`{symbol}` needs numbers, not {kind_of(left)} and {kind_of(right)}.")


def _add(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        evaluation.build(len(left) + len(right))
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        evaluation.build((len(left) + len(right)) * SLOT_BYTES)
        return left + right
    if isinstance(left, str) or isinstance(right, str):
        raise ExpressionError(
            f"`+` cannot join {kind_of(left)} and {kind_of(right)}; turn the other side into text by str()."
        )
    _numbers("+", left, right)
    return finite(left + right)


def _multiply(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(right, str | list):
        left, right = right, left
    if isinstance(left, str | list) and isinstance(right, int) and not isinstance(right, bool):
        evaluation.build(len(left) * max(right, 0) * (1 if isinstance(left, str) else SLOT_BYTES))
        return left * right
    _numbers("*", left, right)
    return finite(left * right)


def _power(_: Evaluation, left: Any, right: Any) -> Any:
    _numbers("**", left, right)
    if isinstance(left, int) and isinstance(right, int) and abs(left).bit_length() * abs(right) > 2 * MAX_NUMBER_BITS:
        raise ExpressionError("The power is too large.")
    result = left**right
    if isinstance(result, complex):
        raise ExpressionError("A negative number has no real root.")
    return finite(result)


def _arithmetic(symbol: str, compute: Callable[[Any, Any], Any]) -> Operator:
    def apply(_: Evaluation, left: Any, right: Any) -> Any:
        _numbers(symbol, left, right)
        return finite(compute(left, right))

    return apply


def _ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Operator:
    def apply(evaluation: Evaluation, left: Any, right: Any) -> bool:
        _prepare(evaluation, left, right)
        try:
            return compare(left, right)
        except TypeError:
            raise ExpressionError(f"`{symbol}` cannot compare {kind_of(left)} with {kind_of(right)}.") from None

    return apply


def _prepare(evaluation: Evaluation, left: Any, right: Any) -> None:
    # Comparing two containers goes down into both; anything else ends at the first step.
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        evaluation.check()
        check_weight(left)
        check_weight(right)


def _equal(evaluation: Evaluation, left: Any, right: Any) -> bool:
    _prepare(evaluation, left, right)
    return bool(left == right)


def _contains(evaluation: Evaluation, element: Any, whole: Any) -> bool:
    if isinstance(whole, str) and not isinstance(element, str):
        raise ExpressionError(f"`in` looks for text in a text, not for {kind_of(element)}.")
    if not isinstance(whole, str | list | dict):
        raise ExpressionError(f"`in` needs a text, a list or an object, not {kind_of(whole)}.")
    if isinstance(whole, dict) and not isinstance(element, str):
        return False
    if len(whole) > SLOT_BYTES:
        evaluation.check()
    if isinstance(element, list | dict):
        check_weight(whole)
        check_weight(element)
    return element in whole


def _same(_: Evaluation, left: Any, right: Any) -> bool:
    # Identity has a meaning for null, true and false only; the compiler lets nothing else stand on the right.
    return left is right


BINARY: dict[type[ast.operator], Operator] = {
    ast.Add: _add,
    ast.Sub: _arithmetic("-", operator.sub),
    ast.Mult: _multiply,
    ast.Div: _arithmetic("/", operator.truediv),
    ast.FloorDiv: _arithmetic("//", operator.floordiv),
    ast.Mod: _arithmetic("%", operator.mod),
    ast.Pow: _power,
}

COMPARISONS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: _equal,
    ast.NotEq: lambda evaluation, left, right: not _equal(evaluation, left, right),
    ast.Lt: _ordering("<", operator.lt),
    ast.LtE: _ordering("<=", operator.le),
    ast.Gt: _ordering(">", operator.gt),
    ast.GtE: _ordering(">=", operator.ge),
    ast.In: _contains,
    ast.NotIn: lambda evaluation, element, whole: not _contains(evaluation, element, whole),
    ast.Is: _same,
    ast.IsNot: lambda evaluation, left, right: not _same(evaluation, left, right),
}


def negate(value: Any) -> Any:
    """Unary minus. Raises ExpressionError for anything but a number."""
    if not isinstance(value, int | float):
        raise ExpressionError(f"`-` needs a number, not {kind_of(value)}.")
    return -value


def plus(value: Any) -> Any:
    """Unary plus. Raises ExpressionError for anything but a number."""
    if not isinstance(value, int | float):
        raise ExpressionError(f"`+` needs a number, not {kind_of(value)}.")
    return +value


UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: negate,
    ast.UAdd: plus,
}
