from datetime import UTC, datetime
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from runner.agent.attempts import (
    Attempts,
    Feed,
    Held,
    accepted_record,
    acknowledged_record,
    artifact_record,
    begun_record,
    finished_record,
)
from runner.agent.journal_file import Kind, Record
from runner.agent.model import Failure, Finish, StoredFile, Usage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_finish(status: Literal["completed", "failed", "stopped"] = "completed") -> Finish:
    failure = Failure("X", "because", "n1", retryable=True, details={"a": [1]}) if status == "failed" else None
    return Finish("e", "a", status, b'{"x":1}', failure, Usage(1.5, 2.5, 3, 4), 2, 1, NOW, NOW)


def recovered(*records: Record) -> Attempts:
    attempts = Attempts()
    attempts.recover(records)
    return attempts


def test_accepted_without_begun_is_told_as_accepted_and_not_alive() -> None:
    [held] = recovered(accepted_record(Held("e", "a")))
    assert (held.execution_id, held.phase, held.alive) == ("e", "accepted", False)


def test_begun_without_finished_is_told_as_begun() -> None:
    [held] = recovered(accepted_record(Held("e", "a")), begun_record("a", NOW))
    assert (held.phase, held.alive, held.began_at) == ("begun", False, NOW)


def test_a_finish_comes_back_as_it_was_written() -> None:
    finish = make_finish("failed")
    [held] = recovered(accepted_record(Held("e", "a")), begun_record("a", NOW), finished_record(finish))
    assert held.phase == "finished"
    assert held.finish == finish
    assert held.finish.digest == finish.digest


def test_a_delivered_result_is_no_longer_held_but_known() -> None:
    finish = make_finish()
    attempts = recovered(accepted_record(Held("e", "a")), finished_record(finish), Record(Kind.DELIVERED, "a"))
    assert len(attempts) == 0
    assert attempts.delivered == [finish]


def test_a_closed_attempt_leaves_nothing() -> None:
    attempts = recovered(accepted_record(Held("e", "a")), Record(Kind.CLOSED, "a"))
    assert (len(attempts), attempts.delivered) == (0, [])


def test_records_of_an_attempt_that_is_over_are_ignored() -> None:
    attempts = recovered(accepted_record(Held("e", "a")), Record(Kind.CLOSED, "a"), Record(Kind.LOG_LINE, "a", b"{}"))
    assert len(attempts) == 0


def test_uploaded_files_are_not_waited_for() -> None:
    file = StoredFile("f1", "a.txt", 3, "00", "text/plain", "n1", "/x")
    other = StoredFile("f2", "b.txt", 3, "00", "text/plain", "n1", "/y")
    uploaded = Record(Kind.UPLOADED, "a", b'{"id":"f1"}')
    [held] = recovered(
        accepted_record(Held("e", "a")), artifact_record("a", file), artifact_record("a", other), uploaded
    )
    assert held.files == {"f2": other}


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_a_rewritten_journal_means_what_the_whole_one_meant(events: int, lines: int, committed: int) -> None:
    held = Held("e", "a")
    history = [accepted_record(held), begun_record("a", NOW)]
    history += [Record(Kind.NODE_EVENT, "a", str(number).encode()) for number in range(events)]
    history += [Record(Kind.LOG_LINE, "a", str(number).encode()) for number in range(lines)]
    held.node_events.acknowledged = held.log_lines.acknowledged = committed
    history += [acknowledged_record(held)] if committed <= min(events, lines) else []
    history += [Record(Kind.NODE_EVENT, "a", b"last")]
    once = recovered(*history)
    twice = recovered(*once.records())
    assert list(once) == list(twice)
    [state] = twice
    assert state.node_events.last == events + 1


def test_a_rewritten_journal_keeps_delivered_results_that_are_not_kept_elsewhere() -> None:
    finish = make_finish()
    attempts = recovered(accepted_record(Held("e", "a")), finished_record(finish), Record(Kind.DELIVERED, "a"))
    assert recovered(*attempts.records()).delivered == [finish]


@given(st.integers(0, 20), st.lists(st.integers(-3, 30)))
def test_a_feed_stays_dense_whatever_is_acknowledged(count: int, acknowledgements: list[int]) -> None:
    feed = Feed()
    for number in range(1, count + 1):
        assert feed.add(str(number).encode()) == number
    for number in acknowledgements:
        feed.acknowledge(number)
        assert feed.last == count
        assert feed.size == sum(len(item) for _, item in feed.after(0))
        assert [item for _, item in feed.after(0)] == [str(n).encode() for n, _ in feed.after(0)]
        assert [n for n, _ in feed.after(0)] == list(range(feed.acknowledged + 1, count + 1))


def test_a_digest_tells_outcomes_outputs_and_failures_apart() -> None:
    finishes = [make_finish("completed"), make_finish("failed"), make_finish("stopped")]
    assert len({finish.digest for finish in finishes}) == 3
