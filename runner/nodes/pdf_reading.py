"""What stands in a PDF: its text and its tables. Pictures of text (scans) are not read; that is OCR's.

The library is imported when a node runs: it takes half a second that executions without PDFs should not pay.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Secret
from runner.nodes.page_ranges import PageRanges, page_numbers
from runner.nodes.paths import file_errors, resolve_path
from runner.nodes.rows import Row, columns_of, unique_names
from runner.nodes.tables import table_output
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from pdfplumber.page import Page
    from pdfplumber.pdf import PDF

TEXT_LIMIT: Final = 16 * 1024 * 1024
ROW_LIMIT: Final = 100_000


class ReadPdfConfig(NodeConfig):
    """What both nodes need."""

    path: str = Field(title="File", description="Path of the PDF.")
    pages: PageRanges = Field(default=None, title="Pages", description="For instance 1-3,7 or 2-; none: all.")
    password: Secret | None = Field(
        default=None, title="Password", description="Of an encrypted file; use a credential."
    )


class PdfTextConfig(ReadPdfConfig):
    """Config of pdf.text."""

    layout: bool = Field(
        default=False, title="Keep layout", description="Put words where they stand on the page, by spaces."
    )


class PdfText(NodeType[PdfTextConfig]):
    """pdf.text: output `{text, pages: [{number, text}], pageCount, info, path}`.

    `info` is what the file says of itself: title, author, producer and so on. A page without text may be a scan.
    """

    type = "pdf.text"
    title = "Read PDF text"
    help = "Reads the text of a PDF, page by page."
    icon = "file-type-pdf"
    config = PdfTextConfig
    example: ClassVar[dict[str, Any]] = {"path": "invoice.pdf", "pages": "1-2"}
    repeatable = True

    async def run(self, config: PdfTextConfig, context: NodeContext) -> Result:
        """Read in a thread. Raises NodeFailure FILE_NOT_FOUND, PDF_UNREADABLE, PDF_ENCRYPTED, PAGE_NOT_FOUND."""
        return Result(await asyncio.to_thread(_text, config, resolve_path(context, config.path)))


class PdfTablesConfig(ReadPdfConfig):
    """Config of pdf.tables."""

    header: bool = Field(default=True, title="Header", description="The first row of a table names its columns.")
    borders: Literal["lines", "text"] = Field(
        default="lines", title="Cells by", description="Drawn lines, or the places of words when there are no lines."
    )
    min_rows: int = Field(default=1, ge=1, le=1000, title="Fewest rows", description="Smaller tables are left out.")


class PdfTables(NodeType[PdfTablesConfig]):
    """pdf.tables: output `{tables: [{page, rows, columns, count}], rows, columns, count, pageCount, path}`.

    `rows` are those of all tables, one after the other; a table that goes on over pages and repeats its header is one
    there. Cells are text as it is printed, null when empty.
    """

    type = "pdf.tables"
    title = "Read PDF tables"
    help = "Reads the tables of a PDF as rows."
    icon = "table-export"
    config = PdfTablesConfig
    example: ClassVar[dict[str, Any]] = {"path": "statement.pdf", "borders": "lines"}
    repeatable = True

    async def run(self, config: PdfTablesConfig, context: NodeContext) -> Result:
        """Read in a thread. Raises NodeFailure like pdf.text, and TABLE_TOO_LARGE."""
        return Result(await asyncio.to_thread(_tables, config, resolve_path(context, config.path)))


def _text(config: PdfTextConfig, path: Path) -> dict[str, Json]:
    with _opened(config, path) as book:
        pages: list[Json] = []
        texts: list[str] = []
        for number, page in _pages(config, book, path):
            text = page.extract_text(layout=config.layout)
            texts.append(text)
            pages.append({"number": number, "text": text})
            if sum(map(len, texts)) > TEXT_LIMIT:
                raise NodeFailure("TEXT_TOO_LARGE", f"{path} has more text than fits; read fewer pages.")
        return {
            "text": "\n\n".join(texts),
            "pages": pages,
            "pageCount": len(book.pages),
            "info": {str(name): str(value) for name, value in (book.metadata or {}).items()},
            "path": str(path),
        }


def _tables(config: PdfTablesConfig, path: Path) -> dict[str, Json]:
    settings = {"vertical_strategy": config.borders, "horizontal_strategy": config.borders}
    tables: list[Json] = []
    rows: list[Row] = []
    with _opened(config, path) as book:
        for number, page in _pages(config, book, path):
            for cells in page.extract_tables(settings):
                found = _rows(cells, header=config.header)
                if len(found) < config.min_rows:
                    continue
                rows += found
                tables.append({"page": number, **table_output(found, columns_of(found))})
                if len(rows) > ROW_LIMIT:
                    raise NodeFailure("TABLE_TOO_LARGE", f"{path} has more than {ROW_LIMIT:,} rows; read fewer pages.")
        more: dict[str, Json] = {"tables": tables, "pageCount": len(book.pages), "path": str(path)}
        return table_output(rows, columns_of(rows), **more)


def _rows(cells: list[list[str | None]], *, header: bool) -> list[Row]:
    lines = [[(cell or "").strip() or None for cell in line] for line in cells]
    lines = [line for line in lines if any(line)]
    if not lines:
        return []
    names = [" ".join((name or "").split()) for name in lines[0]] if header else [""] * len(lines[0])
    return [dict(zip(unique_names(names), line, strict=True)) for line in lines[int(header) :]]


def _pages(config: ReadPdfConfig, book: "PDF", path: Path) -> Iterator[tuple[int, "Page"]]:
    """The chosen pages; each is forgotten when the next one is asked for, for a page may take megabytes."""
    for number in page_numbers(config.pages, len(book.pages), path):
        page = book.pages[number - 1]
        yield number, page
        page.close()


@contextmanager
def _opened(config: ReadPdfConfig, path: Path) -> Iterator["PDF"]:
    import pdfplumber  # noqa: PLC0415 - half a second, see above
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # noqa: PLC0415
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException  # noqa: PLC0415

    with file_errors(path):
        path.open("rb").close()
    try:
        with pdfplumber.open(path, password=config.password or "", raise_unicode_errors=False) as book:
            yield book
    except NodeFailure:
        raise
    except (MalformedPDFException, PdfminerException) as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            raise NodeFailure("PDF_ENCRYPTED", f"{path} is encrypted; give its password.") from error
        raise _unreadable(path, error) from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        # A damaged file makes the library stumble anywhere.
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> NodeFailure:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return NodeFailure("PDF_UNREADABLE", f"{path} is no PDF that can be read ({reason}); save it anew.")


NODES = (PdfText, PdfTables)
