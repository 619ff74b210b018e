"""Conditions of n8n's If, Switch and Filter, in the forms of all versions, as one expression of ours."""

from collections.abc import Mapping
from typing import Any

from runner.workflow.foreign.n8n_expressions import Values
from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import quoted

_COMPARE: Mapping[str, str] = {
    "equals": "{0} == {1}",
    "equal": "{0} == {1}",
    "notEquals": "{0} != {1}",
    "notEqual": "{0} != {1}",
    "gt": "{0} > {1}",
    "larger": "{0} > {1}",
    "gte": "{0} >= {1}",
    "largerEqual": "{0} >= {1}",
    "lt": "{0} < {1}",
    "smaller": "{0} < {1}",
    "lte": "{0} <= {1}",
    "smallerEqual": "{0} <= {1}",
    "contains": "{1} in {0}",
    "notContains": "{1} not in {0}",
    "startsWith": "{0}.startswith({1})",
    "notStartsWith": "not {0}.startswith({1})",
    "endsWith": "{0}.endswith({1})",
    "notEndsWith": "not {0}.endswith({1})",
    "true": "{0} == true",
    "false": "{0} == false",
    "empty": "not default({0}, null)",
    "isEmpty": "not default({0}, null)",
    "notEmpty": "bool(default({0}, null))",
    "isNotEmpty": "bool(default({0}, null))",
    "exists": "default({0}, null) != null",
    "notExists": "default({0}, null) == null",
    "lengthEquals": "len({0}) == {1}",
    "lengthNotEquals": "len({0}) != {1}",
    "lengthGt": "len({0}) > {1}",
    "lengthLt": "len({0}) < {1}",
    "lengthGte": "len({0}) >= {1}",
    "lengthLte": "len({0}) <= {1}",
}
_TYPES = frozenset({"string", "number", "boolean", "array", "object"})
_DEFAULT_OPERATION = {"string": "equal", "number": "smaller", "boolean": "equal"}


def condition_of(parameters: Mapping[str, Any], values: Values) -> str:
    """The condition, without braces. Raises UntranslatableError."""
    conditions = parameters.get("conditions")
    if not isinstance(conditions, dict):
        raise UntranslatableError("It has no conditions.")
    listed = conditions.get("conditions")
    if isinstance(listed, list):
        ignore_case = _option(conditions, "caseSensitive", True) is False
        words = [_newer(entry, values, ignore_case) for entry in listed]
        return _combined(words, "or" if conditions.get("combinator") == "or" else "and")
    words = [
        _compared(kind, entry.get("operation", operation), entry.get("value1"), entry.get("value2"), values)
        for kind, operation in _DEFAULT_OPERATION.items()
        for entry in conditions.get(kind, ())
        if isinstance(entry, dict)
    ]
    if set(conditions) - set(_DEFAULT_OPERATION):
        raise UntranslatableError("It compares more than texts, numbers and booleans.")
    return _combined(words, "or" if parameters.get("combineOperation") == "any" else "and")


def rule_of(kind: str, value: Any, rule: Mapping[str, Any], values: Values) -> str:
    """One rule of a Switch before its version 3. Raises UntranslatableError."""
    operation = rule.get("operation", _DEFAULT_OPERATION.get(kind, "equal"))
    return _compared(kind, operation, value, rule.get("value2"), values)


def _newer(entry: Any, values: Values, ignore_case: bool) -> str:
    operator = entry.get("operator") if isinstance(entry, dict) else None
    if not isinstance(operator, dict) or operator.get("type") not in _TYPES:
        raise UntranslatableError("It compares something that has no equivalent, as dates.")
    kind, operation = str(operator["type"]), str(operator.get("operation", ""))
    return _compared(kind, operation, entry.get("leftValue"), entry.get("rightValue"), values, ignore_case)


def _compared(kind: str, operation: str, left: Any, right: Any, values: Values, ignore_case: bool = False) -> str:
    form = _COMPARE.get(operation)
    if form is None:
        raise UntranslatableError(f"The comparison {operation!r} has no equivalent.")
    sides = [values.operand(_typed(kind, operation, side)) for side in (left, right)]
    if ignore_case and kind == "string" and "{1}" in form:
        sides = [f"{side}.lower()" for side in sides]
    return f"({form.format(*sides)})"


def _typed(kind: str, operation: str, side: Any) -> Any:
    """A number that was typed as a text is a number where numbers are compared."""
    if not isinstance(side, str) or side.startswith("="):
        return side
    if kind == "number" or operation.startswith("length"):
        try:
            return float(side) if "." in side else int(side)
        except ValueError:
            raise UntranslatableError(f"{side!r} is no number.") from None
    if kind == "boolean" and side in ("true", "false"):
        return side == "true"
    return side


def _combined(words: list[str], joint: str) -> str:
    if not words:
        return quoted(True)
    return words[0][1:-1] if len(words) == 1 else f" {joint} ".join(words)


def _option(conditions: Mapping[str, Any], name: str, default: object) -> object:
    options = conditions.get("options")
    return options.get(name, default) if isinstance(options, dict) else default
