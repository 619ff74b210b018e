"""The recorder's browser: listens to its pages, tabs and addresses until the person closes it.

Owns the order of what happened. Needs Playwright; `command.py` imports it only when something is recorded.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import BrowserContext, CDPSession, Dialog, Frame, Page
from playwright.async_api import Error as PlaywrightError

from runner.nodes.browser.session import BrowserSession, Opening, open_session
from runner.recorder.messages import Action, Happening, Place, TabClosed, TabOpened, Visit, read_message
from runner.selectors.ranking import Description

BINDING: Final = "exekraRecord"
PAGES: Final = ("http://", "https://", "file://")
"""How addresses begin that a workflow can open; not those of the browser's own pages."""
TYPED: Final = frozenset({"typed", "address_bar", "auto_bookmark", "generated", "keyword", "keyword_generated"})
"""How Chromium calls the ways to an address that a person takes by the browser's own bars and lists."""
Arrival = Literal["typed", "moved", "by page"]
"""At an address that the person chose in the browser, back or forth in the history, or because the page wanted it."""
CAUSED_SECONDS: Final = 1.0
"""What follows an action so soon is the page's answer to it, not another action."""
SWAP_SECONDS: Final = 0.05
"""Between two questions to a tab that is between two processes."""
SWAP_TRIES: Final = 100


class Recording:
    """What happened so far in a browser that `recording` opened."""

    def __init__(self, session: BrowserSession) -> None:
        self.session = session
        self.dialogs = False
        """Whether a page asked or told something in a dialog; it was accepted."""
        self.missed = 0
        """What was done but could not be recorded: in a frame that went at once, or with more text than is kept."""
        self._closed = asyncio.Event()
        self._entries: list[asyncio.Task[Happening | None]] = []
        self._tabs: dict[Page, _Tab] = {}
        self._describe = _source("runner.selectors", "describe.js")

    async def begin(self, url: str) -> None:
        """Listen, and open the address in the first tab. Raises PlaywrightError when it cannot be opened."""
        context = self.session.context
        await context.expose_binding(BINDING, self._take)
        await context.add_init_script(_script(self._describe))
        context.on("close", lambda _: self._closed.set())
        context.on("dialog", self._take_dialog)
        page = self.session.page
        tab = self._register(page)
        await tab.connect(self.session.context)
        await page.goto(url, wait_until="domcontentloaded")
        await tab.arrive(page.url)
        self._listen(page)
        context.on("page", self._take_tab)

    async def wait_closed(self) -> None:
        """Until the window, or the last tab of it, is closed."""
        await self._closed.wait()

    async def happenings(self) -> list[Happening]:
        """Everything that happened, in order."""
        return [each for each in await asyncio.gather(*self._entries) if each is not None]

    def _register(self, page: Page) -> "_Tab":
        tab = self._tabs[page] = _Tab(len(self._tabs), page)
        return tab

    def _listen(self, page: Page) -> None:
        page.on("framenavigated", self._take_navigation)
        page.on("close", self._take_close)

    def _add(self, entry: Any) -> None:
        self._entries.append(asyncio.get_running_loop().create_task(entry))

    def _take(self, source: dict[str, Any], text: str) -> None:
        """A page told something. Called in the order in which it happened."""
        tab = self._tabs.get(source["page"])
        if tab is not None:
            tab.acted_at = time.monotonic()
            self._add(self._action(tab, source["frame"], text))

    async def _action(self, tab: "_Tab", frame: Frame, text: str) -> Action | None:
        told = read_message(text)
        if told is None:
            self.missed += 1
            return None
        frames: list[Description] = []
        try:
            while frame.parent_frame is not None:
                element = await frame.frame_element()
                frames.insert(0, Description.from_json(await element.evaluate(self._describe)))
                frame = frame.parent_frame
        except PlaywrightError:
            self.missed += 1  # the frame went with its page: nobody could say where it stood
            return None
        return Action(Place(tab.number, tuple(frames)), told)

    def _take_navigation(self, frame: Frame) -> None:
        tab = self._tabs.get(frame.page)
        if tab is not None and frame.parent_frame is None:
            self._add(self._visit(tab, frame.url, since_action=time.monotonic() - tab.acted_at))

    async def _visit(self, tab: "_Tab", url: str, since_action: float) -> Visit | None:
        arrival = await tab.arrive(url)
        by_person = arrival == "typed" or (arrival == "moved" and since_action > CAUSED_SECONDS)
        return Visit(tab.number, url) if by_person and url.startswith(PAGES) else None

    def _take_tab(self, page: Page) -> None:
        # Before the page tells anything.
        tab = self._register(page)
        self._listen(page)
        self._add(self._tab_opened(tab, page, page.url))

    async def _tab_opened(self, tab: "_Tab", page: Page, url: str) -> TabOpened:
        # A link may hide where it stands, but it leads somewhere: an empty tab without an opener is a person's.
        by_page = url.startswith(PAGES)
        with suppress(PlaywrightError):  # closed again at once
            await tab.connect(self.session.context)
            by_page = by_page or await page.opener() is not None
        return TabOpened(tab.number, by_page)

    def _take_close(self, page: Page) -> None:
        tab = self._tabs[page]
        if not [other for other in self.session.context.pages if other is not page]:
            self._closed.set()
        else:
            self._add(_same(TabClosed(tab.number, time.monotonic() - tab.acted_at < CAUSED_SECONDS)))

    def _take_dialog(self, _: Dialog) -> None:
        self.dialogs = True


