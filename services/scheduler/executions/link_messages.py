"""The Link's messages to plain data and back."""

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any, Final

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from services.kit.errors import invalid
from services.kit.ids import is_id
from services.scheduler.continuations.model import DebugWord, Suspension, Wait
from services.scheduler.evidence.messages import to_batch
from services.scheduler.evidence.model import ReportedBatch
from services.scheduler.executions import calls
from services.scheduler.executions.messages import failure_from_message, metrics_from_message
from services.scheduler.executions.model import AttemptEnd, Finish, Instruction, Offer
from services.scheduler.executions.repository.outcomes import printable

MAXIMUM_ACCOUNT: Final = 100
"""Characters of an account's name that are kept."""

_PHASES = {attempt_pb2.AttemptPhase.Value(f"ATTEMPT_PHASE_{phase.name}"): phase for phase in calls.Phase}
_OUTCOMES = {
    attempt_pb2.OUTCOME_OK: AttemptEnd.OK,
    attempt_pb2.OUTCOME_FAILED: AttemptEnd.FAILED,
    attempt_pb2.OUTCOME_STOPPED: AttemptEnd.STOPPED,
    attempt_pb2.OUTCOME_SUSPENDED: AttemptEnd.SUSPENDED,
}


def read_call(message: pb.RunnerCall) -> calls.Call:
    """Raises a DomainError for ids that are none and for an unknown kind of call."""
    kind = message.WhichOneof("call")
    read = _READERS.get(kind or "")
    if read is None:
        raise invalid(f"A call of the kind {kind} is not known here.")
    runner_id = _id(message.runner_id)
    return calls.Call(message.id, runner_id, message.epoch, read(getattr(message, str(kind)), runner_id))


def _id(text: str) -> str:
    if not is_id(text):
        raise invalid(f"{text[:40]!r} is no id.")
    return text


def _open_session(message: pb.OpenSession, _: str) -> calls.OpenSession:
    return calls.OpenSession(
        boot_id=printable(message.boot_id),
        runner_name=printable(message.runner_name),
        labels=_names(message.labels),
        capabilities=_names(message.capabilities),
        slots=message.slots,
        draining=message.draining,
        attempts=_held(message.attempts),
        version=printable(message.version),
        other_boot_answers=message.other_boot_answers,
        pause=_pause(message),
    )


def _renew_session(message: pb.RenewSession, _: str) -> calls.RenewSession:
    return calls.RenewSession(attempts=_held(message.attempts), draining=message.draining, pause=_pause(message))


def _pause(message: pb.OpenSession | pb.RenewSession) -> calls.Pause | None:
    if not message.HasField("pause"):
        return None
    try:
        since = message.pause.since.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise invalid("The runner was paused at an instant that no calendar has.") from None
    return calls.Pause(since, printable(message.pause.by)[:MAXIMUM_ACCOUNT])


def pause_message(pause: calls.Pause | None) -> attempt_pb2.RunnerPause | None:
    """The owner's pause, for the registry."""
    if pause is None:
        return None
    message = attempt_pb2.RunnerPause(by=pause.by)
    message.since.FromDatetime(pause.since)
    return message


def _set_poll(message: pb.SetPoll, _: str) -> calls.SetPoll:
    return calls.SetPoll(open=message.open, capabilities=_names(message.capabilities))


def _acknowledge(message: pb.Acknowledge, _: str) -> calls.Acknowledge:
    return calls.Acknowledge(_id(message.attempt.attempt_id))


def _decline(message: pb.Decline, _: str) -> calls.Decline:
    return calls.Decline(_id(message.attempt.attempt_id), printable(message.reason), message.delivered)


def _report(message: attempt_pb2.ReportBatch, runner_id: str) -> calls.Report:
    return calls.Report(_reported(message.attempt, runner_id, message.node_events, message.log_lines))


