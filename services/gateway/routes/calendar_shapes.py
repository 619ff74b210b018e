"""Shapes of calendars: the days they name, where imported ones come from, and what they say of each day."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.gateway.routes.shapes import Actor, SearchQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    JsonDocument,
    ListDocument,
    Name,
    Proto,
    ShortText,
    Text,
)

MAX_ENTRIES = 1_000
ICS_CHARACTERS = 1024 * 1024
CalendarKind = Literal["allowed", "blocked"]
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$"), Field(examples=["2026-12-24"])]

_WEEKDAY = {"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}
_MONTH = {"type": "integer", "minimum": 1, "maximum": 12}
_DATE = {"type": "string", "format": "date"}


def _entry(kind: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", *members],
        "properties": {"type": {"const": kind}, **members, "note": {"type": "string", "maxLength": 200}},
        "additionalProperties": False,
    }


ENTRY_SCHEMA: dict[str, Any] = {
    "items": {
        "oneOf": [
            _entry("date", date=_DATE),
            _entry("range", **{"from": _DATE, "to": _DATE}),
            _entry("weekdays", days={"type": "array", "items": _WEEKDAY, "minItems": 1, "maxItems": 7}),
            _entry("yearly", month=_MONTH, day={"type": "integer", "minimum": 1, "maximum": 31}),
            _entry("yearlyWeekday", month=_MONTH, weekday=_WEEKDAY, nth={"enum": [1, 2, 3, 4, 5, -1, -2]}),
            _entry("easter", offsetDays={"type": "integer", "minimum": -70, "maximum": 70}),
        ]
    },
    "examples": [
        [
            {"type": "weekdays", "days": ["saturday", "sunday"], "note": "Weekend"},
            {"type": "yearly", "month": 12, "day": 25, "note": "Christmas Day"},
            {"type": "easter", "offsetDays": -2, "note": "Good Friday"},
            {"type": "range", "from": "2026-12-27", "to": "2026-12-31", "note": "Year-end closing"},
        ]
    ],
}
"""The scheduler reads the entries and names each mistake by its place; this tells people how to write them."""

_Entries = Annotated[list[dict[str, Any]], Field(max_length=MAX_ENTRIES, json_schema_extra=ENTRY_SCHEMA)]
Entries = Annotated[_Entries, JsonDocument()]
OptionalEntries = Annotated[_Entries | None, JsonDocument()]


class CalendarSource(ApiModel):
    """The ICS document some days come from. `url` shows scheme and host alone, null when it was uploaded.

    `problem` tells why the last look at the address failed; the last good copy stays in force.
    """

    url: str | None
    fetched_at: datetime
    checked_at: datetime
    events: int
    days: int
    first_day: str | None
    last_day: str | None
    problem: str | None
    notes: list[str]


class CalendarUser(ApiModel):
    """A trigger whose schedule stands on the calendar."""

    trigger_id: str
    name: str


class CalendarShape(ApiModel):
    """An `allowed` calendar lets only its own days run, a `blocked` one all but its own."""

    id: str
    name: str
    description: str
    kind: CalendarKind
    timezone: str
    entries: ListDocument
    source: CalendarSource | None
    used_by: list[CalendarUser]
    etag: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None


class CalendarAnswer(ApiModel):
    """One calendar."""

    calendar: CalendarShape


class CalendarPage(ApiModel):
    """By name."""

    items: list[CalendarShape]
    next_cursor: str | None


class CalendarQuery(SearchQuery):
    """`q` is part of the name or description."""

    q: Annotated[ShortText, Proto("query")] = ""


class CreateCalendar(BodyModel):
    """Days are single dates, ranges, weekdays, and rules that come back each year; ICS documents add to them."""

    name: Name
    kind: CalendarKind
    description: Text = ""
    timezone: Zone = "UTC"
    entries: Entries = Field(default_factory=list)


class ChangeCalendar(BodyModel):
    """What is left out stays as it is; entries are replaced as a whole. Send `If-Match` to notice others' changes."""

    name: Name | None = None
    kind: CalendarKind | None = None
    description: Text | None = None
    timezone: Zone | None = None
    entries: OptionalEntries = None


class ImportCalendar(BodyModel):
    """Either the text of an ICS document, or an address to fetch it from now and again later."""

    ics: Annotated[str, Field(min_length=1, max_length=ICS_CHARACTERS)] | None = None
    url: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None


class CalendarDaysQuery(ApiModel):
    """At most 400 days, both ends included; without them the next 31 days."""

    from_: Annotated[Day | None, Field(alias="from"), Proto("from")] = None
    to: Day | None = None


class CalendarDay(ApiModel):
    """Whether a day runs by this calendar alone, and the entry that decided."""

    date: str
    allowed: bool
    because: str


class CalendarDays(ApiModel):
    """In order."""

    items: list[CalendarDay]
