"""A schedule's details as they are stored, and the one place where a wanted change is judged. Pure.

Field errors name members as the API does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kit.errors import FieldError, invalid
from services.scheduler.triggers.cron import CronError
from services.scheduler.triggers.timing import CronTiming, Interval, Once, Timing, Window
from services.scheduler.triggers.zones import UnknownZoneError, read_zone

DEFAULT_GRACE_SECONDS = 60.0
DEFAULT_MISFIRE_MAX = 10
MAXIMUM_MISFIRE = 1_000
MAXIMUM_SECONDS = 366 * 86_400
MAXIMUM_JITTER_SECONDS = 86_400
MAXIMUM_CALENDARS = 20
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Nobody plans further ahead; calendar arithmetic stays far from its own end."""


class Misfire(StrEnum):
    """What becomes of fires that are later than the grace allows."""

    ONCE = "ONCE"
    ALL = "ALL"
    SKIP = "SKIP"


class Overlap(StrEnum):
    """What becomes of a fire while an execution of the same schedule has not ended."""

    ALLOW = "ALLOW"
    QUEUE = "QUEUE"
    SKIP = "SKIP"
    STOP_PREVIOUS = "STOP_PREVIOUS"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Exactly one of `cron`, `interval_seconds` and `at` is set. `calendars` are ids."""

    timezone: str
    anchor_at: datetime
    cron: str | None = None
    interval_seconds: int | None = None
    at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    jitter_seconds: int = 0
    misfire: Misfire = Misfire.ONCE
    misfire_max: int = DEFAULT_MISFIRE_MAX
    grace_seconds: float = DEFAULT_GRACE_SECONDS
    overlap: Overlap = Overlap.ALLOW
    calendars: Sequence[str] = ()

    def window(self) -> Window:
        """Its series of instants."""
        zone = ZoneInfo(self.timezone)
        timing: Timing
        if self.cron is not None:
            timing = _cron(self.cron, self.timezone)
        elif self.interval_seconds is not None:
            timing = Interval(self.interval_seconds, self.anchor_at)
        else:
            assert self.at is not None
            timing = Once(self.at, zone)
        return Window(timing, zone, self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """What somebody wants; None leaves a member as it is, or takes the default of a new schedule. `clear` empties."""

    cron: str | None = None
    interval_seconds: int | None = None
    at: datetime | None = None
    timezone: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    jitter_seconds: int | None = None
    misfire: Misfire | None = None
    misfire_max: int | None = None
    grace_seconds: float | None = None
    overlap: Overlap | None = None
    calendars: Sequence[str] | None = None
    clear: Sequence[str] = ()


def apply_change(old: Schedule | None, change: ScheduleChange, now: datetime) -> Schedule:
    """The schedule wanted. Raises SCHEDULE_INVALID naming every field that is wrong."""
    problems = _out_of_range(change)
    timing = (change.cron, change.interval_seconds, change.at)
    if old is None and all(part is None for part in timing):
        problems.append(FieldError("/cron", "Give one of cron, intervalSeconds and at."))
    if old is None and change.timezone is None:
        problems.append(FieldError("/timezone", "Give an IANA name such as Europe/Berlin."))
    base = old or Schedule(timezone="UTC", anchor_at=now)
    new = _merged(base, change)
    if new.interval_seconds is not None and (old is None or _rhythm(old) != _rhythm(new)):
        new = replace(new, anchor_at=new.starts_at or now.replace(microsecond=0))
    if new.starts_at is not None and new.ends_at is not None and new.ends_at <= new.starts_at:
        problems.append(FieldError("/endsAt", "Give a time later than startsAt."))
    problems += _unreadable(new)
    if not problems and (old is None or when(old) != when(new)) and new.window().next_after(now) is None:
        pointer = "/endsAt" if new.ends_at is not None else "/at" if new.at is not None else "/cron"
        problems.append(FieldError(pointer, "It would never fire from now on."))
    if problems:
        raise invalid("The schedule cannot be used as it is.", *problems, reason="SCHEDULE_INVALID")
    return new


def when(schedule: Schedule) -> tuple[object, ...]:
    """Everything that decides when it fires: a change of it makes a new plan."""
    return (
        schedule.cron,
        schedule.interval_seconds,
        schedule.at,
        schedule.anchor_at,
        schedule.timezone,
        schedule.starts_at,
        schedule.ends_at,
        schedule.jitter_seconds,
        tuple(schedule.calendars),
    )


def _rhythm(schedule: Schedule) -> tuple[object, ...]:
    return schedule.interval_seconds, schedule.starts_at


def _merged(base: Schedule, change: ScheduleChange) -> Schedule:
    new = base
    if any(part is not None for part in (change.cron, change.interval_seconds, change.at)):
        new = replace(new, cron=change.cron, interval_seconds=change.interval_seconds, at=change.at)
    for name in (
        "timezone",
        "starts_at",
        "ends_at",
        "jitter_seconds",
        "misfire",
        "misfire_max",
        "grace_seconds",
        "overlap",
        "calendars",
    ):
        value = getattr(change, name)
        if value is not None:
            new = replace(new, **{name: value})
    if "startsAt" in change.clear:
        new = replace(new, starts_at=None)
    if "endsAt" in change.clear:
        new = replace(new, ends_at=None)
    return new


def _out_of_range(change: ScheduleChange) -> list[FieldError]:
    problems = []
    if change.interval_seconds is not None and not 1 <= change.interval_seconds <= MAXIMUM_SECONDS:
        problems.append(FieldError("/intervalSeconds", "Give seconds from 1 to a year."))
    if change.jitter_seconds is not None and not 0 <= change.jitter_seconds <= MAXIMUM_JITTER_SECONDS:
        problems.append(FieldError("/jitterSeconds", "Give seconds from 0 to a day."))
    # Written so that NaN fails as well.
    if change.grace_seconds is not None and not 0 <= change.grace_seconds <= MAXIMUM_SECONDS:
        problems.append(FieldError("/misfire/graceSeconds", "Give seconds from 0 to a year."))
    if change.misfire_max is not None and not 1 <= change.misfire_max <= MAXIMUM_MISFIRE:
        problems.append(FieldError("/misfire/max", f"Give a number from 1 to {MAXIMUM_MISFIRE}."))
    for pointer, at in (("/at", change.at), ("/startsAt", change.starts_at), ("/endsAt", change.ends_at)):
        if at is not None and at >= LATEST:
            problems.append(FieldError(pointer, f"Give a time before {LATEST.year}."))
    if change.calendars is not None and len(change.calendars) > MAXIMUM_CALENDARS:
        problems.append(FieldError("/calendars", f"Give at most {MAXIMUM_CALENDARS} calendars."))
    return problems


def _unreadable(schedule: Schedule) -> list[FieldError]:
    try:
        zone = read_zone(schedule.timezone)
    except UnknownZoneError as error:
        hint = f" Did you mean {' or '.join(error.suggestions)}?" if error.suggestions else ""
        problems = [FieldError("/timezone", f"{schedule.timezone[:64]!r} is no IANA time zone.{hint}")]
        zone = ZoneInfo("UTC")
    else:
        problems = []
    if schedule.cron is not None:
        try:
            CronTiming(schedule.cron, zone)
        except CronError as error:
            problems.append(FieldError("/cron", str(error)))
    return problems


@lru_cache(maxsize=4_096)
def _cron(expression: str, timezone: str) -> CronTiming:
    return CronTiming(expression, ZoneInfo(timezone))
