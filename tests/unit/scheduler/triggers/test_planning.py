"""Plans: repeatable, complete, and bounded whatever the backlog."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from services.scheduler.calendars.entries import SingleDay
from services.scheduler.calendars.model import CalendarKind, CalendarRule, stack
from services.scheduler.triggers.planning import KEPT_SINGLY, Plan, make_plan
from services.scheduler.triggers.preview import preview
from services.scheduler.triggers.schedules import Schedule

NOW = datetime(2026, 5, 5, 12, 0, 30, tzinfo=UTC)
HORIZON = timedelta(minutes=4)
EVERY_DAY = stack(())
MINUTELY = Schedule(timezone="UTC", anchor_at=NOW, cron="* * * * *")
SECONDLY = Schedule(timezone="UTC", anchor_at=datetime(2026, 1, 1, tzinfo=UTC), interval_seconds=1)


def test_a_plan_reaches_to_the_horizon_and_names_the_fire_after_it() -> None:
    plan = make_plan("a", MINUTELY, NOW, NOW, HORIZON, EVERY_DAY)
    assert [fire.fire_at.minute for fire in plan.fires] == [1, 2, 3, 4]
    assert plan.planned_until == NOW + HORIZON
    assert plan.next_at == datetime(2026, 5, 5, 12, 5, tzinfo=UTC)


def test_the_plan_that_follows_begins_where_the_one_before_ended() -> None:
    first = make_plan("a", MINUTELY, NOW, NOW, HORIZON, EVERY_DAY)
    later = NOW + timedelta(minutes=3)
    second = make_plan("a", MINUTELY, first.planned_until, later, HORIZON, EVERY_DAY)
    assert [fire.fire_at.minute for fire in (*first.fires, *second.fires)] == [1, 2, 3, 4, 5, 6, 7]


def test_jitter_moves_when_a_fire_is_due_and_never_its_name() -> None:
    schedule = Schedule(timezone="UTC", anchor_at=NOW, cron="* * * * *", jitter_seconds=600)
    first, again = (make_plan("a", schedule, NOW, NOW, HORIZON, EVERY_DAY) for _ in range(2))
    assert first == again
    assert {fire.fire_at.second for fire in first.fires} == {0}
    assert len({fire.due_at - fire.fire_at for fire in first.fires}) > 1


def test_a_night_of_backlog_is_planned_fire_by_fire() -> None:
    plan = make_plan("a", MINUTELY, NOW - timedelta(hours=8), NOW, HORIZON, EVERY_DAY)
    assert plan.span is None
    assert len(plan.fires) == 8 * 60 + 4


def test_of_a_longer_backlog_the_older_part_shares_rows_and_no_instant_is_missing() -> None:
    began = NOW - timedelta(days=1)
    plans: list[Plan] = []
    planned_until = began
    while not plans or (plans[-1].next_at is not None and plans[-1].next_at <= NOW):
        plans.append(make_plan("a", SECONDLY, planned_until, NOW, HORIZON, EVERY_DAY))
        planned_until = plans[-1].planned_until
    shared = sum(plan.span.instants for plan in plans if plan.span)
    single = [fire.fire_at for plan in plans for fire in plan.fires]
    assert shared + len(single) == 86_400 + HORIZON.total_seconds()
    assert sum(1 for at in single if at <= NOW) == KEPT_SINGLY
    spans = [plan.span for plan in plans if plan.span]
    assert spans[0].first == began + timedelta(seconds=1)
    for before, after in pairwise(spans):
        assert after.first == before.last + timedelta(seconds=1)
    assert single[0] == spans[-1].last + timedelta(seconds=1)


def test_a_single_time_is_planned_and_nothing_after_it() -> None:
    once = Schedule(timezone="UTC", anchor_at=NOW, at=NOW + timedelta(minutes=1))
    plan = make_plan("a", once, NOW, NOW, HORIZON, EVERY_DAY)
    assert [fire.fire_at for fire in plan.fires] == [once.at]
    assert plan.next_at is None


def test_days_are_those_of_the_schedules_own_zone() -> None:
    blocked = stack([CalendarRule("Closed", CalendarKind.BLOCKED, [SingleDay(date(2026, 5, 6))])])
    schedule = Schedule(timezone="Asia/Tokyo", anchor_at=NOW, cron="* * * * *")
    at = datetime(2026, 5, 5, 14, 58, 30, tzinfo=UTC)
    plan = make_plan("a", schedule, at, at, HORIZON, blocked)
    assert [bool(fire.blocked_by) for fire in plan.fires] == [False, True, True, True]


def test_a_preview_says_why_days_are_dropped_and_goes_on_behind_them() -> None:
    blocked = stack([CalendarRule("Closed", CalendarKind.BLOCKED, [SingleDay(date(2026, 5, 6), "Inventory")])])
    schedule = Schedule(timezone="Europe/Berlin", anchor_at=NOW, cron="0 */6 * * *")
    found = preview(schedule, NOW, 6, blocked)
    assert [fire.local[8:13] for fire in found.fires] == ["05T18", "07T00", "07T06", "07T12", "07T18", "08T00"]
    assert [(each.local[:10], "Inventory" in each.because) for each in found.dropped] == [("2026-05-06", True)]


def test_a_preview_of_a_schedule_that_calendars_forbid_ends() -> None:
    never = stack([CalendarRule("Nothing", CalendarKind.ALLOWED, [])])
    found = preview(MINUTELY, NOW, 50, never)
    assert found.fires == []
    assert found.dropped
