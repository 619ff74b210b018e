"""Time that does not go back."""

from datetime import timedelta

from services.license.clock import RELEASED_AT, advance, decode_mark, encode_mark, read_clock
from tests.licences import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_clock_that_was_set_back_does_not_turn_time_back() -> None:
    reading = read_clock(NOON - 40 * DAY, NOON)
    assert (reading.now, reading.behind, reading.rolled_back) == (NOON, 40 * DAY, True)


def test_small_corrections_are_nothing_to_speak_of() -> None:
    assert not read_clock(NOON - HOUR, NOON).rolled_back
    assert read_clock(NOON + DAY, NOON).now == NOON + DAY


def test_no_clock_is_earlier_than_the_product() -> None:
    assert read_clock(RELEASED_AT - 3 * DAY, None).now == RELEASED_AT
    assert advance(None, RELEASED_AT - DAY, 60) == RELEASED_AT


def test_the_mark_follows_the_clock() -> None:
    assert advance(None, NOON, 60) == NOON
    assert advance(NOON, NOON + timedelta(minutes=1), 60) == NOON + timedelta(minutes=1)
    assert advance(NOON, NOON - DAY, 60) == NOON


def test_an_hour_of_a_wrong_clock_costs_days_and_not_years() -> None:
    mark = NOON
    for _ in range(60):
        mark = advance(mark, NOON + 26_000 * DAY, 60)
    assert mark == NOON + 60 * HOUR


def test_after_a_month_of_standstill_the_mark_is_right_again_within_half_a_day() -> None:
    assert advance(NOON, NOON + 30 * DAY, 12 * 3_600) == NOON + 30 * DAY


def test_a_mark_is_read_as_it_was_written() -> None:
    assert decode_mark(encode_mark(NOON)) == NOON
