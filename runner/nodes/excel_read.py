"""Reading workbooks: xlsx, xlsm, xlsb, xls and ods, as values and not as formulas."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from pydantic import Field, field_validator
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import file_errors, resolve_path
from runner.nodes.rows import Row, unique_names
from runner.nodes.tables import table_output
from runner.workflow.documents import Json

ROW_LIMIT: Final = 1_048_576
_RANGE: Final = re.compile(r"([A-Za-z]{1,3})([1-9]\d{0,6})?(?::([A-Za-z]{1,3})([1-9]\d{0,6})?)?\Z", re.ASCII)
_EXACT: Final = 2**53


@dataclass(frozen=True, slots=True)
class CellRange:
    """Rows and columns counted from 0, ends excluded; None: to the end of the sheet."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `B2:F20`, `B:F` or `B2` (from there to the end). Raises ValueError."""
        match = _RANGE.match(text)
        if not match:
            raise ValueError("write a range like B2:F20, B:F, or B2 for all from there on")
        left, top, right, bottom = match.groups()
        cells = cls(
            top=int(top or 1) - 1,
            left=_column_number(left) - 1,
            bottom=int(bottom) if bottom else None,
            right=_column_number(right) if right else None,
        )
        if (cells.bottom or cells.top + 1) <= cells.top or (cells.right or cells.left + 1) <= cells.left:
            raise ValueError("the range ends before it begins")
        return cells


class ReadExcelConfig(NodeConfig):
    """Config of excel.read."""

    path: str = Field(title="File", description="Path of the workbook (xlsx, xlsm, xlsb, xls, ods).")
    sheet: str | int = Field(default=1, title="Sheet", description="Its name, or its number from 1.")
    range: str | None = Field(
        default=None, title="Range", description="B2:F20, B:F, or B2 for all from there on; none: the whole sheet."
    )
    header: bool = Field(default=True, title="Header", description="The first row holds the names of the columns.")
    empty_rows: bool = Field(default=False, title="Keep empty rows", description="Otherwise they are left out.")
    max_rows: int = Field(default=ROW_LIMIT, ge=1, le=ROW_LIMIT, title="Most rows", description="More is a failure.")

    @field_validator("range")
    @classmethod
    def _is_range(cls, value: str | None) -> str | None:
        if value is not None:
            CellRange.parse(value)
        return value


class ReadExcel(NodeType[ReadExcelConfig]):
    """excel.read: output `{rows, columns, count, sheet, sheets, path}`; dates are ISO text, empty cells null."""

    type = "excel.read"
    title = "Read Excel"
    help = "Reads a sheet of a workbook, or a range of it, as a table."
    icon = "file-type-xls"
    config = ReadExcelConfig
    example: ClassVar[dict[str, Any]] = {"path": "orders.xlsx", "sheet": "May", "range": "B3:F200"}
    repeatable = True

    async def run(self, config: ReadExcelConfig, context: NodeContext) -> Result:
        """Read in a thread. Raises NodeFailure FILE_NOT_FOUND, EXCEL_UNREADABLE, SHEET_NOT_FOUND, TABLE_TOO_LARGE."""
        return Result(await asyncio.to_thread(_read, config, resolve_path(context, config.path)))


def _read(config: ReadExcelConfig, path: Path) -> dict[str, Json]:
    with file_errors(path):
        path.open("rb").close()
        try:
            with CalamineWorkbook.from_path(path) as book:
                sheet = _find_sheet(config.sheet, book, path)
                lines = _cells(sheet, CellRange.parse(config.range) if config.range else None)
                names, rows = _table(config, lines)
                return table_output(rows, names, path=str(path), sheet=sheet.name, sheets=[*book.sheet_names])
        except PasswordError as error:
            raise NodeFailure("EXCEL_ENCRYPTED", f"{path} has a password; save it without one.") from error
        except CalamineError as error:
            raise NodeFailure(
                "EXCEL_UNREADABLE", f"{path} is no workbook that can be read ({error}); open and save it in Excel."
            ) from error


def _find_sheet(wanted: str | int, book: CalamineWorkbook, path: Path) -> CalamineSheet:
    names = book.sheet_names
    for number, name in enumerate(names, start=1):
        if wanted == number or (isinstance(wanted, str) and wanted.casefold() == name.casefold()):
            return book.get_sheet_by_name(name)
    raise NodeFailure(
        "SHEET_NOT_FOUND",
        f"{path} has no sheet {wanted!r}; it has: {', '.join(names)}.",
        details={"sheets": [*names]},
    )


def _cells(sheet: CalamineSheet, cells: CellRange | None) -> Iterator[list[Json]]:
    """Rows of the range, all of the same width; without a range, from the first column that is not empty.

    The library gives all rows from the sheet's first one on, but leaves out the columns that are empty on the left.
    """
    if sheet.start is None:
        return
    first_column = sheet.start[1]
    cells = cells or CellRange(left=first_column)
    right = cells.right if cells.right is not None else max(first_column + sheet.width, cells.left)
    width = right - cells.left
    padding: list[Json] = [None] * max(first_column - cells.left, 0)
    skip = max(cells.left - first_column, 0)
    for row in islice(sheet.iter_rows(), cells.top, cells.bottom):
        line = [*padding, *map(_json_value, row[skip:])][:width]
        yield line + [None] * (width - len(line))


def _table(config: ReadExcelConfig, lines: Iterator[list[Json]]) -> tuple[list[str], list[Row]]:
    filled = lines if config.empty_rows else (line for line in lines if any(value is not None for value in line))
    first = next(filled, None)
    if first is None:
        return [], []
    names = unique_names([str(value).strip() if config.header and value is not None else "" for value in first])
    rows = [] if config.header else [_row(names, first)]
    rows += [_row(names, line) for line in islice(filled, config.max_rows + 1 - len(rows))]
    if len(rows) > config.max_rows:
        raise NodeFailure("TABLE_TOO_LARGE", f"The sheet has more than {config.max_rows:,} rows; read a range.")
    return names, rows


def _row(names: Sequence[str], line: Sequence[Json]) -> Row:
    return dict(zip(names, line, strict=True))


def _json_value(value: Any) -> Json:
    match value:
        case "":
            return None
        case float():
            # Excel knows no whole numbers: 17 comes as 17.0.
            return int(value) if value.is_integer() and abs(value) < _EXACT else value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bool() | int() | str():
            return value
    return str(value)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


NODES = (ReadExcel,)
