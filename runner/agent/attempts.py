"""Every attempt this runner holds, from the acceptance of its offer to the Hub's definite answer to its result.

Owns the state of each (`Held`) and the rule how it is rebuilt from the journal's records. It decides nothing: `conduct`
moves an attempt on, `reporter` sends what an attempt gathered.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from runner.agent.journal_file import Kind, Record
from runner.agent.model import Finish, Phase, StoredFile, dump_json
from runner.agent.settlement import Settlement


@dataclass(slots=True)
class Feed:
    """Node events or log lines of one attempt: numbered densely from 1, kept until the Hub has committed them."""

    acknowledged: int = 0
    """Highest number the Hub committed, with none missing below."""
    items: deque[bytes] = field(default_factory=deque)
    """JSON of what lies above `acknowledged`, in order."""
    size: int = 0
    """Bytes of all items."""

    @property
    def last(self) -> int:
        """Highest number made so far."""
        return self.acknowledged + len(self.items)

    def add(self, item: bytes) -> int:
        """Append one; returns its number."""
        self.items.append(item)
        self.size += len(item)
        return self.last

    def acknowledge(self, number: int) -> int:
        """Drop what the Hub has; returns the bytes set free. A number out of range changes nothing."""
        freed = 0
        while self.items and self.acknowledged < number:
            freed += len(self.items.popleft())
            self.acknowledged += 1
        self.size -= freed
        return freed

    def after(self, number: int) -> Iterator[tuple[int, bytes]]:
        """(number, item) of all above `number`."""
        skip = max(0, number - self.acknowledged)
        yield from enumerate(islice(self.items, skip, None), self.acknowledged + skip + 1)


@dataclass(slots=True)
class Held:
    """One attempt. `alive` means that its work may still be going on in this agent."""

    execution_id: str
    attempt_id: str
    phase: Phase = "accepted"
    alive: bool = False
    began_at: datetime | None = None
    node_events: Feed = field(default_factory=Feed)
    log_lines: Feed = field(default_factory=Feed)
    files: dict[str, StoredFile] = field(default_factory=dict)
    """Artifacts that are not uploaded yet, by id."""
    settlements: dict[str, Settlement] = field(default_factory=dict)
    """Of work items; what the Hub has not answered yet, by id."""
    finish: Finish | None = None
    last_event: bytes = b""
    """JSON of the latest node event."""
    stop_reason: str = ""
    """Why the Hub or the runner's owner wants it stopped; empty while nobody does."""

    @property
    def current_node_id(self) -> str:
        """The node that was last heard of; empty before the first."""
        return json.loads(self.last_event)["nodeId"] if self.last_event else ""

    @property
    def unsent_bytes(self) -> int:
        """Bytes of events and lines the Hub has not committed."""
        return self.node_events.size + self.log_lines.size


