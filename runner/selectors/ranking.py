"""What an element is known by, best first: what people gave it before what it looks like and where it stands. Pure.

The order is that of the specification. Whether a candidate matches one element, many or none is asked of the page, by
`checking`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from runner.selectors.generated import looks_generated
from runner.selectors.model import MAX_CANDIDATES, Candidate

TEST_ATTRIBUTES: Final = ("data-testid", "data-test-id", "data-test", "data-cy", "data-qa", "data-automation-id")
"""Attributes that are there to be found; other data attributes come after them."""
MAX_TEXT: Final = 80
"""Longer texts are content that changes, not names."""
_MAX_DATA: Final = 3
_MAX_CLASSES: Final = 3
_LONGEST: Final = 600
_LONGEST_CLASS: Final = 100
_LONGEST_PATH: Final = 2_000
"""Characters of one text: whatever is made of them, with escapes, still fits a candidate."""


@dataclass(frozen=True, slots=True)
class Description:
    """An element as `describe.js` saw it; empty texts stand for what it does not have."""

    tag: str
    id: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    type: str = ""
    placeholder: str = ""
    text: str = ""
    """What it shows, blanks joined; empty for fields and for whatever contains more than words."""
    label: str = ""
    """Its ARIA label, or the text of its label."""
    role: str = ""
    """Its ARIA role, given or by its tag."""
    role_name: str = ""
    """What assistive programs call it."""
    classes: tuple[str, ...] = ()
    path: str = ""
    """CSS from the document (or the nearest lasting id) down to it, through open shadow roots."""
    secret: bool = False
    """A password's field."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The description that the page handed over. A page may answer anything: wrong types become texts."""
        data = document.get("data")
        classes = document.get("classes")
        return cls(
            **{name: _bounded(document.get(key)) for name, key in _TEXTS.items()},
            data={_bounded(key): _bounded(value) for key, value in data.items()} if isinstance(data, dict) else {},
            classes=tuple(_bounded(name, _LONGEST_CLASS) for name in classes) if isinstance(classes, list) else (),
            path=_bounded(document.get("path"), _LONGEST_PATH),
            secret=document.get("secret") is True,
        )


def _bounded(value: Any, most: int = _LONGEST) -> str:
    """The text, or none instead of one that is too long to name anything."""
    text = str(value or "")
    return text if len(text) <= most else ""


_TEXTS: Final = {
    "tag": "tag",
    "id": "id",
    "name": "name",
    "type": "type",
    "placeholder": "placeholder",
    "text": "text",
    "label": "label",
    "role": "role",
    "role_name": "roleName",
}


def candidates_for(element: Description) -> list[Candidate]:
    """Every candidate the element offers, best first; an id that looks generated stands just before the path."""
    found = list(dict.fromkeys((candidate.strategy, candidate.value) for candidate in _candidates(element)))
    return [Candidate(strategy=strategy, value=value) for strategy, value in found[:MAX_CANDIDATES]]


def _candidates(element: Description) -> Iterator[Candidate]:
    generated = bool(element.id) and looks_generated(element.id)
    if element.id and not generated:
        yield Candidate(strategy="id", value=element.id)
    yield from _data(element.data)
    if element.name and not looks_generated(element.name):
        yield Candidate(strategy="name", value=element.name)
    if _is_short(element.placeholder):
        prefix = f"{element.type}|" if element.type else ""
        yield Candidate(strategy="placeholder", value=prefix + element.placeholder)
    if _is_short(element.text):
        yield Candidate(strategy="text", value=element.text)
    if _is_short(element.label):
        yield Candidate(strategy="label", value=element.label)
    if element.role:
        named = _is_short(element.role_name)
        yield Candidate(strategy="role", value=f"{element.role}: {element.role_name}" if named else element.role)
    classes = [name for name in element.classes if name and not looks_generated(name)][:_MAX_CLASSES]
    if classes:
        yield Candidate(strategy="class", value=element.tag + "".join(f".{escape_name(name)}" for name in classes))
    if generated:
        yield Candidate(strategy="id", value=element.id)
    if element.path:
        yield Candidate(strategy="path", value=element.path)


def _data(attributes: Mapping[str, str]) -> Iterator[Candidate]:
    known = [name for name in TEST_ATTRIBUTES if attributes.get(name)]
    others = [name for name, value in attributes.items() if name not in known and _is_lasting(name, value)]
    for name in [*known, *others][:_MAX_DATA]:
        yield Candidate(strategy="data", value=f"{name}={attributes[name]}")


def _is_lasting(name: str, value: str) -> bool:
    return _is_short(value) and not looks_generated(name) and not looks_generated(value)


def _is_short(text: str) -> bool:
    return 0 < len(text) <= MAX_TEXT


def escape_name(name: str) -> str:
    """An id or class as a CSS identifier; what is neither letter, digit, `-` nor `_` is escaped by its number."""
    escaped = "".join(
        character if character.isalnum() or character in "-_" else f"\\{ord(character):x} " for character in name
    )
    starts_badly = name[:1].isdigit() or (name[:1] == "-" and name[1:2].isdigit()) or name == "-"
    return f"\\{ord(name[0]):x} {escaped[1:]}" if starts_badly else escaped
