"""The browser of one execution: one Chromium with a profile of its own, kept from its opening to its closing.

Owns the processes, the folder that holds everything they write, the tab and frame that nodes act in, and the trace.
Needs Playwright; nodes import this module only when they open a browser.
"""

import asyncio
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import BrowserContext, Dialog, Frame, Locator, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from runner.engine.masking import MIN_LENGTH
from runner.nodes.browser import program
from runner.selectors.finding import Found, find, find_all, is_passing
from runner.selectors.model import Selector, parse_selector

QUIET_FLAGS: Final = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TRACES: Final = "traces"
KEPT_STEPS: Final = 100
KEPT_BYTES: Final = 64 * 1024 * 1024
"""A trace begins anew when it is larger: an execution of 10,000 clicks must not fill the disk with them."""
SHOWN_ADDRESS: Final = 500
_OURS: Final = "EXEKRA_"
_MARK: Final = "EXEKRA_ATTEMPT"
"""Lets the agent find every process of the execution."""
_LONGEST_TEMP: Final = 60
"""Chromium puts a socket into its folder for temporary files, and a socket's path has at most 107 characters."""

Evidence = Literal["screenshotAndTrace", "screenshot", "nothing"]
DialogAnswer = Literal["accept", "dismiss"]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a browser is opened."""

    program: Path
    headless: bool = True
    width: int = 1280
    height: int = 900
    locale: str | None = None
    time_zone: str | None = None
    user_agent: str | None = None
    ignore_certificates: bool = False
    dialogs: DialogAnswer = "dismiss"
    evidence: Evidence = "screenshotAndTrace"


@dataclass(slots=True)
class BrowserSession:
    """What nodes use between browser.open and browser.close; made by `open_session`."""

    opening: Opening
    folder: Path
    context: BrowserContext
    page: Page
    frame: Frame
    _playwright: Playwright
    secret_fields: list[Locator] = field(default_factory=list)
    """Fields that hold a secret; they are covered in pictures."""
    secrets: set[str] = field(default_factory=set)
    """What was written into them. An execution forgets the oldest of many secrets, a trace does not."""
    dialogs: list[str] = field(default_factory=list)
    """What the page said in dialogs since a node last asked."""
    traced: bool = False
    """Whether what is done is recorded."""
    _may_trace: bool = True
    _steps: int = 0
    _closed: bool = False

    @property
    def url(self) -> str:
        """Where the tab is, cut off where no person reads on."""
        return self.page.url[:SHOWN_ADDRESS]

    @property
    def pages(self) -> list[Page]:
        """The open tabs, in the order in which they were opened."""
        return self.context.pages

    async def find(self, selector: str | Selector, seconds: float) -> Found:
        """The one element in the current frame. Raises NotFoundError, ValueError for an unfit text."""
        return await find(self.frame, parse_selector(selector), seconds)

    async def find_all(self, selector: str | Selector, seconds: float) -> tuple[Locator, Found]:
        """All elements of the first candidate that fits any, and that candidate. Raises NotFoundError, ValueError."""
        return await find_all(self.frame, parse_selector(selector), seconds)

    def turn_to(self, page: Page) -> None:
        """Act in this tab from now on, outside of its frames."""
        self.page = page
        self.frame = page.main_frame

    def settle(self) -> None:
        """After a tab was closed, by whomever: act in the latest that is left."""
        if self.page.is_closed() and self.pages:
            self.turn_to(self.pages[-1])

    async def title(self, page: Page | None = None) -> str:
        """The title of a tab, of the current one by default; empty while a page replaces another."""
        try:
            return await (page or self.page).title()
        except PlaywrightError as error:
            if not is_passing(error):
                raise
            return ""

    async def begin_step(self) -> None:
        """A node begins to act. A trace that has grown long begins anew."""
        self.settle()
        if self.traced:
            self._steps += 1
            if self._steps > KEPT_STEPS or _size(self.folder / TRACES) > KEPT_BYTES:
                await self._end_trace()
                await self.begin_trace()

    async def begin_trace(self) -> None:
        """Record from here on, unless the browser holds what no trace may show."""
        if not self._may_trace:
            return
        # Pictures of the trace could not be covered where they show secrets; its texts can be masked.
        await self.context.tracing.start(screenshots=False, snapshots=True)
        self.traced = True
        self._steps = 0

    async def save_trace(self, path: Path) -> None:
        """Write what was done since the trace began, as a zip for Playwright's viewer, and begin anew."""
        await self._end_trace(path)
        await self.begin_trace()

    async def hide(self, secret_field: Locator, secret: str) -> None:
        """A secret is about to be written into this field."""
        self.secret_fields.append(secret_field)
        self.secrets.add(secret)
        if len(secret) < MIN_LENGTH:
            # It cannot be masked inside other texts without destroying them all.
            self._may_trace = False
            if self.traced:
                await self._end_trace()

    def take_dialogs(self) -> list[str]:
        """What the page said in dialogs since the last call."""
        said, self.dialogs = self.dialogs, []
        return said

    async def _end_trace(self, path: Path | None = None) -> None:
        self.traced = False
        await self.context.tracing.stop(path=path)
        # The library leaves its files until the browser ends.
        await asyncio.to_thread(shutil.rmtree, self.folder / TRACES, ignore_errors=True)

    async def close(self) -> None:
        """End the browser and remove everything it wrote."""
        if self._closed:
            return
        self._closed = True
        try:
            await self.context.close()
        except PlaywrightError:
            # It crashed or was ended by a person: what counts is that it is gone.
            pass
        finally:
            await self._playwright.stop()
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def answer(self, dialog: Dialog) -> None:
        """Note what the page said and answer as it was opened to."""
        self.dialogs.append(dialog.message)
        with suppress(PlaywrightError):  # the tab may be closed meanwhile
            # A page that asks whether it may be left is not to keep the workflow from leaving it.
            if self.opening.dialogs == "accept" or dialog.type == "beforeunload":
                await dialog.accept(dialog.default_value)
            else:
                await dialog.dismiss()


