"""Endpoints and deliveries as plain data, and the limits of what may be asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.scheduler.workflows.model import Creator

MAXIMUM_ENDPOINTS: Final = 100
MAXIMUM_HEADERS: Final = 20
MAXIMUM_REPLAY: Final = 20_000
ROTATION_SECONDS: Final = 24 * 3600.0
"""So long the old secret signs beside the new one, unless asked otherwise."""
LOGGED_BODY_BYTES: Final = 4_096
"""Of an answer, kept in the delivery log."""


class DeliveryStatus(StrEnum):
    """PENDING is sent or waits to be; PARKED is given up until somebody replays it."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    PARKED = "PARKED"


class Outcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "DELIVERED"
    RETRY = "RETRY"
    PARKED = "PARKED"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events an endpoint gets. Workflows and labels bind only events that have such a thing."""

    event_types: tuple[str, ...]
    workflow_ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody who is told. Secrets and the values of headers are not in here."""

    id: str
    name: str
    url: str
    enabled: bool
    disabled_reason: str
    filter: Filter
    header_names: tuple[str, ...]
    allow_private: bool
    verify_tls: bool
    ca_pem: str
    failures: int
    open_until: datetime | None
    """Nothing is sent until then; None while the circuit is closed."""
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str
    previous_until: datetime | None
    """Until then the previous secret signs as well."""
    pending: int
    parked: int
    revision: int
    created_at: datetime
    updated_at: datetime
    creator: Creator

    @property
    def etag(self) -> str:
        """Changes with everything a person changes."""
        return f"{self.id}.{self.revision}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an endpoint is to be, as somebody asks for it; already checked."""

    name: str
    url: str
    filter: Filter
    enabled: bool = True
    headers: Mapping[str, str] | None = None
    """None leaves them as they are."""
    allow_private: bool = False
    verify_tls: bool = True
    ca_pem: str = ""


@dataclass(frozen=True, slots=True)
class SealedValue:
    """An envelope and the version it is bound to."""

    envelope: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs and accompanies a delivery, still sealed."""

    secret: SealedValue
    previous: SealedValue | None
    headers: SealedValue


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """Something that happened. `data` is a JSON object; of an execution, the columns that change."""

    seq: int
    id: str
    type: str
    at: datetime
    subject_kind: str
    subject_id: str
    data: str


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose turn it is, leased to this process."""

    id: str
    lease_id: str
    endpoint_id: str
    event: OutgoingEvent
    tries: int
    """This one included."""
    attempts: int
    """Over all replays, this one included."""
    is_over: bool
    """Its time is over: another failure parks it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how an endpoint is reached."""

    endpoint_id: str
    url: str
    keys: Keys
    allow_private: bool
    verify_tls: bool
    ca_pem: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what was sent and answered, without secrets and cut to a bounded size."""

    at: datetime
    duration_seconds: float
    outcome: Outcome
    request_headers: Mapping[str, str]
    response_status: int | None = None
    response_headers: Mapping[str, str] | None = None
    response_body: str | None = None
    error: str = ""
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """An attempt in the log."""

    attempt_no: int
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, as the log shows it."""

    id: str
    endpoint_id: str
    event: OutgoingEvent
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    next_at: datetime | None
    """None behind an earlier event of the same subject."""
    give_up_at: datetime
    last_status: int | None
    last_error: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be sent again. `missed` takes events of the span that fit the filter and were never meant for it."""

    delivery_ids: Sequence[str] = ()
    statuses: Sequence[DeliveryStatus] = (DeliveryStatus.PARKED,)
    missed: bool = False
    since: datetime | None = None
    until: datetime | None = None
