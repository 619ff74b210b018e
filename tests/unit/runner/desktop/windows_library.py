"""What the Windows driver uses of `uiautomation`, for systems that cannot have it: a desktop of plain objects.

Names and arguments are those of the library (2.0.29). What it does with them is seen on Windows only.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace


@dataclass
class Control:
    """A window or a part of one."""

    Name: str
    ControlTypeName: str = "WindowControl"
    ClassName: str = "Ledger"
    AutomationId: str = ""
    ProcessId: int = 10
    NativeWindowHandle: int = 0
    IsOffscreen: bool = False
    Value: str | None = None
    box: tuple[int, int, int, int] = (10, 20, 110, 70)
    children: list["Control"] = field(default_factory=list)

    @property
    def BoundingRectangle(self):  # noqa: N802
        left, top, right, bottom = self.box
        return SimpleNamespace(left=left, top=top, right=right, bottom=bottom)

    def GetChildren(self):  # noqa: N802
        return self.children

    def GetPattern(self, patternId):  # noqa: N802, N803
        assert patternId == 10_002
        return None if self.Value is None else SimpleNamespace(Value=self.Value)


class Library:
    """The library's functions; `calls` keeps those that change something."""

    def __init__(self, windows: list[Control]) -> None:
        self.root = Control("Desktop", children=windows)
        self.calls: list[tuple] = []
        self.clipboard: str | None = None
        self.front = 0
        self.minimised: set[int] = set()
        self.locked = False
        self.clipboard_is_taken = False

    def InitializeUIAutomationInCurrentThread(self):  # noqa: N802
        self.calls.append(("initialised",))

    def GetRootControl(self):  # noqa: N802
        return self.root

    def ControlFromHandle(self, handle):  # noqa: N802
        return next((child for child in self.root.children if child.NativeWindowHandle == handle), None)

    def WalkControl(self, control, includeTop, maxDepth):  # noqa: N802, N803
        assert not includeTop
        for child in control.children:
            yield child, 1
            yield from self.WalkControl(child, False, maxDepth - 1)

    def GetForegroundWindow(self):  # noqa: N802
        return self.front

    def IsIconic(self, handle):  # noqa: N802
        return handle in self.minimised

    def ShowWindow(self, handle, cmdShow):  # noqa: N802, N803
        self.calls.append(("show", handle, cmdShow))
        return True

    def SwitchToThisWindow(self, handle):  # noqa: N802
        self.front = handle

    def SetCursorPos(self, x, y):  # noqa: N802
        self.calls.append(("move", x, y))
        return True

    def mouse_event(self, dwFlags, dx, dy, dwData, dwExtraInfo):  # noqa: N803
        self.calls.append(("mouse", dwFlags))

    def keybd_event(self, bVk, bScan, dwFlags, dwExtraInfo):  # noqa: N803
        self.calls.append(("key", bVk, dwFlags))

    def SendUnicodeChar(self, char):  # noqa: N802
        self.calls.append(("character", ord(char)))
        return 2

    def GetClipboardFormats(self):  # noqa: N802
        return {} if self.clipboard is None else {13: "CF_UNICODETEXT"}

    def GetClipboardText(self):  # noqa: N802
        return self.clipboard

    def SetClipboardText(self, text):  # noqa: N802
        self.clipboard = text
        return not self.clipboard_is_taken

    def IsDesktopLocked(self):  # noqa: N802
        return self.locked
