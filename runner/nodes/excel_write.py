"""Writing workbooks: new ones row by row without holding them in memory, and sheets into those that exist."""

import asyncio
import json
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import AfterValidator, Field, field_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import check_target, file_errors, replacing, resolve_path
from runner.nodes.rows import ColumnNames, Row, Rows, columns_of, require_columns
from runner.workflow.documents import Json

ROW_LIMIT: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
TEXT_LIMIT: Final = 32_767
_EXACT: Final = 10**15
"""Excel keeps 15 digits; longer whole numbers (accounts, card numbers) are written as text."""
_WIDEST: Final = 60
_WIDTH_SAMPLE: Final = 200
_HEADER_FONT: Final = Font(bold=True)

# Branches of one workflow may add sheets to the same workbook: load, change and save must not interleave.
_UPDATE_LOCK: Final = threading.Lock()


def _sheet_name(value: str) -> str:
    if not value.strip() or len(value) > 31 or set(value) & set("[]:*?/\\") or value[0] == "'" or value[-1] == "'":
        raise ValueError("a sheet's name has 1 to 31 characters, none of [ ] : * ? / \\ and no ' at its ends")
    return value


class SheetConfig(NodeConfig):
    """One sheet to write."""

    name: Annotated[str, AfterValidator(_sheet_name)] = Field(title="Name", description="Up to 31 characters.")
    rows: Rows
    columns: ColumnNames = Field(
        default_factory=list, title="Columns", description="Which columns, in which order; none: all there are."
    )
    header: bool = Field(default=True, title="Header", description="Names of the columns first, bold and kept in view.")
    formats: dict[str, str] = Field(
        default_factory=dict, title="Formats", description="Column → Excel number format, for instance #,##0.00."
    )
    dates: ColumnNames = Field(
        default_factory=list, title="Date columns", description="ISO texts there are written as real dates."
    )


class WriteExcelConfig(NodeConfig):
    """Config of excel.write."""

    path: str = Field(
        title="File", description="Path of the workbook (xlsx, or xlsm to update); missing folders are made."
    )
    sheets: list[SheetConfig] = Field(min_length=1, title="Sheets", description="What is written, in this order.")
    if_exists: Literal["replace", "update", "fail"] = Field(
        default="replace",
        title="If it exists",
        description="`update` keeps the workbook and adds these sheets, or replaces those of the same name.",
    )
    formulas: bool = Field(
        default=False, title="Formulas", description="Texts that begin with = are formulas; off: they stay texts."
    )

    @field_validator("sheets")
    @classmethod
    def _names_differ(cls, sheets: list[SheetConfig]) -> list[SheetConfig]:
        if len({sheet.name.casefold() for sheet in sheets}) < len(sheets):
            raise ValueError("two sheets have the same name (Excel ignores case)")
        return sheets


class WriteExcel(NodeType[WriteExcelConfig]):
    """excel.write: output `{path, size, sheets, rows}` with all sheet names. The file changes whole or not at all."""

    type = "excel.write"
    title = "Write Excel"
    help = "Writes tables as sheets of a new workbook, or adds them to one that exists."
    icon = "table-export"
    config = WriteExcelConfig
    example: ClassVar[dict[str, Any]] = {
        "path": "out/report.xlsx",
        "sheets": [{"name": "Orders", "rows": "{{ nodes.read.output.rows }}", "formats": {"amount": "#,##0.00"}}],
        "ifExists": "update",
    }
    repeatable = True

    async def run(self, config: WriteExcelConfig, context: NodeContext) -> Result:
        """Write in a thread. Raises NodeFailure EXCEL_UNREADABLE, EXCEL_BAD_VALUE, TABLE_TOO_LARGE, FILE_EXISTS."""
        return Result(await asyncio.to_thread(_write, config, resolve_path(context, config.path)))


