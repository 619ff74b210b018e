"""The transition table, cell by cell."""

import itertools

import pytest

from services.scheduler.executions.lifecycle import ENDED, LIVE, TERMINAL, TRANSITIONS, Event, Status, next_status

S, E = Status, Event

EXPECTED = {
    S.QUEUED: {
        E.CLAIM: S.ASSIGNED,
        E.STOP: S.STOPPED,
        E.QUEUE_TIMEOUT: S.FAILED,
        E.LATE_OK: S.COMPLETED,
        E.RESUME: S.QUEUED,
    },
    S.ASSIGNED: {
        E.ACKNOWLEDGE: S.RUNNING,
        E.RETURN: S.QUEUED,
        E.DECLINE: S.QUEUED,
        E.OFFER_EXPIRE: S.QUEUED,
        E.EXHAUST: S.FAILED,
        E.REFUSE: S.FAILED,
        E.STOP: S.STOPPED,
    },
    S.RUNNING: {
        E.FINISH_OK: S.COMPLETED,
        E.FINISH_FAILED: S.FAILED,
        E.FINISH_STOPPED: S.STOPPED,
        E.RETRY_FAILED: S.QUEUED,
        E.SUSPEND: S.QUEUED,
        E.NOT_BEGUN: S.QUEUED,
        E.LOSE: S.LOST,
        E.RETRY_LOST: S.QUEUED,
        E.DEADLINE: S.STOPPING,
        E.STOP: S.STOPPING,
        E.CONTACT_LOST: S.RUNNING,
        E.CONTACT_REGAINED: S.RUNNING,
    },
    S.STOPPING: {
        E.FINISH_OK: S.COMPLETED,
        E.FINISH_STOPPED: S.STOPPED,
        E.FINISH_TIMEOUT: S.FAILED,
        E.LOSE: S.LOST,
        E.STOP_NOW: S.STOPPING,
        E.CONTACT_LOST: S.STOPPING,
        E.CONTACT_REGAINED: S.STOPPING,
    },
    S.LOST: {
        E.LATE_OK: S.COMPLETED,
        E.LATE_FAILED: S.FAILED,
        E.LATE_STOPPED: S.STOPPED,
        E.RESOLVE_COMPLETED: S.COMPLETED,
        E.RESOLVE_FAILED: S.FAILED,
        E.RESOLVE_STOPPED: S.STOPPED,
    },
    S.COMPLETED: {},
    S.FAILED: {},
    S.STOPPED: {},
}


@pytest.mark.parametrize(("status", "event"), list(itertools.product(Status, Event)))
def test_every_cell_of_the_table_is_as_agreed(status: Status, event: Event) -> None:
    expected = EXPECTED[status].get(event)
    assert TRANSITIONS.get((status, event)) is expected
    if expected is None:
        with pytest.raises(KeyError):
            next_status(status, event)
    else:
        assert next_status(status, event) is expected


def test_completed_failed_and_stopped_absorb() -> None:
    assert {Status.COMPLETED, Status.FAILED, Status.STOPPED} == TERMINAL
    assert TERMINAL | {Status.LOST} == ENDED


def test_every_status_is_live_waiting_or_ended() -> None:
    assert {Status.QUEUED} | LIVE | ENDED == set(Status)
    assert not LIVE & ENDED


def test_every_event_happens_somewhere() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)
