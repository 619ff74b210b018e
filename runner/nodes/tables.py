"""Tables row by row: filter, sort, remove duplicates. Groups and joins are in `table_groups.py`."""

import asyncio
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.nodes.base import ExpressionField, NodeConfig, NodeContext, NodeType, Result
from runner.nodes.rows import ColumnNames, Row, Rows, columns_of, comparable, identity, require_columns
from runner.workflow.documents import Json


class FilterConfig(NodeConfig):
    """Config of table.filter."""

    rows: Rows
    condition: ExpressionField = Field(
        title="Condition", description="An expression on `item` (the row) and `index`; rows for which it holds stay."
    )


class FilterTable(NodeType[FilterConfig]):
    """table.filter: output `{rows, columns, count, removed}`."""

    type = "table.filter"
    title = "Filter table"
    help = "Keeps the rows for which a condition holds."
    icon = "filter"
    config = FilterConfig
    example: ClassVar[dict[str, Any]] = {
        "rows": "{{ nodes.read.output.rows }}",
        "condition": "{{ item.amount > 100 and item.country == 'CH' }}",
    }
    expression_fields = frozenset({"condition"})
    repeatable = True
    isolated = False

    async def run(self, config: FilterConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Evaluate in a thread. Raises the condition's NodeFailure for the first row it fails on."""
        kept = await asyncio.to_thread(
            lambda: [row for index, row in enumerate(config.rows) if config.condition(item=row, index=index)]
        )
        return Result(table_output(kept, columns_of(config.rows), removed=len(config.rows) - len(kept)))


class SortKey(NodeConfig):
    """One column to sort by."""

    column: str = Field(min_length=1, title="Column", description="Name of the column.")
    descending: bool = Field(default=False, title="Descending", description="Largest first.")
    nulls: Literal["first", "last"] = Field(default="last", title="Empty", description="Where empty values stand.")
    ignore_case: bool = Field(default=False, title="Ignore case", description="Order a like A.")


class SortConfig(NodeConfig):
    """Config of table.sort."""

    rows: Rows
    by: list[SortKey] = Field(min_length=1, title="Sort by", description="The first column decides, then the next.")


class SortTable(NodeType[SortConfig]):
    """table.sort: output `{rows, columns, count}`. Equal rows keep their order."""

    type = "table.sort"
    title = "Sort table"
    help = "Orders the rows by one or several columns."
    icon = "sort-ascending"
    config = SortConfig
    example: ClassVar[dict[str, Any]] = {
        "rows": "{{ nodes.read.output.rows }}",
        "by": [{"column": "country"}, {"column": "amount", "descending": True}],
    }
    repeatable = True
    isolated = False

    async def run(self, config: SortConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Sort in a thread. Raises NodeFailure MISSING_COLUMN, MIXED_TYPES."""
        return Result(await asyncio.to_thread(_sort, config))


class DedupeConfig(NodeConfig):
    """Config of table.dedupe."""

    rows: Rows
    by: ColumnNames = Field(
        default_factory=list, title="Same when", description="Columns that are equal; none: the whole row is."
    )
    keep: Literal["first", "last"] = Field(default="first", title="Keep", description="Which of equal rows stays.")


class DedupeTable(NodeType[DedupeConfig]):
    """table.dedupe: output `{rows, columns, count, removed}`."""

    type = "table.dedupe"
    title = "Remove duplicates"
    help = "Keeps one of several rows that are equal in the given columns."
    icon = "copy-off"
    config = DedupeConfig
    example: ClassVar[dict[str, Any]] = {"rows": "{{ nodes.read.output.rows }}", "by": ["email"], "keep": "last"}
    repeatable = True
    isolated = False

    async def run(self, config: DedupeConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Compare in a thread. Raises NodeFailure MISSING_COLUMN."""
        return Result(await asyncio.to_thread(_dedupe, config))


def table_output(rows: list[Row], columns: list[str], **more: Json) -> dict[str, Json]:
    """The output of every node that gives a table."""
    return {"rows": [*rows], "columns": [*columns], "count": len(rows), **more}


def _sort(config: SortConfig) -> dict[str, Json]:
    columns = columns_of(config.rows)
    if config.rows:
        require_columns((key.column for key in config.by), columns)
    rows = list(config.rows)
    for key in reversed(config.by):
        comparable((row.get(key.column) for row in rows), key.column)
        rows.sort(key=lambda row, key=key: _order(row, key), reverse=key.descending)  # type: ignore[misc] # mypy cannot infer a lambda that binds its loop variable
    return table_output(rows, columns)


def _order(row: Row, key: SortKey) -> tuple[bool, Any]:
    value = row.get(key.column)
    # Reversing turns the place of empty values round as well, so it is turned round before.
    empty_is_larger = (key.nulls == "last") is not key.descending
    if value is None:
        return (empty_is_larger, 0)
    return (not empty_is_larger, value.casefold() if key.ignore_case and isinstance(value, str) else value)


def _dedupe(config: DedupeConfig) -> dict[str, Json]:
    columns = columns_of(config.rows)
    if config.rows:
        require_columns(config.by, columns)
    kept: dict[object, Row] = {}
    for row in config.rows:
        same = tuple(identity(row.get(name)) for name in config.by) if config.by else identity(row)
        if config.keep == "last":
            kept.pop(same, None)
        kept.setdefault(same, row)
    return table_output(list(kept.values()), columns, removed=len(config.rows) - len(kept))


NODES = (FilterTable, SortTable, DedupeTable)
