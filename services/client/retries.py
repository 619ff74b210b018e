"""When a call is sent again, and after how long. Pure: sleeping and sending are the transport's."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

REFUSED_UNSEEN = frozenset({429})
"""Statuses that say the request was not worked on."""
MAYBE_DONE = frozenset({502, 503, 504})
"""Statuses after which a change may have been made or not."""
STILL_AT_WORK = "IDEMPOTENCY_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` in all. Pauses double from `first_seconds`; Retry-After goes before, up to `longest_seconds`."""

    attempts: int = 4
    first_seconds: float = 0.2
    longest_seconds: float = 30.0

    def pause(self, attempt: int, retry_after: str | None = None) -> float | None:
        """Seconds until the next attempt after this one (counted from 1), None to give up."""
        if attempt >= self.attempts:
            return None
        asked = read_retry_after(retry_after)
        if asked is not None:
            return asked if asked <= self.longest_seconds else None
        doubled: float = self.first_seconds * 2 ** (attempt - 1)
        # Spread, so that many clients of one Hub do not come back in step.
        return min(doubled * random.uniform(0.5, 1.0), self.longest_seconds)  # noqa: S311 - no secret


NEVER = Retry(attempts=1)


def read_retry_after(value: str | None) -> float | None:
    """Seconds from `Retry-After`, which is a number or a date; None when it is neither."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def may_repeat(status: int, reason: str, *, repeatable: bool) -> bool:
    """Whether a request that was answered so may be sent once more.

    `repeatable` requests do the same however often they arrive: reads, and changes under one Idempotency-Key.
    """
    if status in REFUSED_UNSEEN:
        return True
    return repeatable and (status in MAYBE_DONE or reason == STILL_AT_WORK)
