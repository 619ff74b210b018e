"""Cycles of the other product: clean loops become containers, what else goes round is cut and told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.workflow.foreign.model import Drawing, Note, Piece
from runner.workflow.foreign.product import Product

NOT_CLEAN = (
    "Its cycle cannot become a forEach: something leads into or out of the middle of the loop. "
    "The edge back was left out; draw the loop anew."
)


@dataclass(frozen=True, slots=True)
class Wire:
    """One edge: from an output of a piece to another piece."""

    source: str
    output: int
    target: str


def wires_of(pieces: Mapping[str, Piece]) -> list[Wire]:
    """All edges between pieces there are, in their order, each once."""
    found = {
        Wire(piece.key, output, target): None
        for piece in pieces.values()
        for output, targets in enumerate(piece.outputs)
        for target in targets
        if target in pieces
    }
    return list(found)


def clean_loops(drawing: Drawing, product: Product, wires: Iterable[Wire]) -> dict[str, frozenset[str]]:
    """The pieces inside each loop that can become a container, by the loop's key; notes those that cannot."""
    wires = list(wires)
    found: dict[str, frozenset[str]] = {}
    for piece in drawing.pieces.values():
        outputs = product.loop(piece)
        if outputs is None:
            continue
        body = _reached(wires, [w.target for w in wires if w.source == piece.key and w.output == outputs[0]], piece.key)
        if _is_clean(wires, piece.key, outputs[0], body):
            found[piece.key] = frozenset(body)
        else:
            drawing.notes.append(Note(piece.name, "cycle", NOT_CLEAN))
    return found


def homes_of(bodies: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The innermost loop around each piece that is in one."""
    smallest_first = sorted(bodies.items(), key=lambda entry: -len(entry[1]))
    return {key: loop for loop, body in smallest_first for key in body}


def cut_cycles(drawing: Drawing, wires: Iterable[Wire], starts: Iterable[str]) -> list[Wire]:
    """The wires without those that close a cycle, which are noted."""
    wires = list(wires)
    behind: dict[str, list[Wire]] = {}
    for wire in wires:
        behind.setdefault(wire.source, []).append(wire)
    closing: set[Wire] = set()
    done: set[str] = set()
    for start in [*starts, *drawing.pieces]:
        _walk(start, behind, done, closing)
    for wire in closing:
        names = drawing.pieces[wire.source].name, drawing.pieces[wire.target].name
        drawing.notes.append(
            Note(names[0], "cycle", f"The edge back to {names[1]} was left out: repeat by forEach or while.")
        )
    return [wire for wire in wires if wire not in closing]


def _walk(start: str, behind: Mapping[str, list[Wire]], done: set[str], closing: set[Wire]) -> None:
    """Depth first without recursion: exports may be long chains."""
    if start in done:
        return
    path, stack = {start}, [(start, iter(behind.get(start, ())))]
    while stack:
        key, wires = stack[-1]
        wire = next(wires, None)
        if wire is None:
            stack.pop()
            path.discard(key)
            done.add(key)
        elif wire.target in path:
            closing.add(wire)
        elif wire.target not in done:
            path.add(wire.target)
            stack.append((wire.target, iter(behind.get(wire.target, ()))))


def _reached(wires: list[Wire], first: list[str], border: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(first)
    while waiting:
        key = waiting.pop()
        if key not in reached and key != border:
            reached.add(key)
            waiting += [wire.target for wire in wires if wire.source == key]
    return reached


def _is_clean(wires: list[Wire], head: str, loop_output: int, body: set[str]) -> bool:
    """Into the body leads the loop's own output alone, out of it only the way back, and there is one."""
    for wire in wires:
        enters = wire.target in body and wire.source not in body
        if enters and (wire.source != head or wire.output != loop_output):
            return False
    return bool(body) and any(wire.source in body and wire.target == head for wire in wires)
