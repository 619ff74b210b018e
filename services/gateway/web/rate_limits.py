"""Requests a minute for each client, as token buckets in this process' memory.

Several gateways each count for themselves; the figures protect a process, they are no billing.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.gateway.settings import GatewaySettings
from services.kit.errors import DomainError, Kind

WINDOW_SECONDS = 60
CLIENTS_KEPT = 50_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client, for the `RateLimit` headers."""

    policy: str
    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_seconds}',
        }


class RateLimits:
    """Buckets by policy ("login", "anonymous", "session", "api_key") and client."""

    def __init__(self, settings: GatewaySettings, now: Callable[[], float] = time.monotonic) -> None:
        self._limits: Mapping[str, int] = {
            "login": settings.rate_login,
            "anonymous": settings.rate_anonymous,
            "session": settings.rate_session,
            "api_key": settings.rate_api_key,
        }
        self._now = now
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, policy: str, client: str) -> Allowance:
        """Counts one request. Raises RATE_LIMITED when the minute's allowance is used up."""
        limit = self._limits[policy]
        rate = limit / WINDOW_SECONDS
        now = self._now()
        bucket = self._buckets.get((policy, client))
        if bucket is None:
            bucket = self._add(policy, client, limit, now)
        bucket.left = min(float(limit), bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left < 1.0:
            seconds = math.ceil((1.0 - bucket.left) / rate)
            raise DomainError(
                Kind.EXHAUSTED,
                "RATE_LIMITED",
                f"More than {limit} requests a minute. Try again in {seconds} seconds.",
                facts={"retryAfterSeconds": seconds},
            )
        bucket.left -= 1.0
        return Allowance(policy, limit, int(bucket.left), math.ceil((limit - bucket.left) / rate))

    def _add(self, policy: str, client: str, limit: int, now: float) -> _Bucket:
        if len(self._buckets) >= CLIENTS_KEPT:
            self._forget_full(now)
        bucket = _Bucket(float(limit), now)
        self._buckets[(policy, client)] = bucket
        return bucket

    def _forget_full(self, now: float) -> None:
        """Clients silent for a window have their whole allowance back; if nobody is, the oldest goes."""
        kept = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < WINDOW_SECONDS}
        if len(kept) >= CLIENTS_KEPT:
            kept.pop(next(iter(kept)))
        self._buckets = kept
