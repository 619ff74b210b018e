"""Executions and what they leave behind."""

from datetime import datetime
from typing import Any

from pydantic import Field

from services.client.models.base import Actor, Answer, Failure

ENDED = frozenset({"COMPLETED", "FAILED", "STOPPED", "LOST"})
"""Statuses of executions that do not run (any longer)."""


class WorkflowRef(Answer):
    """The workflow an execution runs."""

    id: str
    name: str


class Metrics(Answer):
    """CPU in percent of one core, memory in bytes."""

    cpu_avg: float
    cpu_peak: float
    memory_avg: int
    memory_peak: int


class Obstacle(Answer):
    """A condition that fails now."""

    code: str
    message: str = ""


class PendingReason(Answer):
    """What keeps one runner from taking an execution; without a runner: what keeps every one."""

    runner_id: str | None = None
    runner: str | None = None
    obstacles: tuple[Obstacle, ...] = ()


class Execution(Answer):
    """One launch of a workflow."""

    id: str
    status: str
    workflow_id: str = ""
    workflow: WorkflowRef | None = None
    version: int = 0
    draft: bool = False
    mode: str = "scheduled"
    priority: int = 50
    attempt: int = 0
    run_attempts: int = 0
    runner_id: str | None = None
    runner_name: str | None = None
    trigger_id: str | None = None
    triggered_by: Actor | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    failure: Failure | None = None
    created_at: datetime | None = None
    not_before: datetime | None = None
    assigned_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    contact_lost_at: datetime | None = None
    metrics: Metrics | None = None
    pending_reasons: tuple[PendingReason, ...] = ()
    dedupe_key: str | None = None
    retry_of: str | None = None
    late: bool = False
    timeout_seconds: float | None = None
    queue_timeout_seconds: float = 0.0
    stopped_by: Actor | None = None
    waiting_for: str | None = None

    @property
    def ended(self) -> bool:
        """True once nothing happens any more by itself."""
        return self.status in ENDED


class Started(Answer):
    """`duplicate` when a live execution held the dedupe key: then it is that one."""

    execution: Execution
    duplicate: bool = False


class Turn(Answer):
    """One turn of a loop around a node."""

    loop: str
    index: int


class NodeRun(Answer):
    """One run of one node, inside the turns of `path`."""

    seq: int
    node_id: str
    node_type: str = ""
    path: tuple[Turn, ...] = ()
    attempt: int = 1
    try_number: int = 1
    status: str
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_seconds: float = 0.0
    input: Any = None
    output: Any = None
    failure: Failure | None = None
    port: str | None = None
    variables: Any = None


class LogLine(Answer):
    """One line a node or the runner wrote."""

    seq: int
    at: datetime
    level: str
    node_id: str | None = None
    message: str


class ExecutionEvent(Answer):
    """One step in the history of an execution."""

    seq: int
    at: datetime
    event: str
    from_status: str | None = None
    to_status: str | None = None
    attempt_id: str | None = None
    runner_id: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)


class Artifact(Answer):
    """A file an execution left behind."""

    id: str
    execution_id: str
    node_id: str | None = None
    name: str
    size: int
    sha256: str
    media_type: str = "application/octet-stream"
    created_at: datetime | None = None


class BulkItem(Answer):
    """What became of one execution: done, possible (of a dry run) or refused, and why."""

    execution_id: str
    outcome: str
    status: str | None = None
    retried_as: str | None = None
    reason: str | None = None
    detail: str | None = None


class BulkAnswer(Answer):
    """One part of an action on many; `matched` counts all that are meant, beyond 10,000 not wholly."""

    items: tuple[BulkItem, ...] = ()
    matched: int = 0
    is_whole: bool = True
    done: int = 0
    refused: int = 0
    next_cursor: str | None = None
