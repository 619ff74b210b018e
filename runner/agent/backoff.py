"""Full-jitter exponential backoff: many runners that lost one Hub come back spread out, not in waves."""

import random


class Backoff:
    """Each delay is a random part of a bound that doubles, from `first_seconds` up to `limit_seconds`."""

    def __init__(self, first_seconds: float, limit_seconds: float) -> None:
        self._first = first_seconds
        self._limit = limit_seconds
        self._failures = 0

    def next_delay(self) -> float:
        """Seconds to wait before the next try."""
        bound = min(self._limit, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return random.uniform(0, bound)  # noqa: S311 - spreading load, not a secret

    def reset(self) -> None:
        """Something worked: start small again."""
        self._failures = 0
