"""CalendarService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exekra.scheduler.v1 import calendar_service_pb2 as pb
from exekra.scheduler.v1 import calendar_service_pb2_grpc
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import answer_once, key_of
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.calendars import library, repository
from services.scheduler.calendars.documents import read_entries
from services.scheduler.calendars.entries import days_of
from services.scheduler.calendars.importing import Importer
from services.scheduler.calendars.library import Draft
from services.scheduler.calendars.messages import calendar_message, day_message, kind_of
from services.scheduler.calendars.model import Calendar

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAX_NAME = 200
MAX_DAYS = 400
SHOWN_DAYS = 31
USERS_SHOWN = 500


class CalendarServicer(calendar_service_pb2_grpc.CalendarServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", outbox: Outbox, importer: Importer) -> None:
        self._pool = pool
        self._outbox = outbox
        self._importer = importer

    async def CreateCalendar(self, request: pb.CreateCalendarRequest, context: Any) -> pb.CreateCalendarResponse:
        kind = kind_of(request.kind)
        if kind is None:
            raise invalid("A calendar needs a kind.", FieldError("/kind", 'Give "allowed" or "blocked".'))
        entries = read_entries(request.entries_json)
        draft = Draft(_name(request.name), request.description, kind, request.timezone or "UTC", entries)

        async def create(connection: "Connection") -> pb.CreateCalendarResponse:
            made = await library.create_calendar(connection, self._outbox, draft)
            return pb.CreateCalendarResponse(calendar=calendar_message(made))

        return await answer_once(self._pool, key_of(request), pb.CreateCalendarResponse, create)

    async def GetCalendar(self, request: pb.GetCalendarRequest, context: Any) -> pb.GetCalendarResponse:
        async with self._pool.acquire() as connection:
            calendar = await library.get_calendar(connection, request.calendar_id)
            users = await repository.users(connection, [calendar.id], USERS_SHOWN)
        return pb.GetCalendarResponse(calendar=calendar_message(calendar, users.get(calendar.id, ())))

    async def ListCalendars(self, request: pb.ListCalendarsRequest, context: Any) -> pb.ListCalendarsResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (cursor[0], cursor[1]) if cursor else None
        async with self._pool.acquire() as connection:
            found = await repository.list_calendars(connection, request.query, after, limit + 1)
            items = found[:limit]
            users = await repository.users(connection, [item.id for item in items], USERS_SHOWN)
        return pb.ListCalendarsResponse(
            items=[calendar_message(item, users.get(item.id, ())) for item in items],
            next_cursor=encode_cursor(items[-1].name.lower(), items[-1].id) if len(found) > limit else "",
        )

    async def UpdateCalendar(self, request: pb.UpdateCalendarRequest, context: Any) -> pb.UpdateCalendarResponse:
        draft = Draft(
            name=_name(request.name) if request.HasField("name") else None,
            description=request.description if request.HasField("description") else None,
            kind=kind_of(request.kind),
            timezone=request.timezone if request.HasField("timezone") else None,
            entries=read_entries(request.entries_json) if request.entries_json else None,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            before = await library.get_calendar(connection, request.calendar_id)
            calendar = await library.update_calendar(
                connection, self._outbox, request.calendar_id, draft, request.if_match
            )
        if calendar.timezone != before.timezone:
            await self._importer.read_again(calendar)
        return pb.UpdateCalendarResponse(calendar=await self._shown(calendar.id))

    async def DeleteCalendar(self, request: pb.DeleteCalendarRequest, context: Any) -> pb.DeleteCalendarResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_calendar(connection, self._outbox, request.calendar_id)
        return pb.DeleteCalendarResponse()

    async def ImportCalendar(self, request: pb.ImportCalendarRequest, context: Any) -> pb.ImportCalendarResponse:
        if bool(request.ics) == bool(request.url):
            raise invalid(
                "Give a document or an address, and not both.", FieldError("/ics", 'Give "ics" or "url", one of them.')
            )
        await self._importer.import_document(request.calendar_id, request.ics, request.url)
        return pb.ImportCalendarResponse(calendar=await self._shown(request.calendar_id))

    async def DropCalendarImport(
        self, request: pb.DropCalendarImportRequest, context: Any
    ) -> pb.DropCalendarImportResponse:
        await self._importer.drop(request.calendar_id)
        return pb.DropCalendarImportResponse()

    async def ListCalendarDays(self, request: pb.ListCalendarDaysRequest, context: Any) -> pb.ListCalendarDaysResponse:
        async with self._pool.acquire() as connection:
            calendar = await library.get_calendar(connection, request.calendar_id)
        first, last = _range(calendar, getattr(request, "from"), request.to)
        rule = calendar.rule
        return pb.ListCalendarDaysResponse(items=[day_message(day, rule.allows(day)) for day in days_of(first, last)])

    async def _shown(self, calendar_id: str) -> Any:
        async with self._pool.acquire() as connection:
            calendar = await library.get_calendar(connection, calendar_id)
            return calendar_message(calendar, (await _users(connection, calendar)))


async def _users(connection: "Connection", calendar: Calendar) -> list[repository.User]:
    return (await repository.users(connection, [calendar.id], USERS_SHOWN)).get(calendar.id, [])


def _name(name: str) -> str:
    stripped = name.strip()
    if not 1 <= len(stripped) <= MAX_NAME:
        raise invalid("A calendar needs a name.", FieldError("/name", f"Give a name of 1 to {MAX_NAME} characters."))
    return stripped


def _range(calendar: Calendar, first_text: str, last_text: str) -> tuple[date, date]:
    today = datetime.now(UTC).astimezone(ZoneInfo(calendar.timezone)).date()
    first = _date(first_text, "/from") if first_text else today
    try:
        last = _date(last_text, "/to") if last_text else first + timedelta(days=SHOWN_DAYS - 1)
    except OverflowError:
        last = date.max
    if last < first or (last - first).days >= MAX_DAYS:
        message = f"Give a range of 1 to {MAX_DAYS} days."
        raise invalid(message, FieldError("/to", message))
    return first, last


def _date(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(f"{text[:40]!r} is no day.", FieldError(pointer, "Give a day such as 2026-01-31.")) from None


def registration(pool: "Pool", outbox: Outbox, importer: Importer) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        calendar_service_pb2_grpc.add_CalendarServiceServicer_to_server,
        CalendarServicer(pool, outbox, importer),
        pb.DESCRIPTOR.services_by_name["CalendarService"],
    )
