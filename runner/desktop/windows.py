"""The driver for Windows: windows and their parts by UI Automation, input by the system's own calls.

Written against the library `uiautomation`, which exists on Windows alone; `_Library` is all of it that is used.
"""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol, cast

from runner.desktop.capture import Camera
from runner.desktop.model import Button, DesktopError, Element, Picture, Region, Window

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
_VIRTUAL_KEYS: Final = (
    {"ctrl": 0x11, "shift": 0x10, "alt": 0x12, "altgr": 0xA5, "win": 0x5B, "menu": 0x5D, "capslock": 0x14}
    | {"enter": 0x0D, "tab": 0x09, "escape": 0x1B, "space": 0x20, "backspace": 0x08, "delete": 0x2E, "insert": 0x2D}
    | {"home": 0x24, "end": 0x23, "pageup": 0x21, "pagedown": 0x22, "left": 0x25, "up": 0x26, "right": 0x27}
    | {"down": 0x28, "print": 0x2C, "pause": 0x13, "numlock": 0x90}
    | {f"f{number}": 0x6F + number for number in range(1, 25)}
    # Those of the number pad and of lists stand for the same on every layout.
    | {"*": 0x6A, "+": 0x6B, "-": 0x6D, "/": 0x6F, ",": 0xBC, ".": 0xBE}
)
_EXTENDED_KEYS: Final = frozenset(
    {
        "delete",
        "insert",
        "home",
        "end",
        "pageup",
        "pagedown",
        "left",
        "up",
        "right",
        "down",
        "menu",
        "win",
        "altgr",
        "/",
    }
)
_CONTROL_KEYS: Final = {"\n": "enter", "\r": "enter", "\t": "tab", "\b": "backspace", "\x1b": "escape"}


class _Rectangle(Protocol):
    left: int
    top: int
    right: int
    bottom: int


class _ValuePattern(Protocol):
    Value: str


class _Control(Protocol):
    Name: str
    ClassName: str
    AutomationId: str
    ControlTypeName: str
    ProcessId: int
    NativeWindowHandle: int
    IsOffscreen: bool
    BoundingRectangle: _Rectangle

    def GetChildren(self) -> list["_Control"]: ...  # noqa: N802 - the library's names

    def GetPattern(self, patternId: int) -> _ValuePattern | None: ...  # noqa: N802, N803


class _Library(Protocol):
    """What is used of `uiautomation`."""

    def InitializeUIAutomationInCurrentThread(self) -> None: ...  # noqa: N802

    def GetRootControl(self) -> _Control: ...  # noqa: N802

    def ControlFromHandle(self, handle: int) -> _Control | None: ...  # noqa: N802

    def WalkControl(  # noqa: N802
        self,
        control: _Control,
        includeTop: bool,  # noqa: N803
        maxDepth: int,  # noqa: N803
    ) -> Iterable[tuple[_Control, int]]: ...

    def GetForegroundWindow(self) -> int: ...  # noqa: N802

    def IsIconic(self, handle: int) -> bool: ...  # noqa: N802

    def ShowWindow(self, handle: int, cmdShow: int) -> bool: ...  # noqa: N802, N803

    def SwitchToThisWindow(self, handle: int) -> None: ...  # noqa: N802

    def SetCursorPos(self, x: int, y: int) -> bool: ...  # noqa: N802

    def mouse_event(self, dwFlags: int, dx: int, dy: int, dwData: int, dwExtraInfo: int) -> None: ...  # noqa: N803

    def keybd_event(self, bVk: int, bScan: int, dwFlags: int, dwExtraInfo: int) -> None: ...  # noqa: N803

    def SendUnicodeChar(self, char: str) -> int: ...  # noqa: N802

    def GetClipboardFormats(self) -> dict[int, str]: ...  # noqa: N802

    def GetClipboardText(self) -> str: ...  # noqa: N802

    def SetClipboardText(self, text: str) -> bool: ...  # noqa: N802

    def IsDesktopLocked(self) -> bool: ...  # noqa: N802


class WindowsDriver:
    """See `DesktopDriver`."""

    def __init__(self, library: _Library) -> None:
        self._library = library
        self._camera = Camera()
        self._keys: list[str] = []
        self._buttons: list[Button] = []

    @classmethod
    def open(cls) -> "WindowsDriver":
        """Get this thread ready for UI Automation. Raises DesktopError DESKTOP_UNAVAILABLE."""
        try:
            library = cast("_Library", importlib.import_module("uiautomation"))
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
        code, flags = _virtual_key(name), _EXTENDED if name in _EXTENDED_KEYS else 0
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

    def _can_be_shown(self, control: _Control) -> bool:
        return not control.IsOffscreen or self._library.IsIconic(control.NativeWindowHandle)

    def _parts(self, control: _Control) -> Iterator[Element]:
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


def _region(rectangle: _Rectangle) -> Region:
    width, height = rectangle.right - rectangle.left, rectangle.bottom - rectangle.top
    return Region(rectangle.left, rectangle.top, max(width, 0), max(height, 0))


def _virtual_key(name: str) -> int:
    if name in _VIRTUAL_KEYS:
        return _VIRTUAL_KEYS[name]
    if name.isascii() and name.isalnum():
        return ord(name.upper())
    raise DesktopError("KEY_UNSUPPORTED", f"Windows has no key {name!r} of its own; type the character instead.")


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
