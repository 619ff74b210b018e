"""What one node run does before the screen: waits for its window, brings it to the front, looks at a part of it.

Owns the waiting and the words for what did not come. Nodes say what is wanted, drivers how it is done.
"""

import asyncio
import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, TypeVar

from runner.desktop import availability
from runner.desktop.driver import DesktopDriver
from runner.desktop.matching import Found, Template
from runner.desktop.model import Button, DesktopError, Element, ElementQuery, Picture, Region, Window, only_window
from runner.desktop.session import DesktopSession
from runner.nodes.base import NodeContext
from runner.nodes.desktop.fields import ImageField, WindowField
from runner.nodes.paths import file_errors, resolve_path

T = TypeVar("T")

LOOK_SECONDS: Final = 0.1
FRONT_SECONDS: Final = 3.0
"""How long a window manager may take to bring a window to the front."""
IMAGE_BYTES: Final = 16 * 1024 * 1024
_RESOURCE: Final = "desktop"
_MAY_COME: Final = frozenset(
    {"WINDOW_NOT_FOUND", "WINDOW_GONE", "WINDOW_NOT_IN_FRONT", "IMAGE_NOT_FOUND", "TEXT_NOT_FOUND", "ELEMENT_NOT_FOUND"}
)
"""What another look may find."""


