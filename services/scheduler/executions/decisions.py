"""What a runner's word, a timer or a person does to an execution: locked state in, change out. Pure.

Each function answers a `Change`, or None where nothing is to be done. Which event it is, is decided here; where the
event leads, by `lifecycle` alone.
"""

from services.scheduler.executions.lifecycle import Event, Status, next_status
from services.scheduler.executions.model import Actor, Answer, AttemptEnd, Change, Failure, Mode, Work

DISPATCH_FAILURES_ALLOWED = 3
"""Delivered and declined or unanswered so often with backoff; once more is the end (03 "Statuses")."""


Judgement = tuple[Change | None, Answer]


def acknowledge(work: Work) -> Judgement:
    """The runner journalled `accepted`."""
    attempt = work.attempt
    if attempt is None:
        return None, Answer.FORBIDDEN
    if attempt.ended is not None:
        return None, Answer.STALE_ATTEMPT
    if work.status is not Status.ASSIGNED:
        return None, Answer.OK
    change = change_of(
        work,
        Event.ACKNOWLEDGE,
        acknowledged=True,
        run_attempts=work.run_attempts + 1,
        dispatch_failures=0,
    )
    return change, Answer.OK


def decline(work: Work, reason: str, *, delivered: bool) -> Judgement:
    """The runner does not take the offer, or never saw it."""
    attempt = work.attempt
    if attempt is None:
        return None, Answer.FORBIDDEN
    if attempt.ended is not None or work.status is not Status.ASSIGNED:
        return None, Answer.STALE_ATTEMPT
    if not delivered:
        return give_back(work, AttemptEnd.UNDELIVERED, reason), Answer.OK
    return _refused(work, Event.DECLINE, AttemptEnd.DECLINED, reason), Answer.OK


def expire_offer(work: Work) -> Change | None:
    """Nobody answered the offer in time."""
    if work.attempt is None or not work.attempt.offer_over or work.status is not Status.ASSIGNED:
        return None
    return _refused(work, Event.OFFER_EXPIRE, AttemptEnd.OFFER_EXPIRED, "no answer in time")


def give_back(work: Work, end: AttemptEnd, reason: str) -> Change:
    """The offer did not reach the runner: free, at once. An interactive execution is not queued to begin."""
    if _must_begin_now(work):
        return _refused(work, Event.DECLINE, end, reason)
    return change_of(work, Event.RETURN, attempt_end=end, end_reason=reason, ready_in_seconds=0.0)


def _must_begin_now(work: Work) -> bool:
    """Interactive, and offered for the first time: somebody sits before it. Later it waits in the queue like others."""
    return work.mode is Mode.INTERACTIVE and (work.attempt is None or work.attempt.number == 1)


def _refused(work: Work, event: Event, end: AttemptEnd, reason: str) -> Change:
    failures = work.dispatch_failures + 1
    name = work.attempt.runner_name if work.attempt else ""
    facts = {"reason": reason, "runner": name}
    if _must_begin_now(work):
        message = f"The runner {name} did not take the work ({reason}). Choose another runner or try again."
        failure = Failure("RUNNER_DECLINED", message, details=facts)
        return change_of(work, Event.REFUSE, attempt_end=end, end_reason=reason, failure=failure, facts=facts)
    if failures > DISPATCH_FAILURES_ALLOWED:
        runners = sorted({*work.refusers, name})
        message = f"Offered {failures} times, but not taken by {', '.join(runners)}; the last reason was: {reason}."
        failure = Failure("DISPATCH_EXHAUSTED", message, details={"reason": reason, "runners": runners})
        return change_of(work, Event.EXHAUST, attempt_end=end, end_reason=reason, failure=failure, facts=facts)
    return change_of(
        work,
        event,
        attempt_end=end,
        end_reason=reason,
        dispatch_failures=failures,
        waiting_for="DISPATCH_BACKOFF",
        ready_in_seconds=2.0**failures,
        facts=facts,
    )


def resume(work: Work, node_id: str, decision: str, by: Actor) -> Change:
    """A person, or the time they had, decided what a queued execution waits for."""
    facts = {"nodeId": node_id, "decision": decision, "by": by.name or by.id}
    return change_of(work, Event.RESUME, attempt_id=None, ready_in_seconds=0.0, facts=facts)


def lose(work: Work, reason: str, message: str) -> Change:
    """The runner has stopped and nobody knows what it did last; repeated only where the workflow allows it."""
    attempt = work.attempt
    if work.status is Status.STOPPING:
        failure = Failure("STOP_UNCONFIRMED", f"A stop was asked for, but never confirmed: {message}")
        return change_of(work, Event.LOSE, attempt_end=AttemptEnd.LOST, end_reason=reason, failure=failure)
    facts = {"reason": reason}
    if work.on_lost == "retry" and work.run_attempts < work.max_attempts:
        return change_of(
            work,
            Event.RETRY_LOST,
            attempt_end=AttemptEnd.LOST,
            end_reason=reason,
            waiting_for="LOST_GRACE",
            # The old attempt can act until its lease is over, wherever it is.
            ready_in_seconds=max(attempt.lease_left_seconds, 0.0) if attempt else 0.0,
            facts=facts,
        )
    failure = Failure("LOST", message, details=facts)
    return change_of(work, Event.LOSE, attempt_end=AttemptEnd.LOST, end_reason=reason, failure=failure, facts=facts)


