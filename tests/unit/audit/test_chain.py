"""The chain's arithmetic: what a change, a gap, a swap and a cut look like."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.audit.chain import NO_HASH, Verification, link_hash, netstrings
from services.audit.model import Checkpoint, Event, Link, Verdict
from services.kit.ids import new_id

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    previous = NO_HASH
    for seq in range(1, length + 1):
        event = Event(new_id(), AT, "gateway", "user", "u", "Ada", f"user.{seq}", "user", "", "", "", "", "{}")
        previous = link_hash(previous, seq, event)
        links.append(Link(seq, event, previous))
    return links


def verify(links: list[Link], checkpoints: list[Checkpoint] | None = None) -> Verdict:
    verification = Verification(checkpoints or [])
    for link in links:
        if not verification.broken:
            verification.read(link)
    return verification.verdict()


def stated(link: Link) -> Checkpoint:
    return Checkpoint(link.seq, AT, link.hash, "key", b"")


def test_an_untouched_chain_verifies():
    links = chain(5)
    assert verify(links) == Verdict(True, 5, 0, "All 5 rows fit.", links[-1].hash)


def test_an_empty_log_verifies():
    assert verify([]).valid


def test_a_changed_row_is_found():
    links = chain(5)
    links[2] = replace(links[2], event=replace(links[2].event, actor_name="Eve"))
    assert (verify(links).valid, verify(links).broken_at) == (False, 3)


def test_a_missing_row_is_found():
    links = chain(5)
    del links[1]
    verdict = verify(links)
    assert (verdict.broken_at, verdict.message) == (2, "Row 2 is missing; the next one there is 3.")


def test_reordered_rows_are_found():
    links = chain(5)
    links[1], links[2] = replace(links[2], seq=2), replace(links[1], seq=3)
    assert verify(links).broken_at == 2


def test_a_cut_tail_is_found_by_the_checkpoint():
    links = chain(5)
    verdict = verify(links[:3], [stated(links[-1])])
    assert (verdict.valid, verdict.broken_at, verdict.checked) == (False, 4, 3)


def test_a_chain_rewritten_from_the_start_is_found_by_the_checkpoint():
    assert verify(chain(5), [stated(chain(3)[-1])]).broken_at == 3


@given(st.lists(st.text()), st.lists(st.text()))
def test_no_two_lists_of_fields_read_alike(one: list[str], other: list[str]):
    assert (netstrings(one) == netstrings(other)) == (one == other)
