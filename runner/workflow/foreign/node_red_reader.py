"""An export of Node-RED as a drawing: tabs, wires by id, links, comments. Splits and joins are drawn as loops."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.workflow.foreign.model import Drawing, ForeignError, Note, Piece, StickyNote

BELOW = 200.0
"""Between the flows of one export, drawn one below the other."""
_FRAMES = frozenset({"tab", "group", "subflow"})
_ERRORS = frozenset({"catch", "status", "complete"})


def is_node_red(document: object) -> bool:
    """Whether a document is a list of nodes as Node-RED exports it."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(node, dict) and isinstance(node.get("type"), str) and "id" in node for node in document)
    )


def read_node_red(document: list[Mapping[str, Any]]) -> Drawing:
    """Raises ForeignError."""
    tabs = [node for node in document if node["type"] == "tab"]
    drawing = Drawing(str(tabs[0].get("label") or "") if tabs else "", {})
    drawing.name = drawing.name or "Imported from Node-RED"
    if len(tabs) > 1:
        names = ", ".join(str(tab.get("label") or tab["id"]) for tab in tabs)
        drawing.notes.append(Note(drawing.name, "setting", f"It held several flows, which became one: {names}."))
    drawing.description = str(tabs[0].get("info") or "")[:2_000] if tabs else ""
    subflows = {node["id"] for node in document if node["type"] == "subflow"}
    shifts = _shifts(document)
    for node in document:
        _read(node, drawing, shifts, subflows, {tab["id"] for tab in tabs if tab.get("disabled") is True})
    _draw_loops(drawing)
    return drawing


def _read(
    node: Mapping[str, Any], drawing: Drawing, shifts: Mapping[str, float], subflows: set[str], disabled: set[str]
) -> None:
    kind, key = str(node["type"]), str(node["id"])
    name = str(node.get("name") or node.get("label") or kind)
    if kind == "subflow":
        drawing.notes.append(Note(name, "refused", "A subflow: import it on its own, then call it as a workflow."))
        drawing.stickies.append(StickyNote(f"Subflow {name}\n\n{node.get('info') or ''}", (0.0, -BELOW)))
    if kind in _FRAMES:
        return
    if key in drawing.pieces:
        raise ForeignError(f"The id {key!r} stands twice.")
    position = _number(node.get("x")), _number(node.get("y")) + shifts.get(str(node.get("z")), 0.0)
    if kind == "comment":
        drawing.stickies.append(StickyNote(f"{name}\n\n{node.get('info') or ''}".strip(), position))
        return
    if "wires" not in node or node.get("z") in subflows:
        what = "part of a subflow" if node.get("z") in subflows else "a configuration that other nodes share"
        drawing.notes.append(Note(name, "setting", f"{kind}: {what}; it was left out."))
        return
    if kind in _ERRORS:
        drawing.notes.append(Note(name, "refused", f"{kind}: handle failures by control.try or a node's error port."))
    outputs = [[str(target) for target in output] for output in node["wires"] if isinstance(output, list)]
    if kind == "link out" and node.get("mode", "link") == "link":
        outputs = [[str(target) for target in node.get("links", ())]]
    off = node.get("d") is True or node.get("z") in disabled
    drawing.pieces[key] = Piece(key, _free(name, drawing), kind, node, node, position, outputs, off)


def _free(name: str, drawing: Drawing) -> str:
    """Names may stand twice there; notes would not say which."""
    names = {piece.name for piece in drawing.pieces.values()}
    chosen, number = name, 1
    while chosen in names:
        number += 1
        chosen = f"{name} {number}"
    return chosen


def _shifts(document: list[Mapping[str, Any]]) -> dict[str, float]:
    """How far down each tab is moved, so that they do not lie over each other."""
    heights: dict[str, float] = {}
    for node in document:
        if node["type"] not in _FRAMES and node.get("z"):
            key = str(node["z"])
            heights[key] = max(heights.get(key, 0.0), _number(node.get("y")))
    shifts, below = {}, 0.0
    for key, height in heights.items():
        shifts[key] = below
        below += height + BELOW
    return shifts


def _draw_loops(drawing: Drawing) -> None:
    """A split leads into its loop by its first output and behind it by its second; what it ends with leads back."""
    pieces = drawing.pieces
    for key in [key for key, piece in pieces.items() if piece.kind == "split"]:
        body = _behind(pieces, key)
        joins = [each for each in body if pieces[each].kind == "join"]
        after = list(dict.fromkeys(target for join in joins for target in pieces[join].targets()))
        inside = (body - set(joins)) - _reach(pieces, after)
        if not inside:
            continue
        for join in joins:
            drawing.notes.append(
                Note(pieces[join].name, "approximate", "It ends the loop of its split; collect results in a variable.")
            )
            del pieces[join]
        for each in inside:
            outputs = [[key if target in joins else target for target in output] for output in pieces[each].outputs]
            pieces[each] = replace(pieces[each], outputs=outputs or [[key]] if any(outputs) else [[key]])
        pieces[key] = replace(pieces[key], outputs=[[t for t in pieces[key].targets() if t in inside], after])


def _behind(pieces: Mapping[str, Piece], key: str) -> set[str]:
    """Everything between a split and the joins that end it."""
    reached: set[str] = set()
    waiting = pieces[key].targets()
    while waiting:
        each = waiting.pop()
        if each in pieces and each not in reached and each != key:
            reached.add(each)
            if pieces[each].kind != "join":
                waiting += pieces[each].targets()
    return reached


def _reach(pieces: Mapping[str, Piece], starts: list[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        each = waiting.pop()
        if each in pieces and each not in reached:
            reached.add(each)
            waiting += pieces[each].targets()
    return reached


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if is_number else 0.0
