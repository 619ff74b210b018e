"""PDF made by the browser's own printing: of the open page, of one element of it, or of HTML text with its pictures.

HTML text is printed by a browser of its own that runs no scripts and reads nothing but files of the execution's folder:
what stands in a mail or on a web page cannot fetch anything by being printed.
"""

import asyncio
import mimetypes
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast
from urllib.parse import unquote, urlsplit

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.browser import program
from runner.nodes.browser.base import BrowserNode, WaitSeconds, element_output, find_element
from runner.nodes.paths import IfExists, check_target, file_errors, replacing, resolve_path
from runner.selectors.model import SelectorField
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page, Route

    from runner.nodes.browser.session import BrowserSession

PRINTER: Final = "printer"
"""The name under which an execution keeps the browser that prints HTML."""
DOCUMENT: Final = "http://document.invalid/"
"""Where printed HTML seems to come from; the domain `invalid` exists nowhere."""
_MARK: Final = "data-exekra-print"

Paper = Literal["A3", "A4", "A5", "Letter", "Legal"]


class PaperConfig(NodeConfig):
    """Where a PDF goes and what its pages are like."""

    path: str = Field(title="Target", description="The PDF to write; missing folders are made.")
    paper: Paper = Field(default="A4", title="Paper", description="Size of the pages.")
    landscape: bool = Field(default=False, title="Landscape", description="Pages wider than high.")
    margin_millimetres: float = Field(default=15, ge=0, le=100, title="Margin", description="On all sides, in mm.")
    backgrounds: bool = Field(default=True, title="Backgrounds", description="Print colours and pictures behind text.")
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the file, or fail.")
    wait_seconds: WaitSeconds = 30


class PrintPdfConfig(PaperConfig):
    """Config of browser.printPdf."""

    selector: SelectorField | None = Field(
        default=None, title="Element", description="The only thing to print; none: the whole page."
    )


