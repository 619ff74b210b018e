"""One workflow as a file: its members, and the one way to write them, so that a diff shows what a person changed.

The format is that of an export without the version, which every Hub counts for itself.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.workflow.documents import MAX_GRAPH_BYTES, DocumentError, parse_document
from services.cli.files.schedules import Schedule, problem_of

FORMAT = "exekra.workflow/1"
SUFFIX = ".workflow.json"
MAX_FILE_BYTES = MAX_GRAPH_BYTES + 64 * 1024
MAX_NAME = 200
_MEMBERS = frozenset({"format", "name", "description", "tags", "version", "schedules", "graph"})
_GRAPH_ORDER = ("schemaVersion", "inputs", "variables", "settings", "nodes", "edges", "output", "notes", "pins")
_NODE_ORDER = ("id", "type", "name", "config", "body", "catch", "finally")
_EDGE_ORDER = ("id", "from", "port", "to")
_NO_WORD = re.compile(r"[^\w]+")


class FileError(ValueError):
    """The file is no workflow; the message says why."""


@dataclass(frozen=True, slots=True)
class WorkflowDocument:
    """What a file says of a workflow, and all it says."""

    name: str
    description: str
    tags: tuple[str, ...]
    graph: Mapping[str, Any] | None
    """None for a workflow that was never drawn."""
    schedules: Sequence[Schedule] | None = None
    """None where the file says nothing of them: they stay as they are."""

    def text(self) -> str:
        """The file's text: known members in their order, others by name, two spaces, a newline at the end."""
        graph = None if self.graph is None else _ordered(self.graph, _GRAPH_ORDER)
        document = {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "tags": list(self.tags),
            **({"schedules": list(self.schedules)} if self.schedules else {}),
            "graph": graph,
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @property
    def graph_bytes(self) -> bytes:
        """The graph alone, as it is sent to be judged."""
        return json.dumps(self.graph, ensure_ascii=False).encode()

    def same_graph(self, other: Mapping[str, Any] | None) -> bool:
        """Whatever the order of members; 1 and 1.0 differ, as they do for the Hub."""
        return _canonical(self.graph) == _canonical(other)


def read_document(path: Path) -> WorkflowDocument:
    """Raises FileError, OSError."""
    try:
        document = parse_document(path.read_bytes(), max_bytes=MAX_FILE_BYTES)
    except DocumentError as error:
        raise FileError(f"{error.message}{' at ' + error.pointer if error.pointer else ''}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileError(f"It is no workflow: its member format must read {FORMAT!r}.")
    unknown = sorted(set(document) - _MEMBERS)
    if unknown:
        raise FileError(f"There is no member {unknown[0]!r}. Check its spelling.")
    name, description, tags = document.get("name"), document.get("description", ""), document.get("tags", [])
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= MAX_NAME or name != name.strip():
        raise FileError(f"Its name must be a text of 1 to {MAX_NAME} characters without spaces around it.")
    if not isinstance(description, str):
        raise FileError("Its description must be a text.")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise FileError("Its tags must be a list of texts.")
    graph = document.get("graph")
    if graph is not None and not isinstance(graph, dict):
        raise FileError("Its graph must be an object.")
    schedules: Any = document.get("schedules")
    if schedules is not None and (problem := problem_of(schedules)):
        raise FileError(problem)
    return WorkflowDocument(name, description, tuple(str(tag) for tag in tags), graph, schedules)


def file_name(name: str, *, alone: bool = True) -> str:
    """`Rechnungen prüfen` → `rechnungen-prüfen.workflow.json`; with a hash where the plain name is not its alone."""
    word = _NO_WORD.sub("-", unicodedata.normalize("NFKC", name).casefold()).strip("-_")[:80] or "workflow"
    mark = "" if alone else f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"{word}{mark}{SUFFIX}"


def _ordered(graph: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """A graph or a container's level, with its nodes and edges in order too; lists keep the order they have."""
    sorted_graph: dict[str, Any] = _sorted(graph, order)
    for member, inner in (("nodes", _NODE_ORDER), ("edges", _EDGE_ORDER)):
        if isinstance(graph.get(member), list):
            sorted_graph[member] = [
                _ordered_node(item) if inner is _NODE_ORDER else _sorted(item, inner) for item in graph[member]
            ]
    return sorted_graph


def _ordered_node(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    ordered = _sorted(node, _NODE_ORDER)
    for container in ("body", "catch", "finally"):
        if isinstance(node.get(container), dict):
            ordered[container] = _ordered(node[container], ("nodes", "edges"))
    return ordered


def _sorted(value: Any, order: tuple[str, ...] = ()) -> Any:
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    keys = [*(key for key in order if key in value), *sorted(key for key in value if key not in order)]
    return {key: _sorted(value[key]) for key in keys}


def _canonical(graph: Mapping[str, Any] | None) -> str:
    return json.dumps(graph, sort_keys=True, ensure_ascii=False)
