"""Entries as JSON, as the API takes and the database keeps them: every mistake is named by its place."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from services.kit.errors import FieldError, invalid
from services.scheduler.calendars.entries import (
    WEEKDAYS,
    AroundEaster,
    DayRange,
    Entry,
    SingleDay,
    Weekdays,
    YearlyDay,
    YearlyWeekday,
)

MAX_ENTRIES = 1_000
SHOWN_ERRORS = 50
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Month = Annotated[int, Field(ge=1, le=12)]


class _Document(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_alias=True, validate_by_name=False, extra="forbid", strict=True
    )
    note: Annotated[str, Field(max_length=200)] = ""


class _Date(_Document):
    type: Literal["date"]
    date: Day

    def entry(self) -> Entry:
        return SingleDay(self.date, self.note)


class _Range(_Document):
    type: Literal["range"]
    from_: Annotated[Day, Field(alias="from")]
    to: Day

    @model_validator(mode="after")
    def _in_order(self) -> "_Range":
        if self.to < self.from_:
            raise ValueError("the range ends before it begins")
        return self

    def entry(self) -> Entry:
        return DayRange(self.from_, self.to, self.note)


class _Weekdays(_Document):
    type: Literal["weekdays"]
    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]

    def entry(self) -> Entry:
        return Weekdays(frozenset(WEEKDAYS.index(day) for day in self.days), self.note)


class _Yearly(_Document):
    type: Literal["yearly"]
    month: Month
    day: Annotated[int, Field(ge=1, le=31)]

    @model_validator(mode="after")
    def _exists(self) -> "_Yearly":
        if self.day > _LONGEST_MONTHS[self.month - 1]:
            raise ValueError("the month has no such day")
        return self

    def entry(self) -> Entry:
        return YearlyDay(self.month, self.day, self.note)


class _YearlyWeekday(_Document):
    type: Literal["yearlyWeekday"]
    month: Month
    weekday: Weekday
    nth: Literal[1, 2, 3, 4, 5, -1, -2]

    def entry(self) -> Entry:
        return YearlyWeekday(self.month, WEEKDAYS.index(self.weekday), self.nth, self.note)


class _Easter(_Document):
    type: Literal["easter"]
    offset_days: Annotated[int, Field(ge=-70, le=70)]

    def entry(self) -> Entry:
        return AroundEaster(self.offset_days, self.note)


_ENTRIES: TypeAdapter[list[Any]] = TypeAdapter(
    Annotated[
        list[Annotated[_Date | _Range | _Weekdays | _Yearly | _YearlyWeekday | _Easter, Field(discriminator="type")]],
        Field(max_length=MAX_ENTRIES),
    ]
)


def read_entries(document: bytes) -> tuple[Entry, ...]:
    """The entries of a JSON list. Raises a DomainError that names every wrong member below `/entries`."""
    try:
        return tuple(each.entry() for each in _ENTRIES.validate_json(document or b"[]"))
    except ValidationError as error:
        fields = [_field_error(item) for item in error.errors(include_url=False, include_input=False)[:SHOWN_ERRORS]]
    raise invalid(
        f"The entries are not right. {fields[0].pointer}: {fields[0].detail}", *fields, reason="ENTRIES_INVALID"
    )


def write_entries(entries: Sequence[Entry]) -> bytes:
    """The JSON list `read_entries` reads."""
    return json.dumps([_document(entry) for entry in entries], ensure_ascii=False, separators=(",", ":")).encode()


def _document(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any]
    if isinstance(entry, SingleDay):
        document = {"type": "date", "date": entry.day.isoformat()}
    elif isinstance(entry, DayRange):
        document = {"type": "range", "from": entry.first.isoformat(), "to": entry.last.isoformat()}
    elif isinstance(entry, Weekdays):
        document = {"type": "weekdays", "days": [WEEKDAYS[day] for day in sorted(entry.days)]}
    elif isinstance(entry, YearlyDay):
        document = {"type": "yearly", "month": entry.month, "day": entry.day}
    elif isinstance(entry, YearlyWeekday):
        weekday = WEEKDAYS[entry.weekday]
        document = {"type": "yearlyWeekday", "month": entry.month, "weekday": weekday, "nth": entry.nth}
    else:
        document = {"type": "easter", "offsetDays": entry.offset_days}
    return {**document, "note": entry.note} if entry.note else document


def _field_error(item: Any) -> FieldError:
    # Behind the index pydantic names the kind of entry; a person has no use for it.
    steps = [step for place, step in enumerate(item["loc"]) if place != 1]
    detail = str(item["ctx"]["error"]) if item["type"] == "value_error" else str(item["msg"])
    return FieldError("".join(f"/{step}" for step in ("entries", *steps)), f"{detail[:1].upper()}{detail[1:]}.")
