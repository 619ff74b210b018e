"""The life of a work item: one table from (status, event) to status. Pure; knows no database, no runner, no clock.

SQL holds the same table again (`next_item_status` in the migrations) and refuses every other step.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ItemStatus(StrEnum):
    """Where an item stands. LOST means: whoever had it is gone; what was done last is unknown."""

    NEW = "NEW"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    BUSINESS_FAILED = "BUSINESS_FAILED"
    LOST = "LOST"
    EXPIRED = "EXPIRED"


class ItemEvent(StrEnum):
    """What happened. Where one settlement can lead to two statuses, each has an event of its own."""

    TAKE = "TAKE"
    CHANGE = "CHANGE"
    """Priority, first time or deadline."""
    EXPIRE = "EXPIRE"
    SUCCEED = "SUCCEED"
    REJECT = "REJECT"
    """A business failure: the item itself cannot be done, so nothing tries it again."""
    RETRY = "RETRY"
    """A system failure with tries left, or a loss in a queue that has such items done again."""
    FAIL = "FAIL"
    LOSE = "LOSE"
    LATE_SUCCEED = "LATE_SUCCEED"
    """The runner's word about a handling that the Hub had given up; nobody took the item since."""
    LATE_REJECT = "LATE_REJECT"
    LATE_RETRY = "LATE_RETRY"
    LATE_FAIL = "LATE_FAIL"
    RESOLVE_SUCCESSFUL = "RESOLVE_SUCCESSFUL"
    RESOLVE_FAILED = "RESOLVE_FAILED"
    REOPEN = "REOPEN"
    """A person has it tried again, with all its tries."""


TRANSITIONS: Mapping[tuple[ItemStatus, ItemEvent], ItemStatus] = MappingProxyType(
    {
        (ItemStatus.NEW, ItemEvent.TAKE): ItemStatus.IN_PROGRESS,
        (ItemStatus.NEW, ItemEvent.CHANGE): ItemStatus.NEW,
        (ItemStatus.NEW, ItemEvent.EXPIRE): ItemStatus.EXPIRED,
        # It was given back because its execution ended; the runner's journal knows better.
        (ItemStatus.NEW, ItemEvent.LATE_SUCCEED): ItemStatus.SUCCESSFUL,
        (ItemStatus.NEW, ItemEvent.LATE_REJECT): ItemStatus.BUSINESS_FAILED,
        (ItemStatus.IN_PROGRESS, ItemEvent.SUCCEED): ItemStatus.SUCCESSFUL,
        (ItemStatus.IN_PROGRESS, ItemEvent.REJECT): ItemStatus.BUSINESS_FAILED,
        (ItemStatus.IN_PROGRESS, ItemEvent.RETRY): ItemStatus.NEW,
        (ItemStatus.IN_PROGRESS, ItemEvent.FAIL): ItemStatus.FAILED,
        (ItemStatus.IN_PROGRESS, ItemEvent.LOSE): ItemStatus.LOST,
        (ItemStatus.LOST, ItemEvent.LATE_SUCCEED): ItemStatus.SUCCESSFUL,
        (ItemStatus.LOST, ItemEvent.LATE_REJECT): ItemStatus.BUSINESS_FAILED,
        (ItemStatus.LOST, ItemEvent.LATE_RETRY): ItemStatus.NEW,
        (ItemStatus.LOST, ItemEvent.LATE_FAIL): ItemStatus.FAILED,
        (ItemStatus.LOST, ItemEvent.RESOLVE_SUCCESSFUL): ItemStatus.SUCCESSFUL,
        (ItemStatus.LOST, ItemEvent.RESOLVE_FAILED): ItemStatus.BUSINESS_FAILED,
        (ItemStatus.LOST, ItemEvent.REOPEN): ItemStatus.NEW,
        (ItemStatus.FAILED, ItemEvent.LATE_SUCCEED): ItemStatus.SUCCESSFUL,
        (ItemStatus.FAILED, ItemEvent.LATE_REJECT): ItemStatus.BUSINESS_FAILED,
        (ItemStatus.FAILED, ItemEvent.REOPEN): ItemStatus.NEW,
        (ItemStatus.BUSINESS_FAILED, ItemEvent.REOPEN): ItemStatus.NEW,
        (ItemStatus.EXPIRED, ItemEvent.REOPEN): ItemStatus.NEW,
    }
)

TERMINAL = frozenset(ItemStatus) - {status for status, _ in TRANSITIONS}
"""Absorbing: nothing leads out of it."""

OPEN = frozenset({ItemStatus.NEW, ItemStatus.IN_PROGRESS, ItemStatus.LOST})
"""There is something left to be done or decided."""


def next_item_status(status: ItemStatus, event: ItemEvent) -> ItemStatus:
    """Where the event leads. Raises KeyError when the event cannot happen there."""
    return TRANSITIONS[status, event]
