"""What a runner's word, a timer or a person does to an execution."""

from dataclasses import replace
from typing import Any

import pytest

from services.scheduler.continuations.model import Suspension, Wait
from services.scheduler.executions import decisions, endings
from services.scheduler.executions.lifecycle import ENDED, Event, Status
from services.scheduler.executions.model import (
    Actor,
    Answer,
    AttemptEnd,
    AttemptState,
    Change,
    Failure,
    Finish,
    Mode,
    Work,
)

ADA = Actor("user", "u1", "Ada")
OK = Finish(AttemptEnd.OK, "d1", b"1")
BROKEN = Finish(AttemptEnd.FAILED, "d2", failure=Failure("BOOM", "it broke"))
BROKEN_AGAIN = Finish(AttemptEnd.FAILED, "d3", failure=Failure("BUSY", "try later", retryable=True))
STOPPED = Finish(AttemptEnd.STOPPED, "d4", stopped_by="Bob")


def work(status: Status, *, attempt: dict[str, Any] | None = None, **more: Any) -> Work:
    state = AttemptState("a1", "r1", 0, 1, 60.0, acknowledged=status is not Status.ASSIGNED, runner_name="robot")
    values: dict[str, Any] = {
        "execution_id": "e1",
        "workflow_id": "w1",
        "status": status,
        "mode": Mode.SCHEDULED,
        "latest_attempt_id": "a1",
        "run_attempts": 1,
        "max_attempts": 1,
        "backoff_seconds": 10.0,
        "on_lost": "lost",
        "dispatch_failures": 0,
        "stop_cause": None,
        "stop_force": False,
        "concurrency_key": None,
        "timeout_seconds": 5.0,
        "attempt": replace(state, **(attempt or {})),
    }
    return Work(**{**values, **more})


def led_to(change: Change | None) -> tuple[Event, Status]:
    assert change is not None
    return change.event, change.status


@pytest.mark.parametrize(
    ("status", "more", "result", "expected"),
    [
        (Status.RUNNING, {}, OK, (Event.FINISH_OK, Status.COMPLETED)),
        (Status.RUNNING, {}, BROKEN, (Event.FINISH_FAILED, Status.FAILED)),
        (Status.RUNNING, {"max_attempts": 2}, BROKEN, (Event.FINISH_FAILED, Status.FAILED)),
        (Status.RUNNING, {}, BROKEN_AGAIN, (Event.FINISH_FAILED, Status.FAILED)),
        (Status.RUNNING, {"max_attempts": 2}, BROKEN_AGAIN, (Event.RETRY_FAILED, Status.QUEUED)),
        (Status.RUNNING, {}, STOPPED, (Event.FINISH_STOPPED, Status.STOPPED)),
        (Status.STOPPING, {"stop_cause": "REQUEST"}, OK, (Event.FINISH_OK, Status.COMPLETED)),
        (Status.STOPPING, {"stop_cause": "REQUEST"}, BROKEN, (Event.FINISH_STOPPED, Status.STOPPED)),
        (Status.STOPPING, {"stop_cause": "REQUEST"}, STOPPED, (Event.FINISH_STOPPED, Status.STOPPED)),
        (Status.STOPPING, {"stop_cause": "TIMEOUT"}, OK, (Event.FINISH_OK, Status.COMPLETED)),
        (Status.STOPPING, {"stop_cause": "TIMEOUT"}, STOPPED, (Event.FINISH_TIMEOUT, Status.FAILED)),
    ],
)
def test_a_finish_ends_the_live_attempt(
    status: Status, more: dict[str, Any], result: Finish, expected: tuple[Event, Status]
) -> None:
    change, answer = endings.finish(work(status, **more), result, "r1")
    assert answer is Answer.OK
    assert led_to(change) == expected
    assert change is not None
    assert change.attempt_end is result.outcome
    assert change.digest == result.digest


