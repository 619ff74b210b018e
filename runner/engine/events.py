"""What the engine tells about an execution: events, lines, and how it ended. What it is told is in `request`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from runner.nodes.base import Artifact, LogLevel
from runner.workflow.documents import Json

NodeStatus = Literal["running", "completed", "failed", "skipped", "retried", "stopped", "paused", "reused", "waiting"]
OutcomeStatus = Literal["completed", "failed", "stopped", "suspended"]
WaitKind = Literal["approval", "delay"]

MAX_CALL_DEPTH = 16
"""Workflows that may be at work inside one another."""

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

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Failure":
        """The failure that `as_json` wrote."""
        return cls(
            code=document["code"],
            message=document["message"],
            node_id=document.get("nodeId"),
            retryable=document.get("retryable", False),
            details=document.get("details") or {},
        )


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """One step in the life of a node run.

    A run may be `paused` by a debugger, begins with `running` (which carries the input), may go through `retried` and
    `running` again, and ends with one of completed, failed, stopped, or waiting (for a person or a time, after this
    attempt). `skipped` and `reused` (its output was given: recorded before, or pinned) stand alone. `seq` is dense from
    1 over the execution, `at` is aware UTC, `duration_seconds` counts from this try's `running`. Input and output are
    masked, and replaced by `{"spilled": artifact}` above 256 KiB. `node_id` of a node in a called workflow is
    `<calling node>/<node>`. `port` is the one it was left by, None when by none. `variables` has what it wrote; it is
    True when that is what the output says.
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
    port: str | None = None
    variables: Json = None

    def as_json(self) -> dict[str, Any]:
        """The form in the journal; `at` in seconds since 1970.

        The input stands where the run begins and the output where it ends well, so that a later event hides neither.
        """
        document = {
            "nodeId": self.node_id,
            "nodeType": self.node_type,
            "path": [{"loop": loop, "index": index} for loop, index in self.path],
            "try": self.try_number,
            "status": self.status,
            "at": self.at.timestamp(),
            "duration": self.duration_seconds,
        }
        if self.status == "running" or self.input is not None:
            document["input"] = self.input
        if self.status in ("completed", "reused"):
            document["output"] = self.output
        if self.failure is not None:
            document["failure"] = self.failure.as_json()
        if self.port is not None:
            document["port"] = self.port
        if self.variables is not None:
            document["variables"] = self.variables
        return document


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

    async def before_node(self) -> None:
        """Called before every try of every node.

        Waits while too much of what was told is under way; raises when the execution must not go on (lease lost).
        """
        ...

    async def attach(self, node_id: str, path: Path, name: str, media_type: str) -> Artifact:
        """Keep a file as an artifact of the node."""
        ...

    async def ask(self, kind: str, node_id: str, path: LoopPath, body: Json) -> Json:
        """Have a question of a node run answered. Raises NodeFailure."""
        ...


@dataclass(frozen=True, slots=True)
class Wait:
    """A node of the top level that waits for a person (`approval`) or for so many `seconds` (`delay`).

    `request` is what the Hub has to know of it, as the node wrote it.
    """

    node_id: str
    kind: WaitKind
    seconds: float | None
    request: Json = None

    def as_json(self) -> dict[str, Any]:
        """The form in which it is told to the Hub."""
        return {"nodeId": self.node_id, "kind": self.kind, "seconds": self.seconds, "request": self.request}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution's run ended.

    `output` is there only when it is completed, `failure` only when it is failed or stopped. A suspended one has
    `waits` and the values of its variables (`{"spilled": artifact}` when they are large): it goes on in another
    attempt.
    """

    status: OutcomeStatus
    output: Json = None
    failure: Failure | None = None
    waits: tuple[Wait, ...] = ()
    variables: Json = None