class PrintPdf(BrowserNode[PrintPdfConfig]):
    """browser.printPdf: output `{path, size}`, with `element` when only that was printed."""

    type = "browser.printPdf"
    title = "Print page to PDF"
    help = "Writes the open page, or one element of it, as a PDF, as printing it would."
    icon = "printer"
    config = PrintPdfConfig
    example: ClassVar[dict[str, Any]] = {"path": "out/receipt.pdf", "selector": "id=receipt"}
    repeatable = True
    doing = "print the page"

    async def act(self, config: PrintPdfConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Print. Raises NodeFailure PRINT_NEEDS_NO_WINDOW, FILE_EXISTS and those of finding an element."""
        if not session.opening.headless:
            raise NodeFailure(
                "PRINT_NEEDS_NO_WINDOW",
                "A browser with a window does not print to PDF: open it by browser.open with 'Without a window'.",
            )
        target = resolve_path(context, config.path)
        if config.selector is None:
            return await _print(session.page, config, target)
        if session.frame is not session.page.main_frame:
            raise NodeFailure(
                "PRINT_IN_FRAME", "An element of a frame cannot be printed alone; print the page, or leave the frame."
            )
        found = await find_element(config.selector, config.wait_seconds, session, context)
        await found.locator.evaluate(_SHOW_ALONE, _MARK)
        try:
            output = await _print(session.page, config, target)
        finally:
            await session.page.evaluate(_SHOW_ALL, _MARK)
        return element_output(found, **output)


class HtmlToPdfConfig(PaperConfig):
    """Config of pdf.fromHtml."""

    html: str = Field(
        max_length=16 * 1024 * 1024,
        title="HTML",
        description="The document; pictures and styles are files of the execution's folder (src='logo.png') or data: "
        "addresses. Scripts do not run, nothing is fetched from a network.",
        json_schema_extra={"x-widget": "multiline"},
    )


class HtmlToPdf(NodeType[HtmlToPdfConfig]):
    """pdf.fromHtml: output `{path, size, missing}`; `missing` are the addresses that could not be shown."""

    type = "pdf.fromHtml"
    title = "HTML to PDF"
    help = "Makes a PDF of HTML text with its pictures: letters, receipts, reports."
    icon = "file-type-pdf"
    config = HtmlToPdfConfig
    example: ClassVar[dict[str, Any]] = {
        "html": "<h1>Invoices of {{ inputs.date }}</h1><img src='logo.png'>",
        "path": "out/invoice.pdf",
    }
    capabilities = ("browser",)
    repeatable = True

    async def run(self, config: HtmlToPdfConfig, context: NodeContext) -> Result:
        """Print. Raises NodeFailure BROWSER_MISSING, PRINT_FAILED, FILE_EXISTS and those of the disk."""
        target = resolve_path(context, config.path)
        check_target(target, config.if_exists)
        printer = await _printer(context)
        from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see BrowserNode.run

        document = _Document(config.html, context.workdir)
        try:
            output = await printer.print(document, config, target)
        except PlaywrightError as error:
            # Whatever broke it may have broken the browser: the next one starts anew.
            await context.resources.release(PRINTER)
            reason = error.message.strip().splitlines()[0]
            raise NodeFailure("PRINT_FAILED", f"The HTML could not be printed: {reason}", retryable=True) from None
        if document.missing:
            context.log("warning", f"Not in the execution's folder, so not in the PDF: {', '.join(document.missing)}")
        return Result({**output, "missing": [*document.missing]})


class _Document:
    """Answers what a printed document asks for: itself, and files below a folder."""

    def __init__(self, html: str, folder: "Path") -> None:
        self._html = html
        self._folder = folder.resolve()
        self.missing: list[str] = []

    async def answer(self, route: "Route") -> None:
        """One request."""
        url = route.request.url
        if url == DOCUMENT:
            await route.fulfill(body=self._html.encode(), content_type="text/html; charset=utf-8")
            return
        file = self._file(url)
        if file is None:
            self.missing.append(url.removeprefix(DOCUMENT))
            await route.abort()
        else:
            await route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0] or "text/plain")

    def _file(self, url: str) -> "Path | None":
        if not url.startswith(DOCUMENT):
            return None
        file = (self._folder / unquote(urlsplit(url).path).lstrip("/")).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None


class _Printer:
    """A browser with one tab that shows one document after the other; the resource of an execution."""

    def __init__(self, session: "BrowserSession") -> None:
        self._session = session
        self._turn = asyncio.Lock()
        self._is_ready = False

    async def print(self, document: _Document, config: PaperConfig, target: "Path") -> dict[str, Json]:
        """Load it and print it, when it is its turn. Raises PlaywrightError and NodeFailure."""
        page = self._session.page
        async with self._turn:
            if not self._is_ready:
                devtools = await self._session.context.new_cdp_session(page)
                await devtools.send("Emulation.setScriptExecutionDisabled", {"value": True})
                self._is_ready = True
            await page.route("**/*", document.answer)
            try:
                await page.goto(DOCUMENT, timeout=config.wait_seconds * 1000)
                return await _print(page, config, target)
            finally:
                await page.unroute("**/*")

    async def close(self) -> None:
        """End the browser."""
        await self._session.close()


async def _printer(context: NodeContext) -> _Printer:
    """The execution's browser for printing HTML, started when it is needed first."""
    kept = context.resources.get(PRINTER)
    if kept is not None:
        return cast("_Printer", kept)
    problem = program.missing()
    path = program.find_program()
    if problem is not None or path is None:
        raise NodeFailure("BROWSER_MISSING", f"{problem}.")
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see BrowserNode.run

    from runner.nodes.browser.session import Opening, open_session  # noqa: PLC0415

    try:
        session = await open_session(Opening(path, evidence="nothing"), context.workdir)
    except PlaywrightError as error:
        message = f"{path} did not start: {error.message.strip().splitlines()[0]}"
        raise NodeFailure("BROWSER_NOT_STARTED", message, retryable=True) from None
    # Another branch may have been quicker while this one was starting.
    quicker = context.resources.get(PRINTER)
    if quicker is not None:
        await session.close()
        return cast("_Printer", quicker)
    printer = _Printer(session)
    context.resources.keep(PRINTER, printer)
    return printer


async def _print(page: "Page", config: PaperConfig, target: "Path") -> dict[str, Json]:
    check_target(target, config.if_exists)
    margin = f"{config.margin_millimetres:g}mm"
    data = await page.pdf(
        format=config.paper,
        landscape=config.landscape,
        print_background=config.backgrounds,
        margin={"top": margin, "right": margin, "bottom": margin, "left": margin},
    )
    with file_errors(target), replacing(target) as temporary:
        temporary.write_bytes(data)
    return {"path": str(target), "size": len(data)}


_SHOW_ALONE: Final = """(element, mark) => {
  for (let each = element; each; each = each.parentElement ?? each.getRootNode().host) {
    each.setAttribute(mark, each === element ? "all" : "way");
  }
  const style = document.createElement("style");
  style.setAttribute(mark, "style");
  style.textContent = `@media print { body :not([${mark}], [${mark}="all"] *) { display: none !important } }`;
  document.head.append(style);
}"""
_SHOW_ALL: Final = """(mark) => {
  for (const each of document.querySelectorAll(`[${mark}]`)) {
    if (each.getAttribute(mark) === "style") each.remove();
    else each.removeAttribute(mark);
  }
}"""

NODES = (PrintPdf, HtmlToPdf)
