"""What an execution tells, made ready for the journal and the Hub; the engine's `Sink` on both sides of the pipe.

Owns the JSON form of events and lines, the numbering of node runs, the copies of attached files, and the last check of
the lease before each node. Where it all goes is an `Outlet`'s business.
"""

import asyncio
import hashlib
import math
import os
import secrets
import time
import uuid
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from runner.agent.clock import boottime
from runner.agent.intervals import Intervals
from runner.agent.model import StoredFile, dump_json
from runner.agent.racing import first_of
from runner.agent.work import Outlet, Question, RunOrder
from runner.engine.events import LogLine, LoopPath, NodeEvent
from runner.nodes.base import Artifact, NodeFailure

COPY_BYTES = 1024 * 1024
MAX_RUN_NAME = 200
ROOM_TICK_SECONDS = 0.5
ENDS = frozenset({"completed", "failed", "skipped", "stopped", "retried", "reused", "waiting"})
"""A try that is followed by another one is a run of its own: what it did and why it failed stays to be seen."""


class LeaseOverError(Exception):
    """This runner may not go on with the execution: the Hub has not been heard for too long."""


class Recorder:
    """The sink of one execution."""

    def __init__(self, order: RunOrder, outlet: Outlet) -> None:
        self._order = order
        self._outlet = outlet
        self._files = Path(order.files_dir)
        self._runs: dict[tuple[str, LoopPath], int] = {}
        self._run_count = 0
        self._intervals = None if order.intervals_file is None else Intervals(Path(order.intervals_file))
        self._time_is_up_at = boottime() + order.timeout_seconds if order.timeout_seconds > 0 else math.inf
        self._hurry = asyncio.Event()
        self.lease_until = order.lease_until
        """`clock.boottime` after which no further node begins; moved by renewals."""

    def begin(self) -> None:
        """The execution begins here and now."""
        if self._intervals is not None:
            self._intervals.note("begin", self._order.execution_id, self._order.attempt_id)

    def end(self) -> None:
        """Nothing of it goes on in this process."""
        if self._intervals is not None:
            self._intervals.note("end", self._order.execution_id, self._order.attempt_id)

    def node_event(self, event: NodeEvent) -> None:
        """Number the node run the event belongs to and pass it on."""
        self._outlet.node_event(dump_json({"run": self._run_of(event), **event.as_json()}))

    def log(self, line: LogLine) -> None:
        """Pass a line on."""
        self._outlet.log_line(_line_json(line))

    def hurry(self) -> None:
        """The execution is to end soon: from now on it waits for nobody to take what it tells."""
        self._hurry.set()

    async def before_node(self) -> None:
        """Wait for room in what is under way. Raises LeaseOverError when this runner may not go on."""
        if not self._outlet.has_room:
            await self._wait_for_room()
        if boottime() >= self.lease_until:
            raise LeaseOverError("The Hub was not heard from for the time of the lease.")
        if self._intervals is not None:
            self._intervals.note("step", self._order.execution_id, self._order.attempt_id)

    async def attach(self, node_id: str, path: Path, name: str, media_type: str) -> Artifact:
        """Copy the file for the upload; what happens to it afterwards changes nothing. Raises NodeFailure."""
        artifact_id = str(uuid7())
        target = self._files / artifact_id
        try:
            size, sha256 = await asyncio.to_thread(_copy, path, target)
        except OSError as error:
            raise NodeFailure("FILE_UNREADABLE", f"{path} cannot be attached: {error.strerror}.") from error
        self._outlet.artifact(StoredFile(artifact_id, name, size, sha256, media_type, node_id, str(target)))
        await self._outlet.room()
        return Artifact(artifact_id, name, size, sha256, media_type)

    async def ask(self, kind: str, node_id: str, path: LoopPath, body: Any) -> Any:
        """Have a question of a node run answered. Raises NodeFailure."""
        return await self._outlet.ask(Question(kind, node_id, _run_name(node_id, path), body))

    async def _wait_for_room(self) -> None:
        # The lease and the execution's time go on meanwhile, and a stop must be heard by the engine, which waits here.
        while boottime() < min(self.lease_until, self._time_is_up_at):
            if await first_of(self._outlet.room(), self._hurry.wait(), seconds=ROOM_TICK_SECONDS):
                return

    def _run_of(self, event: NodeEvent) -> int:
        key = (event.node_id, event.path)
        number = self._runs.get(key)
        if number is None:
            self._run_count += 1
            number = self._runs[key] = self._run_count
        if event.status in ENDS:
            del self._runs[key]
        return number


def _run_name(node_id: str, path: LoopPath) -> str:
    """One name for all tries of a node run, of at most 200 characters."""
    name = node_id + "".join(f"@{loop}:{index}" for loop, index in path)
    return name if len(name) <= MAX_RUN_NAME else hashlib.sha256(name.encode()).hexdigest()


def _line_json(line: LogLine) -> bytes:
    """What `dump_json` would write of a line, in a quarter of the time: there may be very many."""
    node_id = "null" if line.node_id is None else encode_basestring(line.node_id)
    message = encode_basestring(line.message)
    text = f'{{"at":{line.at.timestamp()!r},"level":"{line.level}","nodeId":{node_id},"message":{message}}}'
    return text.encode("utf-8", "replace")


def uuid7() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): sorts by the time it was made."""
    milliseconds = time.time_ns() // 1_000_000
    value = (
        (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    )
    return uuid.UUID(int=value)


def is_id(text: str) -> bool:
    """Whether a text is a UUID in its usual form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _copy(source: Path, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(COPY_BYTES):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    target.chmod(0o600)
    return size, digest.hexdigest()