class _Tab:
    """One tab and its place in its history."""

    def __init__(self, number: int, page: Page) -> None:
        self.number = number
        self.page = page
        self.acted_at = float("-inf")
        self._history: CDPSession | None = None
        self._asked = asyncio.Event()
        self._entry = -1
        self._known: set[int] = set()

    async def connect(self, context: BrowserContext) -> None:
        """Begin to see the tab's history. Raises PlaywrightError."""
        try:
            self._history = await context.new_cdp_session(self.page)
        finally:
            self._asked.set()

    async def arrive(self, url: str) -> Arrival:
        """How the tab came to the address; waits until its history can be seen or it is gone."""
        await self._asked.wait()
        if self._history is None:
            return "by page"
        answer = await self._entries(self._history)
        if answer is None:
            return "by page"  # closed meanwhile
        entry = answer["entries"][answer["currentIndex"]]
        if entry["url"] != url:
            # The tab has moved on since: an entry tells of the arrival at its own address, not of one before it.
            news = [each for each in answer["entries"] if each["url"] == url and int(each["id"]) not in self._known]
            if not news:
                return "by page"
            entry = news[-1]
        number, before = int(entry["id"]), self._entry
        is_new = number not in self._known
        self._entry = number
        self._known.add(number)
        if is_new:
            return "typed" if entry["transitionType"] in TYPED else "by page"
        return "moved" if number != before else "by page"

    async def _entries(self, history: CDPSession) -> dict[str, Any] | None:
        """The tab's history; None when it is closed. A tab that changes its process for a page answers after that."""
        for _ in range(SWAP_TRIES):
            try:
                return await history.send("Page.getNavigationHistory")
            except PlaywrightError:
                if self.page.is_closed():
                    return None
                await asyncio.sleep(SWAP_SECONDS)
        return None


@asynccontextmanager
async def recording(program: Path, url: str, folder: Path, *, headless: bool) -> AsyncIterator[Recording]:
    """A browser that shows the address and is listened to. Raises PlaywrightError when that fails."""
    session = await open_session(Opening(program, headless=headless, dialogs="accept", evidence="nothing"), folder)
    try:
        record = Recording(session)
        await record.begin(url)
        yield record
    finally:
        await session.close()


def _script(describe: str) -> str:
    return f"({_source('runner.recorder', 'capture.js')})(({describe}), ({_source('runner.recorder', 'rivals.js')}))"


def _source(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text("utf-8").strip()


async def _same(happening: Happening) -> Happening:
    return happening
