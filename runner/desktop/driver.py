"""What a driver of a desktop can do, and which one this machine needs.

Owns the interface that nodes are written against. Calls are short and block; `session` keeps them in one thread.
"""

import platform
from collections.abc import Sequence
from typing import Protocol

from runner.desktop.model import Button, DesktopError, Element, Picture, Region, Window


class DesktopDriver(Protocol):
    """One connection to one desktop. Every method raises DesktopError; DESKTOP_LOST when the desktop went away."""

    def is_locked(self) -> bool:
        """Whether a person has to unlock the screen before anything can be clicked."""
        ...

    def screen(self) -> Region:
        """All monitors together."""
        ...

    def windows(self) -> Sequence[Window]:
        """The top-level windows that can be seen or brought back, the front one first."""
        ...

    def activate(self, window: Window) -> None:
        """Ask for the window to come to the front with the keyboard. It may take a moment: see `active`."""
        ...

    def move_to(self, x: int, y: int) -> None:
        """Put the pointer there."""
        ...

    def button(self, button: Button, *, down: bool) -> None:
        """Press or release a mouse button where the pointer is."""
        ...

    def key(self, name: str, *, down: bool) -> None:
        """Press or release a key by its name (see `keys`)."""
        ...

    def prepare(self, text: str) -> None:
        """Get ready to type this text, where that takes time. Nothing is pressed, and it may be left out."""
        ...

    def type_character(self, character: str) -> None:
        """Type one character of any script, whatever the keyboard's layout is; a line break is Enter."""
        ...

    def release_all(self) -> None:
        """Release every key and button that this driver holds down."""
        ...

    def read_clipboard(self) -> str | None:
        """Text of the clipboard; None when it holds none."""
        ...

    def read_marked(self) -> str | None:
        """Text that is marked in some window; None when nothing is, or the system does not tell."""
        ...

    def write_clipboard(self, text: str) -> None:
        """Put text into the clipboard; it can be pasted while this driver is open."""
        ...

    def capture(self, region: Region) -> Picture:
        """The pixels of a part of the screen as they are seen."""
        ...

    def elements(self, window: Window) -> Sequence[Element]:
        """The parts of a window that the system names. Raises ELEMENTS_UNSUPPORTED where it names none."""
        ...

    def close(self) -> None:
        """Release what is held down and end the connection."""
        ...


def open_driver() -> DesktopDriver:
    """A connection to the desktop of this process. Raises DesktopError DESKTOP_UNAVAILABLE."""
    system = platform.system()
    if system == "Linux":
        from runner.desktop.x11.driver import X11Driver  # noqa: PLC0415 - the library is there on this system alone

        return X11Driver.open()
    if system == "Windows":
        from runner.desktop.windows.driver import WindowsDriver  # noqa: PLC0415 - as above

        return WindowsDriver.open()
    raise DesktopError("DESKTOP_UNAVAILABLE", f"Desktops of {system} are not supported; use Linux or Windows.")