def test_a_retry_waits_for_its_backoff_which_doubles() -> None:
    waits = []
    for run_attempts in (1, 2, 3, 20):
        change, _ = endings.finish(work(Status.RUNNING, max_attempts=99, run_attempts=run_attempts), BROKEN_AGAIN, "r1")
        assert change is not None
        assert change.waiting_for == "RETRY_BACKOFF"
        waits.append(change.ready_in_seconds)
    assert waits == [10.0, 20.0, 40.0, 3_600.0]


def test_a_timed_out_execution_fails_with_TIMEOUT() -> None:  # noqa: N802
    change, _ = endings.finish(work(Status.STOPPING, stop_cause="TIMEOUT"), STOPPED, "r1")
    assert change is not None
    assert change.failure is not None
    assert change.failure.code == "TIMEOUT"
    assert "5 seconds" in change.failure.message


def test_who_stopped_it_on_the_runner_is_named() -> None:
    change, _ = endings.finish(work(Status.RUNNING), STOPPED, "r1")
    assert change is not None
    assert change.stopped_by == Actor("runner", "r1", "Bob")


@pytest.mark.parametrize(
    ("status", "ended", "more", "result", "expected"),
    [
        (Status.COMPLETED, {"ended": AttemptEnd.OK, "digest": "d1"}, {}, OK, Answer.DUPLICATE_OK),
        (Status.COMPLETED, {"ended": AttemptEnd.OK, "digest": "d1"}, {}, BROKEN, Answer.STALE_ATTEMPT),
        (Status.QUEUED, {"ended": AttemptEnd.UNDELIVERED}, {}, OK, Answer.STALE_ATTEMPT),
        (Status.STOPPED, {"ended": AttemptEnd.WITHDRAWN}, {}, OK, Answer.STALE_ATTEMPT),
        (Status.RUNNING, {"ended": AttemptEnd.LOST}, {"latest_attempt_id": "a2"}, OK, Answer.STALE_ATTEMPT),
        (Status.QUEUED, {"ended": AttemptEnd.LOST}, {}, BROKEN, Answer.STALE_ATTEMPT),
        (Status.COMPLETED, {"ended": AttemptEnd.LOST}, {}, OK, Answer.STALE_ATTEMPT),
        (Status.RUNNING, {"runner_id": "other"}, {}, OK, Answer.FORBIDDEN),
        (Status.ASSIGNED, {}, {}, OK, Answer.FORBIDDEN),
    ],
)
def test_a_finish_that_changes_nothing(
    status: Status, ended: dict[str, Any], more: dict[str, Any], result: Finish, expected: Answer
) -> None:
    assert endings.finish(work(status, attempt=ended, **more), result, "r1") == (None, expected)


@pytest.mark.parametrize(
    ("status", "result", "expected"),
    [
        (Status.LOST, OK, (Event.LATE_OK, Status.COMPLETED)),
        (Status.QUEUED, OK, (Event.LATE_OK, Status.COMPLETED)),
        (Status.LOST, BROKEN, (Event.LATE_FAILED, Status.FAILED)),
        (Status.LOST, STOPPED, (Event.LATE_STOPPED, Status.STOPPED)),
    ],
)
def test_a_late_finish_of_the_lost_latest_attempt_counts(
    status: Status, result: Finish, expected: tuple[Event, Status]
) -> None:
    change, answer = endings.finish(work(status, attempt={"ended": AttemptEnd.LOST}), result, "r1")
    assert answer is Answer.LATE_ACCEPTED
    assert led_to(change) == expected
    assert change is not None
    assert change.late


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (Event.LOSE, Status.LOST)),
        ({"on_lost": "retry"}, (Event.LOSE, Status.LOST)),
        ({"max_attempts": 2}, (Event.LOSE, Status.LOST)),
        ({"on_lost": "retry", "max_attempts": 2}, (Event.RETRY_LOST, Status.QUEUED)),
    ],
)
def test_lost_work_is_repeated_only_where_its_workflow_allows_it(
    more: dict[str, Any], expected: tuple[Event, Status]
) -> None:
    change = decisions.expire_lease(work(Status.RUNNING, attempt={"lease_over": True}, **more))
    assert led_to(change) == expected


