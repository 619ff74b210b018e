"""Between the agent's own types and the messages of the runner protocol."""

import json
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.registry.v1 import runner_pb2
from exekra.scheduler.v1 import attempt_pb2 as pb
from runner.agent.attempts import Held
from runner.agent.machine import MachineLoad
from runner.agent.model import (
    Answer,
    DebugAction,
    DebugWord,
    Failure,
    Finish,
    Instruction,
    Offer,
    Order,
    Suspension,
    Usage,
    dump_json,
)
from runner.agent.pausing import Pause
from runner.agent.transport import HubRefusedError

_PHASES = {
    "accepted": pb.ATTEMPT_PHASE_ACCEPTED,
    "begun": pb.ATTEMPT_PHASE_BEGUN,
    "finished": pb.ATTEMPT_PHASE_FINISHED,
}
_OUTCOMES = {
    "completed": pb.OUTCOME_OK,
    "failed": pb.OUTCOME_FAILED,
    "stopped": pb.OUTCOME_STOPPED,
    "suspended": pb.OUTCOME_SUSPENDED,
}
_WAIT_KINDS = {"approval": pb.WAIT_KIND_APPROVAL, "delay": pb.WAIT_KIND_DELAY}
_STATUSES = {
    "running": pb.NODE_RUN_STATUS_RUNNING,
    "completed": pb.NODE_RUN_STATUS_COMPLETED,
    "failed": pb.NODE_RUN_STATUS_FAILED,
    "skipped": pb.NODE_RUN_STATUS_SKIPPED,
    "retried": pb.NODE_RUN_STATUS_RETRIED,
    "stopped": pb.NODE_RUN_STATUS_STOPPED,
    "paused": pb.NODE_RUN_STATUS_PAUSED,
    "reused": pb.NODE_RUN_STATUS_REUSED,
    "waiting": pb.NODE_RUN_STATUS_WAITING,
}
_LEVELS = {
    "debug": pb.LOG_LEVEL_DEBUG,
    "info": pb.LOG_LEVEL_INFO,
    "warning": pb.LOG_LEVEL_WARNING,
    "error": pb.LOG_LEVEL_ERROR,
}
_ANSWERS = {getattr(pb, f"ANSWER_{answer.value}"): answer for answer in Answer}
_ORDERS = {getattr(pb, f"ATTEMPT_ORDER_{order.value}"): order for order in Order}
_DEBUG_ACTIONS = {getattr(pb, f"DEBUG_ACTION_{action.value}"): action for action in DebugAction}


class ProtocolViolationError(HubRefusedError):
    """The Hub sent something this protocol version does not know."""

    def __init__(self, message: str) -> None:
        super().__init__("PROTOCOL_VIOLATION", message)


def answer_from(message: int) -> Answer:
    """The Hub's answer. Raises ProtocolViolationError for one that is unknown here."""
    if message not in _ANSWERS:
        raise ProtocolViolationError(f"The Hub answered {message}, which this runner does not know. Update the runner.")
    return _ANSWERS[message]


def instruction_from(message: pb.AttemptInstruction) -> Instruction:
    """The Hub's word on an attempt. Raises ProtocolViolationError for an order that is unknown here."""
    if message.order not in _ORDERS:
        raise ProtocolViolationError(
            f"The Hub ordered {message.order}, which this runner does not know. Update the runner."
        )
    order = _ORDERS[message.order]
    debug = _debug_word(message.debug) if order is Order.DEBUG else None
    return Instruction(message.attempt.attempt_id, order, message.lease_seconds, message.reason, debug)


def _debug_word(message: pb.Debug) -> DebugWord:
    if message.action not in _DEBUG_ACTIONS:
        raise ProtocolViolationError(f"The Hub's debugger said {message.action}, which this runner does not know.")
    return DebugWord(_DEBUG_ACTIONS[message.action], message.node_id, tuple(message.breakpoints))


def stop_now(attempt_id: str, reason: str) -> Instruction:
    """What an answer that an attempt is over amounts to."""
    return Instruction(attempt_id, Order.STOP_NOW, 0.0, reason)


def offer_from(message: pb.Offer) -> Offer:
    """The offer as the agent's own type."""
    return Offer(
        execution_id=message.attempt.execution_id,
        attempt_id=message.attempt.attempt_id,
        slot=message.slot,
        workflow_id=message.workflow_id,
        version=message.version,
        graph_sha256=message.graph_sha256,
        inputs_json=message.inputs_json,
        offer_seconds=message.offer_seconds,
        lease_seconds=message.lease_seconds,
        timeout_seconds=message.timeout_seconds,
        attempt_no=message.attempt_no,
        run_attempt=message.run_attempt,
        interactive=message.interactive,
        context_json=message.context_json,
        continued=message.continued,
        draft=message.draft,
    )


def attempt_ref(execution_id: str, attempt_id: str) -> pb.AttemptRef:
    """Names an attempt."""
    return pb.AttemptRef(execution_id=execution_id, attempt_id=attempt_id)


