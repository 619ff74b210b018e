"""Making, changing and deleting calendars. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction; a change of days has the schedules on them planned anew.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.calendars import repository
from services.scheduler.calendars.entries import Entry
from services.scheduler.calendars.errors import (
    SHOWN_USERS,
    calendar_changed,
    calendar_in_use,
    calendar_not_found,
    timezone_unknown,
)
from services.scheduler.calendars.model import Calendar, CalendarKind
from services.scheduler.executions.model import Actor
from services.scheduler.triggers.zones import UnknownZoneError, read_zone

if TYPE_CHECKING:
    from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks for; None leaves a member of an existing calendar as it is."""

    name: str | None = None
    description: str | None = None
    kind: CalendarKind | None = None
    timezone: str | None = None
    entries: tuple[Entry, ...] | None = None


def check_zone(name: str) -> ZoneInfo:
    """Raises TIMEZONE_UNKNOWN with suggestions."""
    try:
        return read_zone(name)
    except UnknownZoneError as error:
        raise timezone_unknown(name, error.suggestions) from None


def resource(calendar: Calendar) -> Resource:
    """The calendar as audit events name it."""
    return Resource("calendar", calendar.id, calendar.name)


async def get_calendar(
    connection: "Connection", calendar_id: str, *, locked: bool = False, to_delete: bool = False
) -> Calendar:
    """Raises CALENDAR_NOT_FOUND."""
    calendar = None
    if is_id(calendar_id):
        calendar = (
            await repository.lock(connection, calendar_id, to_delete=to_delete)
            if locked or to_delete
            else await repository.find(connection, calendar_id)
        )
    if calendar is None:
        raise calendar_not_found()
    return calendar


async def create_calendar(connection: "Connection", outbox: Outbox, draft: Draft) -> Calendar:
    """Raises NAME_TAKEN, TIMEZONE_UNKNOWN."""
    principal = acting_principal()
    now = await connection.fetchval("SELECT now()")
    calendar = Calendar(
        id=new_id(),
        name=draft.name or "",
        description=draft.description or "",
        kind=draft.kind or CalendarKind.BLOCKED,
        timezone=check_zone(draft.timezone or "UTC").key,
        entries=draft.entries or (),
        revision=1,
        created_at=now,
        updated_at=now,
        created_by=Actor(principal.kind, principal.id, principal.name),
    )
    await repository.insert(connection, calendar)
    await outbox.record(connection, "calendar.created", resource(calendar), {"kind": calendar.kind})
    return calendar


async def update_calendar(
    connection: "Connection", outbox: Outbox, calendar_id: str, draft: Draft, if_match: str
) -> Calendar:
    """Raises CALENDAR_NOT_FOUND, CALENDAR_CHANGED, NAME_TAKEN, TIMEZONE_UNKNOWN."""
    old = await get_calendar(connection, calendar_id, locked=True)
    if if_match and if_match != old.etag:
        raise calendar_changed()
    new = replace(
        old,
        name=old.name if draft.name is None else draft.name,
        description=old.description if draft.description is None else draft.description,
        kind=draft.kind or old.kind,
        timezone=old.timezone if draft.timezone is None else check_zone(draft.timezone).key,
        entries=old.entries if draft.entries is None else draft.entries,
    )
    if new == old:
        return old
    await repository.update(connection, new)
    if (new.kind, new.entries) != (old.kind, old.entries):
        await repository.replan(connection, old.id)
    changed = [
        name
        for name in ("name", "description", "kind", "timezone", "entries")
        if getattr(new, name) != getattr(old, name)
    ]
    await outbox.record(connection, "calendar.changed", resource(new), {"changed": changed})
    return await get_calendar(connection, calendar_id)


async def delete_calendar(connection: "Connection", outbox: Outbox, calendar_id: str) -> None:
    """Raises CALENDAR_NOT_FOUND, CALENDAR_IN_USE."""
    calendar = await get_calendar(connection, calendar_id, to_delete=True)
    users = (await repository.users(connection, [calendar.id], SHOWN_USERS + 1)).get(calendar.id, [])
    if users:
        raise calendar_in_use([user.name for user in users[:SHOWN_USERS]], more=len(users) > SHOWN_USERS)
    await repository.delete(connection, calendar.id)
    await outbox.record(connection, "calendar.deleted", resource(calendar), {})
