"""A drawing of another product as a graph of ours: a start, nodes with new ids, containers, edges, notes."""

import re
from typing import Any

from runner.workflow.declarations import CONTROL_FOR_EACH, CONTROL_START
from runner.workflow.foreign.loops import Wire, clean_loops, cut_cycles, homes_of, wires_of
from runner.workflow.foreign.model import Drawing, Note, Piece, Translation
from runner.workflow.foreign.product import Made, Product, Surroundings, original_text
from runner.workflow.foreign.scope import UNKNOWN, Scope
from runner.workflow.graph import SCHEMA_VERSION

START = "start"
ENTRY = "entry"
BESIDE = 220
"""How far the start stands left of what it leads to."""
NOTE_SIZE = {"width": 360, "height": 240}
PADDING = 40


def assemble(drawing: Drawing, product: Product) -> Translation:
    """Everything of the drawing, in the graph or in its notes."""
    assembly = _Assembly(drawing, product)
    graph = assembly.graph()
    return Translation(drawing.name, drawing.description, drawing.tags, graph, tuple(drawing.notes))


class _Assembly:
    """One drawing on its way. Pieces keep their key; nodes are named by ids made of the pieces' names."""

    def __init__(self, drawing: Drawing, product: Product) -> None:
        self._drawing = drawing
        self._product = product
        self._triggers = {
            piece.key: scope
            for piece in drawing.pieces.values()
            if (scope := product.trigger(piece, drawing.notes)) is not None
        }
        wires = wires_of(drawing.pieces)
        self._bodies = clean_loops(drawing, product, wires)
        self._homes = homes_of(self._bodies)
        forward = [wire for wire in wires if not self._leads_back(wire)]
        self._wires = cut_cycles(drawing, forward, self._triggers)
        self._reached = self._from_triggers()
        self._ids = self._new_ids()
        self._made: dict[str, Made] = {}

    def graph(self) -> dict[str, Any]:
        """The whole document."""
        for key in self._order():
            self._make(self._drawing.pieces[key])
        nodes, edges = self._level(None)
        start_nodes, start_edges, inputs = self._start()
        edges = [*start_edges, *edges]
        for number, edge in enumerate(edges, 1):
            edge["id"] = f"e{number}"
        graph: dict[str, Any] = {"schemaVersion": SCHEMA_VERSION}
        if inputs:
            graph["inputs"] = inputs
        return {**graph, "nodes": [*start_nodes, *nodes], "edges": edges, "notes": self._notes()}

    # -- what leads where -----------------------------------------------------------------------------------------

    def _leads_back(self, wire: Wire) -> bool:
        return wire.source in self._bodies.get(wire.target, ())

    def _from_triggers(self) -> set[str]:
        """Without any trigger everything begins where nothing leads to."""
        begins = list(self._triggers) or self._beginnings()
        reached: set[str] = set()
        waiting = list(begins)
        while waiting:
            key = waiting.pop()
            if key not in reached:
                reached.add(key)
                waiting += [wire.target for wire in self._wires if wire.source == key]
        for piece in self._drawing.pieces.values():
            if piece.key not in reached:
                self._drawing.notes.append(
                    Note(piece.name, "unreachable", "Nothing leads there, so it never ran; it is a note now.")
                )
        return reached

    def _beginnings(self) -> list[str]:
        targets = {wire.target for wire in self._wires}
        return [key for key in self._drawing.pieces if key not in targets]

    def _order(self) -> list[str]:
        """Every piece behind those that lead to it; triggers are no nodes."""
        incoming = dict.fromkeys(self._reached, 0)
        for wire in self._wires:
            if wire.source in incoming and wire.target in incoming:
                incoming[wire.target] += 1
        ready = [key for key in self._drawing.pieces if incoming.get(key) == 0]
        order: list[str] = []
        while ready:
            key = ready.pop(0)
            order.append(key)
            for wire in self._wires:
                if wire.source == key and wire.target in incoming:
                    incoming[wire.target] -= 1
                    if incoming[wire.target] == 0:
                        ready.append(wire.target)
        return [key for key in order if key not in self._triggers]

    # -- nodes ----------------------------------------------------------------------------------------------------

    def _make(self, piece: Piece) -> None:
        around = Surroundings(
            id=self._ids[piece.key],
            before=self._before(piece.key),
            behind=self._behind(),
            in_loop=piece.key in self._homes,
            is_clean_loop=piece.key in self._bodies,
            notes=self._drawing.notes,
        )
        self._made[piece.key] = self._product.make(piece, around)

    def _before(self, key: str) -> Scope:
        """The data that reaches a piece, when all that leads to it brings the same."""
        scopes = [self._scope_of(wire) for wire in self._wires if wire.target == key and wire.source in self._reached]
        if not scopes:
            return Scope("inputs")
        return scopes[0] if all(scope == scopes[0] for scope in scopes) else UNKNOWN

    def _scope_of(self, wire: Wire) -> Scope:
        if wire.source in self._triggers:
            return self._triggers[wire.source]
        made = self._made.get(wire.source)
        return made.scope(wire.output) if made else UNKNOWN

    def _behind(self) -> dict[str, Scope]:
        pieces = self._drawing.pieces
        scopes = {pieces[key].name: scope for key, scope in self._triggers.items()}
        for key, made in self._made.items():
            outputs = self._product.loop(pieces[key])
            scopes[pieces[key].name] = made.scope(outputs[0] if outputs else 0)
        return scopes

    def _level(self, loop: str | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Nodes and edges of the top (None) or of a loop's inside."""
        keys = [key for key in self._made if self._homes.get(key) == loop]
        pieces = self._drawing.pieces
        corner = (0.0, 0.0)
        if loop is not None and keys:
            places = [pieces[key].position for key in keys]
            corner = min(x for x, _ in places) - PADDING, min(y for _, y in places) - PADDING
        nodes = [self._node(pieces[key], corner) for key in keys]
        inside = set(keys)
        edges = [
            {
                "from": self._ids[wire.source],
                "port": self._made[wire.source].port(wire.output),
                "to": self._ids[wire.target],
            }
            for wire in self._wires
            if wire.source in inside and wire.target in inside and self._made[wire.source].ports
        ]
        if loop is not None:
            for number, edge in enumerate(edges, 1):
                edge["id"] = f"{self._ids[loop]}-e{number}"
        return nodes, edges

    def _node(self, piece: Piece, corner: tuple[float, float]) -> dict[str, Any]:
        made = self._made[piece.key]
        node: dict[str, Any] = {
            "id": self._ids[piece.key],
            "type": made.type,
            "name": piece.name,
            "config": dict(made.config),
            "position": {"x": round(piece.position[0] - corner[0]), "y": round(piece.position[1] - corner[1])},
            **made.options,
        }
        if piece.disabled:
            node["disabled"] = True
        if made.type == CONTROL_FOR_EACH:
            nodes, edges = self._level(piece.key) if piece.key in self._bodies else ([], [])
            node["body"] = {"nodes": nodes, "edges": edges}
        return node

    # -- start, notes, names --------------------------------------------------------------------------------------

    def _start(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        """One start in place of all triggers; with several of them an input says which one it is."""
        triggers = [self._drawing.pieces[key] for key in self._triggers]
        ways = {piece.key: self._targets(piece.key) for piece in triggers}
        places = [piece.position for piece in triggers or self._drawing.pieces.values()] or [(0.0, 0.0)]
        left, top = min(x for x, _ in places), min(y for _, y in places)
        start = {"id": START, "type": CONTROL_START, "name": "Start", "position": {"x": round(left), "y": round(top)}}
        if len(ways) <= 1 or len({tuple(targets) for targets in ways.values()}) == 1:
            targets = next(iter(ways.values())) if ways else [self._ids[key] for key in self._beginnings()]
            return [start], [{"from": START, "port": "out", "to": target} for target in targets], []
        start["position"] = {"x": round(left - BESIDE), "y": round(top)}
        cases = [{"value": piece.name, "port": f"way{number}"} for number, piece in enumerate(triggers, 1)]
        switch = {
            "id": ENTRY,
            "type": "control.switch",
            "name": "Which trigger",
            "config": {"value": "{{ inputs.entry }}", "cases": cases},
            "position": {"x": round(left), "y": round(top)},
        }
        edges = [{"from": START, "port": "out", "to": ENTRY}]
        edges += [
            {"from": ENTRY, "port": case["port"], "to": target}
            for case, targets in zip(cases, ways.values(), strict=True)
            for target in targets
        ]
        names = ", ".join(piece.name for piece in triggers)
        self._drawing.notes.append(
            Note(
                "Which trigger",
                "trigger",
                f"There were several triggers. Give each trigger here its name as input entry: {names}.",
            )
        )
        description = "The trigger that started it."
        return (
            [start, switch],
            edges,
            [{"name": ENTRY, "type": "string", "default": triggers[0].name, "description": description}],
        )

    def _targets(self, key: str) -> list[str]:
        found = [wire.target for wire in self._wires if wire.source == key and wire.target in self._made]
        return list(dict.fromkeys(self._ids[target] for target in found))

    def _notes(self) -> list[dict[str, Any]]:
        notes: list[dict[str, Any]] = [
            {
                "text": sticky.text,
                "position": {"x": round(sticky.position[0]), "y": round(sticky.position[1])},
                **({"size": {"width": sticky.size[0], "height": sticky.size[1]}} if sticky.size else {}),
            }
            for sticky in self._drawing.stickies
        ]
        for piece in self._drawing.pieces.values():
            made = self._made.get(piece.key)
            if piece.key in self._triggers or (made is not None and not made.is_placeholder):
                continue
            place = {"x": round(piece.position[0]), "y": round(piece.position[1]) + (110 if made else 0)}
            notes.append({"text": original_text(piece), "position": place, "size": NOTE_SIZE})
        return [{"id": f"note{number}", **note} for number, note in enumerate(notes, 1)]

    def _new_ids(self) -> dict[str, str]:
        taken = {START, ENTRY}
        ids: dict[str, str] = {}
        for piece in self._drawing.pieces.values():
            word = _word(piece.name) or _word(piece.kind.rpartition(".")[2]) or "node"
            chosen, number = word, 1
            while chosen in taken:
                number += 1
                chosen = f"{word}_{number}"
            taken.add(chosen)
            ids[piece.key] = chosen
        return ids


def _word(text: str) -> str:
    word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]
    return f"n_{word}" if word[:1].isdigit() else word
