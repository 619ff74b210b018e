"""Intervals, single times, windows and jitter; names of zones; words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.triggers.timing import CronTiming, Interval, Once, Window, jitter
from services.scheduler.triggers.words import spell_interval
from services.scheduler.triggers.zones import UnknownZoneError, fingerprint, place, read_zone

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)


@given(seconds=st.integers(1, 100_000), late=st.integers(0, 10_000_000))
def test_an_interval_never_drifts_whatever_instant_it_is_asked_at(seconds: int, late: int) -> None:
    after = NOON + timedelta(milliseconds=late)
    found = Interval(seconds, NOON).next_after(after)
    assert found is not None
    assert (found - NOON).total_seconds() % seconds == 0
    assert after < found <= after + timedelta(seconds=seconds)


def test_an_interval_begins_at_its_anchor() -> None:
    assert Interval(60, NOON).next_after(NOON - timedelta(days=1)) == NOON


def test_a_single_time_fires_once() -> None:
    once = Once(NOON, BERLIN)
    assert once.next_after(NOON - timedelta(seconds=1)) == NOON
    assert once.next_after(NOON) is None


def test_a_window_holds_both_of_its_ends() -> None:
    window = Window(CronTiming("0 12 * * *", ZoneInfo("UTC")), BERLIN, NOON, NOON + timedelta(days=1))
    first = window.next_after(NOON - timedelta(days=40))
    assert first == NOON
    second = window.next_after(first)
    assert second == NOON + timedelta(days=1)
    assert window.next_after(second) is None


def test_a_fire_in_an_overlap_is_marked_both_times_when_it_follows_real_time() -> None:
    window = Window(CronTiming("*/30 * * * *", BERLIN), BERLIN)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [window.change_at(first), window.change_at(first + timedelta(hours=1))] == ["overlap", "overlap"]
    assert window.change_at(first + timedelta(hours=2)) is None


@given(seconds=st.integers(0, 86_400), minute=st.integers(0, 100_000))
def test_jitter_is_the_same_each_time_and_never_more_than_allowed(seconds: int, minute: int) -> None:
    at = NOON + timedelta(minutes=minute)
    delay = jitter("a", at, seconds)
    assert timedelta() <= delay <= timedelta(seconds=seconds)
    assert delay == jitter("a", at.astimezone(BERLIN), seconds)


def test_jitter_spreads_triggers_over_the_time_allowed() -> None:
    delays = [jitter(str(number), NOON, 100).total_seconds() for number in range(1_000)]
    assert 40 < sum(delays) / len(delays) < 60
    assert max(delays) > 95
    assert min(delays) < 5


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("America/NewYork", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_near_miss_of_a_zone_names_the_zone(name: str, suggestion: str) -> None:
    with pytest.raises(UnknownZoneError) as caught:
        read_zone(name)
    assert suggestion in caught.value.suggestions


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "/etc/localtime", "x" * 10_000, "Europe/\x00Berlin", "+02:00"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZoneError):
        read_zone(name)


def test_zones_of_different_rules_have_different_fingerprints() -> None:
    assert fingerprint("Europe/Berlin") != fingerprint("Europe/London")
    assert fingerprint("Europe/Berlin") == fingerprint("Europe/Berlin")


def test_a_wall_time_in_a_missing_day_is_placed_at_its_end() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert place(apia, datetime(2011, 12, 30, 10)) == datetime(2011, 12, 30, 10, tzinfo=UTC)  # noqa: DTZ001
    assert place(apia, datetime(2011, 12, 31, 0)) == datetime(2011, 12, 30, 10, tzinfo=UTC)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "second"),
        (60, "minute"),
        (90, "1 minute and 30 seconds"),
        (7_200, "2 hours"),
        (90_061, "1 day, 1 hour, 1 minute and 1 second"),
    ],
)
def test_intervals_are_spelled(seconds: int, words: str) -> None:
    assert spell_interval(seconds) == words
