"""Tables by key: group with aggregations, join two tables."""

import asyncio
import math
from collections.abc import Callable, Hashable, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.rows import ColumnNames, Row, Rows, columns_of, comparable, identity, require_columns
from runner.nodes.tables import table_output
from runner.workflow.documents import Json

JOIN_LIMIT: Final = 1_000_000
"""Rows a join may make; a key that repeats on both sides multiplies them."""


class Aggregation(NodeConfig):
    """One figure of each group."""

    op: Literal["sum", "avg", "min", "max", "count", "first", "list"] = Field(
        title="Figure", description="What is computed; empty values do not count."
    )
    of: str | None = Field(default=None, title="Of column", description="`count` without a column counts the rows.")

    @model_validator(mode="after")
    def _has_column(self) -> Self:
        if self.of is None and self.op != "count":
            raise ValueError(f"{self.op} needs the column it is computed of")
        return self


class GroupConfig(NodeConfig):
    """Config of table.group."""

    rows: Rows
    by: ColumnNames = Field(min_length=1, title="Group by", description="Rows with equal values there belong together.")
    aggregations: dict[str, Aggregation] = Field(
        default_factory=dict, title="Figures", description="New column name → figure and the column it is computed of."
    )
    include_rows: bool = Field(default=True, title="With rows", description="Each group also carries its rows.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if same := sorted(self.aggregations.keys() & set(self.by)):
            raise ValueError(f"a figure cannot be called like a column grouped by: {', '.join(same)}")
        return self


class GroupTable(NodeType[GroupConfig]):
    """table.group: output `{groups: [{key, values, rows?}], rows, columns, count}`.

    `rows` is the same as a table: one row for each group with its key and figures. Groups stand in the order of their
    first row.
    """

    type = "table.group"
    title = "Group table"
    help = "Puts rows with the same key together and computes figures such as sum and average for each group."
    icon = "sitemap"
    config = GroupConfig
    example: ClassVar[dict[str, Any]] = {
        "rows": "{{ nodes.read.output.rows }}",
        "by": ["country"],
        "aggregations": {"orders": {"op": "count"}, "total": {"op": "sum", "of": "amount"}},
    }
    repeatable = True
    isolated = False

    async def run(self, config: GroupConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Group in a thread. Raises NodeFailure MISSING_COLUMN, NOT_A_NUMBER, MIXED_TYPES."""
        return Result(await asyncio.to_thread(_group, config))


class JoinTablesConfig(NodeConfig):
    """Config of table.join."""

    left: Annotated[Rows, Field(title="Left rows", description="The table that is kept or matched.")]
    right: Annotated[Rows, Field(title="Right rows", description="The table whose columns are added.")]
    on: ColumnNames = Field(min_length=1, title="Equal columns", description="Columns of the left table to match by.")
    right_on: ColumnNames | None = Field(
        default=None, title="Their names right", description="When the right table calls them differently."
    )
    how: Literal["inner", "left"] = Field(
        default="inner", title="Keep", description="`left` keeps rows without a match, with empty values."
    )
    matches: Literal["all", "first", "fail"] = Field(
        default="all", title="Several matches", description="Make a row for each, take the first, or fail."
    )
    suffix: str = Field(
        default="_right",
        min_length=1,
        title="Suffix",
        description="Added to right columns whose name the left has too.",
    )

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        if self.right_on is not None and len(self.right_on) != len(self.on):
            raise ValueError("give as many right columns as left ones")
        return self


class JoinTables(NodeType[JoinTablesConfig]):
    """table.join: output `{rows, columns, count, unmatched}`; empty keys match nothing."""

    type = "table.join"
    title = "Join tables"
    help = "Adds to each row of one table the columns of the matching row of another."
    icon = "table-plus"
    config = JoinTablesConfig
    example: ClassVar[dict[str, Any]] = {
        "left": "{{ nodes.orders.output.rows }}",
        "right": "{{ nodes.customers.output.rows }}",
        "on": ["customer"],
        "rightOn": ["id"],
        "how": "left",
    }
    repeatable = True
    isolated = False

    async def run(self, config: JoinTablesConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Join in a thread. Raises NodeFailure MISSING_COLUMN, SEVERAL_MATCHES, TABLE_TOO_LARGE."""
        return Result(await asyncio.to_thread(_join, config))


def _group(config: GroupConfig) -> dict[str, Json]:
    figures = config.aggregations
    if config.rows:
        used = [*config.by, *(figure.of for figure in figures.values() if figure.of is not None)]
        require_columns(used, columns_of(config.rows))
    members: dict[Hashable, list[Row]] = {}
    for row in config.rows:
        members.setdefault(_key(row, config.by), []).append(row)
    groups: list[Json] = []
    table: list[Row] = []
    for rows in members.values():
        key = {name: rows[0].get(name) for name in config.by}
        values = {name: _figure(figure, rows) for name, figure in figures.items()}
        groups.append({"key": key, "values": values} | ({"rows": [*rows]} if config.include_rows else {}))
        table.append(key | values)
    return {"groups": groups, **table_output(table, [*config.by, *figures])}


def _figure(figure: Aggregation, rows: Sequence[Row]) -> Json:
    if figure.of is None:
        return len(rows)
    values = [value for row in rows if (value := row.get(figure.of)) is not None]
    return _COMPUTE[figure.op](values, figure.of)


def _sum(values: list[Any], column: str) -> int | float:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise NodeFailure(
                "NOT_A_NUMBER",
                f"{column} holds {str(value)[:80]!r}, which is no number; read it as a number or filter it out.",
                details={"column": column},
            )
    whole = [value for value in values if isinstance(value, int)]
    if len(whole) == len(values):
        return sum(whole)
    try:
        return math.fsum(values)  # exact to the last digit, whatever the order of the rows
    except OverflowError:
        raise NodeFailure("NUMBER_TOO_LARGE", f"The sum of {column} is too large for a number.") from None


def _average(values: list[Any], column: str) -> Json:
    return _sum(values, column) / len(values) if values else None


def _extreme(choose: Callable[[list[Any]], Json]) -> Callable[[list[Any], str], Json]:
    def compute(values: list[Any], column: str) -> Json:
        comparable(values, column)
        return choose(values) if values else None

    return compute


_COMPUTE: Final[dict[str, Callable[[list[Any], str], Json]]] = {
    "sum": _sum,
    "avg": _average,
    "min": _extreme(min),
    "max": _extreme(max),
    "count": lambda values, _: len(values),
    "first": lambda values, _: values[0] if values else None,
    "list": lambda values, _: values,
}


def _join(config: JoinTablesConfig) -> dict[str, Json]:
    right_on = config.right_on or config.on
    left_columns, right_columns = columns_of(config.left), columns_of(config.right)
    if config.left:
        require_columns(config.on, left_columns, table="The left table")
    if config.right:
        require_columns(right_on, right_columns, table="The right table")
    added = _added_columns(left_columns, [name for name in right_columns if name not in right_on], config.suffix)
    index: dict[Hashable, list[Row]] = {}
    for row in config.right:
        index.setdefault(_key(row, right_on), []).append(row)
    rows: list[Row] = []
    unmatched = 0
    for row in config.left:
        found = _matches(row, config, index)
        unmatched += not found
        matches = found or ([{}] if config.how == "left" else [])
        rows.extend(row | {new: match.get(name) for name, new in added.items()} for match in matches)
        if len(rows) > JOIN_LIMIT:
            raise NodeFailure(
                "TABLE_TOO_LARGE",
                f"The join gives more than {JOIN_LIMIT:,} rows; join by more columns or filter first.",
            )
    return table_output(rows, [*left_columns, *added.values()], unmatched=unmatched)


def _added_columns(left: Sequence[str], right: Sequence[str], suffix: str) -> dict[str, str]:
    """Right column → its name in the result, different from all others."""
    taken = set(left)
    added: dict[str, str] = {}
    for name in right:
        new = name
        while new in taken:
            new += suffix
        taken.add(new)
        added[name] = new
    return added


def _matches(row: Row, config: JoinTablesConfig, index: dict[Hashable, list[Row]]) -> list[Row]:
    if any(row.get(name) is None for name in config.on):
        return []
    found = index.get(_key(row, config.on), [])
    if len(found) > 1 and config.matches == "fail":
        key: dict[str, Json] = {name: row.get(name) for name in config.on}
        raise NodeFailure(
            "SEVERAL_MATCHES",
            f"{len(found)} rows of the right table match {key}; remove duplicates first.",
            details=key,
        )
    return found[:1] if config.matches == "first" else found


def _key(row: Row, columns: Sequence[str]) -> Hashable:
    return tuple(identity(row.get(name)) for name in columns)


NODES = (GroupTable, JoinTables)
