"""iCalendar documents as days: what events cover, what is left out, what is refused."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.calendars.ics import MAX_BYTES, MAX_EVENTS, IcsDays, IcsError, read_days

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def calendar(*events: str) -> bytes:
    """A document; members of an event are separated by |."""
    body = "".join(f"BEGIN:VEVENT|{event}|END:VEVENT|" for event in events)
    return f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:test|{body}END:VCALENDAR|".replace("|", "\r\n").encode()


def read(*events: str, zone: ZoneInfo = BERLIN) -> IcsDays:
    return read_days(calendar(*events), zone, date(2026, 1, 1), date(2026, 12, 31))


def days(*events: str, zone: ZoneInfo = BERLIN) -> list[str]:
    return [day.isoformat()[5:] for day in read(*events, zone=zone).days]


@pytest.mark.parametrize(
    ("event", "covered"),
    [
        ("DTSTART;VALUE=DATE:20260501", ["05-01"]),
        ("DTSTART;VALUE=DATE:20260501|DTEND;VALUE=DATE:20260504", ["05-01", "05-02", "05-03"]),
        ("DTSTART;VALUE=DATE:20260501|DURATION:P2D", ["05-01", "05-02"]),
        ("DTSTART;VALUE=DATE:20251230|DTEND;VALUE=DATE:20260103", ["01-01", "01-02"]),
        ("DTSTART:20260501T090000Z", ["05-01"]),
        ("DTSTART:20260501T090000|DTEND:20260501T170000", ["05-01"]),
        ("DTSTART;TZID=Europe/Berlin:20260501T000000|DTEND;TZID=Europe/Berlin:20260502T000000", ["05-01"]),
        ("DTSTART;TZID=Europe/Berlin:20260328T220000|DURATION:PT3H", ["03-28", "03-29"]),
        ("DTSTART;VALUE=DATE:20201225|RRULE:FREQ=YEARLY", ["12-25"]),
        ("DTSTART;VALUE=DATE:20260330|RRULE:FREQ=WEEKLY;COUNT=2", ["03-30", "04-06"]),
        ("DTSTART;VALUE=DATE:20260105|RRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20260401", ["01-05", "02-02", "03-02"]),
        ("DTSTART;VALUE=DATE:20260105|RDATE;VALUE=DATE:20260107,20260109", ["01-05", "01-07", "01-09"]),
        ("DTSTART;VALUE=DATE:20260105|RRULE:FREQ=DAILY;COUNT=3|EXDATE;VALUE=DATE:20260106", ["01-05", "01-07"]),
        ("DTSTART;VALUE=DATE:20260105|RRULE:FREQ=DAILY;COUNT=2|STATUS:CANCELLED|X-A:1", None),
    ],
)
def test_an_event_covers_the_days_it_is_under_way(event: str, covered: list[str] | None) -> None:
    if covered is None:
        with pytest.raises(IcsError, match="no event"):
            days(f"UID:1|{event}")
    else:
        assert days(f"UID:1|{event}") == covered


def test_an_event_with_a_time_falls_on_the_days_of_the_calendars_zone() -> None:
    event = "UID:1|DTSTART:20260101T230000Z|DTEND:20260102T010000Z"
    assert days(event, zone=BERLIN) == ["01-02"]
    assert days(event, zone=NEW_YORK) == ["01-01"]


def test_a_repeating_event_keeps_its_wall_clock_across_a_change_of_the_clocks() -> None:
    event = (
        "UID:1|DTSTART;TZID=Europe/Berlin:20260323T003000|DURATION:PT15M"
        "|RRULE:FREQ=WEEKLY;UNTIL=20260405T223000Z|EXDATE;TZID=Europe/Berlin:20260330T003000"
    )
    assert days(event) == ["03-23", "04-06"]


def test_moved_and_cancelled_instances_take_the_place_of_the_original() -> None:
    series = "UID:1|SUMMARY:Weekly|DTSTART;TZID=Europe/Berlin:20260302T090000|RRULE:FREQ=WEEKLY;COUNT=4"
    moved = "UID:1|SUMMARY:Moved|RECURRENCE-ID:20260309T080000Z|DTSTART;TZID=Europe/Berlin:20260311T090000"
    cancelled = "UID:1|STATUS:CANCELLED|RECURRENCE-ID:20260316T080000Z|DTSTART:20260316T080000Z"
    found = read(series, moved, cancelled)
    assert [day.day for day in found.days] == [2, 11, 23]
    assert found.days[date(2026, 3, 11)] == "Moved"


def test_titles_cannot_carry_control_characters_and_are_cut() -> None:
    [title] = read(f"UID:1|SUMMARY:A\x1b[31m {'x' * 300}|DTSTART;VALUE=DATE:20260501").days.values()
    assert "\x1b" not in title
    assert len(title) == 100


def test_events_without_a_start_are_left_out_and_named() -> None:
    found = read("UID:1|SUMMARY:Whenever", "UID:2|DTSTART;VALUE=DATE:20260501")
    assert (found.events, found.notes) == (1, ('"Whenever" has no start and was left out.',))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "BEGIN:VCALENDAR"),
        (b"/etc/passwd", "BEGIN:VCALENDAR"),
        (b"\xff\xfe", "UTF-8"),
        (b"<html>", "BEGIN:VCALENDAR"),
        (calendar(), "no event"),
        (calendar("UID:1|DTSTART;VALUE=DATE:20260501")[:-20], "cut off"),
        (calendar("UID:1|DTSTART:garbage"), "cannot be read"),
        (calendar("UID:1|SUMMARY:S|DTSTART:20260101T000000Z|RRULE:FREQ=SECONDLY"), "SECONDLY"),
        (calendar("UID:1|DTSTART:20260101T000000Z|RRULE:FREQ=NEVER"), "cannot be read"),
        (calendar("UID:1|DTSTART;VALUE=DATE:20260101|DTEND:20260102T000000Z"), "begins with a day"),
        (
            calendar("UID:1|RECURRENCE-ID;RANGE=THISANDFUTURE:20260101T000000Z|DTSTART:20260101T000000Z"),
            "THISANDFUTURE",
        ),
        (calendar(*["UID:1|DTSTART;VALUE=DATE:20260101"] * (MAX_EVENTS + 1)), "10,000 events"),
        (b"BEGIN:VCALENDAR" + b" " * MAX_BYTES, "larger"),
    ],
)
def test_what_cannot_be_told_exactly_is_refused_and_says_why(document: bytes, why: str) -> None:
    with pytest.raises(IcsError, match=why):
        read_days(document, BERLIN, date(2026, 1, 1), date(2026, 12, 31))


def test_an_event_at_the_end_of_time_breaks_nothing() -> None:
    assert days("UID:1|DTSTART;VALUE=DATE:99991231|DURATION:P9999W", "UID:2|DTSTART;VALUE=DATE:20260501") == ["05-01"]
