"""The driver itself. Written against `uiautomation`, which exists on Windows alone."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, cast

from runner.desktop.capture import Camera
from runner.desktop.model import Button, DesktopError, Element, Picture, Region, Window
from runner.desktop.windows.keys import EXTENDED_KEYS, virtual_key
from runner.desktop.windows.library import Control, Library, Rectangle

ELEMENT_LIMIT: Final = 5_000
"""So many parts of a window are looked at; a table of a million cells is not walked to its end."""
_DEPTH: Final = 40
_VALUE_PATTERN: Final = 10_002
_TEXT_FORMAT: Final = 13
_RESTORE: Final = 9
_KEY_UP: Final = 0x0002
_EXTENDED: Final = 0x0001
_SHELL: Final = frozenset({"Progman", "Shell_TrayWnd", "Shell_SecondaryTrayWnd", "WorkerW"})
"""Classes of the desktop's own surfaces, which are no windows to a person."""
_BUTTON_FLAGS: Final[dict[Button, tuple[int, int]]] = {
    "left": (0x0002, 0x0004),
    "right": (0x0008, 0x0010),
    "middle": (0x0020, 0x0040),
}
_CONTROL_KEYS: Final = {"\n": "enter", "\r": "enter", "\t": "tab", "\b": "backspace", "\x1b": "escape"}


class WindowsDriver:
    """See `DesktopDriver`."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._camera = Camera()
        self._keys: list[str] = []
        self._buttons: list[Button] = []

    @classmethod
    def open(cls) -> "WindowsDriver":
        """Get this thread ready for UI Automation. Raises DesktopError DESKTOP_UNAVAILABLE."""
        try:
            library = cast("Library", importlib.import_module("uiautomation"))
        except (ImportError, OSError) as error:
            raise DesktopError("DESKTOP_UNAVAILABLE", f"UI Automation cannot be used: {error}") from error
        with _speaking():
            library.InitializeUIAutomationInCurrentThread()
        return cls(library)

    def is_locked(self) -> bool:
        """Also true while a remote session is minimised: nothing is drawn and nothing can be clicked."""
        with _speaking():
            return bool(self._library.IsDesktopLocked())

    def screen(self) -> Region:
        """All monitors; the origin is the corner of the main one."""
        return self._camera.screen()

    def windows(self) -> Sequence[Window]:
        """Front window first, as the system orders the children of the desktop."""
        with _speaking():
            front = self._library.GetForegroundWindow()
            children = self._library.GetRootControl().GetChildren()
            return [
                Window(
                    id=str(child.NativeWindowHandle),
                    title=child.Name,
                    class_name=child.ClassName,
                    region=_region(child.BoundingRectangle),
                    pid=child.ProcessId,
                    active=child.NativeWindowHandle == front,
                )
                for child in children
                if child.NativeWindowHandle and child.ClassName not in _SHELL and self._can_be_shown(child)
            ]

    def activate(self, window: Window) -> None:
        """Restore it when it is minimised, and bring it to the front."""
        handle = int(window.id)
        with _speaking():
            if self._library.IsIconic(handle):
                self._library.ShowWindow(handle, _RESTORE)
            self._library.SwitchToThisWindow(handle)

    def move_to(self, x: int, y: int) -> None:
        """Put the pointer there."""
        with _speaking():
            self._library.SetCursorPos(x, y)

    def button(self, button: Button, *, down: bool) -> None:
        """Press or release where the pointer is."""
        with _speaking():
            if down:
                self._buttons.append(button)
            elif button in self._buttons:
                self._buttons.remove(button)
            self._library.mouse_event(_BUTTON_FLAGS[button][0 if down else 1], 0, 0, 0, 0)

    def key(self, name: str, *, down: bool) -> None:
        """Press or release. Pressing what is down does nothing, nor does releasing what is not."""
        if down == (name in self._keys):
            return
        code, flags = virtual_key(name), _EXTENDED if name in EXTENDED_KEYS else 0
        with _speaking():
            if down:
                self._keys.append(name)
                self._library.keybd_event(code, 0, flags, 0)
            else:
                self._keys.remove(name)
                self._library.keybd_event(code, 0, flags | _KEY_UP, 0)

    def prepare(self, text: str) -> None:
        """Nothing to do: characters are sent as they are."""

    def type_character(self, character: str) -> None:
        """As the character itself, so that no layout matters. Raises DesktopError TEXT_NOT_TYPEABLE."""
        named = _CONTROL_KEYS.get(character)
        if named is not None:
            self.key(named, down=True)
            self.key(named, down=False)
            return
        if not character.isprintable():
            raise DesktopError("TEXT_NOT_TYPEABLE", f"The text has a control character ({character!r}); leave it out.")
        units = character.encode("utf-16-le")
        with _speaking():
            for start in range(0, len(units), 2):
                self._library.SendUnicodeChar(chr(int.from_bytes(units[start : start + 2], "little")))

    def release_all(self) -> None:
        """Buttons first, as on X11."""
        for button in list(self._buttons):
            self.button(button, down=False)
        for name in reversed(list(self._keys)):
            self.key(name, down=False)

    def read_clipboard(self) -> str | None:
        """Its text. The format is asked first: the library leaves the clipboard open when it finds no text."""
        with _speaking():
            return self._library.GetClipboardText() if _TEXT_FORMAT in self._library.GetClipboardFormats() else None

    def read_marked(self) -> str | None:
        """Windows does not tell what is marked."""
        return None

    def write_clipboard(self, text: str) -> None:
        """Put text in. Raises DesktopError CLIPBOARD_BUSY."""
        with _speaking():
            done = self._library.SetClipboardText(text)
        if not done:
            raise DesktopError("CLIPBOARD_BUSY", "Another program keeps the clipboard to itself.", retryable=True)

    def capture(self, region: Region) -> Picture:
        """What is seen there."""
        return self._camera.capture(region)

    def elements(self, window: Window) -> Sequence[Element]:
        """The window's parts that can be seen, from the outer ones inwards."""
        with _speaking():
            control = self._library.ControlFromHandle(int(window.id))
            if control is None:
                raise DesktopError("WINDOW_GONE", f"The window {window.title!r} was closed.", retryable=True)
            return list(self._parts(control))

    def close(self) -> None:
        """Let go of everything."""
        try:
            self.release_all()
        finally:
            self._camera.close()

    def _can_be_shown(self, control: Control) -> bool:
        return not control.IsOffscreen or self._library.IsIconic(control.NativeWindowHandle)

    def _parts(self, control: Control) -> Iterator[Element]:
        walk = self._library.WalkControl(control, False, _DEPTH)
        for _, (part, _depth) in zip(range(ELEMENT_LIMIT), walk, strict=False):
            if part.IsOffscreen:
                continue
            pattern = part.GetPattern(_VALUE_PATTERN)
            yield Element(
                name=part.Name,
                automation_id=part.AutomationId,
                role=part.ControlTypeName.removesuffix("Control"),
                region=_region(part.BoundingRectangle),
                text=part.Name if pattern is None else pattern.Value,
            )


def _region(rectangle: Rectangle) -> Region:
    width, height = rectangle.right - rectangle.left, rectangle.bottom - rectangle.top
    return Region(rectangle.left, rectangle.top, max(width, 0), max(height, 0))


@contextmanager
def _speaking() -> Iterator[None]:
    try:
        yield
    except DesktopError:
        raise
    except Exception as error:
        # What COM raises has no common base but this one.
        message = f"Windows refused a request: {error}"
        raise DesktopError("DESKTOP_REFUSED", message, retryable=True) from error
