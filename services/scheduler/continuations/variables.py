"""The workflow's variables as they stood at a node, told by what the nodes before it wrote. Pure.

Values are a list of documents, each to be laid over those before it: large ones are references that only a runner
opens.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.workflow.graph import Graph
from services.scheduler.continuations.repository import Write


def variables_before(
    graph: Graph, reused: Iterable[str], writes: Sequence[Write], edits: Mapping[str, Any]
) -> list[Any]:
    """The values when exactly the `reused` nodes of an execution were done.

    First what the execution had taken over itself, then what a person edited then, then what its own nodes wrote.
    """
    inside, kept = containers_of(graph), set(reused)
    mine = [write for write in writes if inside.get(write.node_id, write.node_id) in kept]
    taken_over = [part for write in mine if write.status == "REUSED" for part in _parts(write)]
    own = [part for write in mine if write.status != "REUSED" for part in _parts(write)]
    return folded([*taken_over, dict(edits), *own])


def written_by_containers(graph: Graph, writes: Sequence[Write]) -> dict[str, bytes]:
    """For each container of the top level what the nodes inside it wrote: an object or a list of documents, as JSON."""
    inside = containers_of(graph)
    parts: dict[str, list[Any]] = {}
    for write in writes:
        container = inside.get(write.node_id)
        if container is not None:
            parts.setdefault(container, []).extend(_parts(write))
    found = {container: folded(each) for container, each in parts.items()}
    return {
        container: json.dumps(each[0] if len(each) == 1 else each).encode() for container, each in found.items() if each
    }


def containers_of(graph: Graph) -> dict[str, str]:
    """For each node inside a container, the node of the top level around it."""
    return {
        inner.id: node.id for node in graph.top.nodes for level in node.containers.values() for inner in level.walk()
    }


def folded(parts: Iterable[Any]) -> list[Any]:
    """Neighbours made one; a reference to a large document stays by itself."""
    made: list[Any] = []
    for part in parts:
        if not isinstance(part, dict) or not part:
            continue
        if made and not _is_reference(part) and not _is_reference(made[-1]):
            made[-1] = {**made[-1], **part}
        else:
            made.append(part)
    return made


def _parts(write: Write) -> list[Any]:
    variables = json.loads(write.variables)
    if variables is True:
        return [json.loads(write.output or b"null")]
    return variables if isinstance(variables, list) else [variables]


def _is_reference(part: Mapping[str, Any]) -> bool:
    return part.keys() == {"spilled"} and isinstance(part["spilled"], dict)
