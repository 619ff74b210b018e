"""One connection to an X11 display, as a `DesktopDriver`. Owns the pointer; the rest is that of the parts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from Xlib import X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError, XauthError, XError
from Xlib.ext.xtest import fake_input

from runner.desktop.capture import Camera
from runner.desktop.model import Button, DesktopError, Element, Picture, Region, Window
from runner.desktop.x11.clipboard import Clipboard
from runner.desktop.x11.keyboard import Keyboard
from runner.desktop.x11.lock import is_covered
from runner.desktop.x11.toplevels import Toplevels

_BUTTONS: Final[dict[Button, int]] = {"left": 1, "middle": 2, "right": 3}


class X11Driver:
    """See `DesktopDriver`."""

    def __init__(self, display: Display, name: str) -> None:
        self._display = display
        self._toplevels = Toplevels(display)
        self._keyboard = Keyboard(display)
        self._clipboard = Clipboard(name)
        self._camera = Camera(name)
        self._pressed: list[Button] = []

    @classmethod
    def open(cls) -> "X11Driver":
        """Connect to DISPLAY. Raises DesktopError DESKTOP_UNAVAILABLE."""
        name = os.environ.get("DISPLAY", "")
        if not name:
            raise DesktopError("DESKTOP_UNAVAILABLE", "There is no screen: DISPLAY is not set for this runner.")
        try:
            display = Display(name)
        except (DisplayError, XauthError, ConnectionClosedError, OSError) as error:
            message = f"The screen {name} cannot be used: {error}"
            raise DesktopError("DESKTOP_UNAVAILABLE", message, retryable=True) from error
        if not display.has_extension("XTEST"):
            display.close()
            raise DesktopError("DESKTOP_UNAVAILABLE", f"The screen {name} takes no input by programs (XTEST).")
        return cls(display, name)

    def is_locked(self) -> bool:
        """By a screen saver, or by a program that says so."""
        with self._speaking():
            return is_covered(self._display)

    def screen(self) -> Region:
        """The root window."""
        with self._speaking():
            return self._toplevels.screen()

    def windows(self) -> Sequence[Window]:
        """Front window first."""
        with self._speaking():
            return self._toplevels.list()

    def activate(self, window: Window) -> None:
        """By the window manager, if there is one."""
        with self._speaking():
            self._toplevels.activate(window)

    def move_to(self, x: int, y: int) -> None:
        """Warp the pointer."""
        with self._speaking():
            fake_input(self._display, X.MotionNotify, 0, x=x, y=y)
            self._display.sync()

    def button(self, button: Button, *, down: bool) -> None:
        """By XTEST."""
        with self._speaking():
            if down:
                self._pressed.append(button)
            elif button in self._pressed:
                self._pressed.remove(button)
            fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, _BUTTONS[button])
            self._display.sync()

    def key(self, name: str, *, down: bool) -> None:
        """See `Keyboard`."""
        with self._speaking():
            self._keyboard.key(name, down=down)

    def prepare(self, text: str) -> None:
        """See `Keyboard`."""
        with self._speaking():
            self._keyboard.prepare(text)

    def type_character(self, character: str) -> None:
        """See `Keyboard`."""
        with self._speaking():
            self._keyboard.type_character(character)

    def release_all(self) -> None:
        """Buttons first: a key that is let go in the middle of a drag would change what the drag does."""
        for button in list(self._pressed):
            self.button(button, down=False)
        with self._speaking():
            self._keyboard.release_all()

    def read_clipboard(self) -> str | None:
        """The selection CLIPBOARD."""
        with self._speaking():
            return self._clipboard.read()

    def read_marked(self) -> str | None:
        """The selection PRIMARY."""
        with self._speaking():
            return self._clipboard.read("PRIMARY")

    def write_clipboard(self, text: str) -> None:
        """Own CLIPBOARD."""
        with self._speaking():
            self._clipboard.write(text)

    def capture(self, region: Region) -> Picture:
        """Of the root window: what covers a window is in its picture."""
        return self._camera.capture(region)

    def elements(self, window: Window) -> Sequence[Element]:
        """None are named: X11 knows windows alone."""
        raise DesktopError(
            "ELEMENTS_UNSUPPORTED",
            f"This desktop (X11) names no parts of the window {window.title!r}; find the place by a picture, by text "
            "(OCR) or by x and y.",
        )

    def close(self) -> None:
        """Let go of everything."""
        try:
            self.release_all()
            with self._speaking():
                self._keyboard.give_back()
        finally:
            self._camera.close()
            self._clipboard.close()
            self._display.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (ConnectionClosedError, OSError) as error:
            message = "The connection to the screen broke: its server ended, or the person signed out."
            raise DesktopError("DESKTOP_LOST", message, retryable=True) from error
        except XError as error:
            raise DesktopError("DESKTOP_REFUSED", f"The screen refused a request: {error}.", retryable=True) from error
