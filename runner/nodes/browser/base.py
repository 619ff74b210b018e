"""What all nodes share that act in the execution's browser: how they come to it, and what becomes of their failures.

Importable without Playwright: a runner declares its nodes also where no browser is.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, cast

from pydantic import Field

from runner.nodes.base import ConfigT, NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.selectors.model import Selector, SelectorField
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession
    from runner.selectors.finding import Found

RESOURCE: Final = "browser"
"""The name under which an execution keeps its browser."""

_LEAST_SECONDS: Final = 0.01
"""The library takes 0 for no limit at all."""

WaitSeconds = Annotated[
    float,
    Field(gt=0, le=3_600, title="Wait at most", description="Seconds until the node gives up waiting."),
]


class ElementConfig(NodeConfig):
    """Config of a node that acts on one element."""

    selector: SelectorField
    wait_seconds: WaitSeconds = 30


class BrowserNode(NodeType[ConfigT]):
    """A node that acts in the browser that browser.open opened."""

    capabilities = ("browser",)
    doing: ClassVar[str]
    """What it does, to complete "Could not …": `click the element`."""

    async def run(self, config: ConfigT, context: NodeContext) -> Result:
        """Act in the browser; a failure keeps a screenshot and the trace.

        Raises NodeFailure BROWSER_NOT_OPEN, ELEMENT_NOT_FOUND, ELEMENT_AMBIGUOUS, ELEMENT_NOT_READY, BROWSER_CLOSED.
        """
        session = current_session(context)
        return Result(await guarded(lambda: self.act(config, session, context), session, context, self.doing))

    async def keep_evidence(self, failure: NodeFailure, context: NodeContext) -> None:
        """A screenshot and the trace, if the browser was open by then."""
        await keep_browser_evidence(failure, context)

    def destinations(self, config: ConfigT, context: NodeContext) -> list[str]:
        """Where the frame is that it works in, and what it opens. Raises NodeFailure BROWSER_NOT_OPEN."""
        return [current_session(context).frame.url, *super().destinations(config, context)]

    @abstractmethod
    async def act(self, config: ConfigT, session: "BrowserSession", context: NodeContext) -> Json:
        """Do the work and answer the output. May raise PlaywrightError and NotFoundError besides NodeFailure."""


def current_session(context: NodeContext) -> "BrowserSession":
    """The execution's browser. Raises NodeFailure BROWSER_NOT_OPEN."""
    session = context.resources.get(RESOURCE)
    if session is None:
        raise NodeFailure(
            "BROWSER_NOT_OPEN",
            "No browser is open here. Put browser.open before this node; a browser does not outlive an approval or a "
            "long delay, and a start from the middle has none.",
        )
    return cast("BrowserSession", session)


async def guarded(
    act: Callable[[], Awaitable[Json]], session: "BrowserSession", context: NodeContext, doing: str
) -> Json:
    """What `act` answers. Its failures become NodeFailures with a screenshot and the trace."""
    # Where a browser is open Playwright is installed; a runner without it must load this module all the same.
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415

    from runner.nodes.browser import failures  # noqa: PLC0415
    from runner.selectors.finding import NotFoundError  # noqa: PLC0415

    try:
        try:
            await session.begin_step()
            return await act()
        except NotFoundError as error:
            raise failures.not_found_failure(error, session) from None
        except PlaywrightError as error:
            raise failures.playwright_failure(error, session, doing) from None
    except NodeFailure as failure:
        await failures.keep_evidence(failure, session, context)
        raise
    finally:
        tell_dialogs(session, context)


async def keep_browser_evidence(failure: NodeFailure, context: NodeContext) -> None:
    """What `guarded` keeps of a failure, for one that came from outside of the act."""
    session = context.resources.get(RESOURCE)
    if session is None:
        return
    from runner.nodes.browser import failures  # noqa: PLC0415 - see `guarded`

    failure.details.update(failures.place(cast("BrowserSession", session)))
    await failures.keep_evidence(failure, cast("BrowserSession", session), context)


async def find_element(
    selector: str | Selector, seconds: float, session: "BrowserSession", context: NodeContext
) -> "Found":
    """The one element a config names. The log tells when the best candidate does not fit it any more.

    Raises NotFoundError.
    """
    found = _in_time(await session.find(selector, seconds), context.seconds_left)
    if found.place > 1:
        before = "; ".join(map(str, found.tried[:-1]))
        message = f"The element was found by its candidate {found.place}, {found.candidate}; before: {before}."
        context.log("warning", message)
    return found


def _in_time(found: "Found", seconds_left: float | None) -> "Found":
    """The library would carry out a click or a filling in that nobody waits for any more."""
    if seconds_left is None or seconds_left >= found.left_seconds:
        return found
    return replace(found, left_seconds=max(seconds_left, _LEAST_SECONDS))


def tell_dialogs(session: "BrowserSession", context: NodeContext) -> None:
    """Write to the log what the page said in dialogs while the node acted."""
    done = {"accept": "accepted", "dismiss": "dismissed"}[session.opening.dialogs]
    for said in session.take_dialogs():
        context.log("info", f"The page asked or said, and it was {done}: {said}")


def element_output(found: "Found", **more: Any) -> dict[str, Json]:
    """The output of a node that acted on an element: which candidate it was found by, and what else there is."""
    return {"element": found.as_json(), **more}
