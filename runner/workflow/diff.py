"""The difference between two versions of a graph, as JSON for the list of versions."""

from collections.abc import Mapping
from typing import Any

from runner.workflow.documents import Json, equal_json, json_pointer
from runner.workflow.graph import Edge, Graph, Level, Node

_CONTAINERS = ("body", "catch", "finally")
_LAYOUT = ("position", "size")


def graph_difference(old: Graph, new: Graph) -> dict[str, Any]:
    """What changed from `old` to `new`.

    `nodes` has `added`, `removed` (id, type, name, pointer) and `changed` (id, type, name, pointer and `changes`);
    `edges` has `added` and `removed` (from, port, to, pointer); `changes` has the rest of the document. A change is
    {pointer, old, new} with the pointer relative to the node or to the graph; a side that has nothing there lacks its
    key. `layoutOnly` is true when nodes were only moved.
    """
    old_nodes, new_nodes = _nodes(old), _nodes(new)
    changed = [
        {**_described(node), "changes": changes}
        for node_id, node in new_nodes.items()
        if node_id in old_nodes and (changes := _node_changes(old, new, old_nodes[node_id], node))
    ]
    difference: dict[str, Any] = {
        "nodes": {
            "added": [_described(node) for node_id, node in new_nodes.items() if node_id not in old_nodes],
            "removed": [_described(node) for node_id, node in old_nodes.items() if node_id not in new_nodes],
            "changed": changed,
        },
        "edges": _edge_difference(old, new),
        "changes": _changes(_rest(old.document), _rest(new.document)),
    }
    difference["layoutOnly"] = bool(changed) and _is_layout(difference)
    return difference


def _nodes(graph: Graph) -> dict[str, Node]:
    return {node.id: node for node in graph.top.walk()}


def _described(node: Node) -> dict[str, Json]:
    return {"id": node.id, "type": node.type, "name": node.name, "pointer": node.pointer}


def _node_changes(old: Graph, new: Graph, before: Node, after: Node) -> list[dict[str, Any]]:
    changes = _changes(_own(old.document, before), _own(new.document, after))
    homes = _home(before, old), _home(after, new)
    if homes[0] != homes[1]:
        changes.append({"pointer": "", "old": homes[0], "new": homes[1], "moved": True})
    return changes


def _own(document: Mapping[str, Any], node: Node) -> dict[str, Any]:
    """The node's document without the nodes inside it, which have entries of their own."""
    found: Any = document
    for part in node.pointer.split("/")[1:]:
        found = found[int(part)] if isinstance(found, list) else found[part]
    return {
        key: ({} if key in _CONTAINERS and isinstance(value, dict) else value)
        for key, value in found.items()
        if not (key in _CONTAINERS and value is None)
    }


def _home(node: Node, graph: Graph) -> str | None:
    """The container a node stands in and the level inside it, as in `loop/body`; None at the top."""
    outer, _, place = node.pointer.rpartition("/nodes/")[0].rpartition("/")
    container = next((other.id for other in graph.top.walk() if other.pointer == outer), None)
    return None if container is None else f"{container}/{place}"


def _edge_difference(old: Graph, new: Graph) -> dict[str, Any]:
    before, after = _edges(old.top), _edges(new.top)
    return {
        "added": [_shown(edge) for key, edge in after.items() if key not in before],
        "removed": [_shown(edge) for key, edge in before.items() if key not in after],
    }


def _edges(level: Level) -> dict[tuple[str, str, str], Edge]:
    """Edges by what they connect: an edge drawn again is the same edge."""
    edges = {(edge.source, edge.port, edge.target): edge for edge in level.edges}
    for node in level.nodes:
        for inner in node.containers.values():
            edges.update(_edges(inner))
    return edges


def _shown(edge: Edge) -> dict[str, Json]:
    return {"from": edge.source, "port": edge.port, "to": edge.target, "pointer": edge.pointer}


def _rest(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("nodes", "edges")}


def _changes(old: Any, new: Any, path: tuple[str | int, ...] = ()) -> list[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        changes = []
        for key in [*old, *(key for key in new if key not in old)]:
            if key in old and key in new:
                changes.extend(_changes(old[key], new[key], (*path, key)))
            else:
                side, value = ("old", old[key]) if key in old else ("new", new[key])
                changes.append({"pointer": json_pointer(*path, key), side: value})
        return changes
    if equal_json(old, new):
        return []
    return [{"pointer": json_pointer(*path), "old": old, "new": new}]


def _is_layout(difference: Mapping[str, Any]) -> bool:
    nodes, edges = difference["nodes"], difference["edges"]
    others = (nodes["added"], nodes["removed"], edges["added"], edges["removed"], difference["changes"])
    return not any(others) and all(
        change["pointer"].split("/")[1:2] and change["pointer"].split("/")[1] in _LAYOUT
        for node in nodes["changed"]
        for change in node["changes"]
    )
