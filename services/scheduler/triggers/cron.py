"""Cron expressions of five fields: read and walked by cronsim, placed on the real time line by `zones`.

cronsim walks the wall clock, where there are no changes of the clocks. What they do is decided here, as Debian's cron
does: where minute or hour begin with `*` the schedule follows real time; else it names wall times, each of which fires
once: in a gap right after it, in an overlap the first time.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from services.scheduler.triggers.zones import SECOND, first_change, gap_before, offset_at, place, wall_at

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELDS = 5
LONGEST = 500
_SINGLE_RANGE = re.compile(r"\b(\w+)-\1/\d+")
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - of the wall clock
_DAYS = re.compile(r"Bad day-of-month")


class CronError(ValueError):
    """The message says to a person what is wrong."""


class Cron:
    """One expression in one zone."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        """Raises CronError."""
        self._fields = _fields(expression)
        self._zone = zone
        self._walker = _walker(self._fields)
        minute, hour = self._fields[:2]
        self.follows_real_time = minute.startswith("*") or hour.startswith("*")

    def next_after(self, after: datetime) -> datetime | None:
        """The first fire later than `after`; None when there is none for 50 years."""
        if self.follows_real_time:
            return self._next_real(after)
        wall: datetime | None = wall_at(self._zone, after)
        while (wall := self._next_wall(wall)) is not None:
            at = place(self._zone, wall)
            if at > after:
                return at
        return None

    def is_moved(self, at: datetime) -> bool:
        """True when this fire's own time lies in the gap that ends at `at`."""
        gap = None if self.follows_real_time else gap_before(self._zone, at)
        if gap is None:
            return False
        wall = self._next_wall(gap[0] - SECOND)
        return wall is not None and wall < gap[1]

    def explain(self) -> str:
        """In words, without the zone. An expression that never fires says so."""
        return self._walker.explain() if self._walker else "Never"

    def _next_real(self, after: datetime) -> datetime | None:
        """Walks from one change of the clocks to the next; between them wall and real time run alike."""
        position, offset = after, offset_at(self._zone, after)
        while True:
            naive = position.astimezone(UTC).replace(tzinfo=None)
            wall = self._next_wall(naive + offset)
            if wall is None:
                return None
            at = (wall - offset).replace(tzinfo=UTC)
            change = first_change(self._zone, max(position, after), at)
            if change is None:
                return at
            position, offset = change - SECOND, offset_at(self._zone, change)
            after = change

    def _next_wall(self, wall: datetime | None) -> datetime | None:
        if self._walker is None or wall is None:
            return None
        self._walker.dt = wall.replace(microsecond=0)
        return next(self._walker, None)


def _fields(expression: str) -> list[str]:
    text = expression.strip()
    if len(text) > LONGEST:
        raise CronError(f"A cron expression has at most {LONGEST} characters.")
    if text.startswith("@"):
        macro = MACROS.get(text.lower())
        if macro is None:
            raise CronError(f"There is no macro {text[:40]!r}. There are {', '.join(MACROS)}.")
        text = macro
    fields = text.split()
    if len(fields) != FIELDS:
        extra = " Seconds are not part of it." if len(fields) == FIELDS + 1 else ""
        raise CronError(f"Give five fields (minute, hour, day of month, month, day of week), not {len(fields)}.{extra}")
    # cronsim reads 5-5/10 as 5/10.
    return [_SINGLE_RANGE.sub(r"\1", field) for field in fields]


def _walker(fields: list[str]) -> CronSim | None:
    """None for an expression that is right but names a day that no month has, such as 30 February."""
    try:
        return CronSim(" ".join(fields), _ANY_TIME)
    except CronSimError as error:
        if _DAYS.match(str(error)):
            minute, hour, day, _, weekday = fields
            try:
                CronSim(" ".join([minute, hour, day, "*", weekday]), _ANY_TIME)
            except CronSimError:
                pass
            else:
                return None
        field = str(error).removeprefix("Bad ").replace("-", " ")
        raise CronError(f"The {field} cannot be read.") from None
