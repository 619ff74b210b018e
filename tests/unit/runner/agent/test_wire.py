from datetime import UTC, datetime

import pytest

from exekra.scheduler.v1 import attempt_pb2 as pb
from runner.agent import wire
from runner.agent.attempts import Held
from runner.agent.model import Answer, DebugAction, Order, dump_json
from tests.unit.runner.agent.test_attempts import make_finish


def test_every_answer_and_order_of_the_protocol_has_its_word_here() -> None:
    answers = {number for name, number in pb.Answer.items() if not name.endswith("UNSPECIFIED")}
    assert {wire.answer_from(number) for number in answers} == set(Answer)
    orders = {number for name, number in pb.AttemptOrder.items() if not name.endswith("UNSPECIFIED")}
    debug = pb.Debug(action=pb.DEBUG_ACTION_RUN_TO, node_id="n")
    words = [wire.instruction_from(pb.AttemptInstruction(order=number, debug=debug)) for number in orders]
    assert {word.order for word in words} == set(Order)


def test_every_word_of_a_debugger_is_known_here() -> None:
    actions = {number for name, number in pb.DebugAction.items() if not name.endswith("UNSPECIFIED")}
    said = [
        wire.instruction_from(pb.AttemptInstruction(order=pb.ATTEMPT_ORDER_DEBUG, debug=pb.Debug(action=number)))
        for number in actions
    ]
    assert {word.debug.action for word in said if word.debug} == set(DebugAction)
    with pytest.raises(wire.ProtocolViolationError, match="does not know"):
        wire.instruction_from(pb.AttemptInstruction(order=pb.ATTEMPT_ORDER_DEBUG))


@pytest.mark.parametrize("number", [0, 99])
def test_an_answer_that_is_unknown_here_is_refused(number: int) -> None:
    with pytest.raises(wire.ProtocolViolationError, match="Update the runner"):
        wire.answer_from(number)


def test_a_node_event_keeps_numbers_texts_and_times() -> None:
    item = dump_json(
        {
            "run": 3,
            "nodeId": "n",
            "nodeType": "http.request",
            "path": [{"loop": "l", "index": 2}],
            "try": 2,
            "status": "failed",
            "at": 1_700_000_000.123456,
            "duration": 0.25,
            "input": {"a": 1, "b": 1.0, "ü": None},
            "output": None,
            "failure": {"code": "X", "message": "m", "nodeId": "n", "retryable": True, "details": {"k": [1]}},
        }
    )
    event = wire.node_event(7, item)
    assert (event.seq, event.node_run_seq, event.try_number, event.status) == (7, 3, 2, pb.NODE_RUN_STATUS_FAILED)
    assert event.path_json == b'[{"loop":"l","index":2}]'
    assert event.input_json == '{"a":1,"b":1.0,"ü":null}'.encode()
    assert event.at.ToDatetime(UTC) == datetime.fromtimestamp(1_700_000_000.123456, UTC)
    assert (event.failure.code, event.failure.retryable, event.failure.details_json) == ("X", True, b'{"k":[1]}')


def test_a_held_attempt_is_told_with_its_phase_and_highest_numbers() -> None:
    held = Held("e", "a", phase="begun", alive=True, last_event=b'{"nodeId":"n"}')
    held.node_events.acknowledged = 4
    held.node_events.add(b"{}")
    message = wire.held_attempt(held)
    assert (message.phase, message.alive) == (pb.ATTEMPT_PHASE_BEGUN, True)
    assert (message.node_seq, message.log_seq, message.current_node_id) == (5, 0, "n")


def test_a_result_carries_its_digest_and_what_is_left() -> None:
    finish = make_finish("failed")
    record = wire.finish_record(finish, [pb.NodeEvent(seq=2)], [])
    assert (record.outcome, record.digest) == (pb.OUTCOME_FAILED, finish.digest)
    assert (record.node_events, record.log_lines, len(record.remaining_node_events)) == (2, 1, 1)
    assert record.finished_at.ToDatetime(UTC) == finish.finished_at
