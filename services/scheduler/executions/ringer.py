"""Rings `NOTIFY` for readers of live changes: one connection of its own, never inside a transaction that flushes.

A NOTIFY serialises the commits of its transactions, so it is kept away from all others (03 "Bells"). Losing a ring only
costs its readers the time until their next poll.
"""

import asyncio
import json
from collections.abc import Iterable

import asyncpg
import structlog

from services.kit.loops import wait_for_any

log = structlog.get_logger()

CHANNEL = "automation_changes"
NOTIFY = "SELECT pg_notify($1, $2)"
COALESCE_SECONDS = 0.01
MAXIMUM_PAYLOAD_BYTES = 7_000
"""Postgres takes less than 8,000."""
RECONNECT_SECONDS = 1.0
CONNECT_SECONDS = 5.0


class Ringer:
    """`ring` from anywhere in the process; `run` until stopped."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._topics: set[str] = set()
        self._due = asyncio.Event()

    def ring(self, topics: Iterable[str]) -> None:
        """Topics are "executions", "runners", "execution:<id>"; they go out together with what else comes meanwhile."""
        self._topics.update(topics)
        if self._topics:
            self._due.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Holds the connection and opens it again when it breaks."""
        while not stop.is_set():
            try:
                await self._hold(stop)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.info("ringer waits for the database", error=repr(error))
                await wait_for_any(RECONNECT_SECONDS, stop)

    async def _hold(self, stop: asyncio.Event) -> None:
        settings = {"synchronous_commit": "off", "application_name": "exekra-scheduler-ringer"}
        connection = await asyncpg.connect(
            self._dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS, server_settings=settings
        )
        try:
            while not stop.is_set():
                await wait_for_any(60.0, stop, self._due)
                if self._due.is_set():
                    # First a little patience: what a change sets in motion rings again within milliseconds.
                    await wait_for_any(COALESCE_SECONDS, stop)
                    self._due.clear()
                    topics, self._topics = self._topics, set()
                    for payload in payloads(topics):
                        await connection.execute(NOTIFY, CHANNEL, payload)
        finally:
            await connection.close(timeout=CONNECT_SECONDS)


def payloads(topics: Iterable[str]) -> list[str]:
    """JSON lists of topics, each small enough for one notification."""
    found: list[str] = []
    chunk: list[str] = []
    size = 2
    for topic in sorted(topics):
        if chunk and size + len(topic) + 3 > MAXIMUM_PAYLOAD_BYTES:
            found.append(json.dumps(chunk, separators=(",", ":")))
            chunk, size = [], 2
        chunk.append(topic)
        size += len(topic) + 3
    if chunk:
        found.append(json.dumps(chunk, separators=(",", ":")))
    return found
