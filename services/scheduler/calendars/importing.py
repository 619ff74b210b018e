"""Days from ICS documents: given, or fetched from an address again and again.

Work is done before the transaction that stores its result: reading a document takes a process, fetching one a network.
While a source is away, or sends what cannot be used, the last good copy stays in force and the calendar says so.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from services.kit.errors import DomainError
from services.kit.outbound import AddressPolicy, AddressRefused, Outbound
from services.kit.outbox import Outbox
from services.scheduler.calendars import library, repository
from services.scheduler.calendars.errors import address_refused, ics_invalid, ics_unreachable
from services.scheduler.calendars.ics import MAX_BYTES, IcsDays, IcsError
from services.scheduler.calendars.model import Calendar
from services.scheduler.calendars.repository import KeptSource, NewSource, dump_days
from services.scheduler.calendars.sandbox import read_in_sandbox

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

DAYS_BACK: Final = 400
DAYS_AHEAD: Final = 1_830
"""Days of a document are worked out five years ahead, and again long before that is used up."""
FETCH_SECONDS: Final = 15.0
BUSY_SECONDS: Final = 120.0
"""Nobody else looks at a source for so long; whoever was killed while looking leaves it to others after that."""
UPLOAD_CHECK_SECONDS: Final = 30 * 86_400.0
FIRST_RETRY_SECONDS: Final = 300.0
MAX_URL = 2_000
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document with what tells whether it changed. `document` None: it did not."""

    document: bytes | None
    etag: str = ""
    last_modified: str = ""


