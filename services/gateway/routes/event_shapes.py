"""Shapes of event endpoints, their deliveries, and the types of events."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.shapes import Actor, PageQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    Document,
    Id,
    Instant,
    JsonDocument,
    Name,
    ObjectDocument,
    Proto,
    ShortText,
)

EventGlob = Annotated[str, Field(pattern=r"^[a-z0-9_.*]{1,100}$")]
EventTypes = Annotated[list[EventGlob], Field(min_length=1, max_length=50)]
WorkflowIds = Annotated[list[Id], Field(max_length=100)]
Labels = Annotated[list[Annotated[str, Field(pattern=r"^[^\s,]{1,64}$")]], Field(max_length=100)]
Url = Annotated[str, Field(min_length=1, max_length=2_000)]
HeaderValue = Annotated[str, Field(max_length=2_000)]
Headers = Annotated[dict[str, HeaderValue], Field(max_length=20), JsonDocument()]
OptionalHeaders = Annotated[dict[str, HeaderValue] | None, JsonDocument()]
Pem = Annotated[str, Field(max_length=64 * 1024)]
MONTH_SECONDS = 30 * 24 * 3600.0
DeliveryState = Literal["pending", "delivered", "parked"]


class EventEndpointShape(ApiModel):
    """Who is told of events. Its secret and the values of its headers are never shown again."""

    id: str
    name: str
    url: str
    enabled: bool
    disabled_reason: str | None
    event_types: list[str]
    workflow_ids: list[str]
    labels: list[str]
    header_names: list[str]
    allow_private: bool
    verify_tls: bool
    ca_pem: str | None
    failures: int
    open_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str | None
    previous_secret_until: datetime | None
    pending: int
    parked: int
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None
    etag: str


class EventEndpointAnswer(ApiModel):
    """One endpoint."""

    endpoint: EventEndpointShape


class EventEndpointSecret(ApiModel):
    """With the secret that signs (`whsec_…`), shown this once."""

    endpoint: EventEndpointShape
    secret: str


class EventEndpoints(ApiModel):
    """All of them, by name."""

    items: list[EventEndpointShape]
    next_cursor: None = None


class CreateEventEndpoint(BodyModel):
    """Workflows and labels narrow only events that have such a thing; empty lists narrow nothing."""

    name: Name
    url: Url
    event_types: EventTypes
    workflow_ids: WorkflowIds = Field(default_factory=list)
    labels: Labels = Field(default_factory=list)
    enabled: bool = True
    headers: Headers = Field(default_factory=dict)
    allow_private: bool = False
    verify_tls: bool = True
    ca_pem: Pem = ""


class ChangeEventEndpoint(BodyModel):
    """What is left out stays as it is; lists and headers are replaced as a whole."""

    name: Name | None = None
    url: Url | None = None
    event_types: EventTypes | None = None
    workflow_ids: WorkflowIds | None = None
    labels: Labels | None = None
    enabled: bool | None = None
    headers: OptionalHeaders = None
    allow_private: bool | None = None
    verify_tls: bool | None = None
    ca_pem: Pem | None = None


class RotateEventEndpoint(BodyModel):
    """How long the old secret signs beside the new one; 24 hours when left out."""

    overlap_seconds: Annotated[float, Field(ge=0, le=MONTH_SECONDS, allow_inf_nan=False)] | None = None


class EventDeliveryShape(ApiModel):
    """One event for one endpoint. `nextAt` is null behind an earlier event of the same subject."""

    id: str
    endpoint_id: str
    message_id: str
    event_type: str
    event_at: datetime
    subject_kind: str
    subject_id: str | None
    status: DeliveryState
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    next_at: datetime | None
    give_up_at: datetime
    response_status: int | None
    error: str | None


class EventDeliveryAttempt(ApiModel):
    """One try: what was sent and answered, without secrets, cut to a bounded size."""

    attempt_no: int
    at: datetime
    duration_seconds: float
    outcome: Literal["delivered", "retry", "parked"]
    request_headers: ObjectDocument
    response_status: int | None
    response_headers: Document
    response_body: str | None
    error: str | None


class EventDeliveryPage(ApiModel):
    """The newest events first."""

    items: list[EventDeliveryShape]
    next_cursor: str | None


class EventDeliveryAnswer(ApiModel):
    """One delivery, the body that is sent, and every try, the latest first."""

    delivery: EventDeliveryShape
    body: ObjectDocument
    attempts: list[EventDeliveryAttempt]


class EventDeliveryQuery(PageQuery):
    """`subjectId` is an execution, a runner, …"""

    status: Annotated[list[DeliveryState], Proto("statuses")] = Field(default_factory=list)
    event_type: ShortText = ""
    subject_id: ShortText = ""


class EventTestAnswer(ApiModel):
    """What came of a test."""

    delivery: EventDeliveryShape
    attempt: EventDeliveryAttempt


class ReplayEvents(BodyModel):
    """Sends parked deliveries again, or those of another status; `missed` adds events the endpoint never got."""

    delivery_ids: Annotated[list[Id], Field(max_length=1_000)] = Field(default_factory=list)
    status: Annotated[list[Literal["delivered", "parked"]], Proto("statuses")] = Field(default_factory=list)
    missed: bool = False
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None


class Replayed(ApiModel):
    """How many will be sent again; with `more`, ask once more."""

    replayed: int
    more: bool


class EventTypeShape(ApiModel):
    """A type of event and what it says."""

    name: str
    description: str


class EventTypeList(ApiModel):
    """Every type there is."""

    items: list[EventTypeShape]
    next_cursor: None = None
