from hypothesis import given
from hypothesis import strategies as st

from runner.agent.lease import Lease, LeaseBook

SECONDS = st.floats(min_value=0.1, max_value=10_000)
INSTANTS = st.floats(min_value=0, max_value=1e7)


def test_a_lease_counts_from_the_sending_of_what_was_acknowledged() -> None:
    book = LeaseBook(margin_seconds=15)
    assert book.grant("a", seconds=100, sent_at=1_000) == 1_085
    assert book.due(1_084.9) == []
    assert book.due(1_085) == ["a"]
    assert book.over(1_099.9) == []
    assert book.over(1_100) == ["a"]


def test_a_renewal_moves_the_self_stop() -> None:
    book = LeaseBook(margin_seconds=15)
    book.grant("a", 100, 0)
    assert book.grant("a", 100, 30) == 115
    assert book.next_change() == 115


def test_an_answer_overtaken_by_a_later_one_does_not_shorten_the_lease() -> None:
    book = LeaseBook(margin_seconds=15)
    book.grant("a", 100, 60)
    assert book.grant("a", 100, 30) == 145


def test_a_dropped_attempt_is_never_due() -> None:
    book = LeaseBook()
    book.grant("a", 1, 0)
    book.drop("a")
    assert book.due(1e9) == book.over(1e9) == []
    assert book.next_change() is None


def test_a_lease_shorter_than_the_margin_stops_at_its_beginning_not_before() -> None:
    assert Lease(seconds=10, counted_from=500).self_stop_at(margin_seconds=15) == 500


@given(st.lists(st.tuples(SECONDS, INSTANTS), min_size=1), st.floats(min_value=0, max_value=100), INSTANTS)
def test_whoever_is_over_was_due_before_and_no_grant_ends_later_than_the_hub_allowed(
    grants: list[tuple[float, float]], margin: float, now: float
) -> None:
    book = LeaseBook(margin)
    for seconds, sent_at in grants:
        stop_at = book.grant("a", seconds, sent_at)
    latest = max(sent_at + seconds for seconds, sent_at in grants)
    assert stop_at <= latest
    assert set(book.over(now)) <= set(book.due(now))
    assert (book.over(now) == ["a"]) == (latest <= now)
