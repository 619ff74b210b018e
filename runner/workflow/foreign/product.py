"""What a product's translator must know of its nodes, for the assembly to make a graph of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runner.workflow.foreign.model import Note, Piece
from runner.workflow.foreign.scope import UNKNOWN, Scope

PLACEHOLDER = "log.message"


@dataclass(frozen=True, slots=True)
class Made:
    """A node of ours. `ports` names the port of each of the piece's outputs; `after` is the data behind each of them.

    Both may be shorter than the outputs: the last one then stands for the rest.
    """

    type: str
    config: Mapping[str, Any] = field(default_factory=dict)
    ports: tuple[str, ...] = ("out",)
    after: tuple[Scope, ...] = (UNKNOWN,)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Members of the node beside config, as onError."""
    is_placeholder: bool = False

    def port(self, output: int) -> str:
        """Of an output by its index; empty when nothing leads on from it."""
        return self.ports[min(output, len(self.ports) - 1)] if self.ports else ""

    def scope(self, output: int) -> Scope:
        """The data behind an output."""
        return self.after[min(output, len(self.after) - 1)]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a piece stands: the data before it, behind each piece by name, its own new id.

    `in_loop` when a container is around it; `is_clean_loop` when it is a loop that becomes a container.
    """

    id: str
    before: Scope
    behind: Mapping[str, Scope]
    in_loop: bool
    is_clean_loop: bool
    notes: list[Note]

    def note(self, piece: Piece, kind: Any, message: str) -> None:
        """Tells a person; the same is told once."""
        found = Note(piece.name, kind, message)
        if found not in self.notes:
            self.notes.append(found)


class Product(Protocol):
    """One product's nodes."""

    title: str

    def trigger(self, piece: Piece, notes: list[Note]) -> Scope | None:
        """The data a trigger brings, after noting what trigger to make here; None for what is no trigger."""

    def loop(self, piece: Piece) -> tuple[int, int] | None:
        """The outputs that lead into the loop and behind it; None for what is no loop."""

    def make(self, piece: Piece, around: Surroundings) -> Made:
        """The node that stands for a piece."""


def placeholder(piece: Piece, around: Surroundings, why: str) -> Made:
    """Keeps the drawing's shape where there is no equivalent: a disabled node that does nothing.

    What reads the data behind it reads its output, so it is right once somebody has put a node of ours in its place,
    and refused by validation until then.
    """
    around.note(piece, "refused", why)
    config = {"message": f"{piece.name} was not translated."}
    after = (Scope(f"nodes.{around.id}.output"),)
    return Made(PLACEHOLDER, config, after=after, options={"disabled": True}, is_placeholder=True)


def original_text(piece: Piece) -> str:
    """The node as the other product had it, for a note on the canvas."""
    return f"{piece.name} ({piece.kind}), not translated:\n\n{json.dumps(piece.original, indent=2, ensure_ascii=False)}"
