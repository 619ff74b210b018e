"""Shapes of work queues: their rules, their items, and what became of each."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from services.gateway.routes.shapes import Actor, PageQuery, SearchQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    Document,
    Id,
    Instant,
    JsonDocument,
    Name,
    Proto,
    ShortText,
    Text,
)

MAX_ITEMS = 1_000
MAX_RETRIES = 100
MAX_BACKOFF_SECONDS = 3_600
MAX_LEASE_SECONDS = 30 * 86_400

ItemStatus = Literal["new", "inProgress", "successful", "failed", "businessFailed", "lost", "expired"]
ItemOutcome = Literal["successful", "systemFailed", "businessFailed", "lost"]
LossPolicy = Literal["hold", "retry"]
Retries = Annotated[int, Field(ge=0, le=MAX_RETRIES)]
Backoff = Annotated[float, Field(ge=0, le=MAX_BACKOFF_SECONDS)]
Lease = Annotated[float, Field(ge=1, le=MAX_LEASE_SECONDS)]
Priority = Annotated[int, Field(ge=1, le=100)]
Reference = Annotated[str, Field(max_length=200, examples=["INV-2026-0815"])]
PayloadSchema = Annotated[
    dict[str, Any],
    Field(examples=[{"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}}]),
]


class ItemCounts(ApiModel):
    """Items by status."""

    new: int
    in_progress: int
    successful: int
    failed: int
    business_failed: int
    lost: int
    expired: int


class QueueShape(ApiModel):
    """System failures are tried again `maxRetries` times, each later than the one before; business failures never.

    `leaseSeconds`: so long an item may be in progress. `onLost`: whether an item whose outcome is unknown waits for a
    person (`hold`) or is done again (`retry`). `payloadSchema` is a JSON Schema (2020-12), null for any payload.
    """

    id: str
    name: str
    description: str
    unique_references: bool
    max_retries: int
    retry_backoff_seconds: float
    lease_seconds: float
    on_lost: LossPolicy
    payload_schema: Document
    counts: ItemCounts
    etag: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None


class QueueAnswer(ApiModel):
    """One queue."""

    queue: QueueShape


class QueuePage(ApiModel):
    """By name."""

    items: list[QueueShape]
    next_cursor: str | None


class QueueQuery(SearchQuery):
    """`q` is part of the name or description."""

    q: Annotated[ShortText, Proto("query")] = ""


class CreateQueue(BodyModel):
    """`uniqueReferences` stays as it is made; everything else can be changed."""

    name: Name
    description: Text = ""
    unique_references: bool = False
    max_retries: Retries = 2
    retry_backoff_seconds: Backoff = 60.0
    lease_seconds: Lease = 86_400.0
    on_lost: LossPolicy = "hold"
    payload_schema: Annotated[PayloadSchema | None, JsonDocument()] = None


class ChangeQueue(BodyModel):
    """What is left out stays; an empty schema takes any payload. Send `If-Match` to notice others' changes."""

    name: Name | None = None
    description: Text | None = None
    max_retries: Retries | None = None
    retry_backoff_seconds: Backoff | None = None
    lease_seconds: Lease | None = None
    on_lost: LossPolicy | None = None
    payload_schema: Annotated[PayloadSchema | None, JsonDocument()] = None


class DeleteQueueQuery(ApiModel):
    """`force`: also with items that wait, are in progress or lost."""

    force: bool = False


class StatisticsQuery(ApiModel):
    """How far to look back."""

    hours: Annotated[int, Field(ge=1, le=2_160)] = 24


class FailureCount(ApiModel):
    """Handlings that failed alike."""

    outcome: ItemOutcome
    code: str | None
    count: int
    last_at: datetime


class QueueStatistics(ApiModel):
    """`handled`, `meanHandlingSeconds` and `failures` count what ended within `hours`; `ready` could be taken now."""

    counts: ItemCounts
    ready: int
    oldest_waiting_at: datetime | None
    hours: int
    handled: int
    mean_handling_seconds: float
    failures: list[FailureCount]


class ItemFailure(ApiModel):
    """Why it failed."""

    code: str
    message: str


class ItemShape(ApiModel):
    """`attempt` counts how often it was taken, `failures` its system failures since it was last opened.

    In lists, `payload` and `output` are null when they have more than 2 KiB.
    """

    id: str
    queue_id: str
    reference: str | None
    payload: Document
    payload_bytes: int
    status: ItemStatus
    priority: int
    ready_at: datetime
    deadline_at: datetime | None
    attempt: int
    failures: int
    execution_id: str | None
    taken_at: datetime | None
    lease_expires_at: datetime | None
    settled_at: datetime | None
    output: Document
    failure: ItemFailure | None
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None


class ItemAttempt(ApiModel):
    """One handling: `outcome` is null while it goes on. `late`: told after the Hub had given it up."""

    attempt: int
    execution_id: str
    node_id: str | None
    taken_at: datetime
    ended_at: datetime | None
    outcome: ItemOutcome | None
    failure: ItemFailure | None
    late: bool


class ItemAnswer(ApiModel):
    """One item."""

    item: ItemShape


class ItemDetail(ApiModel):
    """An item and its handlings, the latest first."""

    item: ItemShape
    attempts: list[ItemAttempt]


class ItemPage(ApiModel):
    """The newest first."""

    items: list[ItemShape]
    next_cursor: str | None


class ItemQuery(PageQuery):
    """`reference` is its beginning; `from` and `to` are of the adding."""

    status: Annotated[list[ItemStatus], Proto("statuses")] = Field(default_factory=list)
    reference: ShortText = ""
    execution_id: Id | None = None
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None


class ItemExportQuery(ApiModel):
    """Only items with one of these statuses; all without."""

    status: list[ItemStatus] = Field(default_factory=list)


class AddItem(BodyModel):
    """`payload` is any JSON of up to 256 KiB. A point of priority is worth a minute of waiting."""

    payload: Annotated[Any, JsonDocument(), Proto("item.payload_json")] = None
    reference: Annotated[Reference, Proto("item.reference")] = ""
    priority: Annotated[Priority, Proto("item.priority")] = 50
    not_before: Annotated[Instant | None, Proto("item.not_before")] = None
    deadline_at: Annotated[Instant | None, Proto("item.deadline_at")] = None


class NewItem(BodyModel):
    """One of several items."""

    payload: Annotated[Any, JsonDocument()] = None
    reference: Reference = ""
    priority: Priority = 50
    not_before: Instant | None = None
    deadline_at: Instant | None = None


class AddItems(BodyModel):
    """All or none."""

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS)]


class AddedItem(ApiModel):
    """A duplicate names the item that has the reference."""

    id: str
    reference: str | None
    duplicate: bool


class AddedItems(ApiModel):
    """In the order of the request."""

    items: list[AddedItem]
    added: int
    duplicates: int


class ChangeItem(BodyModel):
    """Of an item that waits; what is left out stays."""

    priority: Priority | None = None
    not_before: Instant | None = None
    deadline_at: Instant | None = None
    drop_deadline: bool = False


class ResolveItem(BodyModel):
    """What became of a lost item, found out by a person."""

    outcome: Literal["successful", "businessFailed"]
    comment: Text = ""
