"""The life of an execution: one table from (status, event) to status. Pure; knows no database, no runner, no clock.

SQL holds the same table again (`next_status` in the migrations) and refuses every other step.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Where an execution stands. LOST means: the runner has stopped; what it did last is unknown."""

    QUEUED = "QUEUED"
    ASSIGNED = "ASSIGNED"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"
    LOST = "LOST"


class Event(StrEnum):
    """What happened. Where one message of a runner can lead to two statuses, each has an event of its own."""

    CLAIM = "CLAIM"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    RETURN = "RETURN"
    """Not delivered, or the runner lost it before it began: costs nothing."""
    DECLINE = "DECLINE"
    OFFER_EXPIRE = "OFFER_EXPIRE"
    EXHAUST = "EXHAUST"
    """Declined or unanswered once too often."""
    REFUSE = "REFUSE"
    """Interactive: declined or unanswered."""
    FINISH_OK = "FINISH_OK"
    FINISH_FAILED = "FINISH_FAILED"
    FINISH_STOPPED = "FINISH_STOPPED"
    FINISH_TIMEOUT = "FINISH_TIMEOUT"
    RETRY_FAILED = "RETRY_FAILED"
    SUSPEND = "SUSPEND"
    """Nothing can be done before a person decides or a time has come; the runner is free."""
    RESUME = "RESUME"
    """A person decided: what waited for that may go on."""
    NOT_BEGUN = "NOT_BEGUN"
    LOSE = "LOSE"
    RETRY_LOST = "RETRY_LOST"
    DEADLINE = "DEADLINE"
    STOP = "STOP"
    STOP_NOW = "STOP_NOW"
    QUEUE_TIMEOUT = "QUEUE_TIMEOUT"
    LATE_OK = "LATE_OK"
    LATE_FAILED = "LATE_FAILED"
    LATE_STOPPED = "LATE_STOPPED"
    RESOLVE_COMPLETED = "RESOLVE_COMPLETED"
    RESOLVE_FAILED = "RESOLVE_FAILED"
    RESOLVE_STOPPED = "RESOLVE_STOPPED"
    CONTACT_LOST = "CONTACT_LOST"
    CONTACT_REGAINED = "CONTACT_REGAINED"


TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (Status.QUEUED, Event.CLAIM): Status.ASSIGNED,
        (Status.QUEUED, Event.STOP): Status.STOPPED,
        (Status.QUEUED, Event.QUEUE_TIMEOUT): Status.FAILED,
        (Status.QUEUED, Event.LATE_OK): Status.COMPLETED,
        (Status.QUEUED, Event.RESUME): Status.QUEUED,
        (Status.ASSIGNED, Event.ACKNOWLEDGE): Status.RUNNING,
        (Status.ASSIGNED, Event.RETURN): Status.QUEUED,
        (Status.ASSIGNED, Event.DECLINE): Status.QUEUED,
        (Status.ASSIGNED, Event.OFFER_EXPIRE): Status.QUEUED,
        (Status.ASSIGNED, Event.EXHAUST): Status.FAILED,
        (Status.ASSIGNED, Event.REFUSE): Status.FAILED,
        (Status.ASSIGNED, Event.STOP): Status.STOPPED,
        (Status.RUNNING, Event.FINISH_OK): Status.COMPLETED,
        (Status.RUNNING, Event.FINISH_FAILED): Status.FAILED,
        (Status.RUNNING, Event.FINISH_STOPPED): Status.STOPPED,
        (Status.RUNNING, Event.RETRY_FAILED): Status.QUEUED,
        (Status.RUNNING, Event.SUSPEND): Status.QUEUED,
        (Status.RUNNING, Event.NOT_BEGUN): Status.QUEUED,
        (Status.RUNNING, Event.LOSE): Status.LOST,
        (Status.RUNNING, Event.RETRY_LOST): Status.QUEUED,
        (Status.RUNNING, Event.DEADLINE): Status.STOPPING,
        (Status.RUNNING, Event.STOP): Status.STOPPING,
        (Status.RUNNING, Event.CONTACT_LOST): Status.RUNNING,
        (Status.RUNNING, Event.CONTACT_REGAINED): Status.RUNNING,
        (Status.STOPPING, Event.FINISH_OK): Status.COMPLETED,
        (Status.STOPPING, Event.FINISH_STOPPED): Status.STOPPED,
        (Status.STOPPING, Event.FINISH_TIMEOUT): Status.FAILED,
        (Status.STOPPING, Event.LOSE): Status.LOST,
        (Status.STOPPING, Event.STOP_NOW): Status.STOPPING,
        (Status.STOPPING, Event.CONTACT_LOST): Status.STOPPING,
        (Status.STOPPING, Event.CONTACT_REGAINED): Status.STOPPING,
        (Status.LOST, Event.LATE_OK): Status.COMPLETED,
        (Status.LOST, Event.LATE_FAILED): Status.FAILED,
        # Not in the protocol's table, but a stop that could not be confirmed is confirmed by the runner's own word.
        (Status.LOST, Event.LATE_STOPPED): Status.STOPPED,
        (Status.LOST, Event.RESOLVE_COMPLETED): Status.COMPLETED,
        (Status.LOST, Event.RESOLVE_FAILED): Status.FAILED,
        (Status.LOST, Event.RESOLVE_STOPPED): Status.STOPPED,
    }
)

TERMINAL = frozenset(Status) - {status for status, _ in TRANSITIONS}
"""Absorbing: nothing leads out of them."""

ENDED = TERMINAL | {Status.LOST}
"""No attempt is at work; only a late finish or a person leads out of LOST."""

LIVE = frozenset({Status.ASSIGNED, Status.RUNNING, Status.STOPPING})
"""One live attempt belongs to each of these."""


def next_status(status: Status, event: Event) -> Status:
    """Where the event leads. Raises KeyError when the event cannot happen there."""
    return TRANSITIONS[status, event]
