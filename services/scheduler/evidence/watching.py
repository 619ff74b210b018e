"""Follows the stream of changes for one watcher until it goes away or the process drains."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from services.kit.loops import wait_for_any
from services.scheduler.evidence.bell import Bell
from services.scheduler.evidence.changes import RESET, RUNNERS, Change, Reader, Topics
from services.scheduler.evidence.fleet import Fleet, FleetWatch, compare

if TYPE_CHECKING:
    from services.kit.postgres import Pool

POLL_SECONDS = 1.0
PENDING_SECONDS = 0.05
"""A transaction in flight held something back: it is over soon."""
PAUSE_SECONDS = 0.02
"""Between two looks, however often the bell rings: a burst is read in portions."""


class Watching:
    """Makes streams for watchers. They end when `stop` is set."""

    def __init__(self, pool: "Pool", bell: Bell, stop: asyncio.Event) -> None:
        self._pool = pool
        self._bell = bell
        self._stop = stop
        self._fleet_watch = FleetWatch()

    async def watch(self, topics: Topics, cursor: str) -> AsyncIterator[Change]:
        """Changes since the cursor, then those to come. Raises a DomainError for a bad cursor."""
        reader = Reader(topics, cursor)
        fleet: Fleet | None = None
        is_first = True
        with self._bell.subscribe() as rung:
            while not self._stop.is_set():
                rung.clear()
                # Collected first: a slow watcher must not hold a connection.
                async with self._pool.acquire() as connection:
                    changes = [change async for change in reader.read(connection)]
                    if topics.runners:
                        latest = await self._fleet_watch.read(connection)
                        changes += _missed(cursor, reader) if fleet is None else compare(fleet, latest, reader.cursor)
                        fleet = latest
                if is_first and not changes:
                    # Whoever asked learns that its watch stands.
                    changes.append(Change("", "", b"", reader.cursor))
                is_first = False
                for change in changes:
                    yield change
                await wait_for_any(PAUSE_SECONDS, self._stop)
                await wait_for_any(PENDING_SECONDS if reader.pending else POLL_SECONDS, self._stop, rung)


def _missed(cursor: str, reader: Reader) -> list[Change]:
    """What runners did while nobody looked is not written down: who comes back has to read them anew."""
    return [Change(RUNNERS, RESET, b"{}", reader.cursor)] if cursor else []
