"""What a node type is: a declaration (config model, ports, help) and one coroutine.

Owns the contract between the engine's executor and every node family. It knows nothing of graphs, scopes or the Hub.
Containers and routing nodes whose meaning is the engine's own (forEach, while, try, join) are declared here as well,
but their `run` is never called.
"""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, InstanceOf, WithJsonSchema
from pydantic.alias_generators import to_camel

from runner.nodes.resources import Resources
from runner.workflow.declarations import DynamicPorts, NodeDeclaration
from runner.workflow.documents import Json as Json  # noqa: PLC0414 - node families take the type from here

LogLevel = Literal["debug", "info", "warning", "error"]


class NodeConfig(BaseModel):
    """Base of every node's config: camelCase in JSON, unknown fields refused, values already free of expressions."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)


@dataclass(frozen=True, slots=True)
class Result:
    """What a node run hands back: its output, the port it leaves by, and the variables it writes (all at once)."""

    output: Json = None
    port: str = "out"
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suspension:
    """What a node run hands back that waits for a person, or for so many `seconds`, which may be days.

    At the top level the execution leaves its runner meanwhile. `request` is for the Hub; when a delay is over it is the
    node's output.
    """

    kind: Literal["approval", "delay"]
    seconds: float | None
    request: Json = None


class NodeFailure(Exception):
    """A node could not do its work. This is data on the attempt, not a programming error.

    `code` is a stable UPPER_SNAKE word, `message` tells the person what to do next, `retryable` says whether the same
    call may succeed later (a time-out may, a missing column will not).
    """

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, details: Mapping[str, Json] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.details: dict[str, Json] = dict(details or {})


class RowExpression(ABC):
    """A compiled expression that a node calls itself, at its own times and as often as it likes.

    `item` and `index` are what the expression sees under these names; without them it sees those of the loop around.
    Safe to call from another thread. Raises NodeFailure when the expression fails.
    """

    @abstractmethod
    def __call__(self, item: Json = ..., index: int = ...) -> Json:
        """The expression's value for one row."""


ExpressionField = Annotated[
    InstanceOf[RowExpression],
    WithJsonSchema({"type": ["string", "boolean"], "format": "expression"}),
]
"""Type of a config field named in `expression_fields`: text in the graph, a RowExpression when the node runs."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file handed to the Hub: `id` is made by the runner (UUIDv7), `size` in bytes, `sha256` in hex."""

    id: str
    name: str
    size: int
    sha256: str
    media_type: str

    def as_json(self) -> dict[str, Json]:
        """The reference that stands in a node's output."""
        return {
            "artifactId": self.id,
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "mediaType": self.media_type,
        }


class TextStream(Protocol):
    """A text that goes through something piece by piece."""

    def feed(self, text: str) -> str:
        """What comes out now."""
        ...

    def close(self) -> str:
        """What comes out at the end."""
        ...


class NodeContext(Protocol):
    """What a running node may use. The executor gives one to each node run."""

    @property
    def execution_id(self) -> str:
        """The execution this node run belongs to (UUID)."""
        ...

    @property
    def node_id(self) -> str:
        """The node's id in the graph."""
        ...

    @property
    def try_number(self) -> int:
        """1 for the first try of this node run, 2 for its first retry."""
        ...

    @property
    def workdir(self) -> Path:
        """A folder of this execution alone; relative paths in configs are resolved against it. Removed at the end."""
        ...

    @property
    def seconds_left(self) -> float | None:
        """Until the node's own time limit ends it; None without one. For what a cancelled wait would not end."""
        ...

    @property
    def resources(self) -> Resources:
        """What nodes of this execution keep open for each other; closed at its end."""
        ...

    def log(self, level: LogLevel, message: str) -> None:
        """Append a line to the execution's log, masked and batched by the agent."""
        ...

    def mask(self, text: str) -> str:
        """The text with credentials hidden: for files that are attached, whose content nobody else masks."""
        ...

    def masked_stream(self) -> "TextStream":
        """Hides secrets in a text that comes in pieces; what it lets through may be shown anywhere."""
        ...

    async def attach(self, path: Path, name: str, media_type: str) -> Artifact:
        """Keep a file as an artifact of the execution. Raises NodeFailure when it cannot be read."""
        ...

    async def ask(self, kind: str, body: Mapping[str, Json]) -> Json:
        """Have the agent do what only the Hub can, for instance take a work item. Raises NodeFailure.

        The question names this node run, whatever its try: asked again, it gets the same answer.
        """
        ...


