"""Shapes of what executions came to: breakers, failure groups, the dashboard."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.shapes import Limit
from services.gateway.transcoding.fields import ApiModel, BodyModel, Id, Instant, Proto
from services.kit.paging import DEFAULT_LIMIT

ExecutionStatus = Literal["QUEUED", "ASSIGNED", "RUNNING", "STOPPING", "COMPLETED", "FAILED", "STOPPED", "LOST"]
Release = Literal["coalesce", "all"]


class Breaker(ApiModel):
    """Whether a trigger pauses after failures in a row with the same fingerprint, and whether it does now.

    `open`: its fires are held until `probeAt`, then one goes; `probing`: that one's end decides. `release` null: as the
    kind of trigger thinks best (a schedule coalesces what was held, a webhook runs all of it).
    """

    state: Literal["closed", "open", "probing"]
    enabled: bool
    threshold: int
    probe_seconds: float
    probe_max_seconds: float
    release: Release | None
    release_max: int
    failures: int
    fingerprint: str | None
    last_execution_id: str | None
    opened_at: datetime | None
    probe_at: datetime | None
    probe_execution_id: str | None


class BreakerAnswer(ApiModel):
    """The breaker of one trigger."""

    breaker: Breaker


class ChangeBreaker(BodyModel):
    """What is left out stays as it is. Switched off, a paused trigger goes on."""

    enabled: bool | None = None
    threshold: Annotated[int, Field(ge=1, le=100)] | None = None
    probe_seconds: Annotated[float, Field(ge=1, le=604_800)] | None = None
    probe_max_seconds: Annotated[float, Field(ge=1, le=604_800)] | None = None
    release: Release | None = None
    release_max: Annotated[int, Field(ge=1, le=1_000)] | None = None


class FailingWorkflow(ApiModel):
    """How often it failed in this way."""

    workflow_id: str
    name: str
    count: int


class FailureGroup(ApiModel):
    """Failures that are alike: the same code, node and message, but for numbers, ids and paths."""

    fingerprint: str
    code: str
    node_id: str | None
    message: str
    count: int
    first_at: datetime
    last_at: datetime
    latest_execution_id: str
    workflows: list[FailingWorkflow]


class FailureQuery(ApiModel):
    """The last 24 hours when nothing else is said; at most 92 days."""

    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None
    workflow_id: Id | None = None
    limit: Limit = DEFAULT_LIMIT


class FailureGroups(ApiModel):
    """The most frequent first. `failures` counts the range; `isWhole` is false when only the newest were grouped."""

    items: list[FailureGroup]
    failures: int
    is_whole: bool


class DashboardQuery(ApiModel):
    """How far back it looks at what ended."""

    hours: Annotated[int, Field(ge=1, le=720)] = 24


class Count(ApiModel):
    """`more` tells that there are more than were counted."""

    status: ExecutionStatus
    count: int
    more: bool


class RunnerCount(ApiModel):
    """Runners in one state."""

    state: Literal["ONLINE", "BUSY", "OFFLINE"]
    count: int


class Bucket(ApiModel):
    """What ended from `beginsAt` on, for `bucketSeconds`."""

    begins_at: datetime
    completed: int
    failed: int
    stopped: int
    lost: int


class NextFire(ApiModel):
    """A schedule's next fire."""

    at: datetime
    trigger_id: str
    trigger_name: str
    workflow_id: str
    workflow_name: str


class RecentFailure(ApiModel):
    """An execution that failed lately."""

    id: str
    workflow_id: str
    workflow_name: str
    code: str
    message: str
    at: datetime


class Dashboard(ApiModel):
    """Executions that are not over by status, what ended lately, runners by state, and what comes next.

    `successRate` is completed out of completed and failed, null when neither happened. A late result of a lost
    execution counts when it comes, beside the loss.
    """

    as_of: datetime
    executions: list[Count]
    runners: list[RunnerCount]
    queue_age_seconds: float
    bucket_seconds: int
    buckets: list[Bucket]
    completed: int
    failed: int
    stopped: int
    lost: int
    success_rate: float | None
    next_fires: list[NextFire]
    failures: list[FailureGroup]
    recent_failures: list[RecentFailure]
    paused_triggers: int
