"""Cron expressions against another reading: every minute of a span is asked, in zones where the clocks change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scheduler.triggers.cron import MACROS, Cron, CronError

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Santiago", date(2026, 9, 6)),  # the gap begins at midnight
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Pacific/Apia", date(2011, 12, 30)),  # a whole day is missing
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("UTC", date(2026, 6, 1)),
]


def field(low: int, high: int, *, starred: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        *[st.just("*")] * starred,
        number.map(str),
        ranges,
        st.tuples(ranges, st.integers(1, 7)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.integers(1, high).map(lambda step: f"*/{step}"),
        st.lists(number, min_size=2, max_size=4).map(lambda numbers: ",".join(map(str, numbers))),
    )


EXPRESSIONS = st.tuples(
    field(0, 59, starred=1),
    field(0, 23, starred=2),
    field(1, 31, starred=6),
    st.just("*"),
    field(0, 7, starred=6),
).map(" ".join)


def numbers(text: str, low: int, high: int) -> set[int]:
    """The set of one field, read as POSIX and Vixie's cron describe it."""
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, _, last = (str(low), "", str(high)) if span == "*" else span.partition("-")
        end = int(last) if last else high if step and span.isdigit() else int(first)
        found |= set(range(int(first), end + 1, int(step or 1)))
    return found


class Reading:
    """Tests every minute, or every wall time, instead of walking."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        self.minute, self.hour, self.day, _, self.weekday = expression.split()
        self.zone = zone
        self.minutes, self.hours = numbers(self.minute, 0, 59), numbers(self.hour, 0, 23)
        self.days = numbers(self.day, 1, 31)
        self.weekdays = {number % 7 for number in numbers(self.weekday, 0, 7)}

    def fires(self, after: datetime, until: datetime) -> list[datetime]:
        real = self.minute.startswith("*") or self.hour.startswith("*")
        found = set(self.by_minute(after, until) if real else self.by_wall_time(after, until))
        return sorted(at for at in found if after < at <= until)

    def by_minute(self, after: datetime, until: datetime) -> Iterator[datetime]:
        at = after.replace(second=0, microsecond=0)
        while at <= until:
            local = at.astimezone(self.zone)
            if local.minute in self.minutes and local.hour in self.hours and self.covers(local.date()):
                yield at
            at += MINUTE

    def by_wall_time(self, after: datetime, until: datetime) -> Iterator[datetime]:
        day = after.astimezone(self.zone).date() - timedelta(days=2)
        while day <= until.astimezone(self.zone).date():
            if self.covers(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        yield self.placed(datetime(day.year, day.month, day.day, hour, minute))  # noqa: DTZ001
            day += timedelta(days=1)

    def placed(self, wall: datetime) -> datetime:
        """Minute by minute to the first wall time that exists."""
        while True:
            at = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None, fold=0) == wall:
                return at
            wall += MINUTE

    def covers(self, day: date) -> bool:
        by_day, by_weekday = day.day in self.days, (day.weekday() + 1) % 7 in self.weekdays
        both = self.day.startswith("*") or self.weekday.startswith("*")
        return (by_day and by_weekday) if both else (by_day or by_weekday)


def walked(expression: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    cron = Cron(expression, zone)
    found = []
    at = cron.next_after(after)
    while at is not None and at <= until:
        found.append(at)
        at = cron.next_after(at)
    return found


@given(expression=EXPRESSIONS, change=st.sampled_from(CHANGES), lead=st.integers(0, 2_880))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_walking_over_a_change_of_the_clocks_equals_testing_every_minute(
    expression: str, change: tuple[str, date], lead: int
) -> None:
    zone = ZoneInfo(change[0])
    after = datetime.combine(change[1], datetime.min.time(), UTC) - lead * MINUTE
    until = after + timedelta(days=3)
    assert walked(expression, zone, after, until) == Reading(expression, zone).fires(after, until)


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("17 */3 * * *", "Europe/Berlin"),
        ("*/20 1-3 * * 0", "America/New_York"),
        ("30 2 * * *", "Europe/Berlin"),
        ("0,30 0-3 1-7 * 0", "America/Santiago"),
        ("*/45 * * * *", "Australia/Lord_Howe"),
    ],
)
def test_walking_a_year_equals_testing_every_minute_of_it(expression: str, name: str) -> None:
    zone = ZoneInfo(name)
    after = datetime(2026, 1, 1, tzinfo=UTC)
    until = datetime(2027, 1, 1, tzinfo=UTC)
    assert walked(expression, zone, after, until) == Reading(expression, zone).fires(after, until)


def test_a_fixed_time_in_a_gap_fires_once_right_after_it() -> None:
    zone = ZoneInfo("Europe/Berlin")
    day = datetime(2026, 3, 29, tzinfo=zone)
    assert walked("0,30 2 * * *", zone, day, day + timedelta(days=1)) == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]


def test_a_fixed_time_in_an_overlap_fires_the_first_time_alone() -> None:
    zone = ZoneInfo("Europe/Berlin")
    day = datetime(2026, 10, 25, tzinfo=zone)
    assert walked("30 2 * * *", zone, day, day + timedelta(days=1)) == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_fire_that_a_gap_moved_says_so() -> None:
    cron = Cron("30 2 * * *", ZoneInfo("Europe/Berlin"))
    assert cron.is_moved(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert not cron.is_moved(datetime(2026, 3, 30, 0, 30, tzinfo=UTC))
    assert not Cron("0 3 * * *", ZoneInfo("Europe/Berlin")).is_moved(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize("macro", MACROS)
def test_macros_stand_for_five_fields(macro: str) -> None:
    zone, after = ZoneInfo("UTC"), datetime(2026, 5, 5, 5, 5, tzinfo=UTC)
    assert Cron(macro.upper(), zone).next_after(after) == Cron(MACROS[macro], zone).next_after(after)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("* * * *", "not 4"),
        ("0 * * * * *", "Seconds"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("@reboot", "no macro"),
        ("", "not 0"),
        ("* " * 400, "at most"),
        ("1-0 * * * *", "minute"),
        ("*/0 * * * *", "minute"),
        ("²  * * * *", "minute"),
    ],
)
def test_what_is_wrong_is_named(expression: str, hint: str) -> None:
    with pytest.raises(CronError, match=hint):
        Cron(expression, ZoneInfo("UTC"))


def test_a_day_that_no_month_has_is_never() -> None:
    cron = Cron("0 0 30 2 *", ZoneInfo("UTC"))
    assert cron.next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert cron.explain() == "Never"
