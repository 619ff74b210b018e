"""What a desktop is made of, as plain data: regions, windows, elements, pictures; and how a window is looked for.

Knows no system and no library. All lengths and places are pixels of the whole screen, from its top left corner.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import re2

from runner.workflow.documents import Json

TitleMatch = Literal["contains", "equals", "regex"]
Button = Literal["left", "middle", "right"]

TITLES_SHOWN: Final = 20
"""So many of the windows there are stand in the message about one that is not."""


class DesktopError(Exception):
    """The desktop cannot do what it was asked for. `code` and `message` are those of a node's failure."""

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, details: Mapping[str, Json] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.details: dict[str, Json] = dict(details or {})


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle; width and height are not negative."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """The point a click goes to."""
        return self.x + self.width // 2, self.y + self.height // 2

    def part(self, inner: "Region") -> "Region":
        """The region `inner`, whose place is meant from this one's corner, as far as it lies inside of this one."""
        left, top = max(inner.x, 0), max(inner.y, 0)
        right, bottom = min(inner.x + inner.width, self.width), min(inner.y + inner.height, self.height)
        return Region(self.x + left, self.y + top, max(right - left, 0), max(bottom - top, 0))

    def as_json(self) -> dict[str, Json]:
        """Plain data for outputs."""
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height}


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window. `region` is what it shows, without the frame around it."""

    id: str
    """The system's number of it, as text; good while the window lives."""
    title: str
    class_name: str
    region: Region
    pid: int | None = None
    active: bool = False

    def as_json(self) -> dict[str, Json]:
        """Plain data for outputs."""
        return {
            "id": self.id,
            "title": self.title,
            "className": self.class_name,
            "pid": self.pid,
            "active": self.active,
            **self.region.as_json(),
        }


@dataclass(frozen=True, slots=True)
class WindowQuery:
    """What a window must be like; all that is given must hold. Texts are compared without regard to case."""

    title: str | None = None
    match: TitleMatch = "contains"
    class_name: str | None = None
    pid: int | None = None
    id: str | None = None

    def select(self, windows: Sequence[Window]) -> list[Window]:
        """Those that fit, in their order. Raises DesktopError PATTERN_INVALID."""
        fits = self._title_test()
        return [window for window in windows if fits(window.title) and self._rest_fits(window)]

    def __str__(self) -> str:
        parts = []
        if self.title is not None:
            parts.append(f"a title that {_VERBS[self.match]} {self.title!r}")
        if self.class_name is not None:
            parts.append(f"the class {self.class_name!r}")
        if self.pid is not None:
            parts.append(f"the process {self.pid}")
        if self.id is not None:
            parts.append(f"the id {self.id}")
        return " and ".join(parts) or "any title"

    def _rest_fits(self, window: Window) -> bool:
        return (
            (self.class_name is None or self.class_name.casefold() == window.class_name.casefold())
            and (self.pid is None or self.pid == window.pid)
            and (self.id is None or self.id == window.id)
        )

    def _title_test(self) -> Callable[[str], bool]:
        if self.title is None:
            return lambda _title: True
        wanted = self.title.casefold()
        match self.match:
            case "contains":
                return lambda title: wanted in title.casefold()
            case "equals":
                return lambda title: wanted == title.casefold()
            case "regex":
                options = re2.Options()
                options.case_sensitive, options.log_errors = False, False
                try:
                    pattern = re2.compile(self.title, options)
                except re2.error as error:
                    raise DesktopError("PATTERN_INVALID", f"{self.title!r} is no pattern of RE2: {error}.") from error
                return lambda title: pattern.search(title) is not None


_VERBS: Final[Mapping[TitleMatch, str]] = {"contains": "contains", "equals": "is", "regex": "matches"}


def only_window(found: Sequence[Window], query: WindowQuery, there_are: Sequence[Window]) -> Window:
    """The one window that was found. Raises DesktopError WINDOW_NOT_FOUND or WINDOW_AMBIGUOUS with the titles."""
    if len(found) == 1:
        return found[0]
    if not found:
        message = f"There is no window with {query}. {_listed(there_are)}"
        raise DesktopError("WINDOW_NOT_FOUND", message, retryable=True, details={"windows": _titles(there_are)})
    message = f"{len(found)} windows have {query}; say more, or choose the front one. {_listed(found)}"
    raise DesktopError("WINDOW_AMBIGUOUS", message, details={"windows": _titles(found)})


def _titles(windows: Sequence[Window]) -> list[Json]:
    return [window.title for window in windows[:TITLES_SHOWN]]


def _listed(windows: Sequence[Window]) -> str:
    if not windows:
        return "No window is open."
    names = ", ".join(repr(window.title or f"(no title, {window.class_name})") for window in windows[:TITLES_SHOWN])
    more = len(windows) - TITLES_SHOWN
    return f"Open: {names}{f' and {more} more' if more > 0 else ''}."


@dataclass(frozen=True, slots=True)
class ElementQuery:
    """What a part of a window must be like; all that is given must hold, compared without regard to case."""

    name: str | None = None
    automation_id: str | None = None
    role: str | None = None
    """Kind of control: Button, Edit, CheckBox, ListItem, …"""

    def fits(self, element: "Element") -> bool:
        """Whether the element is like that."""
        pairs = ((self.name, element.name), (self.automation_id, element.automation_id), (self.role, element.role))
        return all(wanted is None or wanted.casefold() == is_.casefold() for wanted, is_ in pairs)

    def __str__(self) -> str:
        pairs = (("name", self.name), ("automation id", self.automation_id), ("role", self.role))
        return ", ".join(f"{label} {value!r}" for label, value in pairs if value is not None)


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a window that the system can name. `text` is its value, or its name when it has none."""

    name: str
    automation_id: str
    role: str
    region: Region
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels: `bgra` has four bytes for each, row by row. `at` is the place they were taken from."""

    at: Region
    bgra: bytes = field(repr=False)
