"""Shapes of what schedules do: previews, fires by hand, the ledger, backfill."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.execution_shapes import ExecutionShape
from services.gateway.routes.shapes import PageQuery
from services.gateway.routes.trigger_shapes import Inputs, Timing
from services.gateway.transcoding.fields import ApiModel, BodyModel, Id, Instant, Proto

OutcomeWord = Literal["fired", "held", "coalesced", "queued", "skipped", "late", "missed", "backfilled", "duplicate"]


class FireTrigger(BodyModel):
    """Inputs are laid over the trigger's own, name by name."""

    inputs: Inputs = None


class FiredExecution(ApiModel):
    """`duplicate`: the trigger's deduplication key was held, it is that execution."""

    execution: ExecutionShape
    duplicate: bool


class PreviewSchedule(Timing):
    """A schedule that need not be saved."""

    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    count: Annotated[int, Field(ge=1, le=50)] = 10
    workflow_id: Id | None = None


class PreviewedFire(ApiModel):
    """`local` is in the schedule's zone. `dst`: the clocks change; it moved out of a gap, or its time comes twice.

    With a `workflowId` in the request, what the fire would meet: `contention` is none, some (a wait of less than a
    minute), high or unknown; `busySeats` are busy at that time on average, `otherStarts` begin in the same minute.
    """

    at: datetime
    local: str
    dst: Literal["gap", "overlap"] | None
    expected_wait_seconds: float | None
    contention: Literal["none", "some", "high", "unknown"] | None
    busy_seats: float
    other_starts: int


class Forecast(ApiModel):
    """What the waits are estimated from: runners that can take the workflow, its latest runs, and words for both."""

    runners: int
    seats: int
    runs: int
    p50_seconds: float | None
    p95_seconds: float | None
    basis: str


class DroppedFire(ApiModel):
    """The first fire of a day that a calendar forbids."""

    at: datetime
    local: str
    because: str


class Preview(ApiModel):
    """The schedule in words, its next fires, and the days before the last of them that calendars forbid."""

    description: str
    fires: list[PreviewedFire]
    dropped: list[DroppedFire]
    forecast: Forecast | None


class FireShape(ApiModel):
    """One row of the ledger. `instants` is more than 1 for a long run of missed fires up to `spanUntil`."""

    fire_at: datetime
    due_at: datetime
    outcome: OutcomeWord
    reason: str | None
    message: str | None
    execution_id: str | None
    merged_into: datetime | None
    planned_at: datetime
    decided_at: datetime
    late_seconds: float
    by_person: bool
    instants: int
    span_until: datetime | None


class FirePage(ApiModel):
    """Newest first; planned fires are not in it."""

    items: list[FireShape]
    next_cursor: str | None


class FireQuery(PageQuery):
    """Narrowed to some outcomes and a range of times."""

    outcome: Annotated[list[OutcomeWord], Proto("outcomes")] = Field(default_factory=list)
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None


class BackfillTrigger(BodyModel):
    """Missed fires from `from` (included) to `to` (excluded), at most 500 a call. `dryRun` only lists them."""

    from_: Annotated[Instant, Field(alias="from"), Proto("from")]
    to: Instant
    dry_run: bool = False


class Backfilled(ApiModel):
    """`remaining` are left for another call; `shared` are in rows that stand for many and cannot be executed singly."""

    items: list[FireShape]
    remaining: int
    shared: int
