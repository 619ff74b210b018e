"""What a page told the recorder, and what the recorder saw of its browser. Pure.

Pages are not trusted: what they tell is bounded and checked, and what does not fit is dropped.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from runner.selectors.ranking import Description

MAX_MESSAGE: Final = 1_000_000
"""Characters of one message; longer texts than this are not typed by hand."""

_Label = Annotated[str, Field(max_length=200)]
_Text = Annotated[str, Field(max_length=200_000)]


class _FromPage(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True, frozen=True)


class Neighbour(_FromPage):
    """A sibling whose text is on the page once, and what the element is to it."""

    relation: Literal["nextSibling", "previousSibling"]
    text: _Label


class _Told(_FromPage):
    """What all tell: the element as `describe.js` saw it, and its rivals as `rivals.js` counted them."""

    element: dict[str, Any]
    label: _Label = ""
    counts: dict[str, int] = Field(default_factory=dict)
    classmates: list[list[str]] = Field(default_factory=list)
    anchor: Neighbour | None = None


class Click(_Told):
    """A click; `count` is 2 for the second half of a double click, 0 for one `by_keyboard`."""

    kind: Literal["click"]
    button: Literal["left", "middle"] = "left"
    count: int = Field(default=1, ge=0, le=1_000)
    modifiers: list[Literal["Alt", "Control", "Meta", "Shift"]] = Field(default_factory=list, max_length=4)
    by_keyboard: bool = False


class Fill(_Told):
    """What a field holds by now. A secret one tells no value."""

    kind: Literal["fill"]
    value: _Text | None = None
    secret: bool = False


class Select(_Told):
    """The options chosen in a list, by what they are called."""

    kind: Literal["select"]
    options: list[_Text] = Field(max_length=1_000)
    multiple: bool = False


class Check(_Told):
    """A check box or radio button as it is now."""

    kind: Literal["check"]
    checked: bool


class Upload(_Told):
    """Files were chosen; their folders are not told to a page."""

    kind: Literal["upload"]
    names: list[_Label] = Field(max_length=1_000)


class Press(_Told):
    """A key that means something of its own."""

    kind: Literal["press"]
    key: Literal["Enter", "Escape"]


Told = Click | Fill | Select | Check | Upload | Press
_TOLD: Final[TypeAdapter[Told]] = TypeAdapter(Annotated[Told, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened: the tab by its number in the order of opening, and the frames down to the document."""

    tab: int = 0
    frames: tuple[Description, ...] = ()
    """The elements of the frames, from the outermost on."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person did in a page."""

    place: Place
    told: Told

    @property
    def element(self) -> Description:
        """What it was done to."""
        return Description.from_json(self.told.element)


@dataclass(frozen=True, slots=True)
class Visit:
    """A person went to an address by the browser itself: typed, chosen from the history, or gone back to."""

    tab: int
    url: str


@dataclass(frozen=True, slots=True)
class TabOpened:
    """A new tab; `by_page` when a page opened it, not the person by the browser itself."""

    tab: int
    by_page: bool


@dataclass(frozen=True, slots=True)
class TabClosed:
    """A tab was closed while others stay open; `by_page` when a page closed it, as some do after their last button."""

    tab: int
    by_page: bool


Happening = Action | Visit | TabOpened | TabClosed


def read_message(text: str) -> Told | None:
    """What a page told; None for what no recorder's script tells."""
    if len(text) > MAX_MESSAGE:
        return None
    try:
        return _TOLD.validate_json(text)
    except ValidationError:
        return None