class Desk:
    """The screen as one node run sees it. Raises DesktopError throughout."""

    def __init__(self, session: DesktopSession, context: NodeContext) -> None:
        self._session = session
        self.context = context

    @classmethod
    async def sit_down(cls, context: NodeContext) -> "Desk":
        """Take the screen for this execution, or join the nodes of it that have it."""
        session = context.resources.get(_RESOURCE)
        if session is None:
            there = await asyncio.to_thread(availability.desktop)
            if not there.is_there:
                raise DesktopError("DESKTOP_UNAVAILABLE", f"{there.problem} {there.remedy}", retryable=True)
            session = DesktopSession(context.execution_id)
            context.resources.keep(_RESOURCE, session)
        assert isinstance(session, DesktopSession)
        await session.open(lambda: context.log("info", "Another execution uses the screen; waiting for its end."))
        return cls(session, context)

    @classmethod
    def at_hand(cls, context: NodeContext) -> "Desk | None":
        """The screen as this execution has it already; None while it does not."""
        session = context.resources.get(_RESOURCE)
        return cls(session, context) if isinstance(session, DesktopSession) and session.is_open else None

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Pointer and keyboard for this node alone."""
        return self._session.turn()

    async def do(self, call: Callable[[DesktopDriver], T]) -> T:
        """One call to the driver."""
        return await self._session.do(call)

    async def key(self, name: str, *, down: bool) -> None:
        """Press or release a key."""
        await self.do(lambda driver: driver.key(name, down=down))

    async def button(self, button: Button, *, down: bool) -> None:
        """Press or release a mouse button."""
        await self.do(lambda driver: driver.button(button, down=down))

    async def prepare(self, text: str) -> None:
        """Get ready to type this text."""
        await self.do(lambda driver: driver.prepare(text))

    async def type_character(self, character: str) -> None:
        """Type one character."""
        await self.do(lambda driver: driver.type_character(character))

    async def until(self, seconds: float, attempt: Callable[[], Awaitable[T]]) -> T:
        """The answer of the first attempt that finds what it looks for; what the last one said when time is up."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return await attempt()
            except DesktopError as error:
                left = deadline - time.monotonic()
                if error.code not in _MAY_COME or left <= 0:
                    raise
            await asyncio.sleep(min(LOOK_SECONDS, left))

    async def until_gone(self, seconds: float, attempt: Callable[[], Awaitable[object]]) -> None:
        """Wait until an attempt no longer finds what it looks for."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                await attempt()
            except DesktopError as error:
                if error.code in _MAY_COME:
                    return
                raise
            left = deadline - time.monotonic()
            if left <= 0:
                raise DesktopError("STILL_THERE", f"It is still there after {seconds:g} s.", retryable=True)
            await asyncio.sleep(min(LOOK_SECONDS, left))

    # -- windows ------------------------------------------------------------------------------------------------------

    async def window(self, field: WindowField) -> Window:
        """The window that is meant, as it is now."""
        query = field.query()
        there_are = await self.windows()
        found = query.select(there_are)
        return found[0] if found and field.which == "front" else only_window(found, query, there_are)

    async def windows(self) -> Sequence[Window]:
        """All there are, the front one first."""
        return await self.do(lambda driver: driver.windows())

    async def to_front(self, field: WindowField | None) -> Window | None:
        """Bring the window to the front and wait until it has the keyboard; None when no window is meant."""
        if field is None:
            return None
        window = await self.window(field)
        if window.active:
            return window
        await self.do(lambda driver: driver.activate(window))
        return await self.until(FRONT_SECONDS, lambda: self.in_front(window))

    async def in_front(self, window: Window) -> Window:
        """The window as it is now, if the keyboard is its own."""
        now = {each.id: each for each in await self.windows()}.get(window.id)
        if now is None:
            raise DesktopError("WINDOW_GONE", f"The window {window.title!r} was closed.", retryable=True)
        if not now.active:
            message = f"The window {window.title!r} is not in front; another one keeps the keyboard."
            raise DesktopError("WINDOW_NOT_IN_FRONT", message, retryable=True)
        return now

    # -- looking ------------------------------------------------------------------------------------------------------

    async def region(self, window: Window | None, area: Region | None = None) -> Region:
        """The part of the screen that is meant: of the window as far as it can be seen, or of all."""
        screen = await self.do(lambda driver: driver.screen())
        whole = screen if window is None else _visible(window.region, screen)
        return whole if area is None else whole.part(area)

    async def look(self, region: Region) -> Picture:
        """What is seen there."""
        return await self.do(lambda driver: driver.capture(region))

    @staticmethod
    async def match(template: Template, image: ImageField, picture: Picture) -> Found:
        """Where the one picture is in the other. Computed beside the desktop's own thread."""
        return await asyncio.to_thread(template.find, picture, image.confidence, image.scale_tolerance)

    async def template(self, image: ImageField) -> Template:
        """The picture that a config names. Raises NodeFailure of the file too."""
        return await asyncio.to_thread(_read_template, image.source, self.context)

    async def element(self, window: Window, query: ElementQuery) -> Element:
        """The one part of the window that is so."""
        elements = await self.do(lambda driver: driver.elements(window))
        found = [element for element in elements if query.fits(element)]
        if len(found) == 1:
            return found[0]
        if not found:
            names = ", ".join(dict.fromkeys(f"{each.role} {each.name!r}" for each in elements if each.name))
            message = f"{window.title!r} has no element with {query}. It has: {names[:1000] or 'none with a name'}."
            raise DesktopError("ELEMENT_NOT_FOUND", message, retryable=True)
        raise DesktopError("ELEMENT_AMBIGUOUS", f"{len(found)} elements of {window.title!r} have {query}; say more.")


def _visible(region: Region, screen: Region) -> Region:
    """A window may stand over the screen's edge."""
    inner = Region(region.x - screen.x, region.y - screen.y, region.width, region.height)
    return screen.part(inner)


def _read_template(source: str, context: NodeContext) -> Template:
    if source.startswith("data:"):
        _, _, encoded = source.partition(",")
        try:
            return Template.read(base64.b64decode(encoded, validate=True), "The picture")
        except binascii.Error as error:
            message = "The picture's data: address is damaged; put the picture in anew."
            raise DesktopError("IMAGE_UNREADABLE", message) from error
    path = resolve_path(context, source)
    return Template.read(_bounded(path), str(path))


def _bounded(path: Path) -> bytes:
    with file_errors(path), path.open("rb") as file:
        data = file.read(IMAGE_BYTES + 1)
    if len(data) > IMAGE_BYTES:
        raise DesktopError("IMAGE_UNUSABLE", f"{path} is larger than any picture of a screen.")
    return data
