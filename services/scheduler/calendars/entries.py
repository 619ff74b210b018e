"""What a calendar is written with: single days, ranges, weekdays, rules that come back every year. Pure.

An entry says which days it covers and describes itself in words; whether covered days run is the calendar's matter.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `date.weekday()`."""
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second to last"}


@dataclass(frozen=True, slots=True)
class SingleDay:
    """One day."""

    day: date
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the day is this one."""
        return day == self.day

    def describe(self) -> str:
        """In words."""
        return self.note or in_words(self.day)


@dataclass(frozen=True, slots=True)
class DayRange:
    """All days from `first` to `last`, both included."""

    first: date
    last: date
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the day lies between."""
        return self.first <= day <= self.last

    def describe(self) -> str:
        """In words."""
        span = f"{in_words(self.first)} to {in_words(self.last)}"
        return f"{self.note} ({span})" if self.note else span


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, as `date.weekday()` counts them."""

    days: frozenset[int]
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the day's weekday is among them."""
        return day.weekday() in self.days

    def describe(self) -> str:
        """In words."""
        return self.note or "every " + ", ".join(WEEKDAYS[day].capitalize() for day in sorted(self.days))


@dataclass(frozen=True, slots=True)
class YearlyDay:
    """The same day each year; 29 February only in the years that have one."""

    month: int
    day: int
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether month and day agree."""
        return (day.month, day.day) == (self.month, self.day)

    def describe(self) -> str:
        """In words."""
        return _with_note(self.note, f"{self.day} {MONTHS[self.month - 1]} every year")


@dataclass(frozen=True, slots=True)
class YearlyWeekday:
    """The nth weekday of a month: 1 to 5 from its start, -1 and -2 from its end."""

    month: int
    weekday: int
    nth: int
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the day is the nth of its kind in the month."""
        if day.month != self.month or day.weekday() != self.weekday:
            return False
        if self.nth > 0:
            return (day.day - 1) // 7 + 1 == self.nth
        return -((monthrange(day.year, day.month)[1] - day.day) // 7 + 1) == self.nth

    def describe(self) -> str:
        """In words."""
        day = f"{_ORDINALS[self.nth]} {WEEKDAYS[self.weekday].capitalize()}"
        return _with_note(self.note, f"{day} of {MONTHS[self.month - 1]}")


@dataclass(frozen=True, slots=True)
class AroundEaster:
    """Days counted from the Western Easter Sunday: -2 is Good Friday, 1 Easter Monday, 39 Ascension."""

    offset_days: int
    note: str = ""

    def covers(self, day: date) -> bool:
        """Whether the day lies so many days from Easter of its year."""
        return (day - easter(day.year)).days == self.offset_days

    def describe(self) -> str:
        """In words."""
        if self.offset_days == 0:
            return _with_note(self.note, "Easter Sunday")
        count = abs(self.offset_days)
        where = f"{count} day{'s' if count > 1 else ''} {'after' if self.offset_days > 0 else 'before'} Easter Sunday"
        return _with_note(self.note, where)


Entry = SingleDay | DayRange | Weekdays | YearlyDay | YearlyWeekday | AroundEaster


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, Meeus/Jones/Butcher)."""
    golden, century, rest = year % 19, *divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leap_years, year_rest = divmod(rest, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def in_words(day: date) -> str:
    """`24 December 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def days_of(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _with_note(note: str, rule: str) -> str:
    return f"{note} ({rule})" if note else rule
