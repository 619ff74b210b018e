"""What the engine tells about an execution, and what it is told to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from runner.nodes.base import Artifact, LogLevel
from runner.workflow.documents import Json

NodeStatus = Literal["running", "completed", "failed", "skipped", "retried", "stopped"]
OutcomeStatus = Literal["completed", "failed", "stopped"]

LoopPath = tuple[tuple[str, int], ...]
"""The loops around a node run, outermost first: (id of the loop, index of the turn)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a node or an execution failed. `node_id` is the node where it began."""

    code: str
    message: str
    node_id: str | None = None
    retryable: bool = False
    details: Mapping[str, Json] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The failure in the contract's shape."""
        return {
            "code": self.code,
            "message": self.message,
            "nodeId": self.node_id,
            "retryable": self.retryable,
            "details": dict(self.details),
        }


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """One step in the life of a node run.

    A run begins with `running` (which carries the input), may go through `retried` and `running` again, and ends with
    one of completed, failed, stopped; `skipped` stands alone. `seq` is dense from 1 over the execution, `at` is aware
    UTC, `duration_seconds` counts from this try's `running`. Input and output are masked, and replaced by
    `{"spilled": artifact}` above 256 KiB.
    """

    seq: int
    node_id: str
    node_type: str
    path: LoopPath
    try_number: int
    status: NodeStatus
    at: datetime
    duration_seconds: float | None = None
    input: Json = None
    output: Json = None
    failure: Failure | None = None

    def as_json(self) -> dict[str, Any]:
        """The event in camelCase JSON; `at` in ISO 8601."""
        return {
            "seq": self.seq,
            "nodeId": self.node_id,
            "nodeType": self.node_type,
            "path": [{"loop": loop, "index": index} for loop, index in self.path],
            "tryNumber": self.try_number,
            "status": self.status,
            "at": self.at.isoformat(),
            "durationSeconds": self.duration_seconds,
            "input": self.input,
            "output": self.output,
            "failure": None if self.failure is None else self.failure.as_json(),
        }


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the execution's log, masked. `node_id` is None for lines of the engine itself."""

    at: datetime
    level: LogLevel
    node_id: str | None
    message: str


class Sink(Protocol):
    """Where an execution reports to. Any exception it raises ends the execution at once and goes to the caller."""

    def node_event(self, event: NodeEvent) -> None:
        """Keep an event. Must not block."""
        ...

    def log(self, line: LogLine) -> None:
        """Keep a line. Must not block."""
        ...

    def before_node(self) -> None:
        """Called before every try of every node; raises when the execution must not go on (lease lost)."""
        ...

    async def attach(self, node_id: str, path: Path, name: str, media_type: str) -> Artifact:
        """Keep a file as an artifact of the node."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a node of the top level did in an earlier execution, for one that goes on from there."""

    output: Json = None
    port: str = "out"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One attempt at one execution.

    `variables` replace initial values. `credentials` are the values by name and field. `deadline_at` is aware UTC.
    Nodes of the top level in `recorded` are taken as done, without running and without events.
    """

    execution_id: str
    workdir: Path
    attempt: int = 1
    inputs: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)
    """Further facts that expressions see under `execution`, beside `id` and `attempt`."""
    deadline_at: datetime | None = None
    recorded: Mapping[str, Recorded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended. `output` is there only when it is completed, `failure` only when it is not."""

    status: OutcomeStatus
    output: Json = None
    failure: Failure | None = None
