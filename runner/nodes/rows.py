"""Tables as nodes hand them on: a list of objects. Owns their columns and how two values compare."""

import json
from collections.abc import Hashable, Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field

from runner.nodes.base import NodeFailure
from runner.workflow.documents import Json

Row = dict[str, Any]
"""One record: column name to JSON value."""

Rows = Annotated[list[Row], Field(title="Rows", description="The table: a list of objects, one for each row.")]

ColumnNames = list[Annotated[str, Field(min_length=1)]]


def columns_of(rows: Iterable[Row]) -> list[str]:
    """All columns that appear, in the order in which they are first seen."""
    columns: dict[str, None] = {}
    for row in rows:
        if row.keys() - columns.keys():
            columns.update(dict.fromkeys(row))
    return list(columns)


def require_columns(wanted: Iterable[str], columns: Sequence[str], *, table: str = "The table") -> None:
    """Raise NodeFailure MISSING_COLUMN that lists the columns there are, unless all `wanted` ones are among them."""
    missing: list[Json] = [name for name in wanted if name not in columns]
    if missing:
        raise NodeFailure(
            "MISSING_COLUMN",
            f"{table} has no column {', '.join(map(str, missing))}; it has: {', '.join(columns) or 'none'}.",
            details={"missing": missing, "columns": list(columns)},
        )


def unique_names(names: Sequence[str]) -> list[str]:
    """Column names of a header row: empty ones become `column3`, repeated ones get `_2`, `_3`."""
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        name = name or f"column{position}"
        candidate, copy = name, 1
        while candidate in seen or (copy > 1 and candidate in taken):
            copy += 1
            candidate = f"{name}_{copy}"
        seen.add(candidate)
        unique.append(candidate)
    return unique


def identity(value: Any) -> Hashable:
    """Something hashable that is equal for equal JSON values: 1 equals 1.0, true is not 1."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, dict | list):
        return ("json", json.dumps(value, sort_keys=True))
    hashable: Hashable = value
    return hashable


def comparable(values: Iterable[Any], column: str) -> None:
    """Raise NodeFailure MIXED_TYPES unless all values (nulls aside) are numbers, or all texts, or all true/false."""
    kinds = sorted({_kind(value) for value in values if value is not None})
    if len(kinds) > 1 or not {"list", "dict"}.isdisjoint(kinds):
        raise NodeFailure(
            "MIXED_TYPES",
            f"The values of {column} cannot be ordered: they are {' and '.join(kinds)}. "
            "Convert them first, for instance by the types of 'Read CSV'.",
            details={"column": column, "types": [*kinds]},
        )


def _kind(value: Any) -> str:
    return {int: "number", float: "number", str: "text", bool: "true/false"}.get(type(value), type(value).__name__)
