import pytest


async def test_a_date_is_read_in_its_format_and_zone(place):
    output = await place.run("data.date", value="31.01.2026 09:30", format="%d.%m.%Y %H:%M", zone="Europe/Zurich")
    assert output == {
        "iso": "2026-01-31T09:30:00+01:00",
        "date": "2026-01-31",
        "time": "09:30:00",
        "text": "2026-01-31T09:30:00+01:00",
        "year": 2026,
        "month": 1,
        "day": 31,
        "weekday": 6,
        "week": 5,
        "timestamp": 1769848200.0,
        "workingDay": False,
    }
    assert (await place.run("data.date", value=0))["iso"] == "1970-01-01T00:00:00Z"
    assert (await place.run("data.date"))["year"] >= 2026


@pytest.mark.parametrize(
    ("value", "add", "date"),
    [
        ("2026-01-31", {"months": 1}, "2026-02-28"),
        ("2024-02-29", {"years": 1}, "2025-02-28"),
        ("2026-01-31", {"months": -14, "days": 1}, "2024-12-01"),
        ("2026-12-24", {"workingDays": 2}, "2026-12-29"),
        ("2026-12-28", {"workingDays": -1}, "2026-12-24"),
        ("2026-12-26", {"workingDays": 1}, "2026-12-28"),
    ],
)
async def test_dates_are_moved(place, value, add, date):
    output = await place.run("data.date", value=value, add=add, holidays=["2026-12-25"])
    assert output["date"] == date


async def test_days_keep_the_clock_and_hours_are_real(place):
    before = {"value": "2026-03-28T12:00", "zone": "Europe/Zurich"}
    assert (await place.run("data.date", **before, add={"days": 1}))["iso"] == "2026-03-29T12:00:00+02:00"
    assert (await place.run("data.date", **before, add={"hours": 24}))["iso"] == "2026-03-29T13:00:00+02:00"


@pytest.mark.parametrize(
    ("unit", "first", "last"),
    [
        ("day", "2026-05-13", "2026-05-13"),
        ("week", "2026-05-11", "2026-05-17"),
        ("month", "2026-05-01", "2026-05-31"),
        ("quarter", "2026-04-01", "2026-06-30"),
        ("year", "2026-01-01", "2026-12-31"),
    ],
)
async def test_dates_are_rounded(place, unit, first, last):
    value = "2026-05-13T17:00:00Z"
    beginning = await place.run("data.date", value=value, startOf=unit)
    assert (beginning["date"], beginning["time"]) == (first, "00:00:00")
    assert (await place.run("data.date", value=value, endOf=unit))["date"] == last


@pytest.mark.parametrize(
    ("start", "end", "days", "working"),
    [
        ("2026-12-21", "2026-12-28", 7, 4),
        ("2026-12-28", "2026-12-21", -7, -4),
        ("2026-12-19", "2026-12-20", 1, 0),
        ("2026-12-18", "2026-12-21", 3, 1),
        ("2026-12-18", "2026-12-18", 0, 0),
        ("2026-01-01", "2027-01-01", 365, 260),
    ],
)
async def test_the_distance_counts_days_and_working_days(place, start, end, days, working):
    until = (await place.run("data.date", value=start, until=end, holidays=["2026-12-25"]))["until"]
    assert until == {"days": days, "workingDays": working, "seconds": days * 86_400.0}


async def test_a_date_is_written_as_wanted(place):
    assert (await place.run("data.date", value="2026-01-31", writeAs="%d.%m.%Y"))["text"] == "31.01.2026"
    for wrong in ("%s", "%1000d"):
        with pytest.raises(ValueError, match="directives"):
            await place.run("data.date", writeAs=wrong)
    with pytest.raises(ValueError, match="time zone"):
        await place.run("data.date", zone="../etc/passwd")


async def test_what_is_no_date_or_beyond_all_years_says_so(place):
    assert (await place.fail("data.date", value="31.01.2026")).code == "DATE_INVALID"
    assert (await place.fail("data.date", value="2026-02-30", format="%Y-%m-%d")).code == "DATE_INVALID"
    for config in (
        {"value": 1e30},
        {"value": "2026-01-01", "add": {"years": 8000}},
        {"add": {"workingDays": -9999}, "value": "0002-01-01"},
    ):
        assert (await place.fail("data.date", **config)).code == "DATE_OUT_OF_RANGE"
