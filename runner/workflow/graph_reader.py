"""Reads a graph from JSON: shapes, limits, ids. Collects every problem it meets.

Owns what a graph looks like as JSON. Whether it makes sense is `validation`'s subject.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from runner.workflow.documents import DocumentError, Json, json_pointer, parse_document
from runner.workflow.evaluation import kind_of
from runner.workflow.fields import Fields, Problems
from runner.workflow.graph import (
    MAX_DEPTH,
    MAX_NODES,
    SCHEMA_VERSION,
    Concurrency,
    Edge,
    Graph,
    Input,
    Level,
    Node,
    OnError,
    OnLost,
    Retry,
    Settings,
    Variable,
)
from runner.workflow.inputs import INPUT_TYPES, fits_type
from runner.workflow.problems import InvalidGraphError, Problem, has_errors

MAX_EDGES = 4 * MAX_NODES
MAX_NAMES = 200
MAX_SECONDS = 30 * 24 * 3600
MAX_ATTEMPTS = 100
CONTAINERS = ("body", "catch", "finally")

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

_GRAPH_FIELDS = ("schemaVersion", "inputs", "variables", "settings", "nodes", "notes", "pins", "edges", "output")
_NODE_FIELDS = (
    "id",
    "type",
    "name",
    "config",
    "position",
    "size",
    "description",
    "timeoutSeconds",
    "retry",
    "onError",
    "disabled",
    "repeatable",
    *CONTAINERS,
)
_SETTINGS_FIELDS = (
    "timeoutSeconds",
    "onLost",
    "offlineSeconds",
    "allowRepeat",
    "retry",
    "concurrency",
    "requirements",
)


def parse_graph(data: bytes) -> Graph:
    """The graph in UTF-8 JSON bytes. Raises InvalidGraphError with all problems of its shape."""
    graph, problems = read_graph_bytes(data)
    if graph is None or has_errors(problems):
        raise InvalidGraphError(problems)
    return graph


def read_graph_bytes(data: bytes) -> tuple[Graph | None, tuple[Problem, ...]]:
    """What can be read of a graph in JSON bytes, and what cannot; None when it is no JSON object."""
    try:
        document = parse_document(data)
    except DocumentError as error:
        return None, (Problem(None, error.pointer, error.message),)
    return read_graph(document)


def read_graph(document: Json) -> tuple[Graph | None, tuple[Problem, ...]]:
    """What can be read of a decoded graph, and what cannot; None when it is no JSON object."""
    if not isinstance(document, dict):
        return None, (Problem(None, "", f"A graph is a JSON object, not {kind_of(document)}."),)
    reader = _Reader()
    return reader.graph(document), tuple(reader.problems.found)


class _Reader:
    """One reading: the problems so far and the ids seen, which are unique in the whole file."""

    def __init__(self) -> None:
        self.problems = Problems()
        self._node_ids: dict[str, str] = {}
        self._edge_ids: dict[str, str] = {}

    def graph(self, document: dict[str, Any]) -> Graph:
        """Read the whole document."""
        fields = Fields(document, "", self.problems)
        if document.get("schemaVersion", SCHEMA_VERSION) != SCHEMA_VERSION:
            fields.complain("schemaVersion", f"Only schemaVersion {SCHEMA_VERSION} can be read.")
        fields.mention_others(_GRAPH_FIELDS, "A graph")
        fields.items("notes")
        pins = fields.nested("pins")
        return Graph(
            top=self._level(fields, depth=0),
            inputs=self._inputs(fields),
            variables=self._variables(fields),
            settings=self._settings(fields.nested("settings")),
            output=document.get("output"),
            pins=pins.document if pins else {},
            document=document,
        )

    # -- nodes and edges ------------------------------------------------------------------------------------------

    def _level(self, fields: Fields, depth: int) -> Level:
        if depth > MAX_DEPTH:
            self.problems.add(fields.pointer, f"Containers are nested deeper than {MAX_DEPTH} levels.", fields.node_id)
            return Level(pointer=fields.pointer)
        nodes = [
            self._node(entry, fields.at("nodes") + json_pointer(index), depth)
            for index, entry in enumerate(fields.items("nodes"))
            if len(self._node_ids) <= MAX_NODES
        ]
        edges = [
            self._edge(entry, fields.at("edges") + json_pointer(index))
            for index, entry in enumerate(fields.items("edges"))
            if len(self._edge_ids) <= MAX_EDGES
        ]
        return Level(
            tuple(node for node in nodes if node), tuple(edge for edge in edges if edge), pointer=fields.pointer
        )

    def _node(self, entry: Any, pointer: str, depth: int) -> Node | None:
        if not isinstance(entry, dict):
            self.problems.add(pointer, f"A node is an object, not {kind_of(entry)}.")
            return None
        fields = Fields(entry, pointer, self.problems)
        node_id = fields.text("id")
        fields.node_id = node_id or None
        if not node_id or not self._register(node_id, fields, self._node_ids, "node"):
            return None
        if len(self._node_ids) == MAX_NODES + 1:
            self.problems.add(pointer, f"The graph has more than {MAX_NODES} nodes.", node_id)
        fields.mention_others(_NODE_FIELDS, "A node")
        config = fields.nested("config")
        return Node(
            id=node_id,
            type=fields.text("type"),
            name=fields.text("name", ""),
            pointer=pointer,
            config=config.document if config else {},
            timeout_seconds=fields.number("timeoutSeconds", None, least=0.001, most=MAX_SECONDS),
            retry=self._retry(fields.nested("retry"), Retry()),
            on_error=cast("OnError", fields.choice("onError", "fail", ("fail", "continue", "errorPort"))),
            disabled=bool(fields.flag("disabled", default=False)),
            repeatable=fields.flag("repeatable", default=None),
            containers={
                name: self._level(nested, depth + 1)
                for name in CONTAINERS
                if (nested := fields.nested(name)) is not None
            },
        )

    def _edge(self, entry: Any, pointer: str) -> Edge | None:
        if not isinstance(entry, dict):
            self.problems.add(pointer, f"An edge is an object, not {kind_of(entry)}.")
            return None
        fields = Fields(entry, pointer, self.problems)
        source, target, port = fields.text("from"), fields.text("to"), fields.text("port", "out")
        edge_id = fields.text("id", f"{source}:{port}:{target}", most=500)
        if not source or not target:
            return None
        if edge_id in self._edge_ids:
            fields.complain("id", f"The id {edge_id!r} stands at {self._edge_ids[edge_id]} already.")
        self._edge_ids[edge_id] = pointer
        if len(self._edge_ids) == MAX_EDGES + 1:
            self.problems.add(pointer, f"The graph has more than {MAX_EDGES} edges.")
        return Edge(edge_id, source, port, target, pointer)

    def _register(self, node_id: str, fields: Fields, seen: dict[str, str], what: str) -> bool:
        if not _ID.fullmatch(node_id):
            fields.complain("id", f"{node_id[:100]!r} is no {what} id: use letters, digits and _ . : - only.")
            return False
        if node_id in seen:
            fields.complain("id", f"The id {node_id!r} stands at {seen[node_id]} already.")
            return False
        seen[node_id] = fields.pointer
        return True

    # -- inputs, variables, settings ------------------------------------------------------------------------------

    def _inputs(self, fields: Fields) -> tuple[Input, ...]:
        inputs = []
        for entry in self._named(fields, "inputs", "input"):
            kind = entry.choice("type", "any", INPUT_TYPES)
            default = entry.document.get("default")
            if default is not None and not fits_type(default, kind):
                entry.complain("default", f"The default is no value of type {kind}.")
            inputs.append(
                Input(
                    name=entry.text("name"),
                    type=kind,
                    required=bool(entry.flag("required", default=False)),
                    description=entry.text("description", "", most=2_000),
                    default=default,
                )
            )
        return tuple(inputs)

    def _variables(self, fields: Fields) -> tuple[Variable, ...]:
        return tuple(
            Variable(name=entry.text("name"), initial=entry.document.get("initial"))
            for entry in self._named(fields, "variables", "variable")
        )

    def _named(self, fields: Fields, key: str, what: str) -> list[Fields]:
        """The entries of a list of objects that have a name of their own."""
        entries: dict[str, Fields] = {}
        for index, document in enumerate(fields.items(key)[:MAX_NAMES]):
            pointer = fields.at(key) + json_pointer(index)
            if not isinstance(document, dict):
                self.problems.add(pointer, f"Each {what} is an object, not {kind_of(document)}.")
                continue
            entry = Fields(document, pointer, self.problems)
            name = entry.text("name")
            if name in entries:
                entry.complain("name", f"The {what} {name!r} is declared twice.")
            elif name and not _NAME.fullmatch(name):
                entry.complain("name", f"{name[:64]!r} is no name: use letters, digits and _ only.")
            elif name:
                entries[name] = entry
        if len(fields.items(key)) > MAX_NAMES:
            fields.complain(key, f"There are more than {MAX_NAMES} of them.")
        return list(entries.values())

    def _settings(self, fields: Fields | None) -> Settings:
        if fields is None:
            return Settings()
        fields.refuse_others(_SETTINGS_FIELDS, "setting")
        requirements = fields.nested("requirements") or Fields({}, fields.at("requirements"), self.problems)
        requirements.refuse_others(("labels", "capabilities"), "requirement")
        return Settings(
            timeout_seconds=fields.number("timeoutSeconds", None, least=1, most=MAX_SECONDS),
            on_lost=cast("OnLost", fields.choice("onLost", "lost", ("lost", "retry"))),
            offline_seconds=fields.number("offlineSeconds", 3600.0, least=30, most=MAX_SECONDS) or 3600.0,
            allow_repeat=bool(fields.flag("allowRepeat", default=False)),
            retry=self._retry(fields.nested("retry"), Settings().retry),
            concurrency=self._concurrency(fields.nested("concurrency")),
            labels=requirements.texts("labels"),
            capabilities=requirements.texts("capabilities"),
        )

    def _concurrency(self, fields: Fields | None) -> Concurrency | None:
        if fields is None:
            return None
        fields.refuse_others(("key", "limit"), "setting of concurrency")
        return Concurrency(limit=fields.whole("limit", 1, least=1, most=10_000), key=fields.document.get("key"))

    def _retry(self, fields: Fields | None, default: Retry) -> Retry:
        if fields is None:
            return default
        fields.refuse_others(("maxAttempts", "backoffSeconds"), "setting of a retry")
        return Retry(
            max_attempts=fields.whole("maxAttempts", default.max_attempts, least=1, most=MAX_ATTEMPTS),
            backoff_seconds=fields.number("backoffSeconds", default.backoff_seconds, least=0, most=MAX_SECONDS) or 0.0,
        )


def graph_from(document: Mapping[str, Any]) -> Graph:
    """The graph of a decoded document. Raises InvalidGraphError with all problems of its shape."""
    graph, problems = read_graph(dict(document))
    if graph is None or has_errors(problems):
        raise InvalidGraphError(problems)
    return graph
