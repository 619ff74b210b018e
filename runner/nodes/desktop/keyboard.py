"""Typing text and pressing keys."""

import asyncio
from typing import Any, ClassVar, Final

from pydantic import Field

from runner.desktop.keys import Chord
from runner.desktop.model import DesktopError, Window
from runner.nodes.desktop.desk import Desk
from runner.nodes.desktop.family import DesktopNode
from runner.nodes.desktop.fields import DesktopConfig, Keys, parse_keys
from runner.workflow.documents import Json

TEXT_LIMIT: Final = 20_000
LOOK_EACH: Final = 10
"""After so many characters it is asked whether the window still has the keyboard."""
LOOK_AHEAD: Final = 100
"""So many characters are made ready at a time."""
_BETWEEN_SECONDS: Final = 0.02


class TypeConfig(DesktopConfig):
    """Config of desktop.type."""

    text: str = Field(
        max_length=TEXT_LIMIT, title="Text", description="Of any script; a line break is Enter, a tab is Tab."
    )
    clear: bool = Field(False, title="Replace", description="Mark all of the field first (Ctrl+A), so that it goes.")
    enter: bool = Field(False, title="Enter", description="Press Enter at the end.")
    interval_ms: int = Field(
        8, ge=0, le=5_000, title="Pause", description="Milliseconds after each character, for slow programs."
    )


class Type(DesktopNode[TypeConfig]):
    """desktop.type: output `{characters}`, how many were typed. Credentials are typed, and shown nowhere."""

    type = "desktop.type"
    title = "Type text"
    help = "Types text into the window in front, whatever the keyboard's layout is."
    icon = "cursor-text"
    config = TypeConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "text": "Müller & Söhne", "enter": True}

    async def act(self, config: TypeConfig, desk: Desk) -> Json:
        """Type it once the window is in front. Raises DesktopError WINDOW_*, TEXT_NOT_TYPEABLE, FOCUS_LOST."""
        _check_typeable(config.text)
        pause = config.interval_ms / 1000

        async def front() -> Window | None:
            return await desk.to_front(config.window)

        async with desk.turn():
            window = await desk.until(config.timeout_seconds, front)
            if config.clear:
                await press(Chord(("ctrl",), "a"), desk)
                if not config.text:
                    await press(Chord((), "delete"), desk)
            for index, character in enumerate(config.text):
                if index % LOOK_EACH == 0:
                    await desk.prepare(config.text[index : index + LOOK_AHEAD])
                    if window is not None:
                        await _check_focus(window, index, desk)
                await desk.type_character(character)
                await asyncio.sleep(pause)
            if config.enter:
                await press(Chord((), "enter"), desk)
        return {"characters": len(config.text)}


class HotkeyConfig(DesktopConfig):
    """Config of desktop.hotkey."""

    keys: Keys = Field(
        max_length=500, title="Keys", description="Like ctrl+s; several, one after the other, with blanks between."
    )
    times: int = Field(1, ge=1, le=1_000, title="Times", description="How often.")


class Hotkey(DesktopNode[HotkeyConfig]):
    """desktop.hotkey: output `{pressed}`, how many combinations were pressed."""

    type = "desktop.hotkey"
    title = "Press keys"
    help = "Presses keys and combinations of keys in the window in front."
    icon = "key"
    config = HotkeyConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "keys": "ctrl+s enter"}

    async def act(self, config: HotkeyConfig, desk: Desk) -> Json:
        """Press them once the window is in front. Raises DesktopError WINDOW_*, KEY_UNSUPPORTED."""
        chords = parse_keys(config.keys) * config.times
        async with desk.turn():
            await desk.until(config.timeout_seconds, lambda: desk.to_front(config.window))
            for chord in chords:
                await press(chord, desk)
        return {"pressed": len(chords)}


async def press(chord: Chord, desk: Desk) -> None:
    """Press and release a combination; the modifiers are let go last."""
    keys = (*chord.modifiers, chord.key)
    for key in keys:
        await desk.key(key, down=True)
    await asyncio.sleep(_BETWEEN_SECONDS)
    for key in reversed(keys):
        await desk.key(key, down=False)


def _check_typeable(text: str) -> None:
    """Before anything is typed: half a text is worse than none."""
    for index, character in enumerate(text):
        if not (character.isprintable() or character in "\n\r\t"):
            message = f"Character {index + 1} of the text ({character!r}) cannot be typed; leave it out."
            raise DesktopError("TEXT_NOT_TYPEABLE", message)


async def _check_focus(window: Window, typed: int, desk: Desk) -> None:
    """A dialog that comes up meanwhile must not be told a password."""
    try:
        await desk.in_front(window)
    except DesktopError as error:
        message = f"Another window took the keyboard after {typed} characters. {error.message}"
        raise DesktopError("FOCUS_LOST", message) from error


NODES = (Type, Hotkey)
