"""Evidence as plain data: what a runner reports of an attempt, and what is read back.

Instants are aware and in UTC. JSON documents stay the bytes they came as.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple


class NodeRunStatus(StrEnum):
    """How far one run of a node is. All but the first two are ends, as far as their attempt goes.

    RETRIED failed and is followed by a further run. REUSED did not run: its output was given. WAITING goes on in
    another attempt.
    """

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RETRIED = "RETRIED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    STOPPED = "STOPPED"
    REUSED = "REUSED"
    WAITING = "WAITING"

    @property
    def ended(self) -> bool:
        """True when no further event is expected."""
        return self not in _UNDER_WAY


_UNDER_WAY = frozenset({NodeRunStatus.RUNNING, NodeRunStatus.PAUSED})


class Level(IntEnum):
    """Severity of a log line; a larger one is worse."""

    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """One change of one node run. `seq` is dense from 1 in its attempt; events of one run share `run_seq`.

    `failure` is a JSON object {code, message, nodeId, retryable, details} or empty.
    """

    seq: int
    run_seq: int
    node_id: str
    node_type: str
    path: bytes
    try_number: int
    status: NodeRunStatus
    at: datetime
    duration_seconds: float = 0.0
    input: bytes = b""
    output: bytes = b""
    failure: bytes = b""
    port: str = ""
    variables: bytes = b""


class LogLine(NamedTuple):
    """One line; `seq` is dense from 1 in its attempt, `at` counts microseconds since 1970. A tuple: there are many."""

    seq: int
    at: int
    level: int
    node_id: str
    message: str


@dataclass(frozen=True, slots=True)
class ReportedBatch:
    """What a runner reported of one attempt at once; both lists ascend by sequence."""

    execution_id: str
    attempt_id: str
    runner_id: str
    node_events: Sequence[NodeEvent] = ()
    log_lines: Sequence[LogLine] = ()


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One run of a node as it stands now. `attempt_no` is the execution's attempt it belongs to."""

    seq: int
    node_id: str
    node_type: str
    path: bytes
    attempt_no: int
    try_number: int
    status: NodeRunStatus
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float
    input: bytes
    output: bytes
    failure: bytes
    port: str
    """By which it was left; empty while it was by none."""
    variables: bytes
    """What it wrote, as JSON: an object, or true when the output says it. Empty when it wrote nothing."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file kept for an execution. `size` in bytes, `sha256` in hex."""

    id: str
    execution_id: str
    attempt_id: str
    runner_id: str
    node_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    stored: bool
