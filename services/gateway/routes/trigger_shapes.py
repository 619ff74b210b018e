"""Shapes of triggers of both kinds, of a schedule's preview, and of the ledger of fires."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from services.gateway.routes.execution_shapes import ExecutionShape
from services.gateway.routes.shapes import Actor, PageQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    Id,
    Instant,
    JsonDocument,
    Name,
    NotSent,
    ObjectDocument,
    Proto,
    ShortText,
)

KindWord = Literal["schedule", "webhook"]
OutcomeWord = Literal["fired", "held", "coalesced", "queued", "skipped", "late", "missed", "backfilled", "duplicate"]
MisfireWord = Literal["once", "all", "skip"]
OverlapWord = Literal["allow", "queue", "skip", "stopPrevious"]
Labels = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=32)]
Calendars = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]
Networks = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=100)]
Inputs = Annotated[dict[str, Any] | None, JsonDocument()]
Seconds = Annotated[float, Field(ge=0, le=366 * 86_400)]
Int32 = Annotated[int, Field(ge=0, le=2**31 - 1)]
Expression = Annotated[str, Field(max_length=500)]
ZoneName = Annotated[str, Field(min_length=1, max_length=100)]
Secret = Annotated[str, Field(max_length=512)]

SCHEDULE_MEMBERS = frozenset(
    {
        "cron",
        "interval_seconds",
        "at",
        "timezone",
        "starts_at",
        "ends_at",
        "jitter_seconds",
        "misfire",
        "overlap",
        "calendars",
    }
)
EMPTIED = frozenset({"starts_at", "ends_at", "dedupe_key", "filter", "allowed_ips", "rate_limit"})
"""Members that null empties."""
WEBHOOK_MEMBERS = frozenset({"auth", "filter", "allowed_ips", "rate_limit"})


class MisfireShape(ApiModel):
    """What becomes of fires later than the grace: once, all (the newest `max`) or skip."""

    policy: MisfireWord
    grace_seconds: float
    max: int


class AuthShape(ApiModel):
    """How deliveries are known to be genuine; the secret is never shown again."""

    type: str
    username: str | None
    header: str | None
    algorithm: str | None
    encoding: str | None
    prefix: str | None
    secret_encoding: str | None


class TriggerShape(ApiModel):
    """A trigger; members of the other kind are null or empty. `breaker` is open while it is paused after failures."""

    id: str
    kind: KindWord
    workflow_id: str
    workflow_name: str
    name: str
    enabled: bool
    inputs: ObjectDocument
    priority: int
    labels: list[str]
    dedupe_key: str | None
    timeout_seconds: float
    queue_timeout_seconds: float
    breaker: Literal["closed", "open", "probing"]
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None
    etag: str
    description: Annotated[str | None, Proto("schedule.description")]
    cron: Annotated[str | None, Proto("schedule.cron")]
    interval_seconds: Annotated[int | None, Proto("schedule.interval_seconds")]
    at: Annotated[datetime | None, Proto("schedule.at")]
    timezone: Annotated[str | None, Proto("schedule.timezone")]
    starts_at: Annotated[datetime | None, Proto("schedule.starts_at")]
    ends_at: Annotated[datetime | None, Proto("schedule.ends_at")]
    jitter_seconds: Annotated[int | None, Proto("schedule.jitter_seconds")]
    misfire: Annotated[MisfireShape | None, Proto("schedule.misfire")]
    overlap: Annotated[OverlapWord | None, Proto("schedule.overlap")]
    calendars: Annotated[list[str], Proto("schedule.calendars")]
    next_fire_at: Annotated[datetime | None, Proto("schedule.next_fire_at")]
    url: Annotated[str | None, Proto("webhook.path")]
    auth: Annotated[AuthShape | None, Proto("webhook.auth")]
    filter: Annotated[str | None, Proto("webhook.filter")]
    allowed_ips: Annotated[list[str], Proto("webhook.allowed_ips")]
    rate_limit: Annotated[int | None, Proto("webhook.rate_limit")]
    previous_secret_until: Annotated[datetime | None, Proto("webhook.previous_secret_until")]
    held_deliveries: Annotated[int, Proto("webhook.held_deliveries")]
    last_delivery_at: Annotated[datetime | None, Proto("webhook.last_delivery_at")]


class TriggerAnswer(ApiModel):
    """One trigger."""

    trigger: TriggerShape


class TriggerWithSecret(ApiModel):
    """A trigger, and its secret, shown this once; null when it has none."""

    trigger: TriggerShape
    secret: str | None


class TriggerPage(ApiModel):
    """Newest first."""

    items: list[TriggerShape]
    next_cursor: str | None


class TriggerQuery(PageQuery):
    """`q` is part of the name."""

    workflow_id: Id | None = None
    kind: KindWord | None = None
    q: Annotated[ShortText, Proto("query")] = ""
    enabled: bool | None = None


class Misfire(BodyModel):
    """`graceSeconds`: how late a fire may be and still count as in time. `max` belongs to the policy all."""

    policy: MisfireWord | None = None
    grace_seconds: Seconds | None = None
    max: Int32 | None = None


class Auth(BodyModel):
    """How deliveries are known to be genuine. Without a secret the Hub makes one where the type needs it."""

    type: Annotated[str, Field(max_length=40)] | None = None
    secret: Secret | None = None
    username: ShortText | None = None
    header: ShortText | None = None
    algorithm: ShortText | None = None
    encoding: ShortText | None = None
    prefix: ShortText | None = None
    secret_encoding: ShortText | None = None


class _Members(BodyModel):
    """What a schedule or a webhook has of its own."""

    cron: Annotated[Expression | None, Proto("schedule.cron")] = None
    interval_seconds: Annotated[Int32 | None, Proto("schedule.interval_seconds")] = None
    at: Annotated[Instant | None, Proto("schedule.at")] = None
    timezone: Annotated[ZoneName | None, Proto("schedule.timezone")] = None
    starts_at: Annotated[Instant | None, Proto("schedule.starts_at")] = None
    ends_at: Annotated[Instant | None, Proto("schedule.ends_at")] = None
    jitter_seconds: Annotated[Int32 | None, Proto("schedule.jitter_seconds")] = None
    misfire: Annotated[Misfire | None, Proto("schedule.misfire")] = None
    overlap: Annotated[OverlapWord | None, Proto("schedule.overlap")] = None
    calendars: Annotated[Calendars | None, Proto("schedule.calendars")] = None
    auth: Annotated[Auth | None, Proto("webhook.auth")] = None
    filter: Annotated[Annotated[str, Field(max_length=4_000)] | None, Proto("webhook.filter")] = None
    allowed_ips: Annotated[Networks | None, Proto("webhook.allowed_ips")] = None
    rate_limit: Annotated[Int32 | None, Proto("webhook.rate_limit")] = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        if len(given & {"cron", "interval_seconds", "at"}) > 1:
            raise ValueError("give one of cron, intervalSeconds and at")
        if given & SCHEDULE_MEMBERS and given & WEBHOOK_MEMBERS:
            raise ValueError("a trigger is a schedule or a webhook: leave out the members of the other kind")
        return self


class CreateTrigger(_Members):
    """A schedule needs a zone and one of cron, intervalSeconds and at; a webhook needs nothing but its name.

    Inputs may hold `{{ fire.at }}`, `{{ fire.local }}`, `{{ fire.date }}` and `{{ fire.time }}`.
    """

    kind: Annotated[KindWord, NotSent()]
    workflow_id: Id
    name: Name
    enabled: bool = True
    inputs: Inputs = None
    priority: Annotated[int, Field(ge=1, le=100)] = 50
    labels: Labels = Field(default_factory=list)
    dedupe_key: ShortText = ""
    timeout_seconds: Seconds = 0.0
    queue_timeout_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _fit_kind(self) -> Self:
        others = WEBHOOK_MEMBERS if self.kind == "schedule" else SCHEDULE_MEMBERS
        if wrong := sorted(name for name in others & self.model_fields_set if getattr(self, name) is not None):
            raise ValueError(f"a {self.kind} has no {', '.join(wrong)}")
        return self


class ChangeTrigger(_Members):
    """What is left out stays as it is; null empties startsAt, endsAt, dedupeKey, filter, allowedIps and rateLimit."""

    name: Name | None = None
    enabled: bool | None = None
    inputs: Inputs = None
    priority: Annotated[int, Field(ge=1, le=100)] | None = None
    labels: Labels | None = None
    dedupe_key: ShortText | None = None
    timeout_seconds: Seconds | None = None
    queue_timeout_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _empty_what_can_be(self) -> Self:
        nulls = {name for name in self.model_fields_set if getattr(self, name) is None}
        if wrong := sorted(nulls - EMPTIED):
            names = ", ".join(type(self).model_fields[name].alias or name for name in wrong)
            raise ValueError(f"{names} cannot be null; leave out what is to stay")
        return self


class FireTrigger(BodyModel):
    """Inputs are laid over the trigger's own, name by name."""

    inputs: Inputs = None


class FiredExecution(ApiModel):
    """`duplicate`: the trigger's deduplication key was held, it is that execution."""

    execution: ExecutionShape
    duplicate: bool


class PreviewSchedule(BodyModel):
    """A schedule that need not be saved; calendars by id or name."""

    cron: Annotated[Expression | None, Proto("schedule.cron")] = None
    interval_seconds: Annotated[Int32 | None, Proto("schedule.interval_seconds")] = None
    at: Annotated[Instant | None, Proto("schedule.at")] = None
    timezone: Annotated[ZoneName | None, Proto("schedule.timezone")] = None
    starts_at: Annotated[Instant | None, Proto("schedule.starts_at")] = None
    ends_at: Annotated[Instant | None, Proto("schedule.ends_at")] = None
    calendars: Annotated[Calendars | None, Proto("schedule.calendars")] = None
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    count: Annotated[int, Field(ge=1, le=50)] = 10
    workflow_id: Id | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if sum(each is not None for each in (self.cron, self.interval_seconds, self.at)) > 1:
            raise ValueError("give one of cron, intervalSeconds and at")
        return self


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
