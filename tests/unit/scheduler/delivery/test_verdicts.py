"""What answers mean and when to try again."""

import random
from datetime import UTC, datetime

import pytest

from services.scheduler.delivery.model import Outcome
from services.scheduler.delivery.verdicts import CIRCUIT_FAILURES, Backoff, judge, read_retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BACKOFF = Backoff()


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_is_delivered_tried_again_or_parked(status: int) -> None:
    expected = Outcome.RETRY
    if 200 <= status < 300:
        expected = Outcome.DELIVERED
    elif 400 <= status < 500 and status not in (408, 425, 429):
        expected = Outcome.PARKED
    assert judge(status) is expected


def test_delays_double_with_jitter_up_to_two_hours() -> None:
    jitter = random.Random(1)
    for tries in range(1, 2_000):
        whole = min(7_200.0, 5.0 * 2.0 ** min(tries - 1, 40))
        assert whole / 2 <= BACKOFF.delay(tries, None, jitter) <= whole


def test_a_day_of_failures_is_at_least_a_dozen_tries_and_at_most_fifty() -> None:
    jitter, elapsed, tries = random.Random(2), 0.0, 0
    while elapsed < 24 * 3_600:
        tries += 1
        elapsed += BACKOFF.delay(tries, None, jitter)
    assert 12 <= tries <= 50


def test_retry_after_is_never_undercut_and_is_bounded() -> None:
    jitter = random.Random(3)
    assert BACKOFF.delay(1, 600.0, jitter) == 600.0
    assert BACKOFF.delay(1, 10.0**9, jitter) == BACKOFF.longest_retry_after
    assert BACKOFF.delay(30, 1.0, jitter) > 1_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("9" * 400, 999_999_999.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, NOW) == seconds


def test_the_circuit_opens_after_five_failures_and_probes_ever_less() -> None:
    delays = [BACKOFF.probe_delay(failures) for failures in range(CIRCUIT_FAILURES + 12)]
    assert delays[:CIRCUIT_FAILURES] == [0.0] * CIRCUIT_FAILURES
    assert delays[CIRCUIT_FAILURES:] == sorted(delays[CIRCUIT_FAILURES:])
    assert delays[-1] == BACKOFF.probe_longest
