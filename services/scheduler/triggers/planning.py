"""What the ledger is to hold next of one schedule. Pure: the same question always gets the same plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.scheduler.calendars.model import DayRule
from services.scheduler.triggers.schedules import Schedule
from services.scheduler.triggers.timing import jitter

KEPT_SINGLY = 10_000
"""Of a longer run of overdue instants the older ones share rows, so many to a row: a backlog stays bounded."""
WALKED_AT_ONCE = 2 * KEPT_SINGLY


@dataclass(frozen=True, slots=True)
class PlannedFire:
    """`due_at` is `fire_at` with its jitter; `blocked_by` is a calendar's word against it, or empty."""

    fire_at: datetime
    due_at: datetime
    blocked_by: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of overdue instants that one row stands for."""

    first: datetime
    last: datetime
    instants: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The fires up to `planned_until`, and the first instant after it (None: there is none)."""

    trigger_id: str
    timezone: str
    fires: Sequence[PlannedFire]
    span: Span | None
    planned_until: datetime
    next_at: datetime | None


def make_plan(
    trigger_id: str,
    schedule: Schedule,
    planned_until: datetime,
    now: datetime,
    horizon: timedelta,
    days: DayRule,
) -> Plan:
    """The fires later than `planned_until` and up to the horizon from now.

    A backlog too long to be walked at once is planned in part: `next_at` is then not later than now, and the caller
    comes again. Nothing of a schedule may fire before all that is overdue is in the ledger.
    """
    window = schedule.window()
    until = max(now + horizon, planned_until)
    instants: list[datetime] = []
    at = window.next_after(planned_until)
    while at is not None and at <= until and len(instants) < WALKED_AT_ONCE:
        instants.append(at)
        at = window.next_after(at)
    complete = at is None or at > until
    overdue = sum(1 for instant in instants if instant <= now)
    shared = max(overdue - KEPT_SINGLY, 0)
    if not complete and overdue == len(instants):
        # More may follow: which ones are the newest shows when the end is reached.
        at = instants[shared]
        instants = instants[:shared]
    if not complete:
        until = instants[-1]
    zone = ZoneInfo(schedule.timezone)
    return Plan(
        trigger_id=trigger_id,
        timezone=schedule.timezone,
        fires=[_planned(trigger_id, schedule, zone, instant, days) for instant in instants[shared:]],
        span=Span(instants[0], instants[shared - 1], shared) if shared else None,
        planned_until=until,
        next_at=at,
    )


def _planned(trigger_id: str, schedule: Schedule, zone: ZoneInfo, fire_at: datetime, days: DayRule) -> PlannedFire:
    verdict = days.allows(fire_at.astimezone(zone).date())
    blocked_by = "" if verdict.allowed else verdict.because
    return PlannedFire(fire_at, fire_at + jitter(trigger_id, fire_at, schedule.jitter_seconds), blocked_by)
