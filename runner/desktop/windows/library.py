"""What is used of the library `uiautomation`, by its own names."""

# ruff: noqa: D101, D102, N802, N803 - names and meaning are the library's

from collections.abc import Iterable
from typing import Protocol


class Rectangle(Protocol):
    left: int
    top: int
    right: int
    bottom: int


class ValuePattern(Protocol):
    Value: str


class Control(Protocol):
    Name: str
    ClassName: str
    AutomationId: str
    ControlTypeName: str
    ProcessId: int
    NativeWindowHandle: int
    IsOffscreen: bool
    BoundingRectangle: Rectangle

    def GetChildren(self) -> list["Control"]: ...

    def GetPattern(self, patternId: int) -> ValuePattern | None: ...


class Library(Protocol):
    """What is used of `uiautomation`."""

    def InitializeUIAutomationInCurrentThread(self) -> None: ...

    def GetRootControl(self) -> Control: ...

    def ControlFromHandle(self, handle: int) -> Control | None: ...

    def WalkControl(
        self,
        control: Control,
        includeTop: bool,
        maxDepth: int,
    ) -> Iterable[tuple[Control, int]]: ...

    def GetForegroundWindow(self) -> int: ...

    def IsIconic(self, handle: int) -> bool: ...

    def ShowWindow(self, handle: int, cmdShow: int) -> bool: ...

    def SwitchToThisWindow(self, handle: int) -> None: ...

    def SetCursorPos(self, x: int, y: int) -> bool: ...

    def mouse_event(self, dwFlags: int, dx: int, dy: int, dwData: int, dwExtraInfo: int) -> None: ...

    def keybd_event(self, bVk: int, bScan: int, dwFlags: int, dwExtraInfo: int) -> None: ...

    def SendUnicodeChar(self, char: str) -> int: ...

    def GetClipboardFormats(self) -> dict[int, str]: ...

    def GetClipboardText(self) -> str: ...

    def SetClipboardText(self, text: str) -> bool: ...

    def IsDesktopLocked(self) -> bool: ...
