"""Calendars as a person types them: made, filled from a file, looked at, deleted."""

from pathlib import Path

import pytest

from tests.e2e.integrator import Integrator, unique
from tests.e2e.terminal import terminal_at

pytestmark = pytest.mark.asyncio(loop_scope="session")

ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Christmas\r\n"
    "DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


async def test_a_calendar_is_made_filled_from_a_file_looked_at_and_deleted(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    file = tmp_path / "holidays.ics"
    file.write_bytes(ICS.encode())
    name = unique("holidays")
    made = (await exekra.json("calendar", "create", name, "--zone", "Europe/Berlin", "--weekends"))["calendar"]
    assert (made["kind"], made["timezone"]) == ("blocked", "Europe/Berlin")
    source = (await exekra.json("calendar", "import", name, str(file)))["calendar"]["source"]
    assert (source["events"], source["url"]) == (1, None)
    days = (await exekra.json("calendar", "days", name, "--from", "2028-12-22", "--to", "2028-12-25"))["items"]
    assert [day["allowed"] for day in days] == [True, False, False, False]
    assert days[-1]["because"] == f'Calendar "{name}" blocks it: Christmas.'
    status, output, _ = await exekra("calendar", "show", name.upper())
    assert (status, "of 1 events from a file" in output) == (0, True)
    assert (await exekra.json("calendar", "delete", name))["id"] == made["id"]
