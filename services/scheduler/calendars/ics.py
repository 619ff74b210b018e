"""iCalendar documents as days: events with their recurrences, all-day or with times, within a window. Pure.

What a day calendar cannot say exactly is refused, not guessed. How long it may take is the caller's matter (`sandbox`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar as IcsCalendar

from services.scheduler.calendars.entries import days_of

MAX_BYTES = 1024 * 1024
MAX_EVENTS = 10_000
MAX_TITLE = 100
MAX_NOTES = 20
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_MOMENT = timedelta(microseconds=1)

Start = date | datetime


class IcsError(Exception):
    """The document cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class IcsDays:
    """Days of the window with the title of an event on each; `notes` tell what was left out."""

    days: Mapping[date, str]
    events: int
    notes: Sequence[str] = ()


@dataclass(slots=True)
class _Series:
    """The events of one UID: the one that repeats, and the instances that were moved or cancelled."""

    masters: list[Any] = field(default_factory=list)
    overrides: list[Any] = field(default_factory=list)
    replaced: set[Start] = field(default_factory=set)


def read_days(document: bytes, zone: tzinfo, first: date, last: date) -> IcsDays:
    """The days from `first` to `last` that the events cover; times are seen in `zone`. Raises IcsError."""
    try:
        return _read(_events(document), zone, first, last)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        # The parser keeps broken values and raises where they are used.
        raise IcsError(f"The document cannot be read: {str(error)[:200]}") from None


def _read(events: Sequence[Any], zone: tzinfo, first: date, last: date) -> IcsDays:
    days: dict[date, str] = {}
    notes: list[str] = []
    used = 0
    for series in _by_uid(events):
        for event in series.masters + series.overrides:
            title = _title(event)
            if _is_cancelled(event):
                continue
            if "DTSTART" not in event:
                notes.append(f'"{title}" has no start and was left out.')
                continue
            used += 1
            length = _length(event, title)
            for start in _starts(event, series.replaced, title, (first, last), length):
                for day in _covered(start, length, zone, first, last):
                    days.setdefault(day, title)
    if not used:
        raise IcsError("The document holds no event. Give a calendar with VEVENT entries.")
    return IcsDays(dict(sorted(days.items())), used, tuple(notes[:MAX_NOTES]))


def _events(document: bytes) -> list[Any]:
    if len(document) > MAX_BYTES:
        raise IcsError(f"The document is larger than {MAX_BYTES // 1024} KiB. Export fewer events.")
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise IcsError("The document is not UTF-8 text.") from None
    if not text.lstrip()[:15].upper().startswith("BEGIN:VCALENDAR"):
        raise IcsError("This is no iCalendar document: it does not begin with BEGIN:VCALENDAR.")
    if not text.rstrip()[-13:].upper().endswith("END:VCALENDAR"):
        raise IcsError("The document is cut off: it does not end with END:VCALENDAR. Export or send it again.")
    if text.upper().count("BEGIN:VEVENT") > MAX_EVENTS:
        raise IcsError(f"The document holds more than {MAX_EVENTS:,} events. Export fewer.")
    return [event for calendar in IcsCalendar.from_ical(text, multiple=True) for event in calendar.walk("VEVENT")]


def _by_uid(events: Sequence[Any]) -> Iterator[_Series]:
    series: dict[str, _Series] = {}
    for number, event in enumerate(events):
        # Events without a UID belong to nobody else's series.
        one = series.setdefault(str(event.get("UID", "")) or f"#{number}", _Series())
        if "RECURRENCE-ID" in event:
            moved = event["RECURRENCE-ID"]
            if str(moved.params.get("RANGE", "")).upper() == "THISANDFUTURE":
                raise IcsError(
                    f'"{_title(event)}" changes all later instances at once (THISANDFUTURE), which is not understood. '
                    "Export the calendar with separate events."
                )
            one.overrides.append(event)
            one.replaced.add(_plain(_dt(moved, _title(event))))
        else:
            one.masters.append(event)
    yield from series.values()