def test_lost_work_waits_until_the_old_lease_is_over() -> None:
    lost = work(Status.RUNNING, on_lost="retry", max_attempts=2, attempt={"lease_left_seconds": 42.0})
    change = decisions.lose(lost, "RUNNER_RESTARTED", "")
    assert (change.waiting_for, change.ready_in_seconds) == ("LOST_GRACE", 42.0)


def test_a_stop_that_is_never_confirmed_is_lost() -> None:
    change = decisions.expire_lease(
        work(Status.STOPPING, on_lost="retry", max_attempts=9, attempt={"lease_over": True})
    )
    assert led_to(change) == (Event.LOSE, Status.LOST)
    assert change is not None
    assert change.failure is not None
    assert change.failure.code == "STOP_UNCONFIRMED"


def test_a_runner_that_stopped_itself_by_its_lease_has_lost_the_work() -> None:
    fenced = Finish(AttemptEnd.FAILED, "d", failure=Failure("FENCED", "no contact"))
    change, _ = endings.finish(work(Status.RUNNING), fenced, "r1")
    assert led_to(change) == (Event.LOSE, Status.LOST)
    assert change is not None
    assert change.digest == "d"


def test_declined_offers_come_back_with_backoff_and_the_fourth_is_the_end() -> None:
    steps = []
    for failures in range(4):
        assigned = work(Status.ASSIGNED, dispatch_failures=failures, refusers=("older",))
        change, answer = decisions.decline(assigned, "DISK_FULL", delivered=True)
        assert answer is Answer.OK
        assert change is not None
        steps.append((change.event, change.ready_in_seconds))
    assert steps == [(Event.DECLINE, 2.0), (Event.DECLINE, 4.0), (Event.DECLINE, 8.0), (Event.EXHAUST, None)]
    assert change is not None
    assert change.failure is not None
    assert "older, robot" in change.failure.message


def test_an_offer_that_was_not_delivered_costs_nothing() -> None:
    change, _ = decisions.decline(work(Status.ASSIGNED, dispatch_failures=3), "", delivered=False)
    assert led_to(change) == (Event.RETURN, Status.QUEUED)
    assert change is not None
    assert (change.dispatch_failures, change.waiting_for, change.attempt_end) == (None, None, AttemptEnd.UNDELIVERED)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_declined_interactive_execution_fails_and_is_never_queued(delivered: bool) -> None:
    change, _ = decisions.decline(work(Status.ASSIGNED, mode=Mode.INTERACTIVE), "BUSY", delivered=delivered)
    assert led_to(change) == (Event.REFUSE, Status.FAILED)


def test_an_acknowledged_attempt_counts_as_run_and_forgets_refusals() -> None:
    change, answer = decisions.acknowledge(work(Status.ASSIGNED, run_attempts=0, dispatch_failures=2))
    assert answer is Answer.OK
    assert change is not None
    assert (change.run_attempts, change.dispatch_failures, change.acknowledged) == (1, 0, True)


@pytest.mark.parametrize("status", [Status.RUNNING, Status.STOPPING])
def test_a_repeated_acknowledgement_answers_the_same(status: Status) -> None:
    assert decisions.acknowledge(work(status)) == (None, Answer.OK)


def test_work_that_never_began_is_free_whatever_the_workflow_says() -> None:
    change = decisions.not_begun(work(Status.RUNNING, run_attempts=1))
    assert led_to(change) == (Event.NOT_BEGUN, Status.QUEUED)
    assert (change.run_attempts, change.waiting_for) == (0, None)


