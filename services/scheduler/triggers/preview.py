"""What a schedule would do, before it is saved. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduler.calendars.model import DayRule
from services.scheduler.triggers.schedules import LATEST, Schedule
from services.scheduler.triggers.timing import MICROSECOND, ClockChange
from services.scheduler.triggers.zones import place

MAXIMUM_FIRES = 50
MAXIMUM_DROPPED = 400
"""Days; whoever blocks more than a year of them sees why in the first ones."""


@dataclass(frozen=True, slots=True)
class PreviewedFire:
    """`local` is ISO 8601 in the schedule's zone, with its offset."""

    at: datetime
    local: str
    change: ClockChange | None


@dataclass(frozen=True, slots=True)
class DroppedFire:
    """The first fire of a day that a calendar forbids; further ones of the day are not listed."""

    at: datetime
    local: str
    because: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Both lists are oldest first; `dropped` ends with the last of the fires."""

    description: str
    fires: Sequence[PreviewedFire]
    dropped: Sequence[DroppedFire]


def preview(schedule: Schedule, after: datetime, count: int, days: DayRule) -> Preview:
    """The next `count` fires later than `after`, without jitter."""
    window = schedule.window()
    zone = ZoneInfo(schedule.timezone)
    fires: list[PreviewedFire] = []
    dropped: list[DroppedFire] = []
    at = window.next_after(after)
    while at is not None and at < LATEST and len(fires) < count and len(dropped) < MAXIMUM_DROPPED:
        local = at.astimezone(zone)
        verdict = days.allows(local.date())
        if verdict.allowed:
            fires.append(PreviewedFire(at, local.isoformat(), window.change_at(at)))
            at = window.next_after(at)
        else:
            dropped.append(DroppedFire(at, local.isoformat(), verdict.because))
            at = window.next_after(max(_end_of_day(zone, local), at))
    return Preview(window.explain(), fires, dropped)


def _end_of_day(zone: ZoneInfo, local: datetime) -> datetime:
    midnight = datetime.combine(local.date() + timedelta(days=1), time())
    return place(zone, midnight).astimezone(UTC) - MICROSECOND
