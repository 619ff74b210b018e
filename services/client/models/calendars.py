"""Calendars, and what they say of days."""

from datetime import datetime
from typing import Any

from services.client.models.base import Actor, Answer


class CalendarSource(Answer):
    """The ICS document that some days come from; `problem` tells why the last look at its address failed."""

    url: str | None = None
    fetched_at: datetime | None = None
    checked_at: datetime | None = None
    events: int = 0
    days: int = 0
    first_day: str | None = None
    last_day: str | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


class CalendarUser(Answer):
    """A trigger whose schedule stands on the calendar."""

    trigger_id: str
    name: str = ""


class Calendar(Answer):
    """`kind` allowed: only its own days run; blocked: all but its own."""

    id: str
    name: str
    kind: str
    description: str = ""
    timezone: str = "UTC"
    entries: tuple[dict[str, Any], ...] = ()
    source: CalendarSource | None = None
    used_by: tuple[CalendarUser, ...] = ()
    etag: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None


class CalendarDay(Answer):
    """Whether a day (`2026-01-31`) runs by this calendar alone, and the entry that decided."""

    date: str
    allowed: bool
    because: str = ""
