"""Text from and to programs: what a window shows, what is marked in it, and the clipboard."""

import asyncio
import time
import uuid
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.desktop.keys import Chord
from runner.desktop.model import DesktopError, Window
from runner.nodes.base import NodeConfig
from runner.nodes.desktop.desk import Desk
from runner.nodes.desktop.family import DesktopNode
from runner.nodes.desktop.fields import DesktopConfig, ElementField
from runner.nodes.desktop.keyboard import press
from runner.workflow.documents import Json

_LOOK_SECONDS: Final = 0.05
_COPY: Final = Chord(("ctrl",), "c")
_MARK_ALL: Final = Chord(("ctrl",), "a")


class ReadConfig(DesktopConfig):
    """Config of desktop.read."""

    source: Literal["all", "marked", "title", "element"] = Field(
        "all",
        title="Read",
        description="All of the field with the keyboard (Ctrl+A, Ctrl+C), what is marked, the title, or an element.",
    )
    element: ElementField | None = Field(None, title="Element", description="Which part of the window (Windows).")

    @model_validator(mode="after")
    def _has_its_object(self) -> Self:
        if self.source == "element" and self.element is None:
            raise ValueError("say which element is read")
        if self.source in ("title", "element") and self.window is None:
            raise ValueError("say which window is read")
        return self


class Read(DesktopNode[ReadConfig]):
    """desktop.read: output `{text}`. Text in the clipboard is there again afterwards."""

    type = "desktop.read"
    title = "Read text"
    help = "Reads the text of a field, of what is marked, of a window's title or of an element."
    icon = "copy"
    config = ReadConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "source": "all"}
    repeatable = True

    async def act(self, config: ReadConfig, desk: Desk) -> Json:
        """Read it once the window is there. Raises DesktopError WINDOW_*, ELEMENT_*, NOTHING_COPIED, CLIPBOARD_*."""

        async def attempt() -> str:
            async with desk.turn():
                window = await desk.to_front(config.window)
                return await _text(config, window, desk)

        return {"text": await desk.until(config.timeout_seconds, attempt)}


class ClipboardConfig(NodeConfig):
    """Config of desktop.clipboard."""

    action: Literal["read", "write"] = Field("read", title="Do", description="Read the clipboard, or put text into it.")
    text: str | None = Field(None, max_length=200_000, title="Text", description="What is put in.")

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if (self.action == "write") != (self.text is not None):
            raise ValueError("a text belongs to writing, and only to that")
        return self


class Clipboard(DesktopNode[ClipboardConfig]):
    """desktop.clipboard: output `{text}`; null when the clipboard holds no text.

    What is put in can be pasted for as long as the execution runs.
    """

    type = "desktop.clipboard"
    title = "Clipboard"
    help = "Reads text from the clipboard or puts text into it."
    icon = "clipboard"
    config = ClipboardConfig
    example: ClassVar[dict[str, Any]] = {"action": "write", "text": "{{ inputs.date }}"}
    repeatable = True

    async def act(self, config: ClipboardConfig, desk: Desk) -> Json:
        """Raises DesktopError CLIPBOARD_*."""
        text = config.text
        if text is None:
            return {"text": await desk.do(lambda driver: driver.read_clipboard())}
        await desk.do(lambda driver: driver.write_clipboard(text))
        return {"text": text}


async def _text(config: ReadConfig, window: Window | None, desk: Desk) -> str:
    if config.source == "title":
        assert window is not None
        return window.title
    if config.source == "element":
        assert window is not None
        assert config.element is not None
        return (await desk.element(window, config.element.query())).text
    if config.source == "all":
        await press(_MARK_ALL, desk)
    else:
        marked = await desk.do(lambda driver: driver.read_marked())
        if marked is not None:
            return marked
    return await _copied(config.timeout_seconds, desk)


async def _copied(seconds: float, desk: Desk) -> str:
    """What the program in front puts into the clipboard when it is told to copy."""
    before = await desk.do(lambda driver: driver.read_clipboard())
    # Only by a text that nobody else has is it seen that something was copied, also the same as before.
    token = f"exekra-{uuid.uuid4()}"
    await desk.do(lambda driver: driver.write_clipboard(token))
    try:
        await press(_COPY, desk)
        deadline = time.monotonic() + seconds
        while True:
            text = await desk.do(lambda driver: driver.read_clipboard())
            if text is not None and text != token:
                return text
            if time.monotonic() >= deadline:
                message = "The program copied nothing: nothing is marked there, or it has no Ctrl+C."
                raise DesktopError("NOTHING_COPIED", message, retryable=True)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await desk.do(lambda driver: driver.write_clipboard(before or ""))


NODES = (Read, Clipboard)
