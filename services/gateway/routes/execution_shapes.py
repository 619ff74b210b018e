"""Shapes of executions and of their history."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from services.gateway.routes.shapes import Actor, Failure, PageQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    Document,
    Gather,
    Id,
    Instant,
    JsonDocument,
    NotSent,
    ObjectDocument,
    Proto,
    ShortText,
    Text,
)

Status = Literal["QUEUED", "ASSIGNED", "RUNNING", "STOPPING", "COMPLETED", "FAILED", "STOPPED", "LOST"]
Mode = Literal["scheduled", "interactive"]
YEAR_SECONDS = 366 * 24 * 3600.0
NodeId = Annotated[str, Field(min_length=1, max_length=100)]
Seconds = Annotated[float, Field(ge=0, le=YEAR_SECONDS, allow_inf_nan=False)]


class WorkflowRef(ApiModel):
    """The workflow an execution runs."""

    id: str
    name: str


class MetricsShape(ApiModel):
    """CPU in percent of one core, memory in bytes, over the run of the latest attempt."""

    cpu_avg: float
    cpu_peak: float
    memory_avg: int
    memory_peak: int


class Obstacle(ApiModel):
    """A condition that fails now."""

    code: str
    message: str


class PendingReason(ApiModel):
    """What keeps one runner from taking it; without a runner: what keeps every one."""

    runner_id: str | None
    runner: str | None
    obstacles: list[Obstacle]


class ExecutionShape(ApiModel):
    """One launch of a workflow."""

    id: str
    workflow_id: str
    workflow: Annotated[WorkflowRef, Gather((("id", "workflow_id"), ("name", "workflow_name")))]
    version: int
    draft: bool
    status: Status
    mode: Mode
    priority: int
    attempt: int
    run_attempts: int
    runner_id: str | None
    runner_name: str | None
    trigger_id: str | None
    triggered_by: Actor | None
    inputs: ObjectDocument
    output: Document
    failure: Failure | None
    created_at: datetime
    not_before: datetime | None
    assigned_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    contact_lost_at: datetime | None
    metrics: MetricsShape | None
    pending_reasons: list[PendingReason]
    dedupe_key: str | None
    retry_of: str | None
    late: bool
    timeout_seconds: float | None
    queue_timeout_seconds: float
    stopped_by: Actor | None
    waiting_for: str | None


class ExecutionAnswer(ApiModel):
    """One execution."""

    execution: ExecutionShape


class CreatedExecution(ApiModel):
    """`duplicate` when a live execution held the dedupe key: then it is that one."""

    execution: ExecutionShape
    duplicate: bool


class ExecutionPage(ApiModel):
    """Newest first."""

    items: list[ExecutionShape]
    next_cursor: str | None


class DebugOptions(BodyModel):
    """Pause before each of `breakpoints`, before `runTo` once, or before the first node."""

    breakpoints: Annotated[list[NodeId], Field(max_length=2_000)] = Field(default_factory=list)
    run_to: NodeId | None = None
    paused: bool = False


class CreateExecution(BodyModel):
    """`draft` runs the latest draft (needs workflow:edit); `interactive` runs at once on a connected runner.

    `debug`: of an interactive one, where it is to pause.
    """

    workflow_id: Id
    inputs: Annotated[dict[str, Any], JsonDocument()] = Field(default_factory=dict)
    mode: Mode = "scheduled"
    runner_id: Id | None = None
    draft: bool = False
    priority: Annotated[int, Field(ge=1, le=100)] = 50
    dedupe_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    not_before: Instant | None = None
    timeout_seconds: Seconds | None = None
    queue_timeout_seconds: Seconds | None = None
    debug: Annotated[DebugOptions | None, NotSent()] = None


class ExecutionQuery(PageQuery):
    """`q` is part of the workflow's name, or the beginning of an id."""

    workflow_id: Id | None = None
    runner_id: Id | None = None
    status: Annotated[list[Status], Proto("statuses")] = Field(default_factory=list)
    trigger_id: Id | None = None
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None
    q: Annotated[ShortText, Proto("query")] = ""


class StopExecution(BodyModel):
    """`force` kills at once instead of 15 seconds of grace."""

    force: bool = False
    reason: Text = ""


class RetryExecution(BodyModel):
    """Without `fromNodeId` from the start, on the version that is published now (a draft: on the latest).

    With it, what was decided before that node of the top level is reused, on the version that ran or on `version`, as
    long as the two agree on it; `vars` replace recorded values of variables.
    """

    from_node_id: Annotated[str, Field(max_length=100)] = ""
    vars: Annotated[dict[str, Any], JsonDocument()] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class DebugExecution(BodyModel):
    """A word to a paused or running execution; events `paused` of node runs tell where it stands.

    `continue` lets everything go, `step` one node, `runTo` everything until `nodeId`; `pause` holds what would begin
    next; `breakpoints` replaces all of them. To end it, stop it.
    """

    action: Literal["continue", "step", "runTo", "pause", "breakpoints"]
    node_id: Annotated[str, Field(max_length=100)] = ""
    breakpoints: Annotated[list[NodeId], Field(max_length=2_000)] = Field(default_factory=list)


class ResolveExecution(BodyModel):
    """A person's word on what a LOST execution came to."""

    status: Literal["COMPLETED", "FAILED", "STOPPED"]
    note: Text = ""


class EventShape(ApiModel):
    """One step in the history of an execution."""

    seq: int
    at: datetime
    event: str
    from_status: Status | None
    to_status: Status | None
    attempt_id: str | None
    runner_id: str | None
    facts: ObjectDocument


class EventPage(ApiModel):
    """In order."""

    items: list[EventShape]
    next_cursor: str | None


class PendingReasons(ApiModel):
    """Empty once the execution is no longer QUEUED."""

    items: list[PendingReason]
    next_cursor: None = None
