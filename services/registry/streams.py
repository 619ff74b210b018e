"""The runners' open streams in this process: who is connected, and writing to them one message at a time.

Nothing here knows what the messages mean. Everything is lost with the process, and nothing needs it back: runners say
Hello again.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from services.kit.errors import DomainError
from services.registry.errors import stale_session

log = structlog.get_logger()

MessageT = TypeVar("MessageT")

MAXIMUM_WAITING = 200
"""Messages that may wait for a slow stream; more are refused, and what they carry is offered again."""


class Stream(Generic[MessageT]):
    """The Hub's half of one open stream: anybody may send, one short-lived task writes in order.

    gRPC allows one write at a time, and a write that was begun must not be cancelled by whoever asked for it.
    """

    __slots__ = ("_closed", "_ending", "_task", "_waiting", "_write", "_writer")

    def __init__(self, write: Callable[[MessageT], Awaitable[object]]) -> None:
        self._write = write
        self._task = asyncio.current_task()
        self._waiting: deque[tuple[MessageT, asyncio.Future[bool]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._ending: DomainError | None = None
        self._closed = False

    def send(self, message: MessageT) -> "asyncio.Future[bool]":
        """The future tells whether the message was written; cancelling it withdraws what is not being written yet."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._closed or len(self._waiting) >= MAXIMUM_WAITING:
            written.set_result(False)
            return written
        self._waiting.append((message, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_waiting())
        return written

    async def deliver(self, message: MessageT, seconds: float) -> bool:
        """Sends and waits; False when it was not written in time."""
        written = self.send(message)
        await asyncio.wait({written}, timeout=seconds)
        if not written.done():
            written.cancel()
            return False
        return written.result()

    def end(self, error: DomainError) -> None:
        """Ends the stream from outside: its handler raises `error`."""
        if self._ending is None and not self._closed:
            self._ending = error
            if self._task is not None:
                self._task.cancel()

    @property
    def ending(self) -> DomainError | None:
        """What `end` was given."""
        return self._ending

    async def flush(self) -> None:
        """Waits until what was sent is written."""
        if self._waiting:
            await asyncio.wait({self._waiting[-1][1]})

    def raise_ending(self) -> None:
        """For the handler that was cancelled: raises what `end` was given, if it was `end` that cancelled it."""
        if self._ending is not None:
            if self._task is not None:
                self._task.uncancel()
            raise self._ending

    def close(self) -> None:
        """The handler is done: nothing is written any more."""
        self._closed = True
        if self._writer is not None:
            self._writer.cancel()
        while self._waiting:
            _, written = self._waiting.popleft()
            if not written.done():
                written.set_result(False)

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                message, written = self._waiting[0]
                if not written.cancelled():
                    await self._write(message)
                    if not written.done():
                        written.set_result(True)
                self._waiting.popleft()
        except Exception as error:  # noqa: BLE001 - whatever gRPC raises, the stream is over and its reader sees the end
            log.debug("stream cannot be written", error=repr(error))
            self._writer = None
            self.close()
        finally:
            self._writer = None


async def converse(
    write: Callable[[MessageT], Awaitable[object]], serve: Callable[[Stream[MessageT]], Awaitable[None]]
) -> AsyncIterator[MessageT]:
    """Lets `serve` hold one side of a bidirectional stream, as the generator that gRPC and its interceptors expect.

    It yields nothing: a generator that yielded the answers could be left at a `yield` when its stream breaks, to be
    cleaned up at some time by the collector. Here everything waits inside `serve`, so the end is seen at once.
    """
    stream = Stream[MessageT](write)
    try:
        await serve(stream)
        await stream.flush()
    except asyncio.CancelledError:
        stream.raise_ending()
        raise
    finally:
        stream.close()
    nothing: tuple[MessageT, ...] = ()
    for message in nothing:
        yield message


class Session:
    """One runner's connection: its heartbeat stream, its poll stream while it is open, and its epoch."""

    __slots__ = (
        "_pong",
        "boot_id",
        "draining",
        "epoch",
        "heard_at",
        "heartbeat",
        "poll",
        "runner_id",
        "secret_version",
    )

    def __init__(
        self,
        runner_id: str,
        *,
        boot_id: str,
        epoch: int,
        secret_version: int,
        draining: bool,
        heartbeat: "Stream[pb.HeartbeatResponse]",
    ) -> None:
        self.runner_id = runner_id
        self.boot_id = boot_id
        self.epoch = epoch
        self.secret_version = secret_version
        self.draining = draining
        self.heartbeat = heartbeat
        self.poll: Stream[pb.PollResponse] | None = None
        self.heard_at = time.monotonic()
        self._pong: asyncio.Future[None] | None = None

    def heard(self) -> None:
        """A message came from the runner."""
        self.heard_at = time.monotonic()

    def ponged(self) -> None:
        """The runner answered a ping."""
        if self._pong is not None and not self._pong.done():
            self._pong.set_result(None)

    async def answers(self, seconds: float) -> bool:
        """Pings the runner: True when it answers in time."""
        if self._pong is None or self._pong.done():
            self._pong = asyncio.get_running_loop().create_future()
        pong = self._pong
        self.heartbeat.send(pb.HeartbeatResponse(ping=pb.Ping(nonce=time.monotonic_ns())))
        await asyncio.wait({pong}, timeout=seconds)
        return pong.done()

    def end(self, error: DomainError) -> None:
        """Ends both streams."""
        self.heartbeat.end(error)
        if self.poll is not None:
            self.poll.end(error)


class Directory:
    """Runner id to its one current session in this process."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def current(self, runner_id: str) -> Session | None:
        """The runner's session, whatever its epoch."""
        return self._sessions.get(runner_id)

    def find(self, runner_id: str, epoch: int) -> Session | None:
        """The runner's session if it is this one."""
        session = self._sessions.get(runner_id)
        return session if session is not None and session.epoch == epoch else None

    def attach(self, session: Session) -> None:
        """Makes it the current one and ends the one before. Raises STALE_SESSION when a newer one is there already."""
        older = self._sessions.get(session.runner_id)
        if older is not None and older.epoch > session.epoch:
            raise stale_session()
        self._sessions[session.runner_id] = session
        if older is not None:
            older.end(stale_session())

    def detach(self, session: Session) -> bool:
        """Forgets it; False when a newer one has taken its place."""
        if self._sessions.get(session.runner_id) is not session:
            return False
        del self._sessions[session.runner_id]
        return True