class Importer:
    """Brings days of ICS documents into calendars. `refresh_seconds`: how often an address is looked at."""

    def __init__(self, pool: "Pool", outbox: Outbox, policy: AddressPolicy, *, refresh_seconds: float) -> None:
        self._pool = pool
        self._outbox = outbox
        self._policy = policy
        self._refresh_seconds = refresh_seconds

    async def import_document(self, calendar_id: str, ics: str, url: str) -> None:
        """Takes the days of a document, or of what an address answers.

        Raises CALENDAR_NOT_FOUND, ICS_INVALID, ICS_UNREACHABLE, ADDRESS_REFUSED.
        """
        async with self._pool.acquire() as connection:
            calendar = await library.get_calendar(connection, calendar_id)
        address = _address(url) if url else ""
        fetched = await self._fetch(address) if address else Fetched(ics.encode())
        assert fetched.document is not None
        try:
            found = await _read(fetched.document, calendar.timezone)
        except IcsError as error:
            raise ics_invalid(str(error), "/url" if url else "/ics") from None
        await self._store(calendar.id, address, fetched, found, audited=True)

    async def drop(self, calendar_id: str) -> None:
        """The days of the document go. Raises CALENDAR_NOT_FOUND."""
        async with self._pool.acquire() as connection, connection.transaction():
            calendar = await library.get_calendar(connection, calendar_id, locked=True)
            if await repository.delete_source(connection, calendar.id):
                await repository.touch(connection, calendar.id)
                await repository.replan(connection, calendar.id)
                await self._outbox.record(connection, "calendar.import_dropped", library.resource(calendar), {})

    async def read_again(self, calendar: Calendar) -> None:
        """The zone of a calendar changed: events with times may fall on other days."""
        async with self._pool.acquire() as connection:
            kept = await repository.read_source(connection, calendar.id)
        if kept is not None:
            await self._look(kept, document=kept.document)

    async def run_once(self) -> None:
        """Looks at every source whose time has come, one after the other."""
        while True:
            async with self._pool.acquire() as connection:
                due = await repository.take_due(connection, BUSY_SECONDS)
                kept = await repository.read_source(connection, due) if due else None
            if due is None:
                return
            if kept is not None:
                await self._look(kept)

    async def _look(self, kept: KeptSource, document: bytes | None = None) -> None:
        try:
            fetched = Fetched(document)
            if document is None and kept.url:
                fetched = await self._fetch(kept.url, kept)
            # Not modified, or uploaded: the same document, seen from a later day.
            content = kept.document if fetched.document is None else fetched.document
            found = await _read(content, kept.timezone)
        except (DomainError, IcsError) as error:
            wait = min(FIRST_RETRY_SECONDS * 2.0 ** min(kept.failures, 20), self._next_seconds(kept.url))
            log.warning("calendar source failed", calendar=kept.calendar_id, failures=kept.failures + 1)
            async with self._pool.acquire() as connection:
                await repository.mark_failed(connection, kept.calendar_id, str(error)[:500], wait)
            return
        if dump_days(found.days) == kept.days and _digest(content) == kept.sha256:
            async with self._pool.acquire() as connection:
                await repository.mark_checked(connection, kept.calendar_id, self._next_seconds(kept.url))
            return
        same = fetched.document is None
        fetched = Fetched(
            content, kept.etag if same else fetched.etag, kept.last_modified if same else fetched.last_modified
        )
        await self._store(kept.calendar_id, kept.url, fetched, found, audited=False, expected=kept)

    async def _store(
        self,
        calendar_id: str,
        url: str,
        fetched: Fetched,
        found: IcsDays,
        *,
        audited: bool,
        expected: KeptSource | None = None,
    ) -> None:
        """`expected`: a refresh gives way to whoever imported something else meanwhile."""
        document = fetched.document or b""
        digest = _digest(document)
        async with self._pool.acquire() as connection, connection.transaction():
            calendar = await library.get_calendar(connection, calendar_id, locked=True)
            before = await repository.read_source(connection, calendar_id)
            if expected is not None and (
                before is None or (before.url, before.sha256) != (expected.url, expected.sha256)
            ):
                return
            source = NewSource(
                url, document, digest, found, self._next_seconds(url), fetched.etag, fetched.last_modified
            )
            await repository.save_source(connection, calendar_id, source)
            if before is None or before.days != dump_days(found.days) or before.url != url:
                await repository.touch(connection, calendar_id)
                await repository.replan(connection, calendar_id)
            if audited:
                details = {"url": shown_url(url), "events": found.events, "days": len(found.days), "sha256": digest}
                await self._outbox.record(connection, "calendar.imported", library.resource(calendar), details)

    def _next_seconds(self, url: str) -> float:
        return self._refresh_seconds if url else UPLOAD_CHECK_SECONDS

    async def _fetch(self, url: str, kept: KeptSource | None = None) -> Fetched:
        """Raises ICS_UNREACHABLE, ADDRESS_REFUSED, ICS_INVALID for what is too large."""
        headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "Exekra-Hub"}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        elif kept is not None and kept.last_modified:
            headers["If-Modified-Since"] = kept.last_modified
        try:
            async with Outbound(self._policy) as outbound:
                answer = await outbound.send(
                    "GET", url, headers=headers, seconds=FETCH_SECONDS, most_bytes=MAX_BYTES + 1
                )
        except AddressRefused as error:
            raise address_refused(str(error)) from None
        except TimeoutError:
            raise ics_unreachable("The address did not answer in time.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ics_unreachable(f"The address cannot be reached: {type(error).__name__}.") from None
        if answer.status == NOT_MODIFIED and kept is not None:
            return Fetched(None)
        if answer.status in (301, 302, 303, 307, 308):
            raise ics_unreachable("The address leads elsewhere. Give the one it leads to.")
        if answer.status != 200:
            raise ics_unreachable(f"The address answered {answer.status}.")
        if len(answer.body) > MAX_BYTES:
            raise ics_invalid(f"The document is larger than {MAX_BYTES // 1024} KiB. Export fewer events.", "/url")
        if not answer.is_whole:
            raise ics_unreachable("The document broke off while it was fetched.")
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.body, lower.get("etag", "")[:500], lower.get("last-modified", "")[:100])


def shown_url(url: str) -> str:
    """Scheme and host: path and query of a calendar's address are often its only secret."""
    if not url:
        return ""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…"


def _address(url: str) -> str:
    """An address the Hub can fetch. Raises ICS_UNREACHABLE."""
    text = url.strip()
    if text.lower().startswith("webcal://"):
        text = f"https://{text[9:]}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or len(text) > MAX_URL or any(ord(each) <= 32 for each in text):
        raise ics_unreachable("Give an address that begins with https://.")
    if "@" in parts.netloc:
        raise ics_unreachable("An address with a user name or password in it is not taken.")
    return text


async def _read(document: bytes, timezone: str) -> IcsDays:
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    return await read_in_sandbox(document, timezone, first, last)


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
