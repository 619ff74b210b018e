"""CSV files: a table from a file, a file from a table. What a single field means is `csv_values.py`'s."""

import asyncio
import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.csv_values import ColumnType, DecimalSign, field_text, looks_like_numbers, reader_for
from runner.nodes.fields import Encoding
from runner.nodes.paths import (
    IfExists,
    check_target,
    encoding_failure,
    file_errors,
    python_encoding,
    replacing,
    resolve_path,
)
from runner.nodes.rows import ColumnNames, Row, Rows, columns_of, require_columns, unique_names
from runner.nodes.tables import table_output
from runner.workflow.documents import Json

ROW_LIMIT: Final = 1_000_000
_DELIMITERS: Final = ",;\t|"


def _delimiter(value: str) -> str:
    value = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if value != "auto" and (len(value) != 1 or value in '\r\n"\0'):
        raise ValueError("use one character, `tab`, or `auto`")
    return value


Delimiter = Annotated[str, AfterValidator(_delimiter)]

Lines = Iterator[tuple[int, list[str]]]
"""Line number (from 1) and fields."""


class ReadCsvConfig(NodeConfig):
    """Config of csv.read."""

    path: str = Field(title="File", description="Path of the CSV file.")
    delimiter: Delimiter = Field(
        default=",", title="Delimiter", description="One character, `tab`, or `auto` to tell from the first line."
    )
    encoding: Encoding = Field(default="utf-8", title="Encoding", description="For instance windows-1252.")
    header: bool = Field(default=True, title="Header", description="The first line holds the names of the columns.")
    columns: ColumnNames = Field(
        default_factory=list, title="Columns", description="Names of the columns when there is no header."
    )
    skip_lines: int = Field(default=0, ge=0, title="Skip lines", description="Lines above the table.")
    types: dict[str, ColumnType] = Field(
        default_factory=dict, title="Types", description="Column → text, number, boolean or date. Others stay text."
    )
    detect_numbers: bool = Field(
        default=False, title="Find numbers", description="Columns that hold only numbers become numbers."
    )
    decimal: DecimalSign = Field(default=".", title="Decimal sign", description="The other one then groups thousands.")
    date_format: str = Field(
        default="%Y-%m-%d", title="Date format", description="How dates are written, for instance %d.%m.%Y."
    )
    max_rows: int = Field(default=ROW_LIMIT, ge=1, le=ROW_LIMIT, title="Most rows", description="More is a failure.")


class ReadCsv(NodeType[ReadCsvConfig]):
    """csv.read: output `{rows, columns, count, path}`. Missing fields at the end of a line are null."""

    type = "csv.read"
    title = "Read CSV"
    help = "Reads a CSV file as a table."
    icon = "file-type-csv"
    config = ReadCsvConfig
    example: ClassVar[dict[str, Any]] = {
        "path": "orders.csv",
        "delimiter": ";",
        "types": {"amount": "number", "date": "date"},
        "dateFormat": "%d.%m.%Y",
    }
    repeatable = True

    async def run(self, config: ReadCsvConfig, context: NodeContext) -> Result:
        """Read in a thread. Raises NodeFailure CSV_MALFORMED, CSV_BAD_VALUE, MISSING_COLUMN, TABLE_TOO_LARGE."""
        return Result(await asyncio.to_thread(_read, config, resolve_path(context, config.path)))


class WriteCsvConfig(NodeConfig):
    """Config of csv.write."""

    path: str = Field(title="File", description="Path of the CSV file; missing folders are made.")
    rows: Rows
    columns: ColumnNames = Field(
        default_factory=list, title="Columns", description="Which columns, in which order; none: all there are."
    )
    delimiter: Delimiter = Field(default=",", title="Delimiter", description="One character or `tab`.")
    encoding: Encoding = Field(default="utf-8", title="Encoding", description="`utf-8-sig` lets Excel recognise UTF-8.")
    header: bool = Field(default=True, title="Header", description="Write the names of the columns first.")
    line_end: Literal["crlf", "lf"] = Field(default="crlf", title="Line ends", description="`crlf` is the standard.")
    escape_formulas: bool = Field(
        default=True,
        title="Escape formulas",
        description="Put an apostrophe before texts that a spreadsheet would compute (= + - @).",
    )
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the file, or fail.")


class WriteCsv(NodeType[WriteCsvConfig]):
    """csv.write: output `{path, count, size}`. The file appears whole or not at all."""

    type = "csv.write"
    title = "Write CSV"
    help = "Writes a table to a CSV file."
    icon = "file-export"
    config = WriteCsvConfig
    example: ClassVar[dict[str, Any]] = {"path": "out/orders.csv", "rows": "{{ nodes.read.output.rows }}"}
    repeatable = True

    async def run(self, config: WriteCsvConfig, context: NodeContext) -> Result:
        """Write in a thread. Raises NodeFailure MISSING_COLUMN, ENCODING_ERROR, FILE_EXISTS and those of the disk."""
        path = resolve_path(context, config.path)
        size = await asyncio.to_thread(_write, config, path)
        return Result({"path": str(path), "count": len(config.rows), "size": size})


