"""Shapes of runners, their metrics and what pairs them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.shapes import PageQuery, WholeListQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Id, Instant, Name, Proto, ShortText, Text

State = Literal["ONLINE", "BUSY", "OFFLINE"]
Labels = Annotated[list[Annotated[str, Field(pattern=r"^[^\s,]{1,64}$")]], Field(max_length=50)]
Slots = Annotated[int, Field(ge=1, le=64)]


class RunnerMetrics(ApiModel):
    """CPU and memory in percent of the machine; memory and disk in bytes."""

    at: datetime | None
    cpu_percent: float
    memory_percent: float
    memory_used: int
    memory_total: int
    disk_free: int
    disk_total: int


class RunnerPause(ApiModel):
    """The runner's owner wants it to take no work: since when, and by which account of its machine."""

    since: datetime
    by: str | None


class RunnerShape(ApiModel):
    """A runner: ONLINE has a free slot, BUSY has none, OFFLINE is not heard of.

    `pause` is null unless its owner paused it at the machine; only there it is resumed.
    """

    id: str
    name: str
    description: str
    state: State
    silent: bool
    draining: bool
    disabled: bool
    cloned: bool
    labels: list[str]
    capabilities: list[str]
    slots: int
    free_slots: int
    version: str | None
    platform: str | None
    hostname: str | None
    machine_key: str
    created_at: datetime
    last_seen_at: datetime | None
    connected_at: datetime | None
    metrics: RunnerMetrics | None
    execution_ids: list[str]
    owner_id: str | None
    pause: RunnerPause | None


class RunnerAnswer(ApiModel):
    """One runner."""

    runner: RunnerShape


class RunnerSecret(ApiModel):
    """Key and secret, shown this once, and the command that pairs a machine."""

    runner: RunnerShape
    machine_key: str
    machine_secret: str
    pair_command: str


class RunnerPage(ApiModel):
    """By name."""

    items: list[RunnerShape]
    next_cursor: str | None


class RunnerQuery(PageQuery):
    """`q` is part of the name."""

    q: Annotated[ShortText, Proto("query")] = ""
    label: ShortText = ""
    state: State | None = None


class CreateRunner(BodyModel):
    """The runner of `ownerId` (the caller when left out) is used for that person's interactive executions."""

    name: Name
    description: Text = ""
    labels: Labels = Field(default_factory=list)
    slots: Slots = 1
    owner_id: Id | None = None


class ChangeRunner(BodyModel):
    """What is left out stays as it is; labels are replaced as a whole."""

    name: Name | None = None
    description: Text | None = None
    labels: Labels | None = None
    slots: Slots | None = None
    disabled: bool | None = None
    owner_id: Id | None = None


class MetricsQuery(WholeListQuery):
    """A span of time."""

    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None


class MetricsList(ApiModel):
    """In order of time."""

    items: list[RunnerMetrics]
    next_cursor: None = None


class CreatePairingToken(BodyModel):
    """The runner to pair."""

    runner_id: Id


class PairingToken(ApiModel):
    """Good once, until it expires."""

    pairing_token: str
    expires_at: datetime
    pair_command: str
