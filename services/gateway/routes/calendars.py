"""Calendars of days on which schedules may or may not run. All by the scheduler's CalendarService."""

from functools import partial

from services.gateway.routes import calendar_shapes as shapes
from services.gateway.routes.declaration import Route
from services.gateway.routes.workflows import pass_if_match

SERVICE = "exekra.scheduler.v1.CalendarService"
IMPORT_SECONDS = 40.0
"""Fetching may take 15 seconds and reading 20."""
IMPORT_BYTES = 2 * 1024 * 1024
"""A document of 1 MiB, escaped as JSON."""

route = partial(Route, resource="calendars")

ROUTES = (
    route(
        method="GET",
        path="/calendars",
        summary="List calendars",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListCalendars",
        query=shapes.CalendarQuery,
        response=shapes.CalendarPage,
    ),
    route(
        method="POST",
        path="/calendars",
        summary="Create a calendar",
        permission="trigger:edit",
        rpc=f"{SERVICE}.CreateCalendar",
        request=shapes.CreateCalendar,
        response=shapes.CalendarAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/calendars/{calendar_id}",
        summary="Show a calendar",
        permission="trigger:view",
        rpc=f"{SERVICE}.GetCalendar",
        response=shapes.CalendarAnswer,
        etag_of=lambda reply: reply.calendar.etag,
    ),
    route(
        method="PATCH",
        path="/calendars/{calendar_id}",
        summary="Change a calendar; schedules on it are planned anew",
        permission="trigger:edit",
        rpc=f"{SERVICE}.UpdateCalendar",
        request=shapes.ChangeCalendar,
        response=shapes.CalendarAnswer,
        prepare=pass_if_match,
        seconds=IMPORT_SECONDS,
        etag_of=lambda reply: reply.calendar.etag,
    ),
    route(
        method="DELETE",
        path="/calendars/{calendar_id}",
        summary="Delete a calendar that no trigger uses",
        permission="trigger:edit",
        rpc=f"{SERVICE}.DeleteCalendar",
        status=204,
    ),
    route(
        method="POST",
        path="/calendars/{calendar_id}/import",
        summary="Take the days of an ICS document, in place of an earlier one's",
        permission="trigger:edit",
        rpc=f"{SERVICE}.ImportCalendar",
        request=shapes.ImportCalendar,
        response=shapes.CalendarAnswer,
        body_limit=IMPORT_BYTES,
        seconds=IMPORT_SECONDS,
        etag_of=lambda reply: reply.calendar.etag,
    ),
    route(
        method="DELETE",
        path="/calendars/{calendar_id}/import",
        summary="Drop the days of the ICS document",
        permission="trigger:edit",
        rpc=f"{SERVICE}.DropCalendarImport",
        status=204,
    ),
    route(
        method="GET",
        path="/calendars/{calendar_id}/days",
        summary="Tell for each day whether it runs, and why",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListCalendarDays",
        query=shapes.CalendarDaysQuery,
        response=shapes.CalendarDays,
    ),
)
