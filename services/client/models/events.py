"""Event endpoints, and what was sent to them."""

from datetime import datetime

from services.client.models.base import Actor, Answer


class EventEndpoint(Answer):
    """An address that is told of events; `open_until` while it is only probed."""

    id: str
    name: str
    url: str
    enabled: bool = True
    disabled_reason: str | None = None
    event_types: tuple[str, ...] = ()
    workflow_ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    header_names: tuple[str, ...] = ()
    allow_private: bool = False
    verify_tls: bool = True
    ca_pem: str | None = None
    failures: int = 0
    open_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_error: str | None = None
    previous_secret_until: datetime | None = None
    pending: int = 0
    parked: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    etag: str = ""


class EventEndpointSecret(Answer):
    """An endpoint and the secret that signs its messages, shown this once."""

    endpoint: EventEndpoint
    secret: str


class EventDelivery(Answer):
    """One event on its way to one endpoint."""

    id: str
    endpoint_id: str = ""
    message_id: str = ""
    event_type: str
    event_at: datetime | None = None
    subject_kind: str = ""
    subject_id: str | None = None
    status: str
    attempts: int = 0
    created_at: datetime | None = None
    ended_at: datetime | None = None
    next_at: datetime | None = None
    give_up_at: datetime | None = None
    response_status: int | None = None
    error: str | None = None
