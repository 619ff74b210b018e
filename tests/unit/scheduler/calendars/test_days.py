"""Entries, calendars and stacks of them, day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import DomainError
from services.scheduler.calendars.documents import read_entries, write_entries
from services.scheduler.calendars.entries import (
    AroundEaster,
    DayRange,
    Entry,
    SingleDay,
    Weekdays,
    YearlyDay,
    YearlyWeekday,
    days_of,
    easter,
)
from services.scheduler.calendars.model import CalendarKind, CalendarRule, stack

ALLOWED, BLOCKED = CalendarKind.ALLOWED, CalendarKind.BLOCKED
XMAS = date(2026, 12, 25)
DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        (SingleDay(XMAS), [XMAS], [XMAS + timedelta(1), date(2027, 12, 25)]),
        (DayRange(date(2026, 12, 30), date(2027, 1, 2)), [date(2026, 12, 30), date(2027, 1, 2)], [date(2027, 1, 3)]),
        (Weekdays(frozenset({5, 6})), [date(2026, 3, 7), date(2026, 3, 8)], [date(2026, 3, 9)]),
        (YearlyDay(2, 29), [date(2028, 2, 29)], [date(2027, 2, 28), date(2027, 3, 1)]),
        (YearlyWeekday(11, 3, 4), [date(2026, 11, 26)], [date(2026, 11, 19), date(2026, 12, 24)]),
        (YearlyWeekday(5, 0, -1), [date(2026, 5, 25), date(2027, 5, 31)], [date(2027, 5, 24)]),
        (YearlyWeekday(5, 0, 5), [date(2027, 5, 31)], [date(2026, 5, 25)]),
        (YearlyWeekday(12, 4, -2), [date(2026, 12, 18)], [date(2026, 12, 25)]),
        (AroundEaster(-2), [date(2026, 4, 3), date(2027, 3, 26)], [date(2026, 4, 5)]),
    ],
)
def test_an_entry_covers_its_days_and_no_others(entry: Entry, inside: list[date], outside: list[date]) -> None:
    assert all(entry.covers(day) for day in inside)
    assert not any(entry.covers(day) for day in outside)


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1818, 3, 22), (1943, 4, 25), (2000, 4, 23), (2024, 3, 31), (2038, 4, 25), (2285, 3, 22)]
)
def test_easter_is_where_the_church_puts_it(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@given(st.integers(1950, 2150), st.integers(1, 12), st.integers(0, 6))
def test_every_weekday_of_a_month_is_exactly_one_nth_of_it(year: int, month: int, weekday: int) -> None:
    days = [d for d in days_of(date(year, month, 1), date(year, month, 28) + timedelta(3)) if d.month == month]
    mine = [d for d in days if d.weekday() == weekday]
    for place, day in enumerate(mine, 1):
        assert [n for n in (1, 2, 3, 4, 5) if YearlyWeekday(month, weekday, n).covers(day)] == [place]
    assert [d for d in days if YearlyWeekday(month, weekday, -1).covers(d)] == mine[-1:]
    assert [d for d in days if YearlyWeekday(month, weekday, -2).covers(d)] == mine[-2:-1]


def test_a_verdict_names_the_calendar_and_the_entry() -> None:
    holidays = CalendarRule("Holidays", BLOCKED, [YearlyDay(12, 25, "Christmas")])
    office = CalendarRule("Office", ALLOWED, [Weekdays(frozenset(range(5)), "Working days")])
    assert holidays.allows(XMAS).because == 'Calendar "Holidays" blocks it: Christmas (25 December every year).'
    assert office.allows(date(2026, 12, 26)).because == 'Calendar "Office" does not allow 26 December 2026.'
    assert office.allows(XMAS).because == 'Calendar "Office" allows it: Working days.'


def test_stacked_a_day_runs_when_every_calendar_lets_it() -> None:
    holidays = CalendarRule("Holidays", BLOCKED, [SingleDay(XMAS)], {date(2026, 12, 24): "Christmas Eve"})
    office = CalendarRule("Office", ALLOWED, [Weekdays(frozenset(range(5)))])
    both = stack([office, holidays])
    assert [both.allows(date(2026, 12, day)).allowed for day in (23, 24, 25, 26, 28)] == [1, 0, 0, 0, 1]
    assert "Christmas Eve" in both.allows(date(2026, 12, 24)).because
    assert stack([]).allows(XMAS).allowed


@given(DAYS, st.lists(st.sampled_from([SingleDay(XMAS), Weekdays(frozenset({0, 1})), YearlyDay(1, 1)])))
def test_allowed_and_blocked_calendars_of_the_same_days_never_agree(day: date, entries: list[Entry]) -> None:
    allowed = CalendarRule("A", ALLOWED, entries).allows(day)
    blocked = CalendarRule("B", BLOCKED, entries).allows(day)
    assert allowed.allowed != blocked.allowed
    assert not stack([CalendarRule("A", ALLOWED, entries), CalendarRule("B", BLOCKED, entries)]).allows(day).allowed


ENTRIES = st.one_of(
    st.builds(SingleDay, DAYS, st.text(max_size=20)),
    st.builds(lambda a, b: DayRange(min(a, b), max(a, b)), DAYS, DAYS),
    st.builds(Weekdays, st.frozensets(st.integers(0, 6), min_size=1)),
    st.builds(YearlyDay, st.integers(1, 12), st.integers(1, 28)),
    st.builds(YearlyWeekday, st.integers(1, 12), st.integers(0, 6), st.sampled_from([1, 5, -1, -2])),
    st.builds(AroundEaster, st.integers(-70, 70)),
)


@given(st.lists(ENTRIES, max_size=10))
def test_entries_come_back_as_they_were_written(entries: list[Entry]) -> None:
    assert list(read_entries(write_entries(entries))) == entries


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("{}", "/entries"),
        ("[1]", "/entries/0"),
        ('[{"type": "date", "date": "2026-01-01"}, {"type": "moon"}]', "/entries/1"),
        ('[{"type": "date", "date": "2026-02-30"}]', "/entries/0/date"),
        ('[{"type": "date", "date": 0}]', "/entries/0/date"),
        ('[{"type": "range", "from": "2026-02-01", "to": "2026-01-01"}]', "/entries/0"),
        ('[{"type": "weekdays", "days": ["Monday"]}]', "/entries/0/days/0"),
        ('[{"type": "weekdays", "days": []}]', "/entries/0/days"),
        ('[{"type": "yearly", "month": 2, "day": 30}]', "/entries/0"),
        ('[{"type": "yearlyWeekday", "month": 1, "weekday": "monday", "nth": 0}]', "/entries/0/nth"),
        ('[{"type": "easter", "offsetDays": 1, "colour": "red"}]', "/entries/0/colour"),
    ],
)
def test_a_mistake_in_entries_is_named_by_its_place(text: str, pointer: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_entries(text.encode())
    assert (refused.value.reason, refused.value.fields[0].pointer) == ("ENTRIES_INVALID", pointer)
