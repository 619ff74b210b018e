"""Shapes of triggers of both kinds, as they are shown, made and changed."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

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


class Timing(BodyModel):
    """When a schedule fires; calendars by id or name."""

    cron: Annotated[Expression | None, Proto("schedule.cron")] = None
    interval_seconds: Annotated[Int32 | None, Proto("schedule.interval_seconds")] = None
    at: Annotated[Instant | None, Proto("schedule.at")] = None
    timezone: Annotated[ZoneName | None, Proto("schedule.timezone")] = None
    starts_at: Annotated[Instant | None, Proto("schedule.starts_at")] = None
    ends_at: Annotated[Instant | None, Proto("schedule.ends_at")] = None
    calendars: Annotated[Calendars | None, Proto("schedule.calendars")] = None

    @model_validator(mode="after")
    def _say_when_once(self) -> Self:
        if sum(each is not None for each in (self.cron, self.interval_seconds, self.at)) > 1:
            raise ValueError("give one of cron, intervalSeconds and at")
        return self


class _Members(Timing):
    """What a schedule or a webhook has of its own."""

    jitter_seconds: Annotated[Int32 | None, Proto("schedule.jitter_seconds")] = None
    misfire: Annotated[Misfire | None, Proto("schedule.misfire")] = None
    overlap: Annotated[OverlapWord | None, Proto("schedule.overlap")] = None
    auth: Annotated[Auth | None, Proto("webhook.auth")] = None
    filter: Annotated[Annotated[str, Field(max_length=4_000)] | None, Proto("webhook.filter")] = None
    allowed_ips: Annotated[Networks | None, Proto("webhook.allowed_ips")] = None
    rate_limit: Annotated[Int32 | None, Proto("webhook.rate_limit")] = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
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