async def open_session(opening: Opening, workdir: Path) -> BrowserSession:
    """Start a browser with one empty tab. Raises PlaywrightError when it does not start; nothing is left then."""
    folder = Path(tempfile.mkdtemp(prefix=".browser-", dir=workdir))
    playwright: Playwright | None = None
    try:
        playwright = await async_playwright().start()
        context = await playwright.chromium.launch_persistent_context(folder / "profile", **_options(opening, folder))
        page = context.pages[0] if context.pages else await context.new_page()
        session = BrowserSession(opening, folder, context, page, page.main_frame, playwright)
        context.on("dialog", lambda dialog: session.answer(dialog))  # noqa: PLW0108 - the library writes to the owner of a method
        if opening.evidence == "screenshotAndTrace":
            await session.begin_trace()
    except BaseException:
        if playwright is not None:
            await playwright.stop()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    return session


def _options(opening: Opening, folder: Path) -> dict[str, Any]:
    """For Playwright: everything the browser writes stays in `folder`, so that a killed one leaves nothing."""
    environment: dict[str, str | float | bool] = {
        name: value for name, value in os.environ.items() if not name.startswith(_OURS) or name == _MARK
    }
    if len(str(folder)) <= _LONGEST_TEMP:
        environment["TMPDIR"] = str(folder)
    sandboxed = program.sandboxed()
    return {
        "executable_path": opening.program,
        "headless": opening.headless,
        "args": [*QUIET_FLAGS],
        "chromium_sandbox": sandboxed,
        "artifacts_dir": folder / "artifacts",
        "downloads_path": folder / "downloads",
        "traces_dir": folder / TRACES,
        "env": environment,
        "viewport": {"width": opening.width, "height": opening.height},
        "locale": opening.locale,
        "timezone_id": opening.time_zone,
        "user_agent": opening.user_agent,
        "ignore_https_errors": opening.ignore_certificates,
        # The signals are the execution's: it closes the browser in its own order.
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
    }


def _size(folder: Path) -> int:
    """Bytes of the files right in the folder, where the trace itself grows."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file())
    except FileNotFoundError:
        return 0
