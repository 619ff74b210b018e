"""An export of n8n as a drawing: nodes, connections by name, sticky notes. Knows nothing of what the nodes mean."""

from collections.abc import Mapping
from typing import Any

from runner.workflow.foreign.model import Drawing, ForeignError, Note, Piece, StickyNote

STICKY = "n8n-nodes-base.stickyNote"


def is_n8n(document: object) -> bool:
    """Whether a document is a workflow as n8n exports it."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("nodes"), list)
        and isinstance(document.get("connections"), dict)
    )


def read_n8n(document: Mapping[str, Any]) -> Drawing:
    """Raises ForeignError."""
    drawing = Drawing(_text(document.get("name")) or "Imported from n8n", {})
    connections = document["connections"]
    for index, node in enumerate(document["nodes"]):
        if not isinstance(node, dict) or not _text(node.get("name")) or not _text(node.get("type")):
            raise ForeignError(f"The node at /nodes/{index} has no name or no type.")
        if node["name"] in drawing.pieces:
            raise ForeignError(f"Two nodes are named {node['name']!r}, which n8n does not allow.")
        parameters = node.get("parameters")
        config = parameters if isinstance(parameters, dict) else {}
        if node["type"] == STICKY:
            size = (_number(config.get("width"), 240.0), _number(config.get("height"), 160.0))
            drawing.stickies.append(StickyNote(_text(config.get("content")), _position(node), size))
            continue
        outputs = _outputs(node["name"], connections.get(node["name"]), drawing)
        drawing.pieces[node["name"]] = Piece(
            key=node["name"],
            name=node["name"],
            kind=node["type"],
            config=config,
            original=node,
            position=_position(node),
            outputs=outputs,
            disabled=node.get("disabled") is True,
        )
    drawing.tags = _tags(document.get("tags"))
    _note_settings(document, drawing)
    return drawing


def _outputs(name: str, connections: Any, drawing: Drawing) -> list[list[str]]:
    if not isinstance(connections, dict):
        return []
    for kind in connections:
        if kind != "main":
            drawing.notes.append(Note(name, "refused", f"Its connection of the kind {kind} has no equivalent."))
    main = connections.get("main")
    return [
        [target["node"] for target in output if isinstance(target, dict) and isinstance(target.get("node"), str)]
        if isinstance(output, list)
        else []
        for output in (main if isinstance(main, list) else [])
    ]


def _note_settings(document: Mapping[str, Any], drawing: Drawing) -> None:
    settings = document.get("settings")
    known = settings if isinstance(settings, dict) else {}
    if known.get("errorWorkflow"):
        message = "Its error workflow was left out: use an event endpoint or a notification for failed executions."
        drawing.notes.append(Note(drawing.name, "setting", message))
    if known.get("timezone"):
        message = f"Its time zone {known['timezone']} belongs to each schedule here."
        drawing.notes.append(Note(drawing.name, "setting", message))
    if document.get("pinData"):
        drawing.notes.append(Note(drawing.name, "setting", "Its pinned data was left out."))


def _tags(tags: Any) -> tuple[str, ...]:
    listed = tags if isinstance(tags, list) else []
    names = [tag.get("name") if isinstance(tag, dict) else tag for tag in listed]
    return tuple(name[:50] for name in names if isinstance(name, str) and name)[:20]


def _position(node: Mapping[str, Any]) -> tuple[float, float]:
    position = node.get("position")
    if isinstance(position, list) and len(position) == 2:
        return _number(position[0], 0.0), _number(position[1], 0.0)
    return 0.0, 0.0


def _number(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if is_number else default


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
