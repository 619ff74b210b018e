"""Shapes of the rules by which people are told of events by e-mail."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.gateway.routes.event_shapes import EventTypes, WorkflowIds
from services.gateway.routes.shapes import Actor
from services.gateway.transcoding.fields import ApiModel, BodyModel, Name

Recipients = Annotated[list[Annotated[str, Field(min_length=3, max_length=254)]], Field(min_length=1, max_length=50)]
DigestSeconds = Annotated[int, Field(ge=0, le=7 * 24 * 3600)]
Subject = Annotated[str, Field(max_length=200)]
Body = Annotated[str, Field(max_length=10_000)]


class NotificationRuleShape(ApiModel):
    """Who is told of what by e-mail; `pending` mails wait or are being collected."""

    id: str
    name: str
    enabled: bool
    recipients: list[str]
    event_types: list[str]
    workflow_ids: list[str]
    failures_only: bool
    digest_seconds: int
    subject_template: str
    text_template: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None
    etag: str
    pending: int
    last_sent_at: datetime | None
    last_error: str | None


class NotificationRuleAnswer(ApiModel):
    """One rule."""

    rule: NotificationRuleShape


class NotificationRules(ApiModel):
    """All of them, by name. While `mailConfigured` is false, mails wait."""

    items: list[NotificationRuleShape]
    mail_configured: bool
    next_cursor: None = None


class CreateNotificationRule(BodyModel):
    """`digestSeconds` 0 sends a mail for each event. Templates know $event, $title, $reason, $summary, $details, …"""

    name: Name
    recipients: Recipients
    event_types: EventTypes
    workflow_ids: WorkflowIds = Field(default_factory=list)
    failures_only: bool = False
    digest_seconds: DigestSeconds = 0
    subject_template: Subject = ""
    text_template: Body = ""
    enabled: bool = True


class ChangeNotificationRule(BodyModel):
    """What is left out stays as it is; lists are replaced as a whole."""

    name: Name | None = None
    recipients: Recipients | None = None
    event_types: EventTypes | None = None
    workflow_ids: WorkflowIds | None = None
    failures_only: bool | None = None
    digest_seconds: DigestSeconds | None = None
    subject_template: Subject | None = None
    text_template: Body | None = None
    enabled: bool | None = None


class RefusedRecipient(ApiModel):
    """Whom the mail server does not take, and why."""

    recipient: str
    error: str


class NotificationTest(ApiModel):
    """What the mail server said to a sample."""

    sent: bool
    refused: list[RefusedRecipient]
    error: str | None
