"""Node-RED's typed values and properties of the message, as expressions of ours."""

import json
import re
from collections.abc import Mapping
from typing import Any

from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import Scope, quoted

_STEP = re.compile(r"""\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[["']([^"'\]]+)["']\]""")


def path_of(text: str) -> list[str | int]:
    """`payload.rows[0]["a b"]` → its steps. Raises UntranslatableError."""
    path: list[str | int] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            raise UntranslatableError(f"The property {text!r} is computed.")
        path.append(int(found[2]) if found[2] else found[1] or found[3])
        position = found.end()
    return path


def read_property(text: str, message: Scope) -> str:
    """A property of the message. Raises UntranslatableError where its place here is not known."""
    found = message.at(path_of(text))
    if found is None:
        raise UntranslatableError(f"Where msg.{text} comes from is not known here.")
    return found


def typed_value(value: Any, kind: str, message: Scope) -> str:
    """A value with its type (`str`, `num`, `msg`, …). Raises UntranslatableError."""
    match kind:
        case "str" | "":
            return quoted(str(value))
        case "msg":
            return read_property(str(value), message)
        case "num":
            return _number(value)
        case "bool":
            return quoted(str(value).lower() == "true")
        case "json":
            return quoted(_json(value))
        case "date":
            return "floor(timestamp() * 1000)"
    raise UntranslatableError(f"A value of the type {kind} has no equivalent.")


def comparison(rule: Mapping[str, Any], value: str, message: Scope) -> str:
    """The condition of one rule of a switch on `value`. Raises UntranslatableError."""
    kind = str(rule.get("t", "eq"))
    sign = {"eq": "==", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}.get(kind)
    if sign is not None:
        return f"({value} {sign} {_operand(rule, 'v', message)})"
    match kind:
        case "btwn":
            return f"({_operand(rule, 'v', message)} <= {value} and {value} <= {_operand(rule, 'v2', message)})"
        case "cont":
            return f"({_operand(rule, 'v', message)} in {value})"
        case "hask":
            return f"({_operand(rule, 'v', message)} in keys({value}))"
        case "true" | "false":
            return f"({value} == {kind})"
        case "null":
            return f"(default({value}, null) == null)"
        case "nnull":
            return f"(default({value}, null) != null)"
        case "empty":
            return f"(len({value}) == 0)"
        case "nempty":
            return f"(len({value}) > 0)"
        case "else":
            return quoted(True)
    raise UntranslatableError(f"The rule {kind!r} has no equivalent.")


def _operand(rule: Mapping[str, Any], member: str, message: Scope) -> str:
    kind, value = str(rule.get(f"{member}t", "str")), rule.get(member, "")
    # Its own comparison takes "5" for 5 where the other side is a number; so does a person who typed it.
    if kind == "str" and rule.get("t") in ("lt", "lte", "gt", "gte", "btwn"):
        kind = "num"
    return typed_value(value, kind, message)


def _number(value: Any) -> str:
    try:
        number = float(str(value))
    except ValueError:
        raise UntranslatableError(f"{value!r} is no number.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise UntranslatableError(f"{value!r} is no number.")
    return quoted(int(number) if number.is_integer() else number)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise UntranslatableError("Its JSON cannot be read.") from None
