"""Waiting for a page to become what the next node needs."""

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, WaitSeconds
from runner.selectors.model import WEAK, Selector, SelectorField, parse_selector
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession

_POLL_SECONDS: Final = 0.1
_SHOWN: Final = "(element) => (element.innerText ?? element.textContent ?? '').replace(/\\s+/g, ' ')"


class WaitConfig(NodeConfig):
    """Config of browser.wait. Everything that is given must come true."""

    selector: SelectorField | None = Field(
        default=None, title="Element", description="What is waited for; none: the page as a whole."
    )
    state: Literal["visible", "hidden", "enabled"] = Field(
        default="visible", title="State", description="What the element is to be; hidden also when it is gone."
    )
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=2_000,
        title="Text",
        description="What the element, or without one the page, is to show.",
    )
    url: str | None = Field(
        default=None, min_length=1, title="Address", description="Where the tab is to be; * stands for anything."
    )
    wait_seconds: WaitSeconds = 30

    @model_validator(mode="after")
    def _waits_for_something(self) -> Self:
        if self.selector is None and self.text is None and self.url is None:
            raise ValueError("say what to wait for: an element, a text or an address")
        if self.state == "hidden" and self.selector is not None and self.text is not None:
            raise ValueError("an element that is to be hidden shows no text; leave the text out")
        return self


class Wait(BrowserNode[WaitConfig]):
    """browser.wait: output `{seconds, url}`, how long it took."""

    type = "browser.wait"
    title = "Wait for page"
    help = "Waits until an element appears or goes, a text is shown, or the tab is at an address."
    icon = "hourglass"
    config = WaitConfig
    example: ClassVar[dict[str, Any]] = {"selector": "css=.spinner", "state": "hidden", "waitSeconds": 60}
    repeatable = True
    doing = "wait"

    async def act(self, config: WaitConfig, session: "BrowserSession", context: NodeContext) -> Json:  # noqa: ARG002 - the contract's signature
        """Look until all is so. Raises NodeFailure PAGE_WAIT_TIMEOUT that says what was not so (retryable)."""
        from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see `guarded`

        from runner.selectors.finding import is_passing  # noqa: PLC0415

        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            session.settle()
            try:
                missing = await _missing(config, session)
            except PlaywrightError as error:
                if not is_passing(error):
                    raise
                missing = "the page is being replaced"
            seconds = loop.time() - began
            if missing is None:
                return {"seconds": round(seconds, 3), "url": session.url}
            if seconds >= config.wait_seconds:
                message = f"Waited {config.wait_seconds:g} s, and still {missing} (on {session.url})."
                raise NodeFailure("PAGE_WAIT_TIMEOUT", message, retryable=True)
            await asyncio.sleep(_POLL_SECONDS)


async def _missing(config: WaitConfig, session: "BrowserSession") -> str | None:
    """What is not yet so, as the end of a sentence."""
    if config.url is not None and not _pattern(config.url).fullmatch(session.page.url):
        return f"the tab is not at {config.url}"
    if config.selector is not None:
        return await _element_missing(config, parse_selector(config.selector), session)
    if config.text is not None and config.text not in await session.frame.locator("body").evaluate(_SHOWN):
        return f"the page does not show {config.text!r}"
    return None


async def _element_missing(config: WaitConfig, selector: Selector, session: "BrowserSession") -> str | None:
    from runner.selectors.finding import NotFoundError, look  # noqa: PLC0415 - see `guarded`

    if config.state == "hidden":
        # Candidates by looks may fit something else once the element is gone.
        strong = [each for each in selector.candidates if each.strategy not in WEAK] or selector.candidates
        selector = selector.model_copy(update={"candidates": strong})
    try:
        found = await look(session.frame, selector)
    except NotFoundError as error:
        tried = "; ".join(map(str, error.tried))
        if error.unreadable:
            raise
        return None if config.state == "hidden" and not error.visible else f"no single element fits: {tried}"
    shown = await found.locator.is_visible()
    if config.state == "hidden":
        return f"{selector} is visible" if shown else None
    if not shown:
        return f"{selector} is hidden"
    if config.state == "enabled" and not await found.locator.is_enabled():
        return f"{selector} is disabled"
    if config.text is not None and config.text not in await found.locator.evaluate(_SHOWN):
        return f"{selector} does not show {config.text!r}"
    return None


def _pattern(address: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, address.split("*"))), re.DOTALL)


NODES = (Wait,)
