"""A wanted schedule is judged as a whole, and every wrong member is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.kit.errors import DomainError
from services.scheduler.triggers.schedules import (
    MAXIMUM_CALENDARS,
    Misfire,
    Overlap,
    Schedule,
    ScheduleChange,
    apply_change,
    when,
)

NOW = datetime(2026, 5, 5, 12, 0, 0, 250_000, tzinfo=UTC)
DAILY = ScheduleChange(cron="0 8 * * *", timezone="Europe/Berlin")


def pointers(change: ScheduleChange, old: Schedule | None = None) -> list[str]:
    with pytest.raises(DomainError) as caught:
        apply_change(old, change, NOW)
    assert caught.value.reason == "SCHEDULE_INVALID"
    return [field.pointer for field in caught.value.fields]


def test_a_new_schedule_gets_defaults() -> None:
    schedule = apply_change(None, DAILY, NOW)
    assert (schedule.misfire, schedule.overlap, schedule.grace_seconds) == (Misfire.ONCE, Overlap.ALLOW, 60.0)


def test_every_wrong_member_is_named_at_once() -> None:
    change = ScheduleChange(
        cron="61 * * * *",
        timezone="Europe/Berln",
        jitter_seconds=-1,
        grace_seconds=float("nan"),
        misfire_max=0,
        starts_at=NOW,
        ends_at=NOW,
        calendars=["x"] * (MAXIMUM_CALENDARS + 1),
    )
    assert set(pointers(change)) == {
        "/cron",
        "/timezone",
        "/jitterSeconds",
        "/misfire/graceSeconds",
        "/misfire/max",
        "/endsAt",
        "/calendars",
    }


def test_a_schedule_needs_a_time_and_a_zone() -> None:
    assert pointers(ScheduleChange()) == ["/cron", "/timezone"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (ScheduleChange(at=NOW - timedelta(seconds=1), timezone="UTC"), "/at"),
        (ScheduleChange(cron="0 0 30 2 *", timezone="UTC"), "/cron"),
        (replace(DAILY, ends_at=NOW - timedelta(days=1)), "/endsAt"),
        (ScheduleChange(interval_seconds=0, timezone="UTC"), "/intervalSeconds"),
        (ScheduleChange(at=datetime(9999, 1, 1, tzinfo=UTC), timezone="UTC"), "/at"),
    ],
)
def test_a_schedule_that_never_fires_is_refused(change: ScheduleChange, pointer: str) -> None:
    assert pointers(change) == [pointer]


def test_another_timing_replaces_the_one_before() -> None:
    schedule = apply_change(apply_change(None, DAILY, NOW), ScheduleChange(interval_seconds=60), NOW)
    assert (schedule.cron, schedule.interval_seconds) == (None, 60)
    assert schedule.anchor_at == NOW.replace(microsecond=0)


def test_an_interval_is_anchored_at_its_start() -> None:
    start = NOW + timedelta(hours=1)
    schedule = apply_change(None, ScheduleChange(interval_seconds=60, timezone="UTC", starts_at=start), NOW)
    assert schedule.window().next_after(NOW) == start


def test_changing_something_else_leaves_an_interval_where_it_is() -> None:
    schedule = apply_change(None, ScheduleChange(interval_seconds=60, timezone="UTC"), NOW)
    later = apply_change(schedule, ScheduleChange(overlap=Overlap.SKIP), NOW + timedelta(seconds=90))
    assert when(later) == when(schedule)


def test_a_schedule_that_is_over_can_still_be_changed_otherwise() -> None:
    once = apply_change(None, ScheduleChange(at=NOW + timedelta(seconds=1), timezone="UTC"), NOW)
    changed = apply_change(once, ScheduleChange(misfire=Misfire.SKIP), NOW + timedelta(days=1))
    assert changed.misfire is Misfire.SKIP


def test_members_can_be_emptied() -> None:
    schedule = apply_change(None, replace(DAILY, starts_at=NOW, ends_at=NOW + timedelta(days=9)), NOW)
    emptied = apply_change(schedule, ScheduleChange(clear=("startsAt", "endsAt")), NOW)
    assert (emptied.starts_at, emptied.ends_at) == (None, None)
