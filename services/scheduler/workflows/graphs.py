"""Graphs as text: what may be stored at all, how two are compared, and the document that carries one between Hubs."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from runner.workflow.declarations import Catalogue
from runner.workflow.diff import graph_difference
from runner.workflow.documents import MAX_GRAPH_BYTES, DocumentError, parse_document
from runner.workflow.foreign.model import ForeignError, Note
from runner.workflow.foreign.translation import is_foreign, translate
from runner.workflow.graph_reader import read_graph_bytes
from runner.workflow.problems import Problem
from runner.workflow.validation import validate_bytes
from services.kit.errors import FieldError, invalid
from services.scheduler.workflows.errors import graph_invalid, graph_malformed, import_unsupported
from services.scheduler.workflows.model import GraphText

FORMAT = "exekra.workflow/1"
MAX_NAME = 200
_ENVELOPE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds."""

    name: str
    description: str
    tags: tuple[str, ...]
    graph: GraphText
    notes: tuple[Note, ...] = ()


async def read_text(data: bytes) -> GraphText:
    """The bytes as a storable graph, whatever problems it has. Raises GRAPH_MALFORMED when it is none."""
    return await asyncio.to_thread(_read_text, data)


async def validate(data: bytes, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Everything that is wrong with the graph. Off the loop: a large one takes a while."""
    _, problems = await asyncio.to_thread(validate_bytes, data, catalogue)
    return problems


async def difference(old: bytes, new: bytes) -> bytes:
    """The difference as JSON. Raises GRAPH_INVALID when a graph is too broken to be compared."""
    return await asyncio.to_thread(_difference, old, new)


def to_export(name: str, description: str, tags: tuple[str, ...], version: int, graph: bytes) -> bytes:
    """One JSON document; the graph's bytes stand in it unchanged."""
    envelope = {
        "format": FORMAT,
        "name": name,
        "description": description,
        "tags": tags,
        "version": version,
    }
    return json.dumps(envelope, ensure_ascii=False).encode()[:-1] + b', "graph": ' + graph + b"}"


async def from_export(data: bytes) -> Exported:
    """What `to_export` wrote, or what another product did. Raises IMPORT_UNSUPPORTED, GRAPH_MALFORMED."""
    return await asyncio.to_thread(_from_export, data)


def _read_text(data: bytes) -> GraphText:
    try:
        document = parse_document(data)
    except DocumentError as error:
        raise graph_malformed(Problem(None, error.pointer, error.message)) from None
    if not isinstance(document, dict):
        raise graph_malformed(Problem(None, "", "A graph is a JSON object."))
    if not isinstance(document.get("nodes"), list):
        raise graph_malformed(Problem(None, "/nodes", "A graph has a list of nodes."))
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return GraphText(data, hashlib.sha256(data).hexdigest(), hashlib.sha256(canonical).hexdigest())


def _difference(old: bytes, new: bytes) -> bytes:
    graphs = []
    for data in (old, new):
        graph, problems = read_graph_bytes(data)
        if graph is None:
            raise graph_invalid(problems)
        graphs.append(graph)
    return json.dumps(graph_difference(*graphs), ensure_ascii=False).encode()


def _from_export(data: bytes) -> Exported:
    try:
        document = parse_document(data, max_bytes=MAX_GRAPH_BYTES + _ENVELOPE_BYTES)
    except DocumentError as error:
        raise graph_malformed(Problem(None, error.pointer, error.message)) from None
    if is_foreign(document):
        return _translated(document)
    form = document.get("format") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(form, str):
        raise import_unsupported(f"This is no export of a workflow: its field format must read {FORMAT!r}.")
    if form != FORMAT:
        raise import_unsupported(f"This version reads the format {FORMAT!r}, not {form[:40]!r}.")
    name, description = _text(document, "name", MAX_NAME), _text(document, "description", 10_000)
    given = document.get("tags", [])
    tags = [tag for tag in given if isinstance(tag, str)] if isinstance(given, list) else []
    if tags != given:
        raise invalid("The tags are no list of texts.", FieldError("/tags", "Give a list of texts."))
    graph = _read_text(json.dumps(document.get("graph"), ensure_ascii=False).encode())
    return Exported(name, description, tuple(tags), graph)


def _translated(document: Any) -> Exported:
    try:
        found = translate(document)
    except ForeignError as error:
        raise import_unsupported(f"The export of another product cannot be read. {error}") from None
    graph = _read_text(json.dumps(found.graph, ensure_ascii=False).encode())
    return Exported(found.name.strip()[:MAX_NAME], found.description, found.tags, graph, found.notes)


def _text(document: dict[str, Any], field: str, most: int) -> str:
    value = document.get(field, "")
    if not isinstance(value, str) or len(value) > most:
        raise invalid(f"The {field} is no text of at most {most} characters.", FieldError(f"/{field}", "Give a text."))
    return value