def _starts(
    event: Any, replaced: set[Start], title: str, window: tuple[date, date], length: timedelta
) -> Iterator[Start]:
    """The starts of an event that matter for the window, in its own zone; one when it does not repeat."""
    start = _start(event, title)
    if "RECURRENCE-ID" in event:
        yield start
        return
    first, last = window
    zone = start.tzinfo if isinstance(start, datetime) else None
    left_out = {_plain(each) for each in _dates(event, "EXDATE", title)} | replaced
    begin = datetime.combine(first, time.min) - length - timedelta(days=2)
    end = datetime.combine(last, time.max) + timedelta(days=2)
    naive = _naive(start)
    found = {naive}
    for rule in _many(event.get("RRULE")):
        found.update(_rule(rule, naive, zone, title).between(begin, end, inc=True))
    found.update(_naive(_in_zone(each, zone)) for each in _dates(event, "RDATE", title))
    for each in sorted(found):
        local: Start = each.replace(tzinfo=zone) if isinstance(start, datetime) else each.date()
        if _plain(local) not in left_out and each.date() not in left_out:
            yield local


def _rule(rule: Any, start: datetime, zone: tzinfo | None, title: str) -> Any:
    frequency = str((rule.get("FREQ") or [""])[0]).upper()
    if frequency not in FREQUENCIES:
        raise IcsError(
            f'"{title}" repeats {frequency or "without a frequency"}; a calendar takes {", ".join(FREQUENCIES)}.'
        )
    parts = {name: value for name, value in rule.items() if name.upper() != "UNTIL"}
    try:
        made = rrulestr(type(rule)(parts).to_ical().decode(), dtstart=start)
        until = (rule.get("UNTIL") or [None])[0]
        if until is not None:
            limit = _in_zone(until, zone)
            at = _naive(limit) if isinstance(limit, datetime) else datetime.combine(limit, time.max)
            made = made.replace(until=at)
        return made
    except (ValueError, TypeError, KeyError) as error:
        raise IcsError(f'The recurrence of "{title}" cannot be read: {str(error)[:100]}') from None


def _covered(start: Start, length: timedelta, zone: tzinfo, first: date, last: date) -> Sequence[date]:
    """The days of `zone` on which an event that begins then is under way."""
    try:
        if isinstance(start, datetime):
            aware = start if start.tzinfo is not None else start.replace(tzinfo=zone)
            begin = aware.astimezone(zone).date()
            # Through UTC: a local time plus a length would be wrong across a clock change.
            end = (aware.astimezone(UTC) + max(length - _MOMENT, timedelta())).astimezone(zone).date()
        else:
            begin, end = start, start + max(length - timedelta(days=1), timedelta())
    except OverflowError:
        return ()
    begin, end = max(begin, first), min(end, last)
    return days_of(begin, end) if begin <= end else ()


def _length(event: Any, title: str) -> timedelta:
    """From start to end, the end excluded; an all-day event without an end lasts a day."""
    start = _start(event, title)
    if "DTEND" in event:
        end = _dt(event["DTEND"], title)
        if isinstance(end, datetime) != isinstance(start, datetime):
            raise IcsError(f'"{title}" begins with a day and ends with a time, or the other way round.')
        if isinstance(end, datetime) and isinstance(start, datetime):
            if (end.tzinfo is None) != (start.tzinfo is None):
                raise IcsError(f'"{title}" has a zone at one end only.')
            return end.astimezone(UTC) - start.astimezone(UTC) if end.tzinfo else end - start
        return end - start
    if "DURATION" in event:
        length = getattr(event["DURATION"], "dt", None)
        if not isinstance(length, timedelta):
            raise IcsError(f'The duration of "{title}" cannot be read.')
        return length
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _start(event: Any, title: str) -> Start:
    return _dt(event["DTSTART"], title)


def _dt(value: Any, title: str) -> Start:
    found = getattr(value, "dt", None)
    if not isinstance(found, date):
        raise IcsError(f'A date of "{title}" cannot be read.')
    return found


def _dates(event: Any, name: str, title: str) -> Iterator[Start]:
    for dates in _many(event.get(name)):
        for each in getattr(dates, "dts", ()):
            # A period is a pair; its start counts.
            found = each.dt[0] if isinstance(each.dt, tuple) else each.dt
            if not isinstance(found, date):
                raise IcsError(f'{name} of "{title}" cannot be read.')
            yield found


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _in_zone(value: Start, zone: tzinfo | None) -> Start:
    return value.astimezone(zone) if isinstance(value, datetime) and value.tzinfo and zone else value


def _naive(value: Start) -> datetime:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time.min)


def _plain(value: Start) -> Start:
    """The same instant compares equal in whatever zone it was written; days and local times stay as they are."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else value


def _is_cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _title(event: Any) -> str:
    title = " ".join(str(event.get("SUMMARY", "")).split())
    return "".join(each for each in title if each.isprintable())[:MAX_TITLE] or "An event without a title"
