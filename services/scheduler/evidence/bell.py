"""Hears `NOTIFY automation_changes` on one connection and wakes every watcher of this process.

A missed notification costs latency only: watchers look every second anyway.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from services.kit.loops import wait_for_any
from services.kit.translation import DATABASE_AWAY

if TYPE_CHECKING:
    from services.kit.postgres import Connection

log = structlog.get_logger()

CHANNEL = "automation_changes"
CONNECT_SECONDS = 5.0
RETRY_SECONDS = 1.0


class Bell:
    """Run it as a background part; `subscribe` as often as needed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._watchers: set[asyncio.Event] = set()
        self.listening = asyncio.Event()
        """Set while the connection hears."""

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Event]:
        """An event that is set at each notification; whoever waits for it clears it."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    async def run(self, stop: asyncio.Event) -> None:
        """Listens until `stop`; while Postgres is away it tries again every second."""
        while not stop.is_set():
            try:
                await self._listen(stop)
            except (*DATABASE_AWAY, TimeoutError) as error:
                log.warning("cannot hear changes; looking every second instead", error=repr(error))
            await wait_for_any(RETRY_SECONDS, stop)

    async def _listen(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=CONNECT_SECONDS)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(CHANNEL, self._heard)
            self.listening.set()
            self._ring()  # what happened while nobody listened
            await wait_for_any(float("inf"), stop, ended)
        finally:
            self.listening.clear()
            await connection.close(timeout=RETRY_SECONDS)

    def _heard(self, connection: "Connection", pid: int, channel: str, payload: Any) -> None:  # noqa: ARG002
        self._ring()

    def _ring(self) -> None:
        for watcher in self._watchers:
            watcher.set()
