"""Rules by which people are told of events by e-mail."""

from datetime import datetime

from services.client.models.base import Actor, Answer


class NotificationRule(Answer):
    """Who is told of what; `pending` mails wait or are being collected for a digest."""

    id: str
    name: str
    enabled: bool = True
    recipients: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    workflow_ids: tuple[str, ...] = ()
    failures_only: bool = False
    digest_seconds: int = 0
    subject_template: str = ""
    text_template: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    etag: str = ""
    pending: int = 0
    last_sent_at: datetime | None = None
    last_error: str | None = None


class RefusedRecipient(Answer):
    """Whom the mail server does not take, and why."""

    recipient: str
    error: str = ""


class NotificationTest(Answer):
    """What the mail server said to a sample."""

    sent: bool
    refused: tuple[RefusedRecipient, ...] = ()
    error: str | None = None
