"""Calendars as protobuf messages."""

from collections.abc import Sequence
from datetime import date

from exekra.scheduler.v1 import calendar_pb2 as pb
from exekra.scheduler.v1 import execution_pb2
from services.scheduler.calendars.documents import write_entries
from services.scheduler.calendars.importing import shown_url
from services.scheduler.calendars.model import Calendar, CalendarKind, Source, Verdict
from services.scheduler.calendars.repository import User
from services.scheduler.executions.messages import timestamp

_KINDS = {
    pb.CALENDAR_KIND_ALLOWED: CalendarKind.ALLOWED,
    pb.CALENDAR_KIND_BLOCKED: CalendarKind.BLOCKED,
}


def kind_of(number: int) -> CalendarKind | None:
    """None for the unspecified and for numbers of a newer version."""
    return _KINDS.get(number)  # type: ignore[call-overload,no-any-return]  # any number may come


def calendar_message(calendar: Calendar, users: Sequence[User] = ()) -> pb.Calendar:
    """With the triggers that stand on it."""
    by = calendar.created_by
    return pb.Calendar(
        id=calendar.id,
        name=calendar.name,
        description=calendar.description,
        kind=pb.CalendarKind.Value(f"CALENDAR_KIND_{calendar.kind}"),
        timezone=calendar.timezone,
        entries_json=write_entries(calendar.entries),
        source=_source(calendar.source) if calendar.source else None,
        created_at=timestamp(calendar.created_at),
        updated_at=timestamp(calendar.updated_at),
        created_by=execution_pb2.Actor(kind=by.kind, id=by.id, name=by.name),
        etag=calendar.etag,
        used_by=[pb.CalendarUser(trigger_id=user.trigger_id, name=user.name) for user in users],
    )


def day_message(day: date, verdict: Verdict) -> pb.CalendarDay:
    """One judged day."""
    return pb.CalendarDay(date=day.isoformat(), allowed=verdict.allowed, because=verdict.because)


def _source(source: Source) -> pb.CalendarSource:
    return pb.CalendarSource(
        url=shown_url(source.url),
        fetched_at=timestamp(source.fetched_at),
        checked_at=timestamp(source.checked_at),
        events=source.events,
        days=source.days,
        first_day=source.first_day.isoformat() if source.first_day else "",
        last_day=source.last_day.isoformat() if source.last_day else "",
        problem=source.problem,
        notes=source.notes,
    )