ConfigT = TypeVar("ConfigT", bound=NodeConfig)


class NodeType(ABC, Generic[ConfigT]):
    """One node type. Class attributes are its declaration, sent to the Hub when the runner registers."""

    type: ClassVar[str]
    """Dotted name, family first: `http.request`."""
    title: ClassVar[str]
    help: ClassVar[str]
    """One sentence that says what the node does."""
    icon: ClassVar[str]
    """Name of an icon in the Tabler set."""
    config: builtins.type[ConfigT]
    example: ClassVar[dict[str, Any]]
    """A config that works, as stored in a graph (it may hold expressions)."""
    ports: ClassVar[tuple[str, ...]] = ("out",)
    capabilities: ClassVar[tuple[str, ...]] = ()
    """What the runner's machine must have, for instance `browser`."""
    repeatable: ClassVar[bool] = False
    """True when running it twice does what running it once does (reads, computations)."""
    isolated: ClassVar[bool] = True
    """False for pure control, data and http nodes, whose graphs may run inline in the agent."""
    containers: ClassVar[tuple[str, ...]] = ()
    """Names of the nested graphs that stand beside `config`: `body`, `catch`, `finally`."""
    code_fields: ClassVar[frozenset[str]] = frozenset()
    """Config fields (camelCase) that hold code and are never templated."""
    expression_fields: ClassVar[frozenset[str]] = frozenset()
    """Config fields (camelCase) of type ExpressionField: they hold a bare expression and arrive as a RowExpression."""
    dynamic_ports: ClassVar[DynamicPorts | None] = None
    """Where a config names further ports, as the cases of a switch do."""
    inline: ClassVar[bool] = False
    """True when `run` computes and never awaits anything; the engine then spares it a task of its own."""

    @classmethod
    def declaration(cls) -> NodeDeclaration:
        """The type as plain data, for the Hub and the Studio."""
        return NodeDeclaration(
            type=cls.type,
            family=cls.type.partition(".")[0],
            title=cls.title,
            help=cls.help,
            icon=cls.icon,
            ports=cls.ports,
            containers=cls.containers,
            config_schema=cls.config.model_json_schema(by_alias=True),
            example=cls.example,
            capabilities=cls.capabilities,
            repeatable=cls.repeatable,
            isolated=cls.isolated,
            code_fields=cls.code_fields,
            expression_fields=cls.expression_fields,
            dynamic_ports=cls.dynamic_ports,
        )

    async def keep_evidence(self, failure: NodeFailure, context: NodeContext) -> None:
        """The node's own time limit ended `run`: attach what shows how far it came, refer to it in the details."""

    def destinations(self, config: ConfigT, context: NodeContext) -> list[str]:  # noqa: ARG002 - for those that override
        """Hosts or addresses that everything in the config is sent to, by which a credential's hosts are judged.

        Here the members `url` and `host`, also one level down. None: such a credential is refused.
        """
        return _destinations(config)

    @abstractmethod
    async def run(self, config: ConfigT, context: NodeContext) -> Result | Suspension:
        """Do the work once. Raises NodeFailure; any other exception is reported as code NODE_CRASHED."""


def _destinations(config: NodeConfig) -> list[str]:
    parts = [config, *(value for _, value in config if isinstance(value, NodeConfig))]
    found = (getattr(part, name, None) for part in parts for name in ("url", "host"))
    return [destination for destination in found if isinstance(destination, str)]
