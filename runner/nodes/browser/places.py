"""Where nodes act: which tab, which frame."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, WaitSeconds, element_output, find_element
from runner.nodes.browser.navigation import Address, go
from runner.selectors.model import SelectorField
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from playwright.async_api import Page

    from runner.nodes.browser.session import BrowserSession

_POLL_SECONDS: Final = 0.1


class TabConfig(NodeConfig):
    """Config of browser.tab."""

    action: Literal["switch", "new", "close"] = Field(
        default="switch", title="Do", description="Act in another tab, open one, or close one."
    )
    tab: int | str | None = Field(
        default=None,
        title="Tab",
        description="Its number from 1 (-1: the latest), or a part of its title or address. None: the latest other one "
        "to switch to, the current one to close.",
    )
    url: Address | None = Field(default=None, title="Address", description="What a new tab opens; none: nothing.")
    wait_seconds: WaitSeconds = 30

    @model_validator(mode="after")
    def _fits_the_action(self) -> Self:
        if self.url is not None and self.action != "new":
            raise ValueError("only a new tab is given an address; use browser.goto for another one")
        if self.tab is not None and self.action == "new":
            raise ValueError("a new tab has no number yet; leave the tab out")
        if self.tab in (0, ""):
            raise ValueError("tabs are counted from 1")
        return self


class Tab(BrowserNode[TabConfig]):
    """browser.tab: output `{tab, url, title, tabs}`: the current tab's number from 1, and all tabs `[{url, title}]`."""

    type = "browser.tab"
    title = "Tab"
    help = "Switches to another tab, for instance one that a click opened, opens a tab or closes one."
    icon = "copy"
    config = TabConfig
    example: ClassVar[dict[str, Any]] = {"action": "switch", "tab": "Invoice"}
    doing = "change the tab"

    async def act(self, config: TabConfig, session: "BrowserSession", context: NodeContext) -> Json:  # noqa: ARG002 - the contract's signature
        """Change it. Raises NodeFailure TAB_NOT_FOUND with the tabs there are, PAGE_* for a new one."""
        if config.action == "new":
            session.turn_to(await session.context.new_page())
            if config.url is not None:
                await go(session, config.url, config.wait_seconds)
        elif config.action == "switch":
            page = await _wait_for_tab(session, config.tab, config.wait_seconds)
            session.turn_to(page)
            await page.bring_to_front()
        else:
            page = session.page if config.tab is None else await _wait_for_tab(session, config.tab, 0)
            if len(session.pages) == 1:
                await session.context.new_page()  # without a tab the browser would end
            await page.close()
            session.settle()
        tabs: list[Json] = [{"url": page.url, "title": await session.title(page)} for page in session.pages]
        return {
            "tab": session.pages.index(session.page) + 1,
            "url": session.url,
            "title": await session.title(),
            "tabs": tabs,
        }


async def _wait_for_tab(session: "BrowserSession", wanted: int | str | None, seconds: float) -> "Page":
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        page = await _tab(session, wanted)
        if page is not None:
            return page
        if loop.time() >= deadline:
            name = "other tab" if wanted is None else f"tab {wanted!r}"
            shown = [f"{number}: {page.url[:100]}" for number, page in enumerate(session.pages, start=1)]
            message = f"Waited {seconds:g} s, but there is no {name}; there are {', '.join(shown)}."
            raise NodeFailure("TAB_NOT_FOUND", message, retryable=True, details={"tabs": [*shown]})
        await asyncio.sleep(_POLL_SECONDS)


async def _tab(session: "BrowserSession", wanted: int | str | None) -> "Page | None":
    pages = session.pages
    if wanted is None:
        return next((page for page in reversed(pages) if page is not session.page), None)
    if isinstance(wanted, int):
        place = wanted - 1 if wanted > 0 else len(pages) + wanted
        return pages[place] if 0 <= place < len(pages) else None
    for page in reversed(pages):
        if wanted in page.url or wanted in await session.title(page):
            return page
    return None


class FrameConfig(NodeConfig):
    """Config of browser.frame."""

    selector: SelectorField | None = Field(
        default=None, title="Element", description="The iframe to enter; none: back to the page itself."
    )
    wait_seconds: WaitSeconds = 30


class Frame(BrowserNode[FrameConfig]):
    """browser.frame: output `{url, name, element}`; without an element back to the page itself: `{url, name}`.

    The following nodes find their elements in the frame, until another browser.frame, a browser.goto or another tab.
    """

    type = "browser.frame"
    title = "Frame"
    help = "Acts inside a frame of the page from here on, or in the page itself again."
    icon = "browser"
    config = FrameConfig
    example: ClassVar[dict[str, Any]] = {"selector": "css=iframe.payment"}
    repeatable = True
    doing = "enter the frame"

    async def act(self, config: FrameConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Enter it. Raises NodeFailure NO_FRAME, ELEMENT_*."""
        if config.selector is None:
            session.turn_to(session.page)
            return {"url": session.url, "name": ""}
        found = await find_element(config.selector, config.wait_seconds, session, context)
        element = await found.locator.element_handle(timeout=found.left_milliseconds)
        frame = await element.content_frame()
        if frame is None:
            raise NodeFailure("NO_FRAME", f"{config.selector} is no frame; name the iframe itself.")
        session.frame = frame
        return element_output(found, url=frame.url, name=frame.name)


NODES = (Tab, Frame)