def _finish(message: attempt_pb2.FinishRecord, runner_id: str) -> calls.FinishAttempt:
    outcome = _OUTCOMES.get(message.outcome)
    if outcome is None:
        raise invalid("A finish needs an outcome.")
    finish = Finish(
        outcome=outcome,
        digest=message.digest,
        output=message.output_json,
        failure=failure_from_message(message.failure) if message.HasField("failure") else None,
        metrics=metrics_from_message(message.metrics) if message.HasField("metrics") else None,
        node_events=message.node_events,
        log_lines=message.log_lines,
        stopped_by=message.stopped_by,
        suspension=_suspension(message.suspension) if outcome is AttemptEnd.SUSPENDED else None,
    )
    rest = _reported(message.attempt, runner_id, message.remaining_node_events, message.remaining_log_lines)
    return calls.FinishAttempt(_id(message.attempt.attempt_id), finish, rest)


def _suspension(message: attempt_pb2.Suspension) -> Suspension:
    if not message.waits:
        raise invalid("A suspension needs something to wait for.")
    waits = [
        Wait(
            node_id=printable(wait.node_id),
            seconds=None if wait.kind == attempt_pb2.WAIT_KIND_APPROVAL else wait.seconds,
            request=wait.request_json,
        )
        for wait in message.waits
    ]
    return Suspension(tuple(waits), message.variables_json)


def _close_session(message: pb.CloseSession, _: str) -> calls.CloseSession:
    return calls.CloseSession(message.goodbye)


def _update_runner(message: pb.UpdateRunner, _: str) -> calls.UpdateRunner:
    return calls.UpdateRunner(
        name=printable(message.runner_name),
        labels=_names(message.labels),
        slots=message.slots,
        enabled=message.enabled,
        draining=message.draining,
        deleted=message.deleted,
    )


_READERS: dict[str, Callable[[Any, str], calls.Body]] = {
    "open_session": _open_session,
    "renew_session": _renew_session,
    "set_poll": _set_poll,
    "acknowledge": _acknowledge,
    "decline": _decline,
    "report": _report,
    "finish": _finish,
    "close_session": _close_session,
    "update_runner": _update_runner,
}


def _names(texts: Any) -> tuple[str, ...]:
    return tuple(printable(text) for text in texts)


def _held(messages: Any) -> tuple[calls.Held, ...]:
    return tuple(
        calls.Held(
            execution_id=_id(message.attempt.execution_id),
            attempt_id=_id(message.attempt.attempt_id),
            phase=_PHASES.get(message.phase, calls.Phase.ACCEPTED),
            alive=message.alive,
        )
        for message in messages
    )


def _reported(attempt: attempt_pb2.AttemptRef, runner_id: str, node_events: Any, log_lines: Any) -> ReportedBatch:
    for identifier in (attempt.execution_id, attempt.attempt_id):
        _id(identifier)
    return to_batch(runner_id, attempt, node_events, log_lines)


def write_reply(reply: calls.Reply, *, next_heartbeat_seconds: float) -> pb.RunnerReply:
    """The reply to a call, of the call's kind."""
    body, answer = reply.call.body, attempt_pb2.Answer.Value(f"ANSWER_{reply.answer.name}")
    message = pb.RunnerReply(id=reply.call.id)
    instructions = [instruction_message(each) for each in reply.instructions]
    match body:
        case calls.OpenSession():
            message.session_opened.CopyFrom(
                pb.SessionOpened(
                    epoch=reply.epoch,
                    instructions=instructions,
                    refused_reason=reply.refused_reason,
                    next_heartbeat_seconds=next_heartbeat_seconds,
                    hub_incarnation=reply.hub_incarnation,
                    session_id=reply.session_id,
                )
            )
        case calls.RenewSession():
            message.session_renewed.CopyFrom(
                pb.SessionRenewed(
                    answer=answer, instructions=instructions, next_heartbeat_seconds=next_heartbeat_seconds
                )
            )
        case calls.SetPoll():
            message.poll_set.CopyFrom(pb.PollSet(answer=answer, offers=[offer_message(o) for o in reply.offers]))
        case calls.Acknowledge():
            reference = attempt_pb2.AttemptRef(attempt_id=body.attempt_id)
            message.acknowledged.CopyFrom(pb.Acknowledged(answer=answer, attempt=reference))
        case calls.Decline():
            message.declined.CopyFrom(pb.Declined(answer=answer))
        case calls.Report():
            message.report_acknowledged.CopyFrom(
                attempt_pb2.ReportAcknowledgement(
                    attempt=_reference(body.batch), node_seq=reply.node_seq, log_seq=reply.log_seq, answer=answer
                )
            )
        case calls.FinishAttempt():
            message.finished.CopyFrom(
                pb.Finished(
                    answer=answer,
                    attempt=_reference(body.rest),
                    offers=[offer_message(offer) for offer in reply.offers],
                    node_seq=reply.node_seq,
                    log_seq=reply.log_seq,
                )
            )
        case calls.CloseSession():
            message.session_closed.SetInParent()
        case calls.UpdateRunner():
            message.runner_updated.SetInParent()
    return message


