"""What outcomes make of a breaker, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.outcomes.model import (
    Breaker,
    Outcome,
    Result,
    Settings,
    State,
    begin_probe,
    close,
    fold,
    give_up_probe,
    hasten,
)

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
THREE = State(Settings(threshold=3, probe_seconds=60, probe_max_seconds=200, release_max=7))


def failed(number: int = 1, fingerprint: str = "f") -> Outcome:
    return Outcome(f"e{number}", Result.FAILED, fingerprint)


def ok(number: int = 1) -> Outcome:
    return Outcome(f"e{number}", Result.OK)


def opened() -> State:
    return fold(THREE, [failed(1), failed(2), failed(3)], NOW)


def probing() -> State:
    return begin_probe(opened(), "probe")


def test_as_many_equal_failures_in_a_row_as_the_threshold_open_it() -> None:
    almost = fold(THREE, [failed(1), failed(2)], NOW)
    assert (almost.breaker, almost.streak) == (Breaker.CLOSED, 2)
    state = fold(almost, [failed(3)], NOW)
    assert (state.breaker, state.opened_at, state.last_execution_id) == (Breaker.OPEN, NOW, "e3")
    assert state.probe_at == NOW + timedelta(seconds=60)


def test_a_success_or_another_failure_begins_the_count_anew() -> None:
    assert fold(THREE, [failed(), failed(), ok(), failed(), failed()], NOW).streak == 2
    other = fold(THREE, [failed(), failed(), failed(3, "g"), failed(), failed()], NOW)
    assert (other.breaker, other.streak, other.fingerprint) == (Breaker.CLOSED, 2, "f")


def test_what_says_nothing_of_the_workflow_neither_counts_nor_interrupts() -> None:
    neutral = Outcome("n", Result.NEUTRAL)
    assert fold(THREE, [failed(), neutral, failed(), neutral, failed()], NOW).breaker is Breaker.OPEN


def test_switched_off_it_counts_and_never_opens() -> None:
    state = fold(replace(THREE, settings=replace(THREE.settings, enabled=False)), [failed()] * 50, NOW)
    assert (state.breaker, state.streak) == (Breaker.CLOSED, 50)


def test_failures_while_it_is_open_change_nothing() -> None:
    assert fold(opened(), [failed(4), failed(5, "g")], NOW) == opened()


def test_a_success_of_earlier_work_while_it_is_open_brings_the_probe_forward() -> None:
    assert fold(opened(), [ok(9)], NOW).probe_at == NOW


def test_a_probe_that_goes_well_closes_it_and_releases_what_was_held() -> None:
    state = fold(probing(), [ok(4), Outcome("probe", Result.OK)], NOW)
    assert (state.breaker, state.streak, state.opened_at, state.release_left) == (Breaker.CLOSED, 0, None, 7)


def test_each_probe_that_fails_doubles_the_delay_up_to_its_maximum() -> None:
    state, delays = opened(), []
    for number in range(4):
        state = fold(begin_probe(state, f"p{number}"), [Outcome(f"p{number}", Result.FAILED, "g")], NOW)
        assert state.breaker is Breaker.OPEN
        delays.append(state.probe_delay_seconds)
    assert delays == [120, 200, 200, 200]


@pytest.mark.parametrize("end", [lambda: fold(probing(), [Outcome("probe", Result.NEUTRAL)], NOW), None])
def test_a_probe_that_says_nothing_is_repeated_after_the_same_delay(end) -> None:
    state = end() if end else give_up_probe(probing(), NOW)
    assert (state.breaker, state.probe_delay_seconds) == (Breaker.OPEN, 60)
    assert state.probe_at == NOW + timedelta(seconds=60)


def test_outcomes_of_others_do_not_decide_for_the_probe() -> None:
    assert fold(probing(), [ok(7), failed(8), failed(9, "g")], NOW) == probing()


def test_a_shorter_delay_holds_for_the_probe_that_is_waited_for() -> None:
    shorter = replace(opened(), settings=replace(THREE.settings, probe_seconds=5))
    assert hasten(shorter, NOW).probe_at == NOW + timedelta(seconds=5)
    assert hasten(shorter, NOW + timedelta(seconds=58)).probe_at == NOW + timedelta(seconds=60)
    assert hasten(opened(), NOW) == opened()
    assert hasten(THREE, NOW) == THREE


def test_failing_again_while_held_fires_are_released_holds_the_rest() -> None:
    state = fold(close(opened()), [failed(4), failed(5), failed(6)], NOW)
    assert (state.breaker, state.release_left) == (Breaker.OPEN, None)


outcomes = st.builds(
    Outcome, st.sampled_from(["a", "b", "probe"]), st.sampled_from(Result), st.sampled_from(["f", "g"])
)


@given(st.lists(outcomes, max_size=40), st.booleans())
def test_whatever_comes_its_parts_agree(events: list[Outcome], is_probing: bool) -> None:
    state = probing() if is_probing else THREE
    for event in events:
        state = fold(state, [event], NOW)
        assert (state.breaker is Breaker.OPEN) == (state.probe_at is not None)
        assert (state.breaker is Breaker.CLOSED) == (state.opened_at is None)
        assert state.breaker is Breaker.PROBING or state.probe_execution_id is None
        assert state.probe_delay_seconds <= state.settings.probe_max_seconds
        if state.breaker is Breaker.CLOSED:
            assert state.streak < state.settings.threshold


@given(st.lists(outcomes, max_size=20), st.integers(0, 20))
def test_counting_in_several_turns_is_counting_in_one(events: list[Outcome], cut: int) -> None:
    assert fold(fold(THREE, events[:cut], NOW), events[cut:], NOW) == fold(THREE, events, NOW)
