"""What the agent knows of its work, free of any transport: offers, phases, results, the Hub's words.

Owns the JSON forms in which these stand in the journal. Knows neither protobuf nor files.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal

from runner.engine.events import Failure as Failure  # noqa: PLC0414 - a failure is the same thing on both sides of the pipe
from runner.engine.events import OutcomeStatus

Phase = Literal["accepted", "begun", "finished"]
Status = OutcomeStatus


class Answer(Enum):
    """The Hub's answer about an attempt; all but STALE_SESSION are definite."""

    OK = "OK"
    DUPLICATE_OK = "DUPLICATE_OK"
    LATE_ACCEPTED = "LATE_ACCEPTED"
    STALE_ATTEMPT = "STALE_ATTEMPT"
    FORBIDDEN = "FORBIDDEN"
    STALE_SESSION = "STALE_SESSION"

    @property
    def applied(self) -> bool:
        """True when the Hub did, now or earlier, what was asked."""
        return self in {Answer.OK, Answer.DUPLICATE_OK, Answer.LATE_ACCEPTED}


class Order(Enum):
    """What the Hub wants of one attempt."""

    CONTINUE = "CONTINUE"
    STOP = "STOP"
    STOP_NOW = "STOP_NOW"
    QUARANTINE = "QUARANTINE"
    SEND_FINISH = "SEND_FINISH"
    DEBUG = "DEBUG"


class DebugAction(Enum):
    """What a person who debugs wants; see the message Debug of the protocol."""

    CONTINUE = "CONTINUE"
    STEP = "STEP"
    RUN_TO = "RUN_TO"
    PAUSE = "PAUSE"
    BREAKPOINTS = "BREAKPOINTS"


@dataclass(frozen=True, slots=True)
class DebugWord:
    """A word of the person who debugs an execution."""

    action: DebugAction
    node_id: str = ""
    breakpoints: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form in the pipe to a child."""
        return {"action": self.action.value, "nodeId": self.node_id, "breakpoints": list(self.breakpoints)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "DebugWord":
        """The word that `as_json` wrote."""
        return cls(DebugAction(document["action"]), document["nodeId"], tuple(document["breakpoints"]))


@dataclass(frozen=True, slots=True)
class Instruction:
    """The Hub's word on one attempt; `lease_seconds` is 0 when no lease is granted, `debug` is for the order DEBUG."""

    attempt_id: str
    order: Order
    lease_seconds: float = 0.0
    reason: str = ""
    debug: DebugWord | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Work the Hub offers; see the message Offer of the protocol for each field."""

    execution_id: str
    attempt_id: str
    slot: int
    workflow_id: str
    version: int
    graph_sha256: str
    inputs_json: bytes
    offer_seconds: float
    lease_seconds: float
    timeout_seconds: float
    attempt_no: int
    run_attempt: int
    interactive: bool
    context_json: bytes
    continued: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What an execution took: CPU in percent of one core, memory in bytes, average and peak over its process tree."""

    cpu_avg: float = 0.0
    cpu_peak: float = 0.0
    memory_avg: int = 0
    memory_peak: int = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why an execution can do nothing now: its waits and its variables, as the engine wrote them (JSON)."""

    waits: Sequence[Mapping[str, Any]]
    variables: Any

    def as_json(self) -> dict[str, Any]:
        """The form in the journal and in the pipe from a child."""
        return {"waits": list(self.waits), "variables": self.variables}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> "Suspension | None":
        """What `as_json` wrote; None stays None."""
        return None if document is None else cls(document["waits"], document["variables"])


@dataclass(frozen=True, slots=True)
class End:
    """How an execution's run came to its end, before it is a result.

    `fenced` means that the runner stopped by its own lease: no result may be made of it. `crashed` is an end without
    the execution's own word.
    """

    status: Status | Literal["fenced", "crashed"]
    output_json: bytes = b"null"
    failure: Failure | None = None
    usage: Usage = field(default_factory=Usage)
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The result of an attempt as journalled and told to the Hub, the same however often it is told."""

    execution_id: str
    attempt_id: str
    status: Status
    output_json: bytes
    failure: Failure | None
    usage: Usage
    node_events: int
    log_lines: int
    began_at: datetime
    finished_at: datetime
    stopped_by: str = ""
    suspension: Suspension | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over outcome, output, failure and suspension: makes repeats recognisable."""
        parts = [self.status.encode(), self.output_json]
        parts += [
            b"" if part is None else dump_json(part.as_json(), sort_keys=True)
            for part in (self.failure, self.suspension)
        ]
        return hashlib.sha256(b"\x00".join(parts)).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The form in the journal."""
        return {
            "executionId": self.execution_id,
            "attemptId": self.attempt_id,
            "status": self.status,
            "output": self.output_json.decode(),
            "failure": None if self.failure is None else self.failure.as_json(),
            "usage": [self.usage.cpu_avg, self.usage.cpu_peak, self.usage.memory_avg, self.usage.memory_peak],
            "nodeEvents": self.node_events,
            "logLines": self.log_lines,
            "beganAt": self.began_at.timestamp(),
            "finishedAt": self.finished_at.timestamp(),
            "stoppedBy": self.stopped_by,
            "suspension": None if self.suspension is None else self.suspension.as_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Finish":
        """The result that `as_json` wrote."""
        failure = document["failure"]
        return cls(
            execution_id=document["executionId"],
            attempt_id=document["attemptId"],
            status=document["status"],
            output_json=document["output"].encode(),
            failure=None if failure is None else Failure.from_json(failure),
            usage=Usage(*document["usage"]),
            node_events=document["nodeEvents"],
            log_lines=document["logLines"],
            began_at=datetime.fromtimestamp(document["beganAt"], UTC),
            finished_at=datetime.fromtimestamp(document["finishedAt"], UTC),
            stopped_by=document["stoppedBy"],
            suspension=Suspension.from_json(document.get("suspension")),
        )


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An artifact that waits on this machine to be uploaded; `path` is the agent's own copy."""

    id: str
    name: str
    size: int
    sha256: str
    media_type: str
    node_id: str
    path: str

    def as_json(self) -> dict[str, Any]:
        """The form in the journal and in the pipe from a child."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "mediaType": self.media_type,
            "nodeId": self.node_id,
            "path": self.path,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "StoredFile":
        """The file that `as_json` wrote."""
        return cls(
            id=document["id"],
            name=document["name"],
            size=document["size"],
            sha256=document["sha256"],
            media_type=document["mediaType"],
            node_id=document["nodeId"],
            path=document["path"],
        )


def dump_json(document: Any, *, sort_keys: bool = False) -> bytes:
    """Compact UTF-8 JSON; refuses NaN and infinities, which no reader on the Hub accepts."""
    return json.dumps(
        document, separators=(",", ":"), ensure_ascii=False, allow_nan=False, sort_keys=sort_keys
    ).encode()