@pytest.mark.parametrize(
    ("status", "force", "expected"),
    [
        (Status.QUEUED, False, (Event.STOP, Status.STOPPED)),
        (Status.ASSIGNED, False, (Event.STOP, Status.STOPPED)),
        (Status.RUNNING, False, (Event.STOP, Status.STOPPING)),
        (Status.RUNNING, True, (Event.STOP, Status.STOPPING)),
        (Status.STOPPING, True, (Event.STOP_NOW, Status.STOPPING)),
    ],
)
def test_stop_by_status(status: Status, force: bool, expected: tuple[Event, Status]) -> None:
    change = decisions.stop(work(status), ADA, force=force, reason="")
    assert led_to(change) == expected
    assert change is not None
    assert change.stopped_by == ADA


@pytest.mark.parametrize("status", [Status.STOPPING, *sorted(ENDED)])
def test_a_stop_that_changes_nothing(status: Status) -> None:
    assert decisions.stop(work(status), ADA, force=False, reason="") is None


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.LOST}))
def test_only_lost_work_can_be_resolved(status: Status) -> None:
    assert decisions.resolve(work(status), Status.COMPLETED, ADA, "") is None


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.STOPPED])
def test_a_person_resolves_lost_work(status: Status) -> None:
    assert led_to(decisions.resolve(work(Status.LOST), status, ADA, "seen"))[1] is status


@pytest.mark.parametrize(("possible", "code"), [(True, "QUEUE_TIMEOUT"), (False, "NO_RUNNER")])
def test_waiting_too_long_says_whether_any_runner_could_ever(possible: bool, code: str) -> None:
    change = decisions.leave_queue(work(Status.QUEUED, queue_over=True), [], possible=possible)
    assert change is not None
    assert change.failure is not None
    assert change.failure.code == code


def test_timers_that_are_not_over_change_nothing() -> None:
    assert decisions.expire_lease(work(Status.RUNNING)) is None
    assert decisions.expire_offer(work(Status.ASSIGNED)) is None
    assert decisions.meet_deadline(work(Status.RUNNING)) is None
    assert decisions.leave_queue(work(Status.QUEUED), [], possible=True) is None


@pytest.mark.parametrize(
    ("waits", "waiting_for", "ready_in"),
    [
        ([Wait("ask", None, b"{}")], "APPROVAL", endings.UNTIL_DECIDED_SECONDS),
        ([Wait("nap", 60.0, b"1"), Wait("long", 600.0, b"1")], "DELAY", 60.0),
        ([Wait("ask", None, b"{}"), Wait("past", -1.0, b"1")], "DELAY", 0.0),
    ],
)
def test_a_suspension_goes_back_to_the_queue_and_costs_no_try(
    waits: list[Wait], waiting_for: str, ready_in: float
) -> None:
    suspended = Finish(AttemptEnd.SUSPENDED, "d5", suspension=Suspension(tuple(waits), b"{}"))
    change, answer = endings.finish(work(Status.RUNNING, run_attempts=2), suspended, "r1")
    assert (led_to(change), answer) == ((Event.SUSPEND, Status.QUEUED), Answer.OK)
    assert change is not None
    assert (change.waiting_for, change.ready_in_seconds, change.run_attempts) == (waiting_for, ready_in, 1)
    stopping = work(Status.STOPPING, stop_cause="REQUEST")
    assert led_to(endings.finish(stopping, suspended, "r1")[0]) == (Event.FINISH_STOPPED, Status.STOPPED)
    lost = work(Status.LOST, attempt={"ended": AttemptEnd.LOST})
    assert endings.finish(lost, suspended, "r1") == (None, Answer.STALE_ATTEMPT)


def test_interactive_work_that_has_begun_once_waits_in_the_queue_like_others() -> None:
    again = work(Status.ASSIGNED, mode=Mode.INTERACTIVE, attempt={"number": 2})
    change, _ = decisions.decline(again, "BUSY", delivered=True)
    assert led_to(change) == (Event.DECLINE, Status.QUEUED)
    assert led_to(decisions.give_back(again, AttemptEnd.UNDELIVERED, "gone")) == (Event.RETURN, Status.QUEUED)
