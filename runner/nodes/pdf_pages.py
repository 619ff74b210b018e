"""Whole pages of PDFs: several files become one, one becomes several. What stands on the pages is not touched."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Secret
from runner.nodes.page_ranges import PageRanges, page_numbers
from runner.nodes.paths import IfExists, check_target, file_errors, replacing, resolve_path
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter

FILE_LIMIT: Final = 10_000
"""Files one node makes."""


class PdfSource(NodeConfig):
    """A file, or some of its pages."""

    path: str = Field(title="File", description="Path of a PDF.")
    pages: PageRanges = Field(default=None, title="Pages", description="For instance 1-3,7 or 2-; none: all.")
    password: Secret | None = Field(
        default=None, title="Password", description="Of an encrypted file; use a credential."
    )


class MergePdfConfig(NodeConfig):
    """Config of pdf.merge."""

    sources: list[str | PdfSource] = Field(
        min_length=1, max_length=10_000, title="Files", description="Paths in order, or {path, pages, password}."
    )
    target: str = Field(title="Target", description="The PDF to write; missing folders are made.")
    bookmarks: bool = Field(default=True, title="Bookmarks", description="One for each file, called like it.")
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the file, or fail.")


class MergePdf(NodeType[MergePdfConfig]):
    """pdf.merge: output `{path, size, pageCount, fileCount}`."""

    type = "pdf.merge"
    title = "Merge PDFs"
    help = "Puts several PDFs, or some of their pages, into one."
    icon = "files"
    config = MergePdfConfig
    example: ClassVar[dict[str, Any]] = {
        "sources": ["cover.pdf", {"path": "report.pdf", "pages": "2-"}],
        "target": "out/all.pdf",
    }
    repeatable = True

    async def run(self, config: MergePdfConfig, context: NodeContext) -> Result:
        """Merge in a thread. Raises NodeFailure PDF_UNREADABLE, PDF_ENCRYPTED, PAGE_NOT_FOUND and those of the disk."""
        sources = [PdfSource(path=source) if isinstance(source, str) else source for source in config.sources]
        paths = [resolve_path(context, source.path) for source in sources]
        target = resolve_path(context, config.target)
        return Result(await asyncio.to_thread(_merge, config, list(zip(sources, paths, strict=True)), target))


class SplitPdfConfig(NodeConfig):
    """Config of pdf.split."""

    path: str = Field(title="File", description="Path of the PDF.")
    folder: str = Field(title="Folder", description="Where the parts go; it is made when it is missing.")
    every: int | None = Field(default=None, ge=1, title="Every", description="Pages in each part.")
    parts: list[Annotated[PageRanges, Field(min_length=1)]] | None = Field(
        default=None, min_length=1, max_length=FILE_LIMIT, title="Parts", description="The pages of each: 1-3, then 4-."
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[^/\\\x00]+$",
        title="Name",
        description="Parts are called NAME-1.pdf and so on; none: like the file.",
    )
    password: Secret | None = Field(
        default=None, title="Password", description="Of an encrypted file; use a credential."
    )
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace a part, or fail.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.every is not None and self.parts is not None:
            raise ValueError("give either 'every' or 'parts'; neither: each page is a part")
        return self


class SplitPdf(NodeType[SplitPdfConfig]):
    """pdf.split: output `{files: [{path, name, size, pages}], count, pageCount}`; `pages` are those of the original."""

    type = "pdf.split"
    title = "Split PDF"
    help = "Writes the pages of a PDF as several files."
    icon = "cut"
    config = SplitPdfConfig
    example: ClassVar[dict[str, Any]] = {"path": "scan.pdf", "folder": "out", "every": 2}
    repeatable = True

    async def run(self, config: SplitPdfConfig, context: NodeContext) -> Result:
        """Split in a thread. Raises NodeFailure PDF_UNREADABLE, PDF_ENCRYPTED, PAGE_NOT_FOUND and those of the disk."""
        path, folder = resolve_path(context, config.path), resolve_path(context, config.folder)
        return Result(await asyncio.to_thread(_split, config, path, folder))


def _merge(config: MergePdfConfig, sources: list[tuple[PdfSource, Path]], target: Path) -> dict[str, Json]:
    from pypdf import PdfWriter  # noqa: PLC0415 - half a second that executions without PDFs should not pay

    check_target(target, config.if_exists)
    with PdfWriter() as writer:
        for source, path in sources:
            with _reading(path, source.password) as reader:
                numbers = page_numbers(source.pages, len(reader.pages), path)
                writer.append(
                    reader, outline_item=path.stem if config.bookmarks else None, pages=[n - 1 for n in numbers]
                )
        count = len(writer.pages)
        size = _write(writer, target)
    return {"path": str(target), "size": size, "pageCount": count, "fileCount": len(sources)}


def _split(config: SplitPdfConfig, path: Path, folder: Path) -> dict[str, Json]:
    from pypdf import PdfWriter  # noqa: PLC0415 - see above

    with _reading(path, config.password) as reader:
        count = len(reader.pages)
        parts = _parts(config, count, path)
        targets = [folder / f"{config.name or path.stem}-{number}.pdf" for number in range(1, len(parts) + 1)]
        if path in targets:
            raise NodeFailure("FILE_EXISTS", f"A part would replace {path} itself; choose another name or folder.")
        # All are judged before any is written.
        for target in targets:
            check_target(target, config.if_exists)
        files: list[Json] = []
        for target, numbers in zip(targets, parts, strict=True):
            with PdfWriter() as writer:
                writer.append(reader, pages=[number - 1 for number in numbers], import_outline=False)
                size = _write(writer, target)
            files.append({"path": str(target), "name": target.name, "size": size, "pages": [*numbers]})
    return {"files": files, "count": len(files), "pageCount": count}


def _parts(config: SplitPdfConfig, count: int, path: Path) -> list[list[int]]:
    if config.parts is not None:
        return [page_numbers(part, count, path) for part in config.parts]
    every = config.every or 1
    if count > every * FILE_LIMIT:
        raise NodeFailure("TOO_MANY_FILES", f"{path} would give more than {FILE_LIMIT:,} files; raise 'Every'.")
    return [list(range(first, min(first + every, count + 1))) for first in range(1, count + 1, every)]


def _write(writer: "PdfWriter", target: Path) -> int:
    with file_errors(target), replacing(target) as temporary:
        writer.write(temporary)
        return temporary.stat().st_size


@contextmanager
def _reading(path: Path, password: str | None) -> Iterator["PdfReader"]:
    from pypdf import PdfReader  # noqa: PLC0415 - see above
    from pypdf.errors import FileNotDecryptedError, PyPdfError, WrongPasswordError  # noqa: PLC0415

    with file_errors(path):
        path.open("rb").close()
    try:
        with PdfReader(path, password=password) as reader:
            yield reader
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise NodeFailure("PDF_ENCRYPTED", f"{path} is encrypted; give its password.") from error
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        # A damaged file makes the library stumble anywhere.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise NodeFailure("PDF_UNREADABLE", f"{path} is no PDF that can be used ({reason}); save it anew.") from error


NODES = (MergePdf, SplitPdf)
