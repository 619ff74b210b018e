"""Going to pages. Tabs and frames are in `places.py`."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.browser.addresses import checked_address
from runner.nodes.browser.base import BrowserNode, WaitSeconds
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession

Until = Literal["load", "domcontentloaded", "networkidle", "commit"]
FIRST_ERROR: Final = 400
FIRST_SERVER_ERROR: Final = 500


async def go(
    session: "BrowserSession", url: str, seconds: float, *, until: Until = "load", fail_on_error: bool = True
) -> dict[str, Json]:
    """Open an address in the current tab: `{url, title, status}`, the status null for what is no server's answer.

    Raises NodeFailure PAGE_TIMEOUT, PAGE_UNREACHABLE, PAGE_IS_DOWNLOAD, PAGE_STATUS.
    """
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see `guarded`
    from playwright.async_api import TimeoutError as PlaywrightTimeoutError  # noqa: PLC0415

    session.turn_to(session.page)
    try:
        answer = await session.page.goto(url, timeout=seconds * 1000, wait_until=until)
    except PlaywrightTimeoutError:
        message = f"{url} was not loaded within {seconds:g} seconds (waited for {until})."
        raise NodeFailure("PAGE_TIMEOUT", message, retryable=True) from None
    except PlaywrightError as error:
        reason = next((word for word in error.message.split() if word.startswith("net::")), "").removeprefix("net::")
        if "Download is starting" in error.message:
            raise NodeFailure("PAGE_IS_DOWNLOAD", f"{url} is a file, no page; fetch it by browser.download.") from None
        if not reason:
            raise
        message = f"{url} cannot be reached ({reason}); check the address and the network."
        raise NodeFailure("PAGE_UNREACHABLE", message, retryable=True) from None
    status = None if answer is None else answer.status
    if fail_on_error and status is not None and status >= FIRST_ERROR:
        raise NodeFailure(
            "PAGE_STATUS",
            f"{url} answered with status {status}; allow that by 'Fail on error pages' if the page is meant.",
            retryable=status >= FIRST_SERVER_ERROR,
            details={"status": status},
        )
    return {"url": session.url, "title": await session.title(), "status": status}


FailOnError = Annotated[
    bool, Field(title="Fail on error pages", description="When the server answers with status 400 or more.")
]
Address = Annotated[
    str,
    AfterValidator(checked_address),
    Field(min_length=1, max_length=100_000, title="Address", description="For instance https://example.com/orders."),
]


class GotoConfig(NodeConfig):
    """Config of browser.goto."""

    url: Address
    until: Until = Field(default="load", title="Until", description="Which moment of loading is waited for.")
    fail_on_error: FailOnError = True
    wait_seconds: WaitSeconds = 30


class GoTo(BrowserNode[GotoConfig]):
    """browser.goto: output `{url, title, status}`; `url` is where redirects led."""

    type = "browser.goto"
    title = "Go to page"
    help = "Opens an address in the current tab."
    icon = "world"
    config = GotoConfig
    example: ClassVar[dict[str, Any]] = {"url": "https://example.com/orders?date={{ inputs.date }}"}
    repeatable = True
    doing = "open the page"

    async def act(self, config: GotoConfig, session: "BrowserSession", context: NodeContext) -> Json:  # noqa: ARG002 - the contract's signature
        """Load the page. Raises NodeFailure PAGE_*."""
        return await go(
            session, config.url, config.wait_seconds, until=config.until, fail_on_error=config.fail_on_error
        )


NODES = (GoTo,)
