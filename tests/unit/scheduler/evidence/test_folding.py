"""What of a report is new, and what it makes of node runs."""

from datetime import UTC, datetime, timedelta

from services.scheduler.evidence.folding import continuation, fold, merge_batches
from services.scheduler.evidence.model import LogLine, NodeEvent, NodeRunStatus, ReportedBatch

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def event(seq: int, run: int, status: NodeRunStatus, **more: object) -> NodeEvent:
    values: dict[str, object] = {"at": AT + timedelta(seconds=seq), "path": b"[]", "try_number": 1, **more}
    return NodeEvent(seq=seq, run_seq=run, node_id=f"n{run}", node_type="data.set", status=status, **values)  # type: ignore[arg-type]


def line(seq: int) -> LogLine:
    return LogLine(seq, 0, 2, "n1", f"line {seq}")


def test_repeats_are_left_out() -> None:
    assert [taken.seq for taken in continuation(2, [line(1), line(2), line(3), line(4)])] == [3, 4]


def test_nothing_behind_a_hole_is_taken() -> None:
    assert [taken.seq for taken in continuation(0, [line(1), line(2), line(4)])] == [1, 2]
    assert continuation(0, [line(5)]) == []


def test_a_line_that_comes_twice_in_one_report_is_taken_once() -> None:
    assert [taken.seq for taken in continuation(0, [line(1), line(1), line(2)])] == [1, 2]


def test_a_report_and_the_rest_in_a_finish_become_one_batch_in_order() -> None:
    first = ReportedBatch("e", "a", "r", log_lines=[line(3), line(4)])
    second = ReportedBatch("e", "a", "r", log_lines=[line(1), line(2)])
    other = ReportedBatch("e2", "a2", "r", log_lines=[line(1)])
    merged = merge_batches([first, second, other])
    assert [taken.seq for taken in merged["a"].log_lines] == [1, 2, 3, 4]
    assert len(merged) == 2


def test_a_batch_of_another_runner_under_the_same_attempt_is_not_mixed_in() -> None:
    mine = ReportedBatch("e", "a", "r", log_lines=[line(1)])
    theirs = ReportedBatch("e", "a", "other", log_lines=[line(2)])
    assert merge_batches([mine, theirs])["a"] == mine


def test_the_last_event_of_a_node_run_wins_and_the_first_gives_its_beginning() -> None:
    (change,) = fold(
        [
            event(1, 1, NodeRunStatus.RUNNING, input=b'{"x":1}'),
            event(2, 1, NodeRunStatus.COMPLETED, output=b"7", duration_seconds=0.5),
        ]
    )
    assert (change.status, change.event_seq) == (NodeRunStatus.COMPLETED, 2)
    assert (change.input, change.output, change.failure) == (b'{"x":1}', b"7", b"")
    assert change.started_at == AT + timedelta(seconds=1)
    assert change.completed_at == AT + timedelta(seconds=2)


def test_a_failed_try_stays_beside_the_one_that_follows_it() -> None:
    failed, running = fold(
        [
            event(1, 1, NodeRunStatus.RUNNING),
            event(2, 1, NodeRunStatus.RETRIED, failure=b"{}"),
            event(3, 2, NodeRunStatus.RUNNING, try_number=2),
        ]
    )
    assert (failed.status, failed.failure, failed.try_number) == (NodeRunStatus.RETRIED, b"{}", 1)
    assert failed.completed_at == AT + timedelta(seconds=2)
    assert (running.status, running.try_number, running.completed_at) == (NodeRunStatus.RUNNING, 2, None)


def test_an_end_without_a_beginning_is_dated_back_by_its_duration() -> None:
    (change,) = fold([event(1, 1, NodeRunStatus.FAILED, duration_seconds=0.25)])
    assert change.started_at == AT + timedelta(seconds=0.75)


def test_a_skipped_node_has_no_beginning() -> None:
    (change,) = fold([event(1, 1, NodeRunStatus.SKIPPED)])
    assert change.started_at is None
    assert change.completed_at is not None
