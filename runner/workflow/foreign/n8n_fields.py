"""n8n's Set (Edit Fields) in the forms of all versions: the fields it gives values."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.workflow.foreign.n8n_expressions import Values
from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import Scope, quoted

_EMPTY: Mapping[str, Any] = {"string": "", "number": 0, "boolean": False}
"""What a field was given when nothing was typed."""


def set_fields(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Name, type and value of each field. Raises UntranslatableError for the form that is JSON text."""
    if parameters.get("mode") == "raw":
        yield from _raw(parameters.get("jsonOutput"))
        return
    assignments = parameters.get("assignments")
    if isinstance(assignments, dict):
        for entry in assignments.get("assignments", ()):
            yield str(entry.get("name", "")), str(entry.get("type", "string")), entry.get("value")
    fields = parameters.get("fields")
    if isinstance(fields, dict):
        for entry in fields.get("values", ()):
            kind = str(entry.get("type", "stringValue"))
            yield str(entry.get("name", "")), kind.removesuffix("Value"), entry.get(kind)
    older = parameters.get("values")
    if isinstance(older, dict):
        for kind, entries in older.items():
            for entry in entries if isinstance(entries, list) else ():
                yield str(entry.get("name", "")), kind, entry.get("value", _EMPTY.get(kind))


def keeps_others(parameters: Mapping[str, Any], version: float) -> bool:
    """Whether fields that are not named stay."""
    if version < 3:
        return parameters.get("keepOnlySet") is not True
    include = parameters.get("include", "all" if parameters.get("includeOtherFields") else "none")
    return bool(parameters.get("includeOtherFields")) and include == "all"


def object_expression(fields: Iterator[tuple[str, str, Any]], values: Values) -> tuple[str, list[list[str]]]:
    """The fields as one object expression, and the path of each. Raises UntranslatableError."""
    tree: dict[str, Any] = {}
    paths: list[list[str]] = []
    for name, kind, given in fields:
        path = [step for step in name.split(".") if step] or [name]
        paths.append(path)
        level = tree
        for step in path[:-1]:
            level = level.setdefault(step, {})
            if not isinstance(level, dict):
                raise UntranslatableError(f"The field {name!r} stands inside another one that is no object.")
        level[path[-1]] = values.operand(_typed(kind, given))
    return _written(tree), paths


def scope_behind(node_id: str, paths: list[list[str]], before: Scope | None) -> Scope:
    """The data behind a Set: its own fields, over those before it where they stay."""
    whole = f"nodes.{node_id}.output"
    if before is None:
        return Scope(whole)
    scope = Scope(None, base=before)
    for path in paths:
        scope = scope.with_field(path, Scope(Scope(whole).at(path)))
    return scope


def _raw(text: Any) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(text, str) or text.startswith("="):
        raise UntranslatableError("Its JSON is made by an expression.")
    try:
        document = json.loads(text)
    except ValueError:
        raise UntranslatableError("Its JSON cannot be read.") from None
    if not isinstance(document, dict):
        raise UntranslatableError("Its JSON is no object.")
    yield from ((name, "object", value) for name, value in document.items())


def _typed(kind: str, value: Any) -> Any:
    if not isinstance(value, str) or value.startswith("=") or kind == "string":
        return value
    if kind in ("array", "object", "number", "boolean"):
        try:
            return json.loads(value)
        except ValueError:
            raise UntranslatableError(f"{value!r} is no {kind}.") from None
    return value


def _written(tree: Mapping[str, Any]) -> str:
    entries = (f"{quoted(key)}: {_written(value) if isinstance(value, dict) else value}" for key, value in tree.items())
    return "{" + ", ".join(entries) + "}"
