"""Rules and mails as plain data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.scheduler.workflows.model import Creator

MAXIMUM_RULES: Final = 200
MAXIMUM_RECIPIENTS: Final = 50
MAXIMUM_DIGEST_SECONDS: Final = 7 * 24 * 3600
MAXIMUM_ITEMS: Final = 10_000
"""Of one mail: more are counted, not read."""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What a rule is to be, as somebody asks for it. Templates are empty for the Hub's own."""

    name: str
    recipients: tuple[str, ...]
    event_types: tuple[str, ...]
    workflow_ids: tuple[str, ...] = ()
    failures_only: bool = False
    digest_seconds: int = 0
    subject_template: str = ""
    text_template: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is told of what."""

    id: str
    draft: RuleDraft
    revision: int
    created_at: datetime
    updated_at: datetime
    creator: Creator
    pending: int = 0
    last_sent_at: datetime | None = None
    last_error: str = ""

    @property
    def etag(self) -> str:
        """Changes with everything a person changes."""
        return f"{self.id}.{self.revision}"


@dataclass(frozen=True, slots=True)
class Item:
    """One event as a mail tells it. `fingerprint` is equal for failures that are alike."""

    type: str
    at: datetime
    subject_kind: str
    subject_id: str
    title: str
    """Name of the workflow, runner, trigger or endpoint."""
    reason: str = ""
    """Why it failed, or what changed."""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail whose time has come, leased to this process."""

    id: str
    lease_id: str
    draft: RuleDraft
    recipients: tuple[str, ...]
    """Who has it still to get."""
    tries: int
    is_over: bool
    """Its time is over: another failure parks it."""
    is_digest: bool
    items: tuple[Item, ...] = ()
    count: int = 0
    """Of events, also those that are not among the items."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recipient whom the mail server does not take."""

    recipient: str
    error: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """What the mail server said. `error` is empty when it took the mail for at least one recipient."""

    error: str = ""
    is_final: bool = False
    """Trying again would change nothing."""
    refusals: tuple[Refusal, ...] = ()
