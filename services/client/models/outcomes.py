"""What executions came to: breakers of triggers, and failures grouped."""

from datetime import datetime

from services.client.models.base import Answer


class Breaker(Answer):
    """Whether a trigger pauses after failures in a row that are alike, and whether it does now.

    `state` is closed, open (fires are held until `probe_at`) or probing (the end of one tried fire decides).
    """

    state: str
    enabled: bool = True
    threshold: int = 5
    probe_seconds: float = 300.0
    probe_max_seconds: float = 3_600.0
    release: str | None = None
    release_max: int = 1
    failures: int = 0
    fingerprint: str | None = None
    last_execution_id: str | None = None
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    probe_execution_id: str | None = None


class FailingWorkflow(Answer):
    """How often a workflow failed in one way."""

    workflow_id: str
    name: str = ""
    count: int = 0


class FailureGroup(Answer):
    """Failures that are alike: the same code, node and message, but for numbers, ids and paths."""

    fingerprint: str
    code: str
    message: str
    node_id: str | None = None
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    latest_execution_id: str | None = None
    workflows: tuple[FailingWorkflow, ...] = ()


class FailureGroups(Answer):
    """The most frequent first; `is_whole` is false when only the newest failures were grouped."""

    items: tuple[FailureGroup, ...] = ()
    failures: int = 0
    is_whole: bool = True
