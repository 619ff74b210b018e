"""The graph of a workflow as plain data: levels of nodes and edges, settings, inputs, variables.

Owns the shapes alone. `graph_reader` makes them from JSON, `validation` judges them, the engine's plan compiles them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runner.workflow.documents import Json

SCHEMA_VERSION = 1
MAX_NODES = 2_000
MAX_DEPTH = 16

OnError = Literal["fail", "continue", "errorPort"]
OnLost = Literal["lost", "retry"]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often something is tried in all, and the pause before the second try; it doubles each time."""

    max_attempts: int = 1
    backoff_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Edge:
    """From a port of one node to another node of the same level."""

    id: str
    source: str
    port: str
    target: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Node:
    """One node as it stands in the graph. `repeatable` is None where the node type decides."""

    id: str
    type: str
    name: str
    pointer: str
    config: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: float | None = None
    retry: Retry = Retry()
    on_error: OnError = "fail"
    disabled: bool = False
    repeatable: bool | None = None
    containers: Mapping[str, "Level"] = field(default_factory=dict)
    """The nested levels there are, by name: `body`, `catch`, `finally`."""


@dataclass(frozen=True, slots=True)
class Level:
    """Nodes and the edges between them: the top of the graph, or what stands inside a container."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    pointer: str = ""

    def walk(self) -> Iterator[Node]:
        """Every node of this level and of the levels inside it, in the order of the document."""
        for node in self.nodes:
            yield node
            for level in node.containers.values():
                yield from level.walk()


@dataclass(frozen=True, slots=True)
class Input:
    """A value the workflow is started with. `type` is one of `INPUT_TYPES`."""

    name: str
    type: str = "any"
    required: bool = False
    description: str = ""
    default: Json = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A value the workflow may change while it runs."""

    name: str
    initial: Json = None


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most `limit` executions at a time for each value of the template `key`."""

    limit: int
    key: Json = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How the workflow runs as a whole; None where the Hub decides."""

    timeout_seconds: float | None = None
    on_lost: OnLost = "lost"
    offline_seconds: float = 3600.0
    allow_repeat: bool = False
    retry: Retry = Retry(max_attempts=1, backoff_seconds=10.0)
    concurrency: Concurrency | None = None
    labels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole workflow. `output` holds templates; `document` is the JSON it was read from."""

    top: Level
    inputs: tuple[Input, ...] = ()
    variables: tuple[Variable, ...] = ()
    settings: Settings = Settings()
    output: Json = None
    pins: Mapping[str, Json] = field(default_factory=dict)
    """Sample outputs by node id; they count in test runs only."""
    document: Mapping[str, Any] = field(default_factory=dict)
