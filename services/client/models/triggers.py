"""Triggers, the ledger of their fires, and what came in by webhook."""

from datetime import datetime
from typing import Any

from pydantic import Field

from services.client.models.base import Actor, Answer
from services.client.models.executions import Execution


class Misfire(Answer):
    """What becomes of fires later than the grace: once, all (the newest `max`) or skip."""

    policy: str
    grace_seconds: float = 0.0
    max: int = 1


class WebhookAuth(Answer):
    """How deliveries are known to be genuine."""

    type: str
    username: str | None = None
    header: str | None = None
    algorithm: str | None = None
    encoding: str | None = None
    prefix: str | None = None
    secret_encoding: str | None = None


class Trigger(Answer):
    """A schedule or a webhook; members of the other kind are None or empty. `breaker` is open while it is paused."""

    id: str
    kind: str
    name: str
    workflow_id: str = ""
    workflow_name: str = ""
    enabled: bool = True
    inputs: dict[str, Any] = Field(default_factory=dict)
    priority: int = 50
    labels: tuple[str, ...] = ()
    dedupe_key: str | None = None
    timeout_seconds: float = 0.0
    queue_timeout_seconds: float = 86_400.0
    breaker: str = "closed"
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    etag: str = ""
    description: str | None = None
    cron: str | None = None
    interval_seconds: int | None = None
    at: datetime | None = None
    timezone: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    jitter_seconds: int | None = None
    misfire: Misfire | None = None
    overlap: str | None = None
    calendars: tuple[str, ...] = ()
    next_fire_at: datetime | None = None
    url: str | None = None
    auth: WebhookAuth | None = None
    filter: str | None = None
    allowed_ips: tuple[str, ...] = ()
    rate_limit: int | None = None
    previous_secret_until: datetime | None = None
    held_deliveries: int = 0
    last_delivery_at: datetime | None = None


class TriggerSecret(Answer):
    """A trigger and its secret, shown this once; None when it has none."""

    trigger: Trigger
    secret: str | None = None


class Fire(Answer):
    """One row of the ledger. `outcome` is fired, held, coalesced, queued, skipped, late, missed, backfilled, …"""

    fire_at: datetime
    due_at: datetime | None = None
    outcome: str
    reason: str | None = None
    message: str | None = None
    execution_id: str | None = None
    merged_into: datetime | None = None
    planned_at: datetime | None = None
    decided_at: datetime | None = None
    late_seconds: float = 0.0
    by_person: bool = False
    instants: int = 1
    span_until: datetime | None = None


class Delivery(Answer):
    """What a sender posted; headers and body only where one delivery was asked for."""

    id: str
    trigger_id: str = ""
    received_at: datetime | None = None
    outcome: str
    reason: str | None = None
    message: str | None = None
    execution_id: str | None = None
    dedupe_id: str | None = None
    ip: str = ""
    method: str = "POST"
    query: str | None = None
    body_bytes: int = 0
    replay_of: str | None = None
    headers: dict[str, Any] = Field(default_factory=dict)
    content_type: str | None = None
    body_preview: str = ""
    body_complete: bool = True


class Rejection(Answer):
    """Deliveries from one address that were turned away for one reason."""

    reason: str
    message: str = ""
    ip: str = ""
    times: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None


class Replayed(Answer):
    """A delivery that was taken in once more, and the execution it started."""

    delivery: Delivery
    execution: Execution
