"""Work queues, their items, and what became of them."""

from datetime import datetime
from typing import Any

from services.client.models.base import Actor, Answer


class ItemCounts(Answer):
    """Items by status."""

    new: int = 0
    in_progress: int = 0
    successful: int = 0
    failed: int = 0
    business_failed: int = 0
    lost: int = 0
    expired: int = 0


class Queue(Answer):
    """`on_lost` hold: an item whose outcome is unknown waits for a person; retry: it is done again."""

    id: str
    name: str
    description: str = ""
    unique_references: bool = False
    max_retries: int = 0
    retry_backoff_seconds: float = 0.0
    lease_seconds: float = 86_400.0
    on_lost: str = "hold"
    payload_schema: dict[str, Any] | None = None
    counts: ItemCounts = ItemCounts()
    etag: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None


class ItemFailureCount(Answer):
    """Handlings that failed alike; `outcome` is systemFailed, businessFailed or lost."""

    outcome: str
    code: str | None = None
    count: int = 0
    last_at: datetime | None = None


class QueueStatistics(Answer):
    """`ready` items could be taken now; handlings and failures are those of the last `hours`."""

    counts: ItemCounts
    ready: int = 0
    oldest_waiting_at: datetime | None = None
    hours: int = 24
    handled: int = 0
    mean_handling_seconds: float = 0.0
    failures: tuple[ItemFailureCount, ...] = ()


class ItemFailure(Answer):
    """Why an item failed."""

    code: str
    message: str = ""


class Item(Answer):
    """`status` is new, inProgress, successful, failed, businessFailed, lost or expired.

    In lists, payload and output are None when they have more than 2 KiB.
    """

    id: str
    queue_id: str = ""
    reference: str | None = None
    payload: Any = None
    payload_bytes: int = 0
    status: str
    priority: int = 50
    ready_at: datetime | None = None
    deadline_at: datetime | None = None
    attempt: int = 0
    failures: int = 0
    execution_id: str | None = None
    taken_at: datetime | None = None
    lease_expires_at: datetime | None = None
    settled_at: datetime | None = None
    output: Any = None
    failure: ItemFailure | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None


class ItemAttempt(Answer):
    """One handling; `outcome` is None while it goes on."""

    attempt: int
    execution_id: str = ""
    node_id: str | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    failure: ItemFailure | None = None
    late: bool = False


class ItemDetail(Answer):
    """An item and its handlings, the latest first."""

    item: Item
    attempts: tuple[ItemAttempt, ...] = ()


class AddedItem(Answer):
    """A duplicate names the item that has the reference."""

    id: str
    reference: str | None = None
    duplicate: bool = False


class AddedItems(Answer):
    """In the order in which they were given."""

    items: tuple[AddedItem, ...] = ()
    added: int = 0
    duplicates: int = 0
