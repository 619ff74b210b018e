"""What an answer means, and when to try again. Pure: no clock, no I/O."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from services.scheduler.delivery.model import Outcome

GONE: Final = 410
RETRYABLE_REFUSALS: Final = frozenset({408, 425, 429})
CIRCUIT_FAILURES: Final = 5
"""After so many failures in a row an endpoint is only probed."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Times in seconds. They are settings, so that tests run them fast."""

    first: float = 5.0
    longest: float = 2 * 3600.0
    probe_first: float = 5.0
    probe_longest: float = 300.0
    longest_retry_after: float = 6 * 3600.0

    def delay(self, tries: int, retry_after: float | None, jitter: random.Random) -> float:
        """Until the next try: doubling, with jitter between a half and the whole; never before Retry-After."""
        grown = min(self.longest, self.first * 2.0 ** min(max(tries - 1, 0), 60))
        delay = grown * jitter.uniform(0.5, 1.0)
        return max(delay, min(retry_after, self.longest_retry_after)) if retry_after is not None else delay

    def probe_delay(self, failures: int) -> float:
        """How long the circuit stays open; 0 keeps it closed."""
        if failures < CIRCUIT_FAILURES:
            return 0.0
        return min(self.probe_longest, self.probe_first * 2.0 ** min(failures - CIRCUIT_FAILURES, 60))


def judge(status: int) -> Outcome:
    """2xx delivers; refusals by 4xx are final, except those that ask for patience; all else is tried again."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if 400 <= status < 500 and status not in RETRYABLE_REFUSALS:
        return Outcome.PARKED
    return Outcome.RETRY


def describe(status: int) -> str:
    """What the log says of an answer that did not deliver."""
    if 300 <= status < 400:
        return f"The receiver answered {status}: redirects are not followed. Give the endpoint its final address."
    if status == GONE:
        return "The receiver answered 410 Gone: the endpoint was disabled."
    if judge(status) is Outcome.PARKED:
        return f"The receiver refused it with {status}. Replay it when the receiver is right."
    return f"The receiver answered {status}."


def is_of_the_endpoint(status: int | None) -> bool:
    """True for a failure that says something of the endpoint as a whole: no answer, or one that asks for patience."""
    return status is None or judge(status) is Outcome.RETRY


def read_retry_after(value: str, now: datetime) -> float | None:
    """Seconds from `Retry-After` (a number or a date); None when it cannot be read."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
