"""What the agent knows of its work, free of any transport: offers, phases, results, the Hub's words.

Owns the JSON forms in which these stand in the journal. Knows neither protobuf nor files.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal

Phase = Literal["accepted", "begun", "finished"]
Status = Literal["completed", "failed", "stopped"]


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


@dataclass(frozen=True, slots=True)
class Instruction:
    """The Hub's word on one attempt; `lease_seconds` is 0 when no lease is granted."""

    attempt_id: str
    order: Order
    lease_seconds: float = 0.0
    reason: str = ""


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


@dataclass(frozen=True, slots=True)
class Usage:
    """What an execution took: CPU in percent of one core, memory in bytes, average and peak over its process tree."""

    cpu_avg: float = 0.0
    cpu_peak: float = 0.0
    memory_avg: int = 0
    memory_peak: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the work failed, as data: `code` is a stable word, `message` tells the person what to do next."""

    code: str
    message: str
    node_id: str | None = None
    retryable: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The failure in the JSON form of an execution."""
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
class End:
    """How an execution's run came to its end, before it is a result.

    `fenced` means that the runner stopped by its own lease: no result may be made of it. `crashed` is an end without
    the execution's own word.
    """

    status: Status | Literal["fenced", "crashed"]
    output_json: bytes = b"null"
    failure: Failure | None = None
    usage: Usage = field(default_factory=Usage)


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

    @property
    def digest(self) -> str:
        """SHA-256 over outcome, output and failure: makes repeats recognisable."""
        failure = b"" if self.failure is None else dump_json(self.failure.as_json(), sort_keys=True)
        return hashlib.sha256(b"\x00".join((self.status.encode(), self.output_json, failure))).hexdigest()

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
