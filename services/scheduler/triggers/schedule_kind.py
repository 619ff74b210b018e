"""Schedules as a kind of trigger: their details are judged, stored and described; the plan follows every change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfoNotFoundError

from exekra.scheduler.v1 import trigger_pb2
from services.scheduler.calendars.rules import find_calendars, load_stack
from services.scheduler.triggers import messages
from services.scheduler.triggers.errors import no_secret
from services.scheduler.triggers.model import Changed, Trigger
from services.scheduler.triggers.preview import preview
from services.scheduler.triggers.repository import schedules as repository
from services.scheduler.triggers.repository.schedules import Described
from services.scheduler.triggers.schedules import ScheduleChange, apply_change, when

if TYPE_CHECKING:
    from services.kit.postgres import Connection


class ScheduleKind:
    """See `TriggerKind`."""

    async def create(self, connection: "Connection", trigger: Trigger, spec: trigger_pb2.ScheduleSpec) -> str:
        """Raises SCHEDULE_INVALID, CALENDAR_NOT_FOUND."""
        change = await _named(connection, messages.schedule_change(spec))
        schedule = apply_change(None, change, trigger.created_at)
        await repository.insert(connection, trigger.id, schedule, enabled=trigger.enabled)
        return ""

    async def update(
        self,
        connection: "Connection",
        old: Trigger,
        new: Trigger,
        spec: trigger_pb2.ScheduleSpec,
        clear: Sequence[str],
    ) -> Changed:
        """What is to come is planned anew when its times change or it is enabled, and forgotten when it is disabled."""
        before = await repository.lock(connection, new.id)
        change = await _named(connection, messages.schedule_change(spec, clear))
        after = apply_change(before, change, await repository.now(connection))
        if after != before:
            await repository.update(connection, new.id, after)
        if when(after) != when(before) or new.enabled != old.enabled:
            await repository.plan_anew(connection, new.id, after.timezone, enabled=new.enabled)
        if after.overlap is not before.overlap:
            await repository.read_live(connection, new.id)
        shown, now_shown = messages.shown_schedule(before), messages.shown_schedule(after)
        changed = [name for name in shown if shown[name] != now_shown[name]]
        return Changed({name: shown[name] for name in changed}, {name: now_shown[name] for name in changed})

    async def rotate(self, connection: "Connection", trigger: Trigger) -> str:  # noqa: ARG002 - the protocol's
        """Raises NO_SECRET."""
        raise no_secret()

    async def describe(self, connection: "Connection", messages_by_id: Mapping[str, trigger_pb2.Trigger]) -> None:
        """Writes `schedule` into each message."""
        found = await repository.describe(connection, list(messages_by_id))
        for trigger_id, described in found.items():
            try:
                description = described.schedule.window().explain()
                next_at = await _next_fire(connection, described)
            except ZoneInfoNotFoundError:
                description = f"Never: this Hub's time zone data no longer hold {described.schedule.timezone}."
                next_at = None
            messages_by_id[trigger_id].schedule.CopyFrom(
                messages.schedule_message(described.schedule, description, next_at)
            )


async def _next_fire(connection: "Connection", described: Described) -> datetime | None:
    if described.planned_at is not None or described.look_after is None:
        return described.planned_at
    days = await load_stack(connection, described.schedule.calendars)
    fires = preview(described.schedule, described.look_after, 1, days).fires
    return fires[0].at if fires else None


async def _named(connection: "Connection", change: ScheduleChange) -> ScheduleChange:
    """With the ids of calendars in place of their names."""
    if not change.calendars:
        return change
    return replace(change, calendars=tuple(await find_calendars(connection, change.calendars)))
