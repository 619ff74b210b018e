"""When a schedule fires: cron, interval or a single time, between its start and its end, with jitter. Pure.

Instants are aware and in UTC. Everything is computed from the instant given, never from what fired before, so that a
plan made again is the same plan.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from services.scheduler.triggers.cron import Cron
from services.scheduler.triggers.words import spell_interval, spell_time
from services.scheduler.triggers.zones import is_ambiguous

ClockChange = Literal["gap", "overlap"]
MICROSECOND = timedelta(microseconds=1)


class Timing(Protocol):
    """A series of instants."""

    def next_after(self, after: datetime) -> datetime | None:
        """The first one later than `after`; None when there is none."""
        ...

    def is_moved(self, at: datetime) -> bool:
        """True when the wall clock jumped over the time this fire is named after."""
        ...

    def explain(self) -> str:
        """In words."""
        ...


class CronTiming:
    """What a cron expression names."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        """Raises CronError."""
        self._cron = Cron(expression, zone)
        self._zone = zone

    def next_after(self, after: datetime) -> datetime | None:
        """See `Timing`."""
        return self._cron.next_after(after)

    def is_moved(self, at: datetime) -> bool:
        """See `Timing`."""
        return self._cron.is_moved(at)

    def explain(self) -> str:
        """See `Timing`."""
        return f"{self._cron.explain()} ({self._zone.key})"


@dataclass(frozen=True, slots=True)
class Interval:
    """`anchor` and every `seconds` of real time after it, whatever the wall clock does."""

    seconds: int
    anchor: datetime

    def next_after(self, after: datetime) -> datetime | None:
        """See `Timing`."""
        if after < self.anchor:
            return self.anchor
        step = timedelta(seconds=self.seconds)
        return self.anchor + ((after - self.anchor) // step + 1) * step

    def is_moved(self, at: datetime) -> bool:  # noqa: ARG002 - the protocol's
        """See `Timing`."""
        return False

    def explain(self) -> str:
        """See `Timing`."""
        return f"Every {spell_interval(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Once:
    """A single instant."""

    at: datetime
    zone: ZoneInfo

    def next_after(self, after: datetime) -> datetime | None:
        """See `Timing`."""
        return self.at if self.at > after else None

    def is_moved(self, at: datetime) -> bool:  # noqa: ARG002 - the protocol's
        """See `Timing`."""
        return False

    def explain(self) -> str:
        """See `Timing`."""
        return f"Once, {spell_time(self.at, self.zone)}"


@dataclass(frozen=True, slots=True)
class Window:
    """A timing from `starts_at` to `ends_at`, both included; None is open."""

    timing: Timing
    zone: ZoneInfo
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def next_after(self, after: datetime) -> datetime | None:
        """See `Timing`."""
        if self.starts_at is not None and after < self.starts_at:
            after = self.starts_at - MICROSECOND
        at = self.timing.next_after(after)
        return None if at is None or (self.ends_at is not None and at > self.ends_at) else at

    def change_at(self, at: datetime) -> ClockChange | None:
        """What the clocks do at this fire: it was moved out of a gap, or its wall time comes twice."""
        if self.timing.is_moved(at):
            return "gap"
        return "overlap" if is_ambiguous(self.zone, at) else None

    def explain(self) -> str:
        """In words."""
        words = self.timing.explain()
        if self.starts_at is not None:
            words += f", from {spell_time(self.starts_at, self.zone)}"
        if self.ends_at is not None:
            words += f", until {spell_time(self.ends_at, self.zone)}"
        return words


def jitter(trigger_id: str, fire_at: datetime, seconds: int) -> timedelta:
    """A delay from 0 to `seconds`, to the millisecond: always the same for this fire, spread evenly over triggers."""
    if not seconds:
        return timedelta()
    name = f"{trigger_id} {fire_at.astimezone(UTC).isoformat()}".encode()
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())
    return timedelta(milliseconds=number % (seconds * 1_000 + 1))
