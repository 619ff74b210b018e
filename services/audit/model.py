"""What the audit log is made of: recorded events, checkpoints, and the verdict of a verification."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One administrative action as a service recorded it. `details` is a JSON object as text, without secrets."""

    id: str
    at: datetime
    service: str
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    resource_kind: str
    resource_id: str
    resource_name: str
    ip: str
    request_id: str
    details: str


@dataclass(frozen=True, slots=True)
class Link:
    """An event with its place in the chain."""

    seq: int
    event: Event
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement that the chain had this hash at this row."""

    seq: int
    at: datetime
    hash: bytes
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. `broken_at` is the first row that does not fit, 0 when all do."""

    valid: bool
    checked: int
    broken_at: int
    message: str
    head_hash: bytes


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events a list shows; empty values ask for nothing."""

    actor: str = ""
    action: str = ""
    resource: str = ""
    since: datetime | None = None
    until: datetime | None = None


def microseconds(at: datetime) -> int:
    """Exact microseconds since 1970, as Postgres keeps them."""
    return (at - EPOCH) // timedelta(microseconds=1)
