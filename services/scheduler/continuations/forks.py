"""Plans a fork: which nodes of an execution are taken as done when a new one starts from a node. Pure.

Everything that was decided and does not lie behind the node is reused, parallel branches included: nothing is done
twice. The versions must agree on what is reused.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from runner.workflow.graph import Graph, Level
from runner.workflow.ordering import topological_order
from services.scheduler.continuations.document import decides
from services.scheduler.continuations.errors import (
    graph_changed,
    inside_container,
    not_reached,
    unknown_node,
    unknown_variables,
)
from services.scheduler.continuations.repository import RecordedRun
from services.scheduler.continuations.variables import containers_of

_LAYOUT = frozenset({"position", "size", "name", "notes"})


def reused_nodes(ran: Graph, wanted: Graph, runs: Sequence[RecordedRun], from_node: str) -> tuple[str, ...]:
    """The nodes that are taken as done when an execution of `ran` goes on in `wanted` from a node.

    Raises NODE_UNKNOWN, NODE_INSIDE, GRAPH_CHANGED, NODE_NOT_REACHED.
    """
    level = wanted.top
    if from_node not in {node.id for node in level.nodes}:
        raise _no_such_place(wanted, from_node)
    ports = {run.node_id: run.port for run in runs if decides(run)}
    behind = _reach(level, from_node, forward=True)
    reused = tuple(node_id for node_id in sorted(ports) if node_id not in behind and node_id != from_node)
    differing = _differing(ran, wanted, reused, from_node)
    if differing:
        raise graph_changed(from_node, differing)
    _require_reached(level, {node_id: ports[node_id] for node_id in reused}, from_node)
    return reused


def check_edits(wanted: Graph, edits: Mapping[str, Any]) -> None:
    """Raises VARIABLE_UNKNOWN for values of variables that the version does not declare."""
    unknown = sorted(edits.keys() - {variable.name for variable in wanted.variables})
    if unknown:
        raise unknown_variables(unknown)


def _no_such_place(graph: Graph, node_id: str) -> Exception:
    container = containers_of(graph).get(node_id)
    return inside_container(node_id, container) if container else unknown_node(node_id)


def _reach(level: Level, start: str, *, forward: bool) -> set[str]:
    """The nodes behind (or before) a node, without itself."""
    links: dict[str, list[str]] = {}
    for edge in level.edges:
        source, target = (edge.source, edge.target) if forward else (edge.target, edge.source)
        links.setdefault(source, []).append(target)
    found: set[str] = set()
    open_ends = [start]
    while open_ends:
        for target in links.get(open_ends.pop(), ()):
            if target not in found:
                found.add(target)
                open_ends.append(target)
    return found


def _differing(ran: Graph, wanted: Graph, reused: Sequence[str], from_node: str) -> list[str]:
    """Nodes whose outputs would be reused, or that lead to the node, and that are not the same in both versions."""
    concerned = {*reused, *_reach(ran.top, from_node, forward=False), *_reach(wanted.top, from_node, forward=False)}
    old, new = _meanings(ran), _meanings(wanted)
    differing = {node_id for node_id in concerned if old.get(node_id) != new.get(node_id)}
    if _incoming(ran.top, from_node) != _incoming(wanted.top, from_node):
        differing.add(from_node)
    return sorted(differing)


def _meanings(graph: Graph) -> dict[str, str]:
    """What each node of the top level does and what leads to it, as text to compare; how it looks is left out."""
    documents = {str(document.get("id")): document for document in graph.document.get("nodes", ())}
    return {
        node.id: json.dumps([_bare(documents.get(node.id)), _incoming(graph.top, node.id)], sort_keys=True)
        for node in graph.top.nodes
    }


def _bare(document: Any) -> Any:
    if isinstance(document, dict):
        return {
            key: _bare(value) if key in ("body", "catch", "finally", "nodes") else value
            for key, value in document.items()
            if key not in _LAYOUT
        }
    return [_bare(each) for each in document] if isinstance(document, list) else document


def _incoming(level: Level, node_id: str) -> list[list[str]]:
    return sorted([edge.source, edge.port] for edge in level.edges if edge.target == node_id)


def _require_reached(level: Level, ports: Mapping[str, str], from_node: str) -> None:
    """Raises NODE_NOT_REACHED unless what was decided leads to the node."""
    before = _reach(level, from_node, forward=False)
    undecided, dead = _undecided(level, ports, before)
    if undecided:
        raise not_reached(from_node, f"{', '.join(undecided[:5])} had not ended.", undecided)
    incoming = [edge for edge in level.edges if edge.target == from_node]
    if incoming and not any(edge.source not in dead and ports[edge.source] == edge.port for edge in incoming):
        sources = sorted({edge.source for edge in incoming})
        raise not_reached(from_node, f"{', '.join(sources)} went another way.", sources)


def _undecided(level: Level, ports: Mapping[str, str], before: set[str]) -> tuple[list[str], set[str]]:
    """Of the nodes before a node, those that are neither recorded nor dead, and those that are dead."""
    nodes = [node.id for node in level.nodes if node.id in before]
    index = {node_id: number for number, node_id in enumerate(nodes)}
    edges = [edge for edge in level.edges if edge.source in index and edge.target in index]
    counts = [sum(edge.target == node_id for edge in edges) for node_id in nodes]
    targets = [[index[edge.target] for edge in edges if edge.source == node_id] for node_id in nodes]
    dead: set[str] = set()
    undecided: list[str] = []
    for number in topological_order(counts, targets):
        node_id = nodes[number]
        if node_id in ports:
            continue
        into = [edge for edge in edges if edge.target == node_id]
        if into and all(edge.source in dead or ports.get(edge.source, edge.port) != edge.port for edge in into):
            dead.add(node_id)
        else:
            undecided.append(node_id)
    return undecided, dead
