"""The transition table of work items, cell by cell, and what ends a handling how."""

import itertools

import pytest

from services.scheduler.queues.lifecycle import OPEN, TERMINAL, TRANSITIONS, ItemEvent, ItemStatus, next_item_status
from services.scheduler.queues.model import (
    MAXIMUM_BACKOFF_SECONDS,
    Ending,
    ItemFailure,
    ItemOutcome,
    LossPolicy,
    Tried,
    end_handling,
    end_late,
)

S, E, Done = ItemStatus, ItemEvent, ItemOutcome

EXPECTED = {
    S.NEW: {
        E.TAKE: S.IN_PROGRESS,
        E.CHANGE: S.NEW,
        E.EXPIRE: S.EXPIRED,
        E.LATE_SUCCEED: S.SUCCESSFUL,
        E.LATE_REJECT: S.BUSINESS_FAILED,
    },
    S.IN_PROGRESS: {
        E.SUCCEED: S.SUCCESSFUL,
        E.REJECT: S.BUSINESS_FAILED,
        E.RETRY: S.NEW,
        E.FAIL: S.FAILED,
        E.LOSE: S.LOST,
    },
    S.LOST: {
        E.LATE_SUCCEED: S.SUCCESSFUL,
        E.LATE_REJECT: S.BUSINESS_FAILED,
        E.LATE_RETRY: S.NEW,
        E.LATE_FAIL: S.FAILED,
        E.RESOLVE_SUCCESSFUL: S.SUCCESSFUL,
        E.RESOLVE_FAILED: S.BUSINESS_FAILED,
        E.REOPEN: S.NEW,
    },
    S.FAILED: {E.LATE_SUCCEED: S.SUCCESSFUL, E.LATE_REJECT: S.BUSINESS_FAILED, E.REOPEN: S.NEW},
    S.BUSINESS_FAILED: {E.REOPEN: S.NEW},
    S.EXPIRED: {E.REOPEN: S.NEW},
    S.SUCCESSFUL: {},
}


@pytest.mark.parametrize(("status", "event"), list(itertools.product(S, E)))
def test_every_cell_leads_where_it_should(status: ItemStatus, event: ItemEvent) -> None:
    expected = EXPECTED[status].get(event)
    if expected is None:
        with pytest.raises(KeyError):
            next_item_status(status, event)
    else:
        assert next_item_status(status, event) is expected


def test_a_success_is_never_overwritten() -> None:
    assert {S.SUCCESSFUL} == TERMINAL
    assert {S.NEW, S.IN_PROGRESS, S.LOST} == OPEN
    assert not [event for status, event in TRANSITIONS if status is S.SUCCESSFUL]


def tried(status: ItemStatus = S.IN_PROGRESS, *, failures: int = 0, on_lost: LossPolicy = LossPolicy.HOLD) -> Tried:
    return Tried("i", status, 1, failures, max_retries=2, retry_backoff_seconds=600, on_lost=on_lost)


def failed(outcome: ItemOutcome) -> Ending:
    return Ending(outcome, ItemFailure("X", "it broke"))


def test_system_failures_are_tried_again_ever_later_until_no_try_is_left() -> None:
    steps = [end_handling(tried(failures=failures), failed(Done.SYSTEM_FAILED)) for failures in (0, 1, 2)]
    assert [(step.status, step.ready_in_seconds) for step in steps] == [(S.NEW, 600), (S.NEW, 1200), (S.FAILED, None)]
    many = Tried("i", S.IN_PROGRESS, 1, 90, max_retries=100, retry_backoff_seconds=600, on_lost=LossPolicy.HOLD)
    assert end_handling(many, failed(Done.SYSTEM_FAILED)).ready_in_seconds == MAXIMUM_BACKOFF_SECONDS


def test_business_failures_cost_no_try_and_have_none() -> None:
    step = end_handling(tried(), failed(Done.BUSINESS_FAILED))
    assert (step.status, step.failures) == (S.BUSINESS_FAILED, 0)


def test_what_is_lost_is_held_unless_the_queue_says_otherwise() -> None:
    assert end_handling(tried(), failed(Done.LOST)).status is S.LOST
    assert end_handling(tried(on_lost=LossPolicy.RETRY), failed(Done.LOST)).status is S.NEW
    assert end_handling(tried(failures=2, on_lost=LossPolicy.RETRY), failed(Done.LOST)).status is S.FAILED


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        (S.NEW, Done.SUCCESSFUL, S.SUCCESSFUL),
        (S.LOST, Done.SUCCESSFUL, S.SUCCESSFUL),
        (S.FAILED, Done.BUSINESS_FAILED, S.BUSINESS_FAILED),
        (S.LOST, Done.SYSTEM_FAILED, S.NEW),
        (S.NEW, Done.SYSTEM_FAILED, None),
        (S.SUCCESSFUL, Done.BUSINESS_FAILED, None),
        (S.BUSINESS_FAILED, Done.SUCCESSFUL, None),
        (S.EXPIRED, Done.SUCCESSFUL, None),
    ],
)
def test_a_late_word_changes_what_is_undecided_alone(
    status: ItemStatus, outcome: ItemOutcome, expected: ItemStatus | None
) -> None:
    step = end_late(tried(status), failed(outcome))
    assert (step.status if step else None) is expected
    assert step is None or step.late