def expire_lease(work: Work) -> Change | None:
    """No renewal for a whole lease."""
    if work.attempt is None or not work.attempt.lease_over or work.status not in (Status.RUNNING, Status.STOPPING):
        return None
    return lose(work, "LEASE_OVER", "The runner was not heard of until its lease was over.")


def not_begun(work: Work) -> Change:
    """The runner came back and had not begun: free, whatever the workflow says about lost work."""
    if work.status is Status.ASSIGNED:
        return give_back(work, AttemptEnd.RETURNED, "the runner restarted")
    if work.status is Status.STOPPING:
        return children_gone(work)
    return change_of(
        work,
        Event.NOT_BEGUN,
        attempt_end=AttemptEnd.NOT_BEGUN,
        end_reason="the runner restarted before it began",
        run_attempts=work.run_attempts - 1,
        ready_in_seconds=0.0,
    )


def children_gone(work: Work) -> Change:
    """A stop was asked for, and the restarted runner has nothing of it left."""
    if work.stop_cause == "TIMEOUT":
        return change_of(
            work, Event.FINISH_TIMEOUT, attempt_end=AttemptEnd.STOPPED, end_reason="gone", failure=timeout_failure(work)
        )
    return change_of(work, Event.FINISH_STOPPED, attempt_end=AttemptEnd.STOPPED, end_reason="the runner restarted")


def stop(work: Work, by: Actor, *, force: bool, reason: str) -> Change | None:
    """A person's or key's wish. None when it changes nothing: already stopping, or ended."""
    facts = {"by": by.name or by.id, "reason": reason, "force": force}
    if work.status is Status.QUEUED:
        return change_of(work, Event.STOP, stopped_by=by, stop_cause="REQUEST", facts=facts, attempt_id=None)
    if work.status is Status.ASSIGNED:
        return change_of(
            work,
            Event.STOP,
            attempt_end=AttemptEnd.WITHDRAWN,
            end_reason="stopped before it began",
            stopped_by=by,
            stop_cause="REQUEST",
            facts=facts,
        )
    if work.status is Status.RUNNING:
        return change_of(work, Event.STOP, stopped_by=by, stop_cause="REQUEST", stop_force=force, facts=facts)
    if work.status is Status.STOPPING and force and not work.stop_force:
        return change_of(work, Event.STOP_NOW, stopped_by=by, stop_force=True, facts=facts)
    return None


def meet_deadline(work: Work) -> Change | None:
    """The run time is over and the runner has not ended it itself."""
    if work.status is not Status.RUNNING or not work.deadline_over:
        return None
    return change_of(work, Event.DEADLINE, stop_cause="TIMEOUT", stop_force=False)


def leave_queue(work: Work, obstacles: list[dict[str, object]], *, possible: bool) -> Change | None:
    """Waited too long. `possible`: some runner could take it one day; the obstacles are those of this moment."""
    if work.status is not Status.QUEUED or not work.queue_over:
        return None
    details = {"obstacles": obstacles}
    failure = (
        Failure("QUEUE_TIMEOUT", "No runner became free in time. See the obstacles of each runner.", details=details)
        if possible
        else Failure(
            "NO_RUNNER",
            "No runner has the labels and capabilities asked for. Register one or change the requirements.",
            details=details,
        )
    )
    return change_of(work, Event.QUEUE_TIMEOUT, failure=failure, facts={"code": failure.code})


def resolve(work: Work, status: Status, by: Actor, note: str) -> Change | None:
    """A person's word on what a LOST execution did. None when it is not LOST."""
    events = {
        Status.COMPLETED: Event.RESOLVE_COMPLETED,
        Status.FAILED: Event.RESOLVE_FAILED,
        Status.STOPPED: Event.RESOLVE_STOPPED,
    }
    if work.status is not Status.LOST:
        return None
    failure = None
    if status is Status.FAILED:
        failure = Failure("RESOLVED_AS_FAILED", note or "A person declared it failed.")
    return change_of(work, events[status], failure=failure, facts={"by": by.name or by.id, "note": note})


def note_contact(work: Work) -> Change | None:
    """Writes into the history that the runner fell silent, or spoke again."""
    if work.status not in (Status.RUNNING, Status.STOPPING):
        return None
    return change_of(work, Event.CONTACT_REGAINED if work.contact_lost else Event.CONTACT_LOST)


def timeout_failure(work: Work) -> Failure:
    """The failure of an execution that ran longer than it may."""
    return Failure("TIMEOUT", f"It ran longer than the {work.timeout_seconds:g} seconds allowed.")


def change_of(work: Work, event: Event, **fields: object) -> Change:
    """A step of the work; `fields` are those of Change, and the attempt is the work's own unless they say otherwise."""
    fields.setdefault("attempt_id", work.attempt.id if work.attempt else None)
    status = next_status(work.status, event)
    return Change(execution_id=work.execution_id, event=event, status=status, **fields)  # type: ignore[arg-type]  # each caller above names fields of Change
