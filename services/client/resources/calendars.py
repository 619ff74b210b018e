"""Calendars: days on which schedules may or may not run."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from services.client.calls import Calls
from services.client.models.calendars import Calendar, CalendarDay
from services.client.resources.lookup import find_by_name, is_id


class Calendars:
    """`hub.calendars`. Entries are written as the API names them: `{"type": "yearly", "month": 12, "day": 25}`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, search: str = "", most: int | None = None) -> AsyncIterator[Calendar]:
        """By name."""
        async for item in self._calls.each("/calendars", most, q=search):
            yield Calendar.model_validate(item)

    async def get(self, calendar_id: str) -> Calendar:
        """Raises NotFound."""
        return Calendar.model_validate((await self._calls.get(f"/calendars/{calendar_id}"))["calendar"])

    async def find(self, name: str) -> Calendar:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Calendar.model_validate(await find_by_name(self._calls, "calendar", "/calendars", name))

    async def create(
        self,
        name: str,
        *,
        kind: str = "blocked",
        timezone: str = "UTC",
        description: str = "",
        entries: Sequence[dict[str, Any]] = (),
        key: str = "",
    ) -> Calendar:
        """A `blocked` calendar forbids its days, an `allowed` one all but its days."""
        body = {"name": name, "kind": kind, "timezone": timezone, "description": description, "entries": list(entries)}
        return Calendar.model_validate((await self._calls.create("/calendars", body, key=key))["calendar"])

    async def change(self, calendar_id: str, *, etag: str = "", **members: Any) -> Calendar:
        """What is left out stays; schedules on it are planned anew. Raises Changed when `etag` is out of date."""
        answer = await self._calls.patch(f"/calendars/{calendar_id}", members, if_match=etag)
        return Calendar.model_validate(answer["calendar"])

    async def delete(self, calendar_id: str) -> None:
        """Raises Conflict while a trigger uses it."""
        await self._calls.delete(f"/calendars/{calendar_id}")

    async def take_in(self, calendar_id: str, *, ics: str | None = None, url: str | None = None) -> Calendar:
        """The days of an ICS document, in place of an earlier one's; an address is looked at again and again."""
        body = {member: value for member, value in (("ics", ics), ("url", url)) if value is not None}
        return Calendar.model_validate((await self._calls.post(f"/calendars/{calendar_id}/import", body))["calendar"])

    async def drop_taken_in(self, calendar_id: str) -> None:
        """The days of the ICS document count no more."""
        await self._calls.delete(f"/calendars/{calendar_id}/import")

    async def days(self, calendar_id: str, *, first: date | None = None, last: date | None = None) -> list[CalendarDay]:
        """Both ends included, at most 400; the next 31 when nothing is said."""
        span = {"from": first and first.isoformat(), "to": last and last.isoformat()}
        answer = await self._calls.get(f"/calendars/{calendar_id}/days", **span)
        return [CalendarDay.model_validate(item) for item in answer["items"]]
