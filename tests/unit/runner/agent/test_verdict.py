from datetime import UTC, datetime

import pytest

from runner.agent.attempts import Held
from runner.agent.model import End, Failure, Offer
from runner.agent.slots import Running
from runner.agent.verdict import judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRASH = Failure("EXECUTION_CRASHED", "signal 9")


def make_running(*, fenced: bool = False, stopped_by: str = "", timed_out: bool = False) -> Running:
    offer = Offer("e", "a", 0, "w", 1, "", b"{}", 20, 100, 0, 1, 1, interactive=False, context_json=b"{}")
    return Running(offer, fenced=fenced, stopped_by=stopped_by, timed_out=timed_out)


@pytest.mark.parametrize(
    ("end", "running", "stop_reason", "status", "code"),
    [
        (End("completed"), make_running(), "", "completed", None),
        (End("failed", failure=Failure("X", "")), make_running(), "", "failed", "X"),
        # What was done is done, whoever wanted it stopped.
        (End("completed"), make_running(fenced=True), "", "completed", None),
        (End("completed"), make_running(), "by ada", "completed", None),
        (End("failed", failure=Failure("X", "")), make_running(stopped_by="owner"), "", "failed", "X"),
        (End("stopped"), make_running(), "by ada", "stopped", None),
        (End("crashed", failure=CRASH), make_running(), "by ada", "stopped", None),
        (End("crashed", failure=CRASH), make_running(stopped_by="owner"), "", "stopped", None),
        (End("crashed", failure=CRASH), make_running(timed_out=True), "", "failed", "TIMEOUT"),
        (End("crashed", failure=CRASH), make_running(timed_out=True), "deadline", "failed", "TIMEOUT"),
        (End("crashed", failure=CRASH), make_running(), "", "failed", "EXECUTION_CRASHED"),
        (End("crashed"), make_running(), "", "failed", "EXECUTION_CRASHED"),
    ],
)
def test_the_result_that_is_told(end: End, running: Running, stop_reason: str, status: str, code: str | None) -> None:
    finish = judge(Held("e", "a", stop_reason=stop_reason, began_at=NOW), running, end, NOW)
    assert finish is not None
    assert finish.status == status
    assert (finish.failure and finish.failure.code) == code
    assert finish.stopped_by == (running.stopped_by if status == "stopped" else "")


@pytest.mark.parametrize("end", [End("stopped"), End("crashed", failure=CRASH), End("fenced")])
def test_of_work_that_was_stopped_unheard_no_result_is_told(end: End) -> None:
    assert judge(Held("e", "a", began_at=NOW), make_running(fenced=True), end, NOW) is None
    assert judge(Held("e", "a", began_at=NOW), make_running(), End("fenced"), NOW) is None


def test_counts_are_those_of_everything_that_was_made() -> None:
    held = Held("e", "a", began_at=NOW)
    held.node_events.acknowledged = 5
    held.node_events.add(b"{}")
    held.log_lines.add(b"{}")
    finish = judge(held, make_running(), End("completed", b"7"), NOW)
    assert finish is not None
    assert (finish.node_events, finish.log_lines, finish.output_json) == (6, 1, b"7")
