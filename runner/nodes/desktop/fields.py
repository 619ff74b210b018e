"""Parts of configs that the desktop's nodes share: which window, which part of it, which picture, which element."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from runner.desktop.keys import Chord, parse_chord
from runner.desktop.model import ElementQuery, Region, TitleMatch, WindowQuery
from runner.nodes.base import NodeConfig


class WindowField(NodeConfig):
    """Which window; all that is given must hold."""

    title: str | None = Field(None, min_length=1, title="Title", description="What stands in its title bar.")
    match: TitleMatch = Field("contains", title="Compare", description="How the title is compared; never by case.")
    class_name: str | None = Field(None, min_length=1, title="Class", description="Kind of window, as XTerm.")
    pid: int | None = Field(None, ge=1, title="Process", description="Number of the process it belongs to.")
    id: str | None = Field(None, min_length=1, title="Id", description="What desktop.findWindow answered.")
    which: Literal["only", "front"] = Field(
        "only", title="Of several", description="Fail when several fit, or take the one in front."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "WindowField":
        if self.title is None and self.class_name is None and self.pid is None and self.id is None:
            raise ValueError("say which window: by its title, class, process or id")
        return self

    def query(self) -> WindowQuery:
        """As the desktop is asked."""
        return WindowQuery(self.title, self.match, self.class_name, self.pid, self.id)


class AreaField(NodeConfig):
    """A part of the window, or of the screen when no window is given."""

    x: int = Field(0, title="X", description="Pixels from the left edge.")
    y: int = Field(0, title="Y", description="Pixels from the top edge.")
    width: int = Field(ge=1, le=100_000, title="Width", description="In pixels.")
    height: int = Field(ge=1, le=100_000, title="Height", description="In pixels.")

    def region(self) -> Region:
        """As plain data."""
        return Region(self.x, self.y, self.width, self.height)


class ImageField(NodeConfig):
    """A picture to look for."""

    source: str = Field(
        min_length=1,
        max_length=4_000_000,
        title="Picture",
        description="Path of a picture file, or the picture itself as data:image/png;base64,….",
    )
    confidence: float = Field(
        0.9, ge=0.5, le=1, title="Confidence", description="How alike it must be; 1 means pixel by pixel."
    )
    scale_tolerance: float = Field(
        0, ge=0, le=0.5, title="Other sizes", description="0.2 also finds it a fifth smaller or larger; takes longer."
    )


class ElementField(NodeConfig):
    """A part of a window that the system names (Windows); all that is given must hold."""

    name: str | None = Field(None, min_length=1, title="Name", description="Label of the element.")
    automation_id: str | None = Field(None, min_length=1, title="Automation id", description="Its id in the program.")
    role: str | None = Field(None, min_length=1, title="Role", description="Button, Edit, CheckBox, ListItem, …")

    @model_validator(mode="after")
    def _says_something(self) -> "ElementField":
        if self.name is None and self.automation_id is None and self.role is None:
            raise ValueError("say which element: by its name, automation id or role")
        return self

    def query(self) -> ElementQuery:
        """As the desktop is asked."""
        return ElementQuery(self.name, self.automation_id, self.role)


def parse_keys(text: str) -> list[Chord]:
    """`ctrl+a delete` as chords, one after the other. Raises ValueError with the names there are."""
    return [parse_chord(part) for part in text.split()]


def _known_keys(text: str) -> str:
    if not parse_keys(text):
        raise ValueError("name a key, for instance ctrl+s")
    return text


Keys = Annotated[str, AfterValidator(_known_keys)]
"""Combinations of keys, separated by blanks."""

OptionalWindow = Annotated[
    WindowField | None, Field(title="Window", description="Which window; none means the whole screen.")
]
OptionalArea = Annotated[
    AreaField | None, Field(title="Part", description="Part of the window, or of the screen; none means all of it.")
]
TimeoutSeconds = Annotated[
    float, Field(ge=0, le=86_400, title="Wait at most", description="Seconds until it must be there.")
]


class DesktopConfig(NodeConfig):
    """What every node before the screen has."""

    window: OptionalWindow = None
    timeout_seconds: TimeoutSeconds = 10
