"""Dates: read them in any format, shift them, by working days too, round them, compare them, write them."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.workflow.documents import Json

_FORMAT: Final = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSyYzZfuVGcxX%])*")
_SATURDAY: Final = 5

Unit = Literal["day", "week", "month", "quarter", "year"]


class Shift(NodeConfig):
    """How far a date is moved; all parts together, the largest first."""

    years: int = Field(0, ge=-9999, le=9999, title="Years", description="Of a leap day: 28 February.")
    months: int = Field(
        0, ge=-99_999, le=99_999, title="Months", description="31 becomes the last day of a shorter one."
    )
    weeks: int = Field(0, ge=-99_999, le=99_999, title="Weeks", description="Seven days each.")
    days: int = Field(0, ge=-999_999, le=999_999, title="Days", description="The clock time stays the same.")
    working_days: int = Field(
        0, ge=-9999, le=9999, title="Working days", description="Monday to Friday without the holidays given."
    )
    hours: float = Field(0, ge=-1e7, le=1e7, title="Hours", description="Real hours, also where clocks change.")
    minutes: float = Field(0, ge=-1e9, le=1e9, title="Minutes", description="Real minutes.")


class DateConfig(NodeConfig):
    """Config of data.date."""

    value: str | int | float | None = Field(
        None, title="Date", description="ISO 8601 text, seconds since 1970, or none for now."
    )
    format: str | None = Field(
        None, max_length=100, title="Read as", description="How the text is written, for instance %d.%m.%Y %H:%M."
    )
    zone: str = Field("UTC", title="Time zone", description="Of a text without one, and of the result: Europe/Zurich.")
    add: Shift = Field(default_factory=Shift, title="Add", description="Moves the date; negative goes back.")
    start_of: Unit | None = Field(None, title="Beginning of", description="After moving: the first instant of it.")
    end_of: Unit | None = Field(None, title="Last day of", description="After moving: midnight of the last day of it.")
    until: str | int | float | None = Field(
        None, title="Until", description="Another date; the output says how far it is away."
    )
    holidays: list[date] = Field(
        default_factory=list, max_length=10_000, title="Holidays", description="Days off, as 2026-12-25."
    )
    write_as: str | None = Field(
        None, max_length=100, title="Write as", description="Format of `text`, for instance %d.%m.%Y; none: ISO 8601."
    )

    @field_validator("format", "write_as")
    @classmethod
    def _is_format(cls, value: str | None) -> str | None:
        # Only plain directives: the C library pads to any width that stands between % and the letter.
        if value is not None and not _FORMAT.fullmatch(value):
            raise ValueError("use directives as in %d.%m.%Y %H:%M:%S")
        return value

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"there is no time zone {value[:60]!r}; write one like Europe/Zurich") from error
        return value


class Date(NodeType[DateConfig]):
    """data.date: output `{iso, date, time, text, year, month, day, weekday, week, timestamp, workingDay, until?}`.

    `weekday` is 1 for Monday, `week` that of ISO 8601, `until` is `{days, workingDays, seconds}`, negative when it is
    earlier: whole days between the two dates, working days after the first up to the second.
    """

    type = "data.date"
    title = "Date"
    help = "Reads, moves, rounds, compares and writes a date."
    icon = "calendar-time"
    config = DateConfig
    example: ClassVar[dict[str, Any]] = {
        "value": "31.01.2026",
        "format": "%d.%m.%Y",
        "zone": "Europe/Zurich",
        "add": {"workingDays": 10},
        "writeAs": "%d.%m.%Y",
    }
    repeatable = True
    isolated = False

    async def run(self, config: DateConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Compute. Raises NodeFailure DATE_INVALID, DATE_OUT_OF_RANGE."""
        zone, holidays = ZoneInfo(config.zone), frozenset(config.holidays)
        try:
            moment = _moved(_read(config.value, config.format, zone), config.add, holidays)
            moment = _rounded(moment, config.start_of, config.end_of)
            output = _described(moment, config.write_as, holidays)
            if config.until is not None:
                output["until"] = _distance(moment, _read(config.until, config.format, zone), holidays)
        except (OverflowError, OSError) as error:
            raise NodeFailure("DATE_OUT_OF_RANGE", "The date leaves the years 1 to 9999; move it less far.") from error
        return Result(output)


