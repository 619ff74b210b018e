"""Live changes from the scheduler, one upstream watch for each set of topics however many people look.

A reader that resumes from a cursor which the shared watch no longer remembers gets a watch of its own. The feed owns
neither permissions nor the form in which events reach a browser.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from exekra.scheduler.v1 import changes_service_pb2
from services.gateway.peers import Peers, find_method
from services.kit.errors import DomainError
from services.kit.identity import SYSTEM, current_principal

log = structlog.get_logger()

RESET = "stream.reset"
"""The kind of change that says: something was missed, read anew what you show."""
WATCH = "exekra.scheduler.v1.ChangesService.WatchChanges"
REMEMBERED = 512
QUEUED = 512
"""Changes a reader may lag behind before it is cut; it then comes back with its cursor."""
ESTABLISH_SECONDS = 0.5
"""How long a reader waits for word that the upstream watch stands, before it is told that it is connected."""
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)

Topics = frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `payload` is JSON text, `cursor` resumes after it."""

    topic: str
    kind: str
    payload: str
    cursor: str


class Reader:
    """The changes one stream has yet to send. `None` ends it: it was too slow, or the gateway drains."""

    def __init__(self, cursor: str) -> None:
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue(QUEUED)
        self.cut = False
        self.cursor = cursor
        """Resumes before the first change that is told; empty while nobody knows it."""
        self.is_blind = False
        """It was told that it is connected before the watch stood: changes until then reach nobody."""

    async def next(self) -> Change | None:
        """Waits for the next change."""
        if self.cut and self._queue.empty():
            return None
        return await self._queue.get()

    def push(self, change: Change) -> None:
        """Queues a change, or cuts the reader off when it lags too far behind."""
        if self.cut:
            return
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """What is queued is dropped: the reader resumes by cursor."""
        self.cut = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)


class _Watch:
    """An upstream watch of one set of topics, kept alive while it has readers."""

    def __init__(self, peers: Peers, topics: Topics, cursor: str) -> None:
        self._peers = peers
        self._topics = topics
        self._cursor = cursor
        self.readers: set[Reader] = set()
        self.established = asyncio.Event()
        self.remembered: deque[Change] = deque(maxlen=REMEMBERED)
        self.task = asyncio.create_task(self._run(), name=f"watch {','.join(sorted(topics))}")

    def join(self, reader: Reader) -> bool:
        """Tells the reader what came after its cursor, and from now on; False when that is not remembered."""
        missed = self._after(reader.cursor)
        if missed is None:
            return False
        for change in missed:
            reader.push(change)
        if not reader.cursor and self.established.is_set():
            reader.cursor = self._cursor
        self.readers.add(reader)
        return True

    def _after(self, cursor: str) -> list[Change] | None:
        if not cursor:
            return []
        for index, change in enumerate(self.remembered):
            if change.cursor == cursor:
                return list(self.remembered)[index + 1 :]
        return [] if cursor == self._cursor else None

    async def _run(self) -> None:
        current_principal.set(SYSTEM)
        failures = 0
        while True:
            request = changes_service_pb2.WatchChangesRequest(topics=sorted(self._topics), cursor=self._cursor)
            try:
                async for response in self._peers.stream(find_method(WATCH), request, seconds=None):
                    failures = 0
                    self._take(response)
            except DomainError as error:
                if failures == 0:
                    log.warning("watch broken; connecting again", topics=sorted(self._topics), reason=error.reason)
            delay = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
            failures += 1
            await asyncio.sleep(delay)

    def _take(self, response: changes_service_pb2.WatchChangesResponse) -> None:
        if not self.established.is_set():
            self._establish(response)
        if response.cursor:
            self._cursor = response.cursor
        if not response.topic:
            return
        change = Change(response.topic, response.kind, response.payload_json.decode() or "null", response.cursor)
        self.remembered.append(change)
        for reader in tuple(self.readers):
            reader.push(change)

    def _establish(self, response: changes_service_pb2.WatchChangesResponse) -> None:
        self.established.set()
        if self._cursor:
            return
        for reader in tuple(self.readers):
            if not response.topic:
                reader.cursor = response.cursor
            if reader.is_blind:
                for topic in sorted(self._topics):
                    reader.push(Change(topic, RESET, "{}", response.cursor))


class Feed:
    """Joins readers to watches. `close` ends every reader and watch."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._shared: dict[Topics, _Watch] = {}
        self._watches: set[_Watch] = set()
        self.closed = False

    @asynccontextmanager
    async def read(self, topics: Topics, cursor: str) -> AsyncIterator[Reader]:
        """A reader of the topics, from the cursor on (empty: from now on)."""
        reader = Reader(cursor)
        watch = self._join(topics, reader)
        try:
            # What changes after a browser hears "connected" must reach it: only then it reads the state it shows.
            try:
                async with asyncio.timeout(ESTABLISH_SECONDS):
                    await watch.established.wait()
            except TimeoutError:
                reader.is_blind = True
            yield reader
        finally:
            watch.readers.discard(reader)
            if not watch.readers:
                await self._drop(topics, watch)

    async def close(self) -> None:
        """For the drain: streams end at once instead of holding the process."""
        self.closed = True
        for watch in tuple(self._watches):
            for reader in watch.readers:
                reader.end()

    def _join(self, topics: Topics, reader: Reader) -> _Watch:
        watch = self._shared.get(topics)
        if watch is None or not watch.join(reader):
            watch = _Watch(self._peers, topics, reader.cursor)
            self._watches.add(watch)
            self._shared.setdefault(topics, watch)
            watch.join(reader)
        if self.closed:
            reader.end()
        return watch

    async def _drop(self, topics: Topics, watch: _Watch) -> None:
        if self._shared.get(topics) is watch:
            del self._shared[topics]
        self._watches.discard(watch)
        watch.task.cancel()
        await asyncio.wait([watch.task])