def held_attempt(held: Held) -> pb.HeldAttempt:
    """What Hello and beats tell of an attempt."""
    return pb.HeldAttempt(
        attempt=attempt_ref(held.execution_id, held.attempt_id),
        phase=_PHASES[held.phase],
        node_seq=held.node_events.last,
        log_seq=held.log_lines.last,
        current_node_id=held.current_node_id,
        alive=held.alive,
    )


def runner_pause(pause: Pause | None) -> pb.RunnerPause | None:
    """What Hello and beats tell of the owner's pause."""
    return None if pause is None else pb.RunnerPause(since=timestamp(pause.since), by=pause.by)


def node_event(seq: int, item: bytes) -> pb.NodeEvent:
    """A node event from its JSON form (see `recorder`)."""
    document = json.loads(item)
    failure = document.get("failure")
    return pb.NodeEvent(
        seq=seq,
        node_run_seq=document["run"],
        node_id=document["nodeId"],
        node_type=document["nodeType"],
        path_json=dump_json(document["path"]),
        try_number=document["try"],
        status=_STATUSES[document["status"]],
        at=_timestamp_of(document["at"]),
        duration_seconds=document.get("duration") or 0.0,
        input_json=_optional_json(document, "input"),
        output_json=_optional_json(document, "output"),
        failure=None if failure is None else failure_message(Failure.from_json(failure)),
        port=document.get("port", ""),
        variables_json=_optional_json(document, "variables"),
    )


def log_line(seq: int, item: bytes) -> pb.LogLine:
    """A log line from its JSON form (see `recorder`)."""
    line = pb.LogLine()
    fill_log_line(line, seq, item)
    return line


def fill_log_line(line: pb.LogLine, seq: int, item: bytes) -> None:
    """The same for a line that stands in its batch already: there may be very many, and copying takes time."""
    document = json.loads(item.decode())
    line.seq = seq
    line.level = _LEVELS[document["level"]]
    line.node_id = document.get("nodeId") or ""
    line.message = document["message"]
    at = line.at
    at.seconds, at.nanos = _split(document["at"])


def failure_message(failure: Failure) -> pb.Failure:
    """The failure as data of an attempt."""
    return pb.Failure(
        code=failure.code,
        message=failure.message,
        node_id=failure.node_id or "",
        retryable=failure.retryable,
        details_json=dump_json(dict(failure.details)),
    )


def usage_message(usage: Usage) -> pb.ExecutionMetrics:
    """What an execution took."""
    return pb.ExecutionMetrics(
        cpu_avg=usage.cpu_avg, cpu_peak=usage.cpu_peak, memory_avg=usage.memory_avg, memory_peak=usage.memory_peak
    )


def finish_record(finish: Finish, events: list[pb.NodeEvent], lines: list[pb.LogLine]) -> pb.FinishRecord:
    """The result with what of its events and lines was not sent yet."""
    return pb.FinishRecord(
        attempt=attempt_ref(finish.execution_id, finish.attempt_id),
        outcome=_OUTCOMES[finish.status],
        output_json=finish.output_json,
        failure=None if finish.failure is None else failure_message(finish.failure),
        metrics=usage_message(finish.usage),
        digest=finish.digest,
        node_events=finish.node_events,
        log_lines=finish.log_lines,
        remaining_node_events=events,
        remaining_log_lines=lines,
        finished_at=timestamp(finish.finished_at),
        stopped_by=finish.stopped_by,
        began_at=timestamp(finish.began_at),
        suspension=None if finish.suspension is None else _suspension_message(finish.suspension),
    )


def _suspension_message(suspension: Suspension) -> pb.Suspension:
    waits = [
        pb.Wait(
            node_id=wait["nodeId"],
            kind=_WAIT_KINDS[wait["kind"]],
            seconds=wait["seconds"] or 0.0,
            request_json=dump_json(wait["request"]),
        )
        for wait in suspension.waits
    ]
    return pb.Suspension(waits=waits, variables_json=dump_json(suspension.variables))


def machine_metrics(load: MachineLoad) -> runner_pb2.RunnerMetrics:
    """The machine's state for a beat."""
    return runner_pb2.RunnerMetrics(
        at=timestamp(load.at),
        cpu_percent=load.cpu_percent,
        memory_percent=load.memory_percent,
        memory_used=load.memory_used,
        memory_total=load.memory_total,
        disk_free=load.disk_free,
        disk_total=load.disk_total,
    )


def timestamp(at: datetime) -> Timestamp:
    """An aware instant as a protobuf timestamp."""
    return _timestamp_of(at.timestamp())


def _timestamp_of(seconds: float) -> Timestamp:
    whole, nanos = _split(seconds)
    return Timestamp(seconds=whole, nanos=nanos)


def _split(seconds: float) -> tuple[int, int]:
    whole = int(seconds // 1)
    return whole, min(999_999_999, round((seconds - whole) * 1e6) * 1000)


def _optional_json(document: dict[str, Any], name: str) -> bytes:
    return dump_json(document[name]) if name in document else b""
