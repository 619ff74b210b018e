"""Queues, items and handlings as plain data, and what a settlement or a release does to an item. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.scheduler.executions.model import Actor
from services.scheduler.queues.lifecycle import ItemEvent, ItemStatus, next_item_status

MAXIMUM_BACKOFF_SECONDS = 3_600.0


class LossPolicy(StrEnum):
    """What becomes of an item whose outcome is unknown."""

    HOLD = "HOLD"
    RETRY = "RETRY"


class ItemOutcome(StrEnum):
    """How one handling of an item ended."""

    SUCCESSFUL = "SUCCESSFUL"
    SYSTEM_FAILED = "SYSTEM_FAILED"
    BUSINESS_FAILED = "BUSINESS_FAILED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as people see it. Durations in seconds; `payload_schema` is JSON, empty when any payload will do."""

    id: str
    name: str
    description: str
    unique_references: bool
    max_retries: int
    retry_backoff_seconds: float
    lease_seconds: float
    on_lost: LossPolicy
    payload_schema: bytes
    revision: int
    created_at: datetime
    updated_at: datetime
    created_by: Actor

    @property
    def etag(self) -> str:
        """Changes with everything a person can change."""
        return f"{self.id}.{self.revision}"


Counts = Mapping[ItemStatus, int]
"""Items by status; a status without items may be missing."""


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """Why a handling failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item as somebody adds it; `payload` is JSON that fits the queue. `id` is made by the caller."""

    id: str
    reference: str
    payload: bytes
    priority: int
    not_before: datetime | None = None
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a NewItem: its id, or as a duplicate that of the item which has the reference."""

    id: str
    reference: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item. `attempt_no` counts how often it was taken, `failures` its system failures since it was (re)opened.

    `payload` and `output` are JSON; in lists they are empty when they are large.
    """

    id: str
    queue_id: str
    reference: str
    payload: bytes
    payload_bytes: int
    status: ItemStatus
    priority: int
    ready_at: datetime
    deadline_at: datetime | None
    attempt_no: int
    failures: int
    execution_id: str | None
    taken_at: datetime | None
    lease_expires_at: datetime | None
    settled_at: datetime | None
    output: bytes
    failure: ItemFailure | None
    created_at: datetime
    updated_at: datetime
    created_by: Actor


@dataclass(frozen=True, slots=True)
class Handling:
    """One handling of an item: who took it when, and how it ended."""

    attempt_no: int
    execution_id: str
    node_id: str
    taken_at: datetime
    ended_at: datetime | None
    outcome: ItemOutcome | None
    failure: ItemFailure | None
    late: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How a handling ended, by the runner's word (`settlement_id`) or by the Hub's."""

    outcome: ItemOutcome
    failure: ItemFailure | None = None
    output: bytes = b""
    settlement_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A locked item with what decides about its end: its latest handling and its queue's rules."""

    id: str
    status: ItemStatus
    attempt_no: int
    failures: int
    max_retries: int
    retry_backoff_seconds: float
    on_lost: LossPolicy


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be written: the item's next status, and its handling's end if that changes."""

    item: Tried
    event: ItemEvent
    status: ItemStatus
    ending: Ending
    failures: int
    ready_in_seconds: float | None = None
    late: bool = False


def end_handling(item: Tried, ending: Ending) -> Step:
    """The end of the handling of an item that is in progress."""
    if ending.outcome is ItemOutcome.SUCCESSFUL:
        return _step(item, ItemEvent.SUCCEED, ending)
    if ending.outcome is ItemOutcome.BUSINESS_FAILED:
        return _step(item, ItemEvent.REJECT, ending)
    if ending.outcome is ItemOutcome.LOST and item.on_lost is LossPolicy.HOLD:
        return _step(item, ItemEvent.LOSE, ending)
    return _failed(item, ending, ItemEvent.RETRY, ItemEvent.FAIL)


def end_late(item: Tried, ending: Ending) -> Step | None:
    """The runner's word about the latest handling, after the Hub had ended it. None: it changes nothing any more."""
    if ending.outcome is ItemOutcome.SUCCESSFUL and item.status in _UNDECIDED:
        return _step(item, ItemEvent.LATE_SUCCEED, ending, late=True)
    if ending.outcome is ItemOutcome.BUSINESS_FAILED and item.status in _UNDECIDED:
        return _step(item, ItemEvent.LATE_REJECT, ending, late=True)
    if ending.outcome is ItemOutcome.SYSTEM_FAILED and item.status is ItemStatus.LOST:
        return _failed(item, ending, ItemEvent.LATE_RETRY, ItemEvent.LATE_FAIL, late=True)
    return None


_UNDECIDED = frozenset({ItemStatus.NEW, ItemStatus.LOST, ItemStatus.FAILED})


def _failed(item: Tried, ending: Ending, retry: ItemEvent, fail: ItemEvent, *, late: bool = False) -> Step:
    failures = item.failures + 1
    if failures > item.max_retries:
        return _step(item, fail, ending, failures=failures, late=late)
    pause = min(item.retry_backoff_seconds * 2.0 ** min(failures - 1, 30), MAXIMUM_BACKOFF_SECONDS)
    return _step(item, retry, ending, failures=failures, ready_in_seconds=pause, late=late)


def _step(
    item: Tried,
    event: ItemEvent,
    ending: Ending,
    *,
    failures: int | None = None,
    ready_in_seconds: float | None = None,
    late: bool = False,
) -> Step:
    return Step(
        item=item,
        event=event,
        status=next_item_status(item.status, event),
        ending=ending,
        failures=item.failures if failures is None else failures,
        ready_in_seconds=ready_in_seconds,
        late=late,
    )
