"""Files that go to a page and come from it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, ElementConfig, WaitSeconds, element_output, find_element
from runner.nodes.browser.navigation import FIRST_ERROR, FIRST_SERVER_ERROR, Address
from runner.nodes.paths import IfExists, check_target, file_errors, replacing, resolve_path
from runner.selectors.model import SelectorField
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from playwright.async_api import Download as PlaywrightDownload
    from playwright.async_api import Page

    from runner.nodes.browser.session import BrowserSession
    from runner.selectors.finding import Found

_LONGEST_NAME = 200


class UploadConfig(ElementConfig):
    """Config of browser.upload."""

    paths: str | list[str] = Field(title="Files", description="What to hand to the page; several if it allows that.")


class Upload(BrowserNode[UploadConfig]):
    """browser.upload: output `{element, files}`, the paths. The element is a file field, its label, or a button."""

    type = "browser.upload"
    title = "Upload files"
    help = "Hands files to a page's file field."
    icon = "upload"
    config = UploadConfig
    example: ClassVar[dict[str, Any]] = {"selector": "label=Invoice", "paths": "out/invoice.pdf"}
    doing = "hand over the files"

    async def act(self, config: UploadConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Hand them over. Raises NodeFailure FILE_NOT_FOUND, FILE_IS_FOLDER, ELEMENT_*."""
        names = [config.paths] if isinstance(config.paths, str) else config.paths
        paths = [resolve_path(context, name) for name in names]
        for path in paths:
            with file_errors(path):
                path.open("rb").close()
        found = await find_element(config.selector, config.wait_seconds, session, context)
        milliseconds = found.left_milliseconds
        is_field = await found.locator.evaluate(
            "(element) => (element.control ?? element).matches('input[type=file]')", timeout=milliseconds
        )
        if is_field:
            await found.locator.set_input_files(paths, timeout=milliseconds)
        else:
            async with session.page.expect_file_chooser(timeout=milliseconds) as chooser:
                await found.locator.click(timeout=milliseconds)
            await (await chooser.value).set_files(paths, timeout=milliseconds)
        return element_output(found, files=[str(path) for path in paths])


class DownloadConfig(NodeConfig):
    """Config of browser.download."""

    selector: SelectorField | None = Field(
        default=None, title="Element", description="What to click; or give the address."
    )
    url: Address | None = Field(
        default=None, title="Address", description="Of the file, instead of an element; the page's cookies are sent."
    )
    path: str | None = Field(
        default=None, min_length=1, title="Target", description="The file to write; none: the name the page gives it."
    )
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the file, or fail.")
    wait_seconds: WaitSeconds = 120

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.selector is None) == (self.url is None):
            raise ValueError("give the element to click or the address of the file, one of them")
        return self


class Download(BrowserNode[DownloadConfig]):
    """browser.download: output `{path, name, size, url}`, with `element` when one was clicked."""

    type = "browser.download"
    title = "Download file"
    help = "Clicks what starts a download and keeps the file, or fetches an address with the page's cookies."
    icon = "download"
    config = DownloadConfig
    example: ClassVar[dict[str, Any]] = {"selector": "text=Export", "path": "in/orders.csv"}
    doing = "download the file"

    async def act(self, config: DownloadConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Fetch it. Raises NodeFailure DOWNLOAD_FAILED, DOWNLOAD_TIMEOUT, FILE_EXISTS, ELEMENT_*."""
        if config.selector is None:
            return await _fetch(config, session, context)
        if config.path is not None:
            check_target(resolve_path(context, config.path), config.if_exists)
        found = await find_element(config.selector, config.wait_seconds, session, context)
        download = await _clicked(found, session, config.wait_seconds)
        name = _safe_name(download.suggested_filename)
        target = resolve_path(context, config.path or name)
        check_target(target, config.if_exists)
        try:
            async with asyncio.timeout(config.wait_seconds):
                problem = await download.failure()
        except TimeoutError:
            await download.cancel()
            message = f"{name} was not downloaded whole within {config.wait_seconds:g} seconds."
            raise NodeFailure("DOWNLOAD_TIMEOUT", message, retryable=True) from None
        if problem is not None:
            raise NodeFailure("DOWNLOAD_FAILED", f"{name} was not downloaded: {problem}.", retryable=True)
        with replacing(target) as temporary:
            await download.save_as(temporary)
        await download.delete()
        return element_output(found, **_described(target, name, download.url))


async def _clicked(found: "Found", session: "BrowserSession", seconds: float) -> "PlaywrightDownload":
    """The download that a click starts, in this tab or in one that the click opens."""
    started: asyncio.Future[PlaywrightDownload] = asyncio.get_running_loop().create_future()

    def take(download: "PlaywrightDownload") -> None:
        if not started.done():
            started.set_result(download)

    def watch(page: "Page") -> None:
        page.on("download", take)

    watch(session.page)
    session.context.on("page", watch)
    try:
        await found.locator.click(timeout=found.left_milliseconds)
        async with asyncio.timeout(seconds):
            return await started
    except TimeoutError:
        message = f"The click started no download within {seconds:g} seconds."
        raise NodeFailure("DOWNLOAD_TIMEOUT", message, retryable=True) from None
    finally:
        session.context.remove_listener("page", watch)
        for page in session.pages:
            with suppress(KeyError):  # a tab that was open before
                page.remove_listener("download", take)


async def _fetch(config: DownloadConfig, session: "BrowserSession", context: NodeContext) -> Json:
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see `guarded`

    assert config.url is not None
    name = _safe_name(config.url.partition("?")[0].rstrip("/").rpartition("/")[2])
    target = resolve_path(context, config.path or name)
    check_target(target, config.if_exists)
    try:
        answer = await session.context.request.get(config.url, timeout=config.wait_seconds * 1000)
        if answer.status >= FIRST_ERROR:
            message = f"{config.url} answered with status {answer.status}."
            raise NodeFailure("DOWNLOAD_FAILED", message, retryable=answer.status >= FIRST_SERVER_ERROR)
        content = await answer.body()
    except PlaywrightError as error:
        message = f"{config.url} was not downloaded: {error.message.splitlines()[0]}"
        raise NodeFailure("DOWNLOAD_FAILED", message, retryable=True) from None
    with replacing(target) as temporary, file_errors(target):
        await asyncio.to_thread(temporary.write_bytes, content)
    return _described(target, name, answer.url)


def _described(path: Path, name: str, url: str) -> dict[str, Json]:
    return {"path": str(path), "name": name, "size": path.stat().st_size, "url": url}


def _safe_name(suggested: str) -> str:
    """A page's name for a file, without folders and what no system allows in a name."""
    name = suggested.replace("\\", "/").rpartition("/")[2]
    name = "".join("_" if character in '<>:"|?*' or ord(character) < ord(" ") else character for character in name)
    return name.strip(" .")[:_LONGEST_NAME] or "download"


NODES = (Upload, Download)