class Attempts:
    """All held attempts by id, and the delivered results the journal still contains."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self.delivered: list[Finish] = []
        """Results the Hub has, until the journal is rewritten and they move to the kept ones."""

    def __iter__(self) -> Iterator[Held]:
        return iter(list(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def get(self, attempt_id: str) -> Held | None:
        """The attempt, or None when it is not held (any more)."""
        return self._held.get(attempt_id)

    def accept(self, execution_id: str, attempt_id: str) -> Held:
        """Hold a new attempt."""
        held = Held(execution_id, attempt_id, alive=True)
        self._held[attempt_id] = held
        return held

    def drop(self, attempt_id: str) -> None:
        """The Hub needs nothing more about it."""
        held = self._held.pop(attempt_id, None)
        if held is not None and held.finish is not None:
            self.delivered.append(held.finish)

    def recover(self, records: Iterable[Record]) -> None:
        """Rebuild the state from the journal of an earlier agent; none of its work is alive any more."""
        for record in records:
            self._replay(record)
        for held in self._held.values():
            held.alive = False

    def records(self) -> Iterator[Record]:
        """What a rewritten journal must contain."""
        for finish in self.delivered:
            yield Record(Kind.ACCEPTED, finish.attempt_id, dump_json({"executionId": finish.execution_id}))
            yield finished_record(finish)
            yield Record(Kind.DELIVERED, finish.attempt_id)
        for held in self._held.values():
            yield accepted_record(held)
            if held.began_at is not None:
                yield begun_record(held.attempt_id, held.began_at)
            yield acknowledged_record(held)
            for item in held.node_events.items:
                yield Record(Kind.NODE_EVENT, held.attempt_id, item)
            for item in held.log_lines.items:
                yield Record(Kind.LOG_LINE, held.attempt_id, item)
            for file in held.files.values():
                yield artifact_record(held.attempt_id, file)
            for settlement in held.settlements.values():
                yield settlement_record(held.attempt_id, settlement)
            if held.finish is not None:
                yield finished_record(held.finish)

    def _replay(self, record: Record) -> None:
        if record.kind is Kind.ACCEPTED:
            self.accept(json.loads(record.body)["executionId"], record.attempt_id)
            return
        held = self._held.get(record.attempt_id)
        if held is not None:
            _apply(self, held, record)


def accepted_record(held: Held) -> Record:
    """The offer is taken; nothing was done yet."""
    return Record(Kind.ACCEPTED, held.attempt_id, dump_json({"executionId": held.execution_id}))


def begun_record(attempt_id: str, at: datetime) -> Record:
    """From here on the work may have had effects."""
    return Record(Kind.BEGUN, attempt_id, dump_json({"at": at.timestamp()}))


def acknowledged_record(held: Held) -> Record:
    """How far the Hub holds the attempt's events and lines."""
    body = dump_json({"nodeEvents": held.node_events.acknowledged, "logLines": held.log_lines.acknowledged})
    return Record(Kind.ACKNOWLEDGED, held.attempt_id, body)


def artifact_record(attempt_id: str, file: StoredFile) -> Record:
    """A file waits to be uploaded."""
    return Record(Kind.ARTIFACT, attempt_id, dump_json(file.as_json()))


def settlement_record(attempt_id: str, settlement: Settlement) -> Record:
    """An execution said what became of a work item; the Hub is still to hear it."""
    return Record(Kind.SETTLEMENT, attempt_id, dump_json(settlement.as_json()))


def settled_record(attempt_id: str, settlement_id: str) -> Record:
    """The Hub has answered."""
    return Record(Kind.SETTLED, attempt_id, dump_json({"id": settlement_id}))


def finished_record(finish: Finish) -> Record:
    """The result, as it will be told however often it must be."""
    return Record(Kind.FINISHED, finish.attempt_id, dump_json(finish.as_json()))


def _apply(attempts: Attempts, held: Held, record: Record) -> None:
    match record.kind:
        case Kind.BEGUN:
            held.phase = "begun"
            held.began_at = datetime.fromtimestamp(json.loads(record.body)["at"], UTC)
        case Kind.NODE_EVENT:
            held.node_events.add(record.body)
            held.last_event = record.body
        case Kind.LOG_LINE:
            held.log_lines.add(record.body)
        case Kind.ACKNOWLEDGED:
            counts = json.loads(record.body)
            _fast_forward(held.node_events, counts["nodeEvents"])
            _fast_forward(held.log_lines, counts["logLines"])
        case Kind.ARTIFACT:
            file = StoredFile.from_json(json.loads(record.body))
            held.files[file.id] = file
        case Kind.UPLOADED:
            held.files.pop(json.loads(record.body)["id"], None)
        case Kind.SETTLEMENT:
            settlement = Settlement.from_json(json.loads(record.body))
            held.settlements[settlement.id] = settlement
        case Kind.SETTLED:
            held.settlements.pop(json.loads(record.body)["id"], None)
        case Kind.FINISHED:
            held.phase = "finished"
            held.finish = Finish.from_json(json.loads(record.body))
        case Kind.DELIVERED | Kind.CLOSED:
            attempts.drop(held.attempt_id)
        case Kind.ACCEPTED:
            pass


def _fast_forward(feed: Feed, number: int) -> None:
    # A rewritten journal names the count first and contains only what lies above it.
    feed.acknowledge(number)
    feed.acknowledged = max(feed.acknowledged, number)