def _write(config: WriteExcelConfig, path: Path) -> dict[str, Json]:
    for sheet in config.sheets:
        if sheet.rows:
            there_are = columns_of(sheet.rows)
            require_columns([*sheet.columns, *sheet.formats, *sheet.dates], there_are, table=f"Sheet {sheet.name}")
        if len(sheet.rows) > ROW_LIMIT:
            raise NodeFailure("TABLE_TOO_LARGE", f"Sheet {sheet.name} has more than {ROW_LIMIT:,} rows; split it.")
        _check_values(sheet)
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise NodeFailure("EXCEL_UNREADABLE", f"{path}: only .xlsx and .xlsm can be written; change the name.")
    check_target(path, "fail" if config.if_exists == "fail" else "replace")
    with _UPDATE_LOCK:
        book = _load(path) if config.if_exists == "update" and path.exists() else Workbook(write_only=True)
        try:
            for sheet in config.sheets:
                _write_sheet(book, sheet, formulas=config.formulas)
            with file_errors(path), replacing(path) as temporary:
                book.save(temporary)
                size = temporary.stat().st_size
        finally:
            book.close()
    names: list[Json] = [*book.sheetnames]
    return {"path": str(path), "size": size, "sheets": names, "rows": sum(len(sheet.rows) for sheet in config.sheets)}


def _load(path: Path) -> Workbook:
    with file_errors(path):
        try:
            return load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm")
        except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
            raise NodeFailure(
                "EXCEL_UNREADABLE", f"{path} is no workbook that can be changed ({error}); open and save it in Excel."
            ) from error


def _write_sheet(book: Workbook, config: SheetConfig, *, formulas: bool) -> None:
    position = None
    for index, name in enumerate(book.sheetnames):
        if name.casefold() == config.name.casefold():
            position = index
            book.remove(book[name])
            break
    sheet = book.create_sheet(config.name, position)
    columns = config.columns or columns_of(config.rows)
    for number, width in enumerate(_widths(columns, config.rows), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    if config.header and columns:
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, name, font=_HEADER_FONT) for name in columns])
    dates = frozenset(config.dates)
    for row in config.rows:
        sheet.append(
            [
                _value(sheet, row.get(name), name, config.formats.get(name), is_date=name in dates, formulas=formulas)
                for name in columns
            ]
        )


def _widths(columns: Sequence[str], rows: Iterable[Row]) -> list[int]:
    """Columns wide enough for what stands in the first rows."""
    sample = list(zip(range(_WIDTH_SAMPLE), rows, strict=False))
    return [
        min(max(len(name), *(len(str(row.get(name, ""))) for _, row in sample), 6) + 2, _WIDEST) for name in columns
    ]


def _value(sheet: Any, value: Any, column: str, number_format: str | None, *, is_date: bool, formulas: bool) -> Any:
    """What openpyxl is given: a plain value where that means the same, a cell where it would guess or has a format."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    elif is_date and isinstance(value, str):
        return _cell(sheet, _date(value, column), number_format=number_format or "yyyy-mm-dd")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        value = str(value)
    if isinstance(value, str) and (value in ERROR_CODES or (value.startswith("=") and not formulas)):
        return _cell(sheet, value, number_format=number_format)
    return value if number_format is None else _cell(sheet, value, number_format=number_format, formulas=formulas)


def _cell(
    sheet: Any, value: Any, *, font: Font | None = None, number_format: str | None = None, formulas: bool = False
) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str) and not formulas:
        cell.data_type = "s"
    if font is not None:
        cell.font = font
    if number_format is not None:
        cell.number_format = number_format
    return cell


def _date(text: str, column: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)  # Excel knows no time zones
    except ValueError as error:
        raise NodeFailure(
            "EXCEL_BAD_VALUE", f"{column}: {text[:80]!r} is no ISO date; take it out of the date columns."
        ) from error


def _check_values(sheet: SheetConfig) -> None:
    """Refuse what a cell cannot hold before the library has opened its temporary files."""
    columns = frozenset(sheet.columns or columns_of(sheet.rows))
    dates = frozenset(sheet.dates)
    for row in sheet.rows:
        for column, value in row.items():
            if column not in columns:
                continue
            if isinstance(value, str):
                _check_text(value, column)
                if column in dates:
                    _date(value, column)
            elif isinstance(value, dict | list):
                _check_text(json.dumps(value, ensure_ascii=False), column)


def _check_text(text: str, column: str) -> None:
    if len(text) > TEXT_LIMIT:
        raise NodeFailure("EXCEL_BAD_VALUE", f"{column}: a text has more than {TEXT_LIMIT:,} characters; shorten it.")
    if ILLEGAL_CHARACTERS_RE.search(text):
        raise NodeFailure("EXCEL_BAD_VALUE", f"{column}: {text[:80]!r} has a control character; remove it.")


NODES = (WriteExcel,)
