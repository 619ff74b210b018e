"""When to try again, and after how long."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.client.retries import NEVER, Retry, may_repeat, read_retry_after


def test_pauses_grow_are_spread_and_end() -> None:
    retry = Retry(attempts=4, first_seconds=1.0, longest_seconds=3.0)
    for attempt, longest in ((1, 1.0), (2, 2.0), (3, 3.0)):
        pauses = {retry.pause(attempt) for _ in range(50)}
        assert len(pauses) > 1
        assert all(pause is not None and longest / 2 <= pause <= longest for pause in pauses)
    assert retry.pause(4) is None
    assert NEVER.pause(1) is None


def test_the_hubs_word_goes_before_and_too_long_a_wait_is_given_up() -> None:
    retry = Retry(longest_seconds=10.0)
    assert retry.pause(1, "7") == 7.0
    assert retry.pause(1, "11") is None
    assert retry.pause(1, "soon") is not None


def test_a_date_is_understood_too() -> None:
    seconds = read_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert seconds is not None
    assert 55 < seconds <= 60
    assert read_retry_after(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0.0
    assert read_retry_after("") is read_retry_after(None) is read_retry_after("tomorrow") is None


@pytest.mark.parametrize(
    ("status", "reason", "repeatable", "repeats"),
    [
        (429, "", False, True),
        (503, "", True, True),
        (503, "", False, False),
        (409, "IDEMPOTENCY_IN_PROGRESS", True, True),
        (409, "NAME_TAKEN", True, False),
        (500, "", True, False),
        (422, "", True, False),
    ],
)
def test_only_what_cannot_do_harm_is_repeated(status: int, reason: str, repeatable: bool, repeats: bool) -> None:
    assert may_repeat(status, reason, repeatable=repeatable) is repeats