def refuse(message: pb.RunnerCall) -> pb.RunnerReply:
    """The definite answer to a call that could not even be read."""
    reply = pb.RunnerReply(id=message.id)
    field = _REPLY_FIELDS.get(message.WhichOneof("call") or "")
    if field is not None:
        getattr(reply, field).SetInParent()
        if field == "session_opened":
            reply.session_opened.refused_reason = "INVALID"
        elif field not in ("session_closed", "runner_updated"):
            getattr(reply, field).answer = attempt_pb2.ANSWER_FORBIDDEN
    return reply


_REPLY_FIELDS = {
    "open_session": "session_opened",
    "renew_session": "session_renewed",
    "set_poll": "poll_set",
    "acknowledge": "acknowledged",
    "decline": "declined",
    "report": "report_acknowledged",
    "finish": "finished",
    "close_session": "session_closed",
    "update_runner": "runner_updated",
}


def _reference(batch: ReportedBatch) -> attempt_pb2.AttemptRef:
    return attempt_pb2.AttemptRef(execution_id=batch.execution_id, attempt_id=batch.attempt_id)


def instruction_message(instruction: Instruction) -> attempt_pb2.AttemptInstruction:
    """The Hub's word on one attempt."""
    word = instruction.debug
    return attempt_pb2.AttemptInstruction(
        attempt=attempt_pb2.AttemptRef(execution_id=instruction.execution_id, attempt_id=instruction.attempt_id),
        order=attempt_pb2.AttemptOrder.Value(f"ATTEMPT_ORDER_{instruction.order.name}"),
        lease_seconds=instruction.lease_seconds,
        reason=instruction.reason,
        debug=None if word is None else _debug_message(word),
    )


def _debug_message(word: DebugWord) -> attempt_pb2.Debug:
    action = attempt_pb2.DebugAction.Value(f"DEBUG_ACTION_{word.action.name}")
    return attempt_pb2.Debug(action=action, node_id=word.node_id, breakpoints=word.breakpoints)


def offer_message(offer: Offer) -> attempt_pb2.Offer:
    """What a runner needs to begin."""
    context = {
        "id": offer.execution_id,
        "attempt": offer.attempt_no,
        "mode": offer.mode.lower(),
        "createdAt": offer.created_at.isoformat(),
        "workflow": {"id": offer.workflow_id, "name": offer.workflow_name, "version": offer.version},
        "draft": offer.draft,
        "triggerId": offer.trigger_id,
        "triggeredBy": {"kind": offer.actor.kind, "id": offer.actor.id, "name": offer.actor.name},
    }
    return attempt_pb2.Offer(
        attempt=attempt_pb2.AttemptRef(execution_id=offer.execution_id, attempt_id=offer.attempt_id),
        slot=offer.slot,
        workflow_id=offer.workflow_id,
        version=offer.version,
        graph_sha256=offer.graph_sha256,
        inputs_json=offer.inputs,
        offer_seconds=offer.offer_seconds,
        lease_seconds=offer.lease_seconds,
        timeout_seconds=offer.timeout_seconds,
        attempt_no=offer.attempt_no,
        run_attempt=offer.run_attempt,
        interactive=offer.mode == "INTERACTIVE",
        context_json=json.dumps(context).encode(),
        continued=offer.continued,
        draft=offer.draft,
    )
