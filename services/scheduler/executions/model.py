"""What executions are made of, as plain data: a launch, the locked state a decision is made on, and the change it
makes.

Instants are aware and come from Postgres; seconds are floats. Nothing here talks to anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.scheduler.continuations.model import Continuation, DebugWord, Suspension
from services.scheduler.executions.lifecycle import Event, Status


class Mode(StrEnum):
    """Scheduled executions wait in the queue; interactive ones start at once on one runner or not at all."""

    SCHEDULED = "SCHEDULED"
    INTERACTIVE = "INTERACTIVE"


class AttemptEnd(StrEnum):
    """How an attempt ended."""

    UNDELIVERED = "UNDELIVERED"
    RETURNED = "RETURNED"
    DECLINED = "DECLINED"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    NOT_BEGUN = "NOT_BEGUN"
    OK = "OK"
    FAILED = "FAILED"
    STOPPED = "STOPPED"
    SUSPENDED = "SUSPENDED"
    LOST = "LOST"


class Answer(StrEnum):
    """The Hub's answers to a runner about an attempt; all but STALE_SESSION are definite."""

    OK = "OK"
    DUPLICATE_OK = "DUPLICATE_OK"
    LATE_ACCEPTED = "LATE_ACCEPTED"
    STALE_ATTEMPT = "STALE_ATTEMPT"
    FORBIDDEN = "FORBIDDEN"
    STALE_SESSION = "STALE_SESSION"


class Order(StrEnum):
    """What a runner is to do with an attempt it holds."""

    CONTINUE = "CONTINUE"
    STOP = "STOP"
    STOP_NOW = "STOP_NOW"
    QUARANTINE = "QUARANTINE"
    SEND_FINISH = "SEND_FINISH"
    DEBUG = "DEBUG"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused something: kind is "user", "api_key", "trigger", "runner" or "system"."""

    kind: str
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why work did not succeed: data, not an error."""

    code: str
    message: str
    node_id: str = ""
    retryable: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metrics:
    """CPU in percent of one core, memory in bytes, over the execution's process tree."""

    cpu_avg: float
    cpu_peak: float
    memory_avg: int
    memory_peak: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What an execution asks of a runner."""

    labels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    runner_id: str | None = None
    mode: Mode = Mode.SCHEDULED


@dataclass(frozen=True, slots=True)
class Launch:
    """A new execution, judged and complete: what is stored when it is accepted."""

    id: str
    workflow_id: str
    workflow_name: str
    version: int
    graph_sha256: str
    draft: bool
    demand: Demand
    priority: int
    inputs: bytes
    on_lost: str
    lease_seconds: float
    max_attempts: int
    backoff_seconds: float
    timeout_seconds: float
    queue_timeout_seconds: float
    actor: Actor
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    dedupe_key: str | None = None
    not_before: datetime | None = None
    trigger_id: str | None = None
    retry_of: str | None = None
    continuation: Continuation | None = None
    """None: it begins at the beginning, calls no workflow, and nobody debugs it."""


@dataclass(frozen=True, slots=True)
class Work:
    """An execution with one of its attempts, both locked: what every decision is made on."""

    execution_id: str
    workflow_id: str
    status: Status
    mode: Mode
    latest_attempt_id: str | None
    run_attempts: int
    max_attempts: int
    backoff_seconds: float
    on_lost: str
    dispatch_failures: int
    stop_cause: str | None
    stop_force: bool
    concurrency_key: str | None
    timeout_seconds: float
    attempt: "AttemptState | None" = None
    queue_over: bool = False
    """The time in the queue is over."""
    deadline_over: bool = False
    """The run time, and the reaper's patience behind it, are over."""
    contact_lost: bool = False
    refusers: tuple[str, ...] = ()
    """Names of the runners that declined or did not answer so far."""


@dataclass(frozen=True, slots=True)
class AttemptState:
    """One try of an execution, as it stands now."""

    id: str
    runner_id: str
    slot: int
    epoch: int
    lease_seconds: float
    acknowledged: bool
    ended: AttemptEnd | None = None
    digest: str | None = None
    offer_over: bool = False
    lease_over: bool = False
    lease_left_seconds: float = 0.0
    """Until the Hub's own expiry, 10 s after the runner stopped itself."""
    runner_name: str = ""
    number: int = 1
    """Dense count of the execution's offers."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an execution and its attempt, ready to be written. None leaves a column as it is."""

    execution_id: str
    event: Event
    status: Status
    attempt_id: str | None = None
    attempt_end: AttemptEnd | None = None
    end_reason: str = ""
    waiting_for: str | None = None
    """Why a queued execution is not claimable yet."""
    ready_in_seconds: float | None = None
    run_attempts: int | None = None
    dispatch_failures: int | None = None
    acknowledged: bool = False
    output: bytes | None = None
    failure: Failure | None = None
    late: bool = False
    digest: str | None = None
    metrics: Metrics | None = None
    node_events: int | None = None
    log_lines: int | None = None
    stop_cause: str | None = None
    stop_force: bool | None = None
    stopped_by: Actor | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an attempt as its runner journalled it. `outcome` is OK, FAILED, STOPPED or SUSPENDED."""

    outcome: AttemptEnd
    digest: str
    output: bytes = b""
    failure: Failure | None = None
    metrics: Metrics | None = None
    node_events: int = 0
    log_lines: int = 0
    stopped_by: str = ""
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """The Hub's word on one attempt. `lease_seconds` is 0 when none is granted; `debug` is for the order DEBUG."""

    execution_id: str
    attempt_id: str
    order: Order
    lease_seconds: float = 0.0
    reason: str = ""
    debug: DebugWord | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An assignment on its way to a runner, and where the runner's stream is held."""

    execution_id: str
    attempt_id: str
    runner_id: str
    epoch: int
    registry_address: str
    slot: int
    workflow_id: str
    workflow_name: str
    version: int
    graph_sha256: str
    inputs: bytes
    offer_seconds: float
    lease_seconds: float
    timeout_seconds: float
    attempt_no: int
    run_attempt: int
    mode: Mode
    draft: bool
    continued: bool
    """The runner has to ask for more before it can begin."""
    actor: Actor
    trigger_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Push:
    """An instruction on its way to the runner that holds the attempt."""

    runner_id: str
    epoch: int
    registry_address: str
    instruction: Instruction