def _read(value: str | float | None, format_: str | None, zone: ZoneInfo) -> datetime:
    try:
        if value is None:
            return datetime.now(zone)
        if not isinstance(value, str):
            return datetime.fromtimestamp(value, zone)
        text = value.strip()
        moment = datetime.strptime(text, format_) if format_ else datetime.fromisoformat(text)  # noqa: DTZ007 - it may have none
    except OverflowError:
        raise
    except ValueError as error:
        wanted = (
            f"in the format {format_}" if format_ else "like 2026-01-31 or 2026-01-31T09:30:00Z; else set 'Read as'"
        )
        raise NodeFailure("DATE_INVALID", f"{str(value)[:60]!r} is no date {wanted}.") from error
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _moved(moment: datetime, by: Shift, holidays: frozenset[date]) -> datetime:
    months = moment.year * 12 + moment.month - 1 + by.years * 12 + by.months
    year, month = months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(moment.day, calendar.monthrange(year, month)[1])
    moment = moment.replace(year=year, month=month, day=day) + timedelta(weeks=by.weeks, days=by.days)
    step = timedelta(days=1 if by.working_days > 0 else -1)
    left = abs(by.working_days)
    while left:
        moment += step
        left -= _is_working_day(moment.date(), holidays)
    if by.hours or by.minutes:
        # Real time: an hour is an hour also where the clocks change.
        shifted = moment.astimezone(UTC) + timedelta(hours=by.hours, minutes=by.minutes)
        moment = shifted.astimezone(moment.tzinfo)
    return moment


def _rounded(moment: datetime, start_of: Unit | None, end_of: Unit | None) -> datetime:
    if start_of is not None:
        return _beginning(moment, start_of)
    if end_of is None:
        return moment
    beginning = _beginning(moment, end_of)
    match end_of:
        case "day":
            return beginning
        case "week":
            return beginning + timedelta(days=6)
    last_month = {"month": beginning.month, "quarter": beginning.month + 2, "year": 12}[end_of]
    return beginning.replace(month=last_month, day=calendar.monthrange(beginning.year, last_month)[1])


def _beginning(moment: datetime, unit: Unit) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "day":
            return midnight
        case "week":
            return midnight - timedelta(days=midnight.weekday())
    month = {"month": midnight.month, "quarter": (midnight.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return midnight.replace(month=month, day=1)


def _described(moment: datetime, write_as: str | None, holidays: frozenset[date]) -> dict[str, Json]:
    iso = moment.isoformat().replace("+00:00", "Z")
    return {
        "iso": iso,
        "date": moment.date().isoformat(),
        "time": moment.time().isoformat(),
        "text": moment.strftime(write_as) if write_as else iso,
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "weekday": moment.isoweekday(),
        "week": moment.isocalendar().week,
        "timestamp": moment.timestamp(),
        "workingDay": _is_working_day(moment.date(), holidays),
    }


def _distance(start: datetime, end: datetime, holidays: frozenset[date]) -> dict[str, Json]:
    days = (end.date() - start.date()).days
    first, last = sorted((start.date(), end.date()))
    # After the earlier up to the later going forward; going back, before the later down to the earlier.
    offset = 1 if days > 0 else 0
    weeks, rest = divmod(abs(days), 7)
    working = weeks * 5
    working += sum((first + timedelta(days=weeks * 7 + offset + n)).weekday() < _SATURDAY for n in range(rest))
    span = (first + timedelta(days=offset), last - timedelta(days=1 - offset))
    working -= sum(span[0] <= day <= span[1] and day.weekday() < _SATURDAY for day in holidays)
    return {
        "days": days,
        "workingDays": working if days >= 0 else -working,
        # Differences of one zone would be those of its clock on the wall.
        "seconds": end.timestamp() - start.timestamp(),
    }


def _is_working_day(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays


NODES = (Date,)
