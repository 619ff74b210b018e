"""What a runner's result does to an execution, however often and however late it comes. Pure, as `decisions` is."""

from dataclasses import replace

from services.scheduler.continuations.model import Suspension
from services.scheduler.executions.decisions import Judgement, change_of, lose, timeout_failure
from services.scheduler.executions.lifecycle import Event, Status
from services.scheduler.executions.model import Actor, Answer, AttemptEnd, Change, Failure, Finish, Work

FENCED_CODES = frozenset({"FENCED", "LEASE_EXPIRED"})
"""A failure by which a runner says that it stopped itself at the end of its lease."""

MAXIMUM_BACKOFF_SECONDS = 3_600.0

UNTIL_DECIDED_SECONDS = 100 * 366 * 86_400.0
"""When an execution that waits for a person would be ready by itself: never, as far as anybody is concerned."""


def finish(work: Work, result: Finish, runner_id: str) -> Judgement:
    """The runner's result, however often and however late it comes."""
    attempt = work.attempt
    if attempt is None or attempt.runner_id != runner_id:
        return None, Answer.FORBIDDEN
    if attempt.ended is None:
        if work.status is Status.ASSIGNED:  # a result of work that was never granted
            return None, Answer.FORBIDDEN
        return _finish_live(work, result), Answer.OK
    if attempt.digest is not None:
        return None, Answer.DUPLICATE_OK if attempt.digest == result.digest else Answer.STALE_ATTEMPT
    if attempt.ended is AttemptEnd.LOST and attempt.id == work.latest_attempt_id:
        change = _finish_late(work, result)
        if change is not None:
            return change, Answer.LATE_ACCEPTED
    return None, Answer.STALE_ATTEMPT


def _finish_live(work: Work, result: Finish) -> Change:
    if result.outcome is AttemptEnd.OK:
        return _result(work, Event.FINISH_OK, result)
    if work.status is Status.STOPPING:
        if work.stop_cause == "TIMEOUT":
            return _result(work, Event.FINISH_TIMEOUT, result, failure=timeout_failure(work))
        return _result(work, Event.FINISH_STOPPED, result)
    if result.outcome is AttemptEnd.STOPPED:
        by = Actor("runner", work.attempt.runner_id if work.attempt else "", result.stopped_by)
        return _result(work, Event.FINISH_STOPPED, result, stopped_by=by, facts={"stoppedBy": result.stopped_by})
    if result.outcome is AttemptEnd.SUSPENDED and result.suspension is not None:
        return _suspend(work, result, result.suspension)
    failure = result.failure or Failure("UNKNOWN", "The runner gave no reason.")
    if failure.code in FENCED_CODES:
        return replace(lose(work, "FENCED", failure.message), digest=result.digest)
    if failure.retryable and work.run_attempts < work.max_attempts:
        wait = min(work.backoff_seconds * 2.0 ** (work.run_attempts - 1), MAXIMUM_BACKOFF_SECONDS)
        return _result(
            work,
            Event.RETRY_FAILED,
            result,
            failure=failure,
            waiting_for="RETRY_BACKOFF",
            ready_in_seconds=wait,
            facts={"code": failure.code},
        )
    return _result(work, Event.FINISH_FAILED, result, failure=failure, facts={"code": failure.code})


def _suspend(work: Work, result: Finish, suspension: Suspension) -> Change:
    """Back to the queue until the first delay is over; approvals wake it by themselves. It costs no try."""
    delays = [wait.seconds for wait in suspension.waits if wait.seconds is not None]
    return _result(
        work,
        Event.SUSPEND,
        result,
        run_attempts=work.run_attempts - 1,
        waiting_for="DELAY" if delays else "APPROVAL",
        ready_in_seconds=max(0.0, min(delays, default=UNTIL_DECIDED_SECONDS)),
        facts={"waitsFor": [wait.node_id for wait in suspension.waits]},
    )


def _finish_late(work: Work, result: Finish) -> Change | None:
    """A result after the attempt was given up. It never undoes what was decided meanwhile."""
    if result.outcome is AttemptEnd.OK and work.status in (Status.LOST, Status.QUEUED):
        return _result(work, Event.LATE_OK, result, late=True)
    if work.status is not Status.LOST or result.outcome is AttemptEnd.SUSPENDED:
        return None
    if result.outcome is AttemptEnd.STOPPED:
        return _result(work, Event.LATE_STOPPED, result, late=True)
    failure = result.failure or Failure("UNKNOWN", "The runner gave no reason.")
    if failure.code in FENCED_CODES:
        return None
    return _result(work, Event.LATE_FAILED, result, failure=failure, late=True)


def _result(work: Work, event: Event, result: Finish, *, failure: Failure | None = None, **more: object) -> Change:
    reason = failure.code if failure else ""
    return change_of(
        work,
        event,
        attempt_end=result.outcome,
        end_reason=reason,
        output=result.output or None,
        failure=failure,
        digest=result.digest,
        metrics=result.metrics,
        node_events=result.node_events,
        log_lines=result.log_lines,
        **more,
    )
