"""Sends node events and log lines of all attempts: at once when nothing is under way, gathered when something is.

Owns what was sent and not yet acknowledged, and the bound on what may wait in memory. Every item is in the journal
before it can be sent; the Hub drops what it has already, so sending twice is harmless.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from exekra.scheduler.v1 import attempt_pb2 as pb
from runner.agent import wire
from runner.agent.attempts import Attempts, Held, acknowledged_record
from runner.agent.journal import Journal
from runner.agent.journal_file import Kind, Record
from runner.agent.model import Answer

GATHER_SECONDS = 0.005
BATCH_BYTES = 512 * 1024
BATCH_ITEMS = 1_000
IN_FLIGHT_BATCHES = 32
FINISH_BYTES = 1024 * 1024
"""What a Finish may carry of events and lines that were not committed yet."""


@dataclass(slots=True)
class _Cursor:
    """How far an attempt's feeds were handed to the stream of the present session."""

    node_events: int = 0
    log_lines: int = 0
    withheld: bool = False
    """True while the attempt's Finish carries the rest."""


class Reporter:
    """Items go in by `node_event` and `log_line`; the session takes batches out and brings answers back."""

    def __init__(self, attempts: Attempts, journal: Journal, unsent_limit: int) -> None:
        self._attempts = attempts
        self._journal = journal
        self._limit = unsent_limit
        self._unsent = sum(held.unsent_bytes for held in attempts)
        self._cursors: dict[str, _Cursor] = {}
        self._in_flight = 0
        self._gathered: deque[str] = deque()
        self._wake = asyncio.Event()
        self._progress = asyncio.Condition()

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait for the Hub, over all attempts."""
        return self._unsent

    def node_event(self, held: Held, item: bytes) -> None:
        """Journal and queue one node event (JSON, see `recorder`)."""
        held.node_events.add(item)
        self._take(held, Kind.NODE_EVENT, item)

    def log_line(self, held: Held, item: bytes) -> None:
        """Journal and queue one log line (JSON, see `recorder`)."""
        held.log_lines.add(item)
        self._take(held, Kind.LOG_LINE, item)

    @property
    def has_room(self) -> bool:
        """False when no more may be kept: in memory for the Hub, or on the disk beside the results to come."""
        return self._unsent < self._limit and self._journal.has_reserve

    async def room(self) -> None:
        """Return at once, or when the Hub has taken enough, or the disk has enough, that more may be kept."""
        if not self.has_room:
            async with self._progress:
                await self._progress.wait_for(lambda: self.has_room)

    async def look_again(self) -> None:
        """The disk may have room again."""
        async with self._progress:
            self._progress.notify_all()

    def renew(self) -> None:
        """A new session began: whatever was not acknowledged is sent again."""
        self._in_flight = 0
        for held in self._attempts:
            cursor = self._cursor(held.attempt_id)
            cursor.node_events = held.node_events.acknowledged
            cursor.log_lines = held.log_lines.acknowledged
        self._wake.set()

    async def next_batch(self) -> pb.ReportBatch:
        """The next message of the report stream, as soon as there is one."""
        while True:
            while self._gathered and self._in_flight < IN_FLIGHT_BATCHES:
                batch = self._next_of(self._gathered.popleft())
                if batch is not None:
                    self._in_flight += 1
                    return batch
            self._wake.clear()
            dirty = self._dirty()
            if not dirty or self._in_flight >= IN_FLIGHT_BATCHES:
                await self._wake.wait()
            elif self._in_flight:
                # Something is under way: what comes within this time travels together.
                await asyncio.sleep(GATHER_SECONDS)
                self._gathered.extend(self._dirty())
            else:
                # An execution that ends without ever waiting is told by its Finish alone; let it run that far.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self._gathered.extend(dirty)

    async def acknowledged(self, message: pb.ReportAcknowledgement) -> Answer:
        """Take in the Hub's answer to one batch."""
        answer = wire.answer_from(message.answer)
        self._in_flight = max(0, self._in_flight - 1)
        held = self._attempts.get(message.attempt.attempt_id)
        if held is not None and answer in {Answer.OK, Answer.DUPLICATE_OK, Answer.LATE_ACCEPTED}:
            self.commit(held, message.node_seq, message.log_seq)
            self._journal.append(acknowledged_record(held))
        elif held is not None and answer in {Answer.STALE_ATTEMPT, Answer.FORBIDDEN}:
            self.commit(held, held.node_events.last, held.log_lines.last)
        self._wake.set()
        async with self._progress:
            self._progress.notify_all()
        return answer

    def commit(self, held: Held, node_events: int, log_lines: int) -> None:
        """The Hub holds everything up to these numbers."""
        self._unsent -= held.node_events.acknowledge(node_events) + held.log_lines.acknowledge(log_lines)

    def pause(self, held: Held) -> None:
        """The attempt ended: what is left goes with its Finish, if that can carry it."""
        if held.unsent_bytes <= FINISH_BYTES:
            self._cursor(held.attempt_id).withheld = True

    async def withhold(self, held: Held) -> tuple[list[pb.NodeEvent], list[pb.LogLine]]:
        """What the attempt's Finish is to carry; nothing of it is sent otherwise from now on.

        When there is more than a Finish may carry, waits until the stream has brought the rest to the Hub.
        """
        if held.unsent_bytes > FINISH_BYTES:
            async with self._progress:
                await self._progress.wait_for(lambda: held.unsent_bytes <= FINISH_BYTES)
        self._cursor(held.attempt_id).withheld = True
        return (
            [wire.node_event(seq, item) for seq, item in held.node_events.after(0)],
            [wire.log_line(seq, item) for seq, item in held.log_lines.after(0)],
        )

    async def deliver_rest(self, held: Held) -> None:
        """Send by the stream what the Hub still lacks though the attempt is over, and wait until it has it."""
        if not held.node_events.items and not held.log_lines.items:
            return
        cursor = self._cursor(held.attempt_id)
        cursor.withheld = False
        cursor.node_events, cursor.log_lines = held.node_events.acknowledged, held.log_lines.acknowledged
        self._wake.set()
        async with self._progress:
            await self._progress.wait_for(lambda: not held.node_events.items and not held.log_lines.items)

    def forget(self, held: Held) -> None:
        """The attempt is over for the Hub."""
        self.commit(held, held.node_events.last, held.log_lines.last)
        self._cursors.pop(held.attempt_id, None)

    def _take(self, held: Held, kind: Kind, item: bytes) -> None:
        self._journal.append(Record(kind, held.attempt_id, item))
        self._unsent += len(item)
        self._cursor(held.attempt_id)
        self._wake.set()

    def _cursor(self, attempt_id: str) -> _Cursor:
        return self._cursors.setdefault(attempt_id, _Cursor())

    def _dirty(self) -> list[str]:
        """Attempts with something to send, each once: none waits for a noisier one."""
        return [attempt_id for attempt_id, cursor in self._cursors.items() if self._has_news(attempt_id, cursor)]

    def _has_news(self, attempt_id: str, cursor: _Cursor) -> bool:
        held = self._attempts.get(attempt_id)
        if held is None or cursor.withheld:
            return False
        return cursor.node_events < held.node_events.last or cursor.log_lines < held.log_lines.last

    def _next_of(self, attempt_id: str) -> pb.ReportBatch | None:
        held, cursor = self._attempts.get(attempt_id), self._cursors.get(attempt_id)
        if held is None or cursor is None or not self._has_news(attempt_id, cursor):
            return None
        return self._batch(held, cursor)

    def _batch(self, held: Held, cursor: _Cursor) -> pb.ReportBatch:
        batch = pb.ReportBatch(attempt=wire.attempt_ref(held.execution_id, held.attempt_id))
        room, size = BATCH_ITEMS, 0
        for seq, item in held.node_events.after(cursor.node_events):
            batch.node_events.append(wire.node_event(seq, item))
            cursor.node_events, size, room = seq, size + len(item), room - 1
            if size >= BATCH_BYTES or room == 0:
                return batch
        for seq, item in held.log_lines.after(cursor.log_lines):
            wire.fill_log_line(batch.log_lines.add(), seq, item)
            cursor.log_lines, size, room = seq, size + len(item), room - 1
            if size >= BATCH_BYTES or room == 0:
                break
        return batch
