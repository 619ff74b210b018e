"""Requests a minute for each client, as token buckets in this process' memory.

Several gateways each count for themselves; the figures protect a process, they are no billing. Answers tell what is
left by the fields of draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from services.gateway.settings import GatewaySettings
from services.kit.errors import DomainError, Kind

WINDOW_SECONDS = 60
CLIENTS_KEPT = 50_000
SWEEP_SECONDS = 1.0
"""Looking through all clients takes milliseconds; a flood of new ones must not cause it for each."""
IPV6_PREFIX = 64
"""What one subscriber has; its single addresses are as many as they like."""


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
        """`RateLimit` and `RateLimit-Policy`."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_seconds}',
        }


class RateLimitedError(DomainError):
    """RATE_LIMITED; the answer to it carries the allowance too."""

    def __init__(self, allowance: Allowance, seconds: int) -> None:
        super().__init__(
            Kind.EXHAUSTED,
            "RATE_LIMITED",
            f"More than {allowance.limit} requests a minute. Try again in {seconds} seconds.",
            facts={"retryAfterSeconds": seconds},
        )
        self.allowance = allowance


def network_of(address: str) -> str:
    """The client behind an address: itself, or the /64 of an IPv6 one."""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else parsed.exploded[: IPV6_PREFIX // 4 + 3]


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
        self._swept_at = -math.inf

    def take(self, policy: str, client: str) -> Allowance:
        """Counts one request. Raises RateLimitedError when the minute's allowance is used up."""
        limit = self._limits[policy]
        rate = limit / WINDOW_SECONDS
        now = self._now()
        bucket = self._buckets.get((policy, client))
        if bucket is None:
            bucket = self._add(policy, client, limit, now)
        bucket.left = min(float(limit), bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left < 1.0:
            allowance = Allowance(policy, limit, 0, math.ceil((limit - bucket.left) / rate))
            raise RateLimitedError(allowance, math.ceil((1.0 - bucket.left) / rate))
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
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < WINDOW_SECONDS}
        if len(self._buckets) >= CLIENTS_KEPT:
            self._buckets.pop(next(iter(self._buckets)))
