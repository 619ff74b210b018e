"""Opening and closing the execution's browser."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.browser import program
from runner.nodes.browser.base import RESOURCE, WaitSeconds, guarded, keep_browser_evidence
from runner.nodes.browser.navigation import Address, FailOnError, go


class OpenConfig(NodeConfig):
    """Config of browser.open."""

    url: Address | None = Field(default=None, title="Address", description="The first page; none: an empty tab.")
    headless: bool = Field(default=True, title="Without a window", description="Off: a window on the runner's screen.")
    width: int = Field(default=1280, ge=200, le=7680, title="Width", description="How wide the page is, in pixels.")
    height: int = Field(default=900, ge=200, le=7680, title="Height", description="How high the page is, in pixels.")
    locale: str | None = Field(default=None, title="Language", description="For instance de-CH; none: the system's.")
    time_zone: str | None = Field(default=None, title="Time zone", description="For instance Europe/Zurich.")
    user_agent: str | None = Field(default=None, title="User agent", description="What the browser calls itself.")
    ignore_certificates: bool = Field(
        default=False, title="Trust any certificate", description="For servers of your own; never on the internet."
    )
    dialogs: Literal["dismiss", "accept"] = Field(
        default="dismiss", title="Dialogs", description="How alerts and questions of pages are answered."
    )
    keep_on_failure: Literal["screenshotAndTrace", "screenshot", "nothing"] = Field(
        default="screenshotAndTrace", title="Keep on failure", description="What is kept when a browser node fails."
    )
    wait_seconds: WaitSeconds = 30
    fail_on_error: FailOnError = True


class OpenBrowser(NodeType[OpenConfig]):
    """browser.open: output `{url, title, status}`; the status is null without an address.

    A browser that is open already is closed: the workflow begins with a clean one, without cookies.
    """

    type = "browser.open"
    title = "Open browser"
    help = "Starts a clean browser for the nodes that follow and opens a page in it."
    icon = "browser"
    config = OpenConfig
    example: ClassVar[dict[str, Any]] = {"url": "https://example.com/login"}
    capabilities = ("browser",)
    repeatable = True

    async def keep_evidence(self, failure: NodeFailure, context: NodeContext) -> None:
        """A screenshot and the trace of a first page that did not come in time."""
        await keep_browser_evidence(failure, context)

    async def run(self, config: OpenConfig, context: NodeContext) -> Result:
        """Start Chromium. Raises NodeFailure BROWSER_MISSING, BROWSER_NOT_STARTED, and what browser.goto raises."""
        problem = program.missing()
        path = program.find_program()
        if problem is not None or path is None:
            raise NodeFailure("BROWSER_MISSING", f"{problem}.")
        # The library takes half a second and a third of the memory of the rest: only executions that use it pay.
        from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415

        from runner.nodes.browser.failures import start_failure  # noqa: PLC0415
        from runner.nodes.browser.session import Opening, open_session  # noqa: PLC0415

        if await _close(context):
            context.log("info", "The browser that was open is closed; a clean one takes its place.")
        opening = Opening(
            path,
            headless=config.headless,
            width=config.width,
            height=config.height,
            locale=config.locale,
            time_zone=config.time_zone,
            user_agent=config.user_agent,
            ignore_certificates=config.ignore_certificates,
            dialogs=config.dialogs,
            evidence=config.keep_on_failure,
        )
        try:
            session = await open_session(opening, context.workdir)
        except PlaywrightError as error:
            raise start_failure(error, opening) from None
        context.resources.keep(RESOURCE, session)
        if config.url is None:
            return Result({"url": "about:blank", "title": "", "status": None})
        url, seconds, strict = config.url, config.wait_seconds, config.fail_on_error
        return Result(
            await guarded(lambda: go(session, url, seconds, fail_on_error=strict), session, context, "open the page")
        )


class CloseConfig(NodeConfig):
    """Config of browser.close."""


class CloseBrowser(NodeType[CloseConfig]):
    """browser.close: output `{closed}`, false when none was open. The end of an execution closes it as well."""

    type = "browser.close"
    title = "Close browser"
    help = "Closes the browser with all its tabs."
    icon = "browser"
    config = CloseConfig
    example: ClassVar[dict[str, Any]] = {}
    capabilities = ("browser",)
    repeatable = True

    async def run(self, config: CloseConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Close it and remove its profile."""
        return Result({"closed": await _close(context)})


async def _close(context: NodeContext) -> bool:
    """Whether there was one. One that does not close in time ends with the execution's process at the latest."""
    try:
        return await context.resources.release(RESOURCE)
    except TimeoutError:
        context.log("warning", "The browser did not close in time; what is left of it ends with the execution.")
        return True


NODES = (OpenBrowser, CloseBrowser)