def _read(config: ReadCsvConfig, path: Path) -> dict[str, Json]:
    with file_errors(path), path.open(encoding=python_encoding(config.encoding), newline="") as file:
        try:
            for _ in range(config.skip_lines):
                file.readline()
            lines = _lines(
                csv.reader(file, delimiter=_find_delimiter(config, file), strict=True), path, config.skip_lines
            )
            names, lines = _names(config, lines)
            rows = _rows(config, names, lines)
        except UnicodeDecodeError as error:
            raise encoding_failure(path, config.encoding, f"byte {error.start} of a block") from error
    _convert(config, names, rows)
    return table_output([row for _, row in rows], names, path=str(path))


def _find_delimiter(config: ReadCsvConfig, file: Any) -> str:
    if config.delimiter != "auto":
        return config.delimiter
    start = file.tell()
    line = file.readline()
    file.seek(start)
    return max(_DELIMITERS, key=line.count)


def _lines(reader: Any, path: Path, skipped: int) -> Lines:
    """Each line that is not empty."""
    try:
        for fields in reader:
            if fields:
                yield skipped + reader.line_num, fields
    except csv.Error as error:
        line = skipped + reader.line_num
        raise NodeFailure(
            "CSV_MALFORMED", f"{path}, line {line}: {error}. Check delimiter and quotes.", details={"line": line}
        ) from error


def _names(config: ReadCsvConfig, lines: Lines) -> tuple[list[str], Lines]:
    """The columns, and the lines of the table below them."""
    first = next(lines, None)
    if first is None:
        return list(config.columns), lines
    if config.header:
        return unique_names([name.strip() for name in first[1]]), lines
    return config.columns or unique_names([""] * len(first[1])), chain([first], lines)


def _rows(config: ReadCsvConfig, names: list[str], lines: Lines) -> list[tuple[int, Row]]:
    rows = [(number, _row(names, number, fields)) for number, fields in islice(lines, config.max_rows)]
    if next(lines, None) is not None:
        raise NodeFailure("TABLE_TOO_LARGE", f"The file has more than {config.max_rows:,} rows; split it first.")
    return rows


def _row(names: list[str], number: int, fields: list[str]) -> Row:
    if len(fields) > len(names):
        raise NodeFailure(
            "CSV_MALFORMED",
            f"Line {number} has {len(fields)} fields, but there are {len(names)} columns; check delimiter and quotes.",
            details={"line": number},
        )
    return dict.fromkeys(names) | dict(zip(names, fields, strict=False))


def _convert(config: ReadCsvConfig, names: list[str], rows: list[tuple[int, Row]]) -> None:
    require_columns(config.types, names, table="The file")
    types = dict(config.types)
    if config.detect_numbers:
        untyped = (name for name in names if name not in types)
        types |= {n: "number" for n in untyped if looks_like_numbers((row[n] for _, row in rows), config.decimal)}
    for name, kind in types.items():
        convert = reader_for(kind, config.decimal, config.date_format)
        for number, row in rows:
            if (text := row[name]) is not None:
                try:
                    row[name] = convert(text)
                except ValueError as error:
                    raise NodeFailure(
                        "CSV_BAD_VALUE",
                        f"Line {number}, column {name}: {text[:80]!r} {error}. Correct it or read the column as text.",
                        details={"line": number, "column": name},
                    ) from error


def _write(config: WriteCsvConfig, path: Path) -> int:
    there_are = columns_of(config.rows)
    if config.rows:
        require_columns(config.columns, there_are)
    columns = config.columns or there_are
    check_target(path, config.if_exists)
    line_end = "\r\n" if config.line_end == "crlf" else "\n"
    with file_errors(path), replacing(path) as temporary:
        try:
            with temporary.open("w", encoding=config.encoding, newline="") as file:
                writer = csv.writer(file, delimiter=config.delimiter, lineterminator=line_end)
                if config.header:
                    writer.writerow([field_text(name, escape_formulas=config.escape_formulas) for name in columns])
                writer.writerows(
                    [field_text(row.get(name), escape_formulas=config.escape_formulas) for name in columns]
                    for row in config.rows
                )
        except UnicodeEncodeError as error:
            wrong = error.object[error.start]
            raise NodeFailure(
                "ENCODING_ERROR", f"{wrong!r} cannot be written in {config.encoding}; choose utf-8."
            ) from error
        return temporary.stat().st_size


NODES = (ReadCsv, WriteCsv)
