"""What every translation answers, and what it is made of on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

NoteKind = Literal["trigger", "refused", "expression", "setting", "approximate", "cycle", "unreachable", "credential"]


@dataclass(frozen=True, slots=True)
class Note:
    """What a person must look at: the name of the node, why, and what to do.

    `trigger`: make a trigger for it. `refused`: a placeholder stands in its place. `expression`, `setting`,
    `credential`: that part was left out. `approximate`: it was translated, and may differ. `cycle`: an edge was left
    out. `unreachable`: nothing led there, it is a note now.
    """

    node: str
    kind: NoteKind
    message: str

    def as_json(self) -> dict[str, str]:
        """In the API's shape."""
        return {"node": self.node, "kind": self.kind, "message": self.message}


@dataclass(frozen=True, slots=True)
class Translation:
    """A workflow as it would have been drawn here."""

    name: str
    description: str
    tags: tuple[str, ...]
    graph: dict[str, Any]
    notes: tuple[Note, ...]


class ForeignError(ValueError):
    """The document looks like an export of another product and cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One node of the other product. `outputs` has, for each of its outputs, the keys of the pieces it leads to."""

    key: str
    name: str
    kind: str
    config: Mapping[str, Any]
    original: Mapping[str, Any]
    position: tuple[float, float] = (0.0, 0.0)
    outputs: Sequence[Sequence[str]] = ()
    disabled: bool = False

    def targets(self) -> list[str]:
        """Every piece it leads to, once."""
        return list(dict.fromkeys(target for output in self.outputs for target in output))


@dataclass(frozen=True, slots=True)
class StickyNote:
    """A text on the canvas, of no meaning."""

    text: str
    position: tuple[float, float]
    size: tuple[float, float] | None = None


@dataclass(slots=True)
class Drawing:
    """The other product's workflow, read but not yet translated."""

    name: str
    pieces: dict[str, Piece]
    stickies: list[StickyNote] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    description: str = ""
    tags: tuple[str, ...] = ()
