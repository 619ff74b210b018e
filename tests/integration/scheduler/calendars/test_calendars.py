"""Calendars on a real Postgres: changed, used, filled from documents that come and go."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from exekra.audit.v1 import audit_service_pb2
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.outbound import PUBLIC_ONLY
from services.kit.outbox import Outbox
from services.scheduler.calendars import importing, repository, rules
from services.scheduler.calendars.ics import IcsError
from services.scheduler.calendars.importing import Importer
from services.scheduler.calendars.sandbox import TOO_LONG, read_in_sandbox
from tests.integration.scheduler.calendars.conftest import Calendars, Source
from tests.integration.scheduler.outcomes.triggers import add_trigger

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

XMAS = b'[{"type": "yearly", "month": 12, "day": 25, "note": "Christmas"}]'


def ics(*days: date, title: str = "Day off") -> str:
    events = "".join(
        f"BEGIN:VEVENT|UID:{day}|SUMMARY:{title}|DTSTART;VALUE=DATE:{day:%Y%m%d}|END:VEVENT|" for day in days
    )
    return f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:test|{events}END:VCALENDAR|".replace("|", "\r\n")


def soon(days: int = 10) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


async def use(connection: "Connection", name: str, *calendar_ids: str) -> str:
    """A schedule on these calendars, with a fire planned for tomorrow."""
    trigger_id = await add_trigger(connection, name)
    await connection.execute(
        """INSERT INTO schedule (trigger_id, cron, anchor_at, timezone, misfire_policy, misfire_max, grace_seconds,
         overlap, calendars, planned_until, next_at)
         VALUES ($1, '0 8 * * *', now(), 'UTC', 'ONCE', 1, 60, 'ALLOW', $2::uuid[], now() + interval '2 days',
          now() + interval '3 days')""",
        trigger_id,
        list(calendar_ids),
    )
    await connection.execute(
        """INSERT INTO fire (trigger_id, fire_at, due_at)
         VALUES ($1, now() + interval '1 day', now() + interval '1 day')""",
        trigger_id,
    )
    return trigger_id


async def planned(connection: "Connection", trigger_id: str) -> int:
    count: int = await connection.fetchval("SELECT count(*) FROM fire WHERE trigger_id = $1", trigger_id)
    return count


async def refusal(wanted: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await wanted
    return refused.value


async def judged(calendars: Calendars, calendar_id: str, day: date) -> tuple[bool, str]:
    answer = await calendars("ListCalendarDays", calendar_id=calendar_id, **{"from": str(day), "to": str(day)})
    return answer.items[0].allowed, answer.items[0].because


async def make_due(pool: "Pool") -> None:
    await pool.execute("UPDATE calendar_source SET next_check_at = now()")


async def test_a_calendar_is_made_read_changed_and_deleted(calendars: Calendars, pool: "Pool") -> None:
    made = await calendars.create(entries=XMAS, timezone="Europe/Berlin")
    assert await judged(calendars, made.id, date(2026, 12, 25)) == (
        False,
        'Calendar "Holidays" blocks it: Christmas (25 December every year).',
    )
    changed = (
        await calendars("UpdateCalendar", calendar_id=made.id, kind="CALENDAR_KIND_ALLOWED", if_match=made.etag)
    ).calendar
    assert changed.etag != made.etag
    assert json.loads(changed.entries_json) == json.loads(XMAS)
    assert (await judged(calendars, made.id, date(2026, 12, 25)))[0]
    stale = await refusal(calendars("UpdateCalendar", calendar_id=made.id, name="X", if_match=made.etag))
    assert stale.reason == "CALENDAR_CHANGED"
    await calendars("DeleteCalendar", calendar_id=made.id)
    assert (await refusal(calendars("GetCalendar", calendar_id=made.id))).reason == "CALENDAR_NOT_FOUND"
    rows = await pool.fetch("SELECT event FROM outbox ORDER BY id")
    actions = [audit_service_pb2.AuditEvent.FromString(row["event"]).action for row in rows]
    assert actions == ["calendar.created", "calendar.changed", "calendar.deleted"]


async def test_changing_nothing_makes_no_revision(calendars: Calendars) -> None:
    made = await calendars.create(entries=XMAS)
    again = (await calendars("UpdateCalendar", calendar_id=made.id, name=made.name, entries_json=XMAS)).calendar
    assert again.etag == made.etag


async def test_names_are_unique_zones_exist_and_a_repeat_makes_none(calendars: Calendars) -> None:
    fields = {"idempotency_key": "k", "body_sha256": "0"}
    first, second = await calendars.create(**fields), await calendars.create(**fields)
    assert first.id == second.id
    assert (await refusal(calendars.create("HOLIDAYS"))).reason == "NAME_TAKEN"
    unknown = await refusal(calendars.create("Other", timezone="Europe/Berlim"))
    assert unknown.reason == "TIMEZONE_UNKNOWN"
    assert "Europe/Berlin" in unknown.message
    assert (await refusal(calendars.create("Other", kind=0))).fields[0].pointer == "/kind"


async def test_lists_go_page_by_page_and_find_by_name(calendars: Calendars) -> None:
    for name in ("c", "A", "b"):
        await calendars.create(name)
    page = await calendars("ListCalendars", limit=2)
    rest = await calendars("ListCalendars", limit=2, cursor=page.next_cursor)
    assert [item.name for item in (*page.items, *rest.items)] == ["A", "b", "c"]
    assert [item.name for item in (await calendars("ListCalendars", query="B")).items] == ["b"]


async def test_a_calendar_in_use_is_not_deleted_and_says_by_whom(calendars: Calendars, pool: "Pool") -> None:
    made = await calendars.create()
    async with pool.acquire() as connection:
        trigger_id = await use(connection, "Nightly", made.id)
        refused = await refusal(calendars("DeleteCalendar", calendar_id=made.id))
        assert (refused.reason, refused.facts["triggers"]) == ("CALENDAR_IN_USE", ["Nightly"])
        assert (await calendars("GetCalendar", calendar_id=made.id)).calendar.used_by[0].trigger_id == trigger_id
        await connection.execute("UPDATE trigger SET deleted_at = now(), enabled = false")
        await calendars("DeleteCalendar", calendar_id=made.id)


async def test_whoever_begins_to_use_a_calendar_keeps_it_from_being_deleted(calendars: Calendars, pool: "Pool") -> None:
    made = await calendars.create()
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        [calendar_id] = await rules.find_calendars(connection, ["holidays"])
        await use(connection, "Nightly", calendar_id)
        deletion = asyncio.ensure_future(refusal(calendars("DeleteCalendar", calendar_id=made.id)))
        await calendars("UpdateCalendar", calendar_id=made.id, description="changing does not wait")
        assert not deletion.done()
        await transaction.commit()
    assert (await deletion).reason == "CALENDAR_IN_USE"


async def test_calendars_are_found_by_name_or_id_and_unknown_ones_are_pointed_at(
    calendars: Calendars, pool: "Pool"
) -> None:
    first, second = await calendars.create("A"), await calendars.create("B")
    async with pool.acquire() as connection:
        assert await rules.find_calendars(connection, ["b", first.id.upper(), "B"]) == [second.id, first.id]
        refused = await refusal(rules.find_calendars(connection, ["A", "none", new_id()]))
    assert [field.pointer for field in refused.fields] == ["/calendars/1", "/calendars/2"]


async def test_a_change_of_days_plans_the_schedules_on_it_anew_and_a_rename_does_not(
    calendars: Calendars, pool: "Pool"
) -> None:
    made, other = await calendars.create(), await calendars.create("Other")
    async with pool.acquire() as connection:
        mine, others = await use(connection, "Mine", made.id), await use(connection, "Others", other.id)
        await calendars("UpdateCalendar", calendar_id=made.id, name="Renamed")
        assert await planned(connection, mine) == 1
        await calendars("UpdateCalendar", calendar_id=made.id, entries_json=XMAS)
        assert (await planned(connection, mine), await planned(connection, others)) == (0, 1)


async def test_rules_follow_every_change(calendars: Calendars, pool: "Pool") -> None:
    made = await calendars.create()
    async with pool.acquire() as connection:
        day = date(2026, 12, 25)
        assert (await rules.load_stack(connection, [made.id])).allows(day).allowed
        await calendars("UpdateCalendar", calendar_id=made.id, entries_json=XMAS)
        assert not (await rules.load_stack(connection, [made.id])).allows(day).allowed
        await calendars("ImportCalendar", calendar_id=made.id, ics=ics(soon()))
        assert not (await rules.load_stack(connection, [made.id])).allows(soon()).allowed
        await calendars("DropCalendarImport", calendar_id=made.id)
        assert (await rules.load_stack(connection, [made.id])).allows(soon()).allowed


async def test_an_uploaded_document_adds_its_days_to_the_entries(calendars: Calendars) -> None:
    made = await calendars.create(entries=XMAS)
    answer = (await calendars("ImportCalendar", calendar_id=made.id, ics=ics(soon(), title="Works outing"))).calendar
    assert (answer.source.events, answer.source.days, answer.source.url) == (1, 1, "")
    assert await judged(calendars, made.id, soon()) == (False, 'Calendar "Holidays" blocks it: Works outing.')
    assert not (await judged(calendars, made.id, date(2026, 12, 25)))[0]
    broken = await refusal(calendars("ImportCalendar", calendar_id=made.id, ics="BEGIN:VCALENDAR\nEND:VCALENDAR"))
    assert (broken.reason, broken.fields[0].pointer) == ("ICS_INVALID", "/ics")
    assert not (await judged(calendars, made.id, soon()))[0]
    for nonsense in ({}, {"ics": "a", "url": "b"}):
        assert (await refusal(calendars("ImportCalendar", calendar_id=made.id, **nonsense))).reason == "INVALID"


async def test_an_address_is_fetched_at_once_and_its_secret_is_not_shown(
    calendars: Calendars, source: Source, pool: "Pool"
) -> None:
    source.body = ics(soon()).encode()
    made = await calendars.create()
    answer = await calendars("ImportCalendar", calendar_id=made.id, url=source.url)
    assert answer.calendar.source.url == f"{source.url.rpartition('/secret')[0]}/…"
    rows = await pool.fetch("SELECT event FROM outbox")
    assert b"secret-token" not in answer.SerializeToString() + b"".join(row["event"] for row in rows)
    assert not (await judged(calendars, made.id, soon()))[0]


async def test_while_its_source_is_away_or_broken_the_last_good_copy_stays_in_force(
    calendars: Calendars, source: Source, importer: Importer, pool: "Pool"
) -> None:
    source.body = ics(soon()).encode()
    made = await calendars.create()
    await calendars("ImportCalendar", calendar_id=made.id, url=source.url)
    for status, body, problem in ((500, b"", "500"), (200, b"<html>", "VCALENDAR"), (302, b"", "elsewhere")):
        source.status, source.body = status, body
        await make_due(pool)
        await importer.run_once()
        shown = (await calendars("GetCalendar", calendar_id=made.id)).calendar
        assert problem in shown.source.problem
        assert not (await judged(calendars, made.id, soon()))[0]
    waits = await pool.fetchval("SELECT extract(epoch FROM next_check_at - checked_at)::float8 FROM calendar_source")
    assert waits == pytest.approx(importing.FIRST_RETRY_SECONDS * 4)
    source.status, source.body = 200, ics(soon(11)).encode()
    await make_due(pool)
    await importer.run_once()
    assert (await calendars("GetCalendar", calendar_id=made.id)).calendar.source.problem == ""
    assert [(await judged(calendars, made.id, soon(days)))[0] for days in (10, 11)] == [True, False]


async def test_what_has_not_changed_is_neither_fetched_nor_planned_again(
    calendars: Calendars, source: Source, importer: Importer, pool: "Pool"
) -> None:
    source.body, source.headers = ics(soon()).encode(), {"ETag": '"v1"'}
    made = await calendars.create()
    etag = (await calendars("ImportCalendar", calendar_id=made.id, url=source.url)).calendar.etag
    async with pool.acquire() as connection:
        trigger_id = await use(connection, "Nightly", made.id)
        source.status, source.body = 304, b""
        await make_due(pool)
        await importer.run_once()
        assert source.asked[-1]["If-None-Match"] == '"v1"'
        assert (await calendars("GetCalendar", calendar_id=made.id)).calendar.etag == etag
        assert await planned(connection, trigger_id) == 1
        asked = len(source.asked)
        await importer.run_once()
        assert len(source.asked) == asked


async def test_new_days_of_a_source_plan_the_schedules_on_it_anew(
    calendars: Calendars, source: Source, importer: Importer, pool: "Pool"
) -> None:
    source.body = ics(soon()).encode()
    made = await calendars.create()
    await calendars("ImportCalendar", calendar_id=made.id, url=source.url)
    async with pool.acquire() as connection:
        trigger_id = await use(connection, "Nightly", made.id)
        source.body = ics(soon(11)).encode()
        await make_due(pool)
        await importer.run_once()
        assert await planned(connection, trigger_id) == 0


async def test_several_loops_look_at_a_source_once(
    calendars: Calendars, source: Source, importer: Importer, pool: "Pool"
) -> None:
    source.body = ics(soon()).encode()
    made = await calendars.create()
    await calendars("ImportCalendar", calendar_id=made.id, url=source.url)
    await make_due(pool)
    await asyncio.gather(*(importer.run_once() for _ in range(4)))
    assert len(source.asked) == 2


async def test_private_addresses_are_not_fetched_unless_an_administrator_permits_them(
    calendars: Calendars, source: Source, pool: "Pool", outbox: Outbox
) -> None:
    made = await calendars.create()
    guarded = Importer(pool, outbox, PUBLIC_ONLY, refresh_seconds=60)
    for url in (source.url, source.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/x.ics"):
        assert (await refusal(guarded.import_document(made.id, "", url))).reason == "ADDRESS_REFUSED"
    assert source.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://a.example/x", "file:///etc/passwd", "https://", "https://u:p@a.example/", "x y"]
)
async def test_what_is_no_usable_address_is_refused(calendars: Calendars, url: str) -> None:
    made = await calendars.create()
    refused = await refusal(calendars("ImportCalendar", calendar_id=made.id, url=url))
    assert (refused.reason, refused.fields[0].pointer) == ("ICS_UNREACHABLE", "/url")


async def test_a_document_that_is_too_large_is_refused(calendars: Calendars, source: Source) -> None:
    source.body = ics(soon()).encode() + b" " * importing.MAX_BYTES
    made = await calendars.create()
    assert (await refusal(calendars("ImportCalendar", calendar_id=made.id, url=source.url))).reason == "ICS_INVALID"


async def test_another_zone_puts_events_with_times_on_other_days(calendars: Calendars) -> None:
    day = soon()
    event = f"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Late\r\nDTSTART:{day:%Y%m%d}T230000Z\r\nEND:VEVENT\r\n"
    document = f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n"
    made = await calendars.create(timezone="UTC")
    await calendars("ImportCalendar", calendar_id=made.id, ics=document)
    assert not (await judged(calendars, made.id, day))[0]
    await calendars("UpdateCalendar", calendar_id=made.id, timezone="Asia/Tokyo")
    assert [(await judged(calendars, made.id, day + timedelta(days=n)))[0] for n in (0, 1)] == [True, False]


async def test_a_hostile_recurrence_costs_its_own_process_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.scheduler.calendars.sandbox.WALL_SECONDS", 1.0)
    rule = "DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\n"
    event = f"BEGIN:VEVENT\r\n{rule}END:VEVENT\r\n"
    document = f"BEGIN:VCALENDAR\r\n{event * 2_000}END:VCALENDAR\r\n".encode()
    with pytest.raises(IcsError) as refused:
        await read_in_sandbox(document, "UTC", date(2026, 1, 1), date(2026, 12, 31))
    assert str(refused.value) == TOO_LONG


async def test_ranges_of_days_are_bounded(calendars: Calendars) -> None:
    made = await calendars.create()
    assert len((await calendars("ListCalendarDays", calendar_id=made.id)).items) == 31
    for first, last in (("2026-01-02", "2026-01-01"), ("2026-01-01", "2029-01-01"), ("soon", "")):
        await refusal(calendars("ListCalendarDays", calendar_id=made.id, **{"from": first, "to": last}))
    at_the_end = await calendars("ListCalendarDays", calendar_id=made.id, **{"from": "9999-12-20"})
    assert len(at_the_end.items) == 12


async def test_every_statement_can_be_prepared(pool: "Pool") -> None:
    statements = [
        value
        for name, value in vars(repository).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]
    async with pool.acquire() as connection:
        for statement in statements:
            await connection.prepare(statement)
