"""Deliveries a minute for each trigger, as token buckets in this process' memory.

Several processes each count for themselves; the figures protect them, they are no billing. Only deliveries that proved
where they come from count: strangers use up nobody's allowance.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.kit.errors import DomainError, Kind

WINDOW_SECONDS = 60
TRIGGERS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a trigger's senders."""

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Allowances:
    """One bucket for each trigger that was called lately."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: dict[str, _Bucket] = {}

    def take(self, trigger_id: str, limit: int) -> Allowance:
        """Counts one delivery. Raises RATE_LIMITED when the minute's allowance is used up."""
        now, rate = self._now(), limit / WINDOW_SECONDS
        bucket = self._buckets.get(trigger_id)
        if bucket is None:
            while len(self._buckets) >= TRIGGERS_KEPT:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[trigger_id] = _Bucket(float(limit), now)
        bucket.left = min(float(limit), bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left < 1.0:
            seconds = math.ceil((1.0 - bucket.left) / rate)
            raise DomainError(
                Kind.EXHAUSTED,
                "RATE_LIMITED",
                f"More than {limit} deliveries a minute. Send this one again in {seconds} seconds.",
                facts={"retryAfterSeconds": seconds, "rateLimit": limit},
            )
        bucket.left -= 1.0
        return Allowance(limit, int(bucket.left), math.ceil((limit - bucket.left) / rate))
