"""Writing to a stream from many sides, and ending it from outside."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.kit.errors import DomainError
from services.registry.errors import runner_disabled, stale_session
from services.registry.streams import MAXIMUM_WAITING, Directory, Session, Stream, converse


class Wire:
    """Takes messages one at a time while it is open; complains about two writers."""

    def __init__(self) -> None:
        self.written: list[object] = []
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False
        self._busy = False

    async def write(self, message: object) -> None:
        assert not self._busy, "gRPC allows one write at a time"
        self._busy = True
        await self.open.wait()
        self._busy = False
        if self.broken:
            raise OSError
        self.written.append(message)


async def drained(conversation: AsyncIterator[object]) -> list[object]:
    return [message async for message in conversation]


async def test_messages_of_many_senders_are_written_in_order_one_at_a_time():
    wire = Wire()
    stream = Stream[int](wire.write)
    assert await asyncio.gather(*(stream.send(number) for number in range(50))) == [True] * 50
    assert wire.written == list(range(50))


async def test_a_withdrawn_message_is_not_written():
    wire = Wire()
    wire.open.clear()
    stream = Stream[int](wire.write)
    stream.send(1)
    await asyncio.sleep(0)
    assert not await stream.deliver(2, seconds=0.01)
    last = stream.send(3)
    wire.open.set()
    assert await last
    assert wire.written == [1, 3]


async def test_a_stream_that_breaks_fails_what_waits_and_what_comes():
    wire = Wire()
    wire.broken = True
    stream = Stream[int](wire.write)
    assert await asyncio.gather(stream.send(1), stream.send(2)) == [False, False]
    assert not await stream.deliver(3, seconds=1)


async def test_too_many_waiting_messages_are_refused_at_once():
    wire = Wire()
    wire.open.clear()
    stream = Stream[int](wire.write)
    futures = [stream.send(number) for number in range(MAXIMUM_WAITING + 1)]
    assert futures[-1].done()
    assert not futures[-1].result()
    stream.close()
    assert await asyncio.gather(*futures) == [False] * len(futures)


async def test_a_conversation_ends_after_its_last_message_is_written():
    wire = Wire()
    wire.open.clear()

    async def serve(stream: Stream[str]) -> None:
        stream.send("goodbye")
        asyncio.get_running_loop().call_later(0.01, wire.open.set)

    assert await drained(converse(wire.write, serve)) == []
    assert wire.written == ["goodbye"]


async def test_ending_a_stream_from_outside_raises_the_reason_in_its_handler():
    started: asyncio.Future[Stream[str]] = asyncio.get_running_loop().create_future()

    async def serve(stream: Stream[str]) -> None:
        started.set_result(stream)
        await asyncio.Event().wait()

    handler = asyncio.create_task(drained(converse(Wire().write, serve)))
    (await started).end(runner_disabled())
    with pytest.raises(DomainError) as ended:
        await handler
    assert ended.value.reason == "RUNNER_DISABLED"


async def test_a_cancellation_from_anybody_else_stays_a_cancellation():
    async def serve(stream: Stream[str]) -> None:
        await asyncio.Event().wait()

    handler = asyncio.create_task(drained(converse(Wire().write, serve)))
    await asyncio.sleep(0)
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler


def session(epoch: int, wire: Wire | None = None) -> Session:
    stream = Stream((wire or Wire()).write)
    return Session("r", boot_id="b", epoch=epoch, secret_version=1, draining=False, heartbeat=stream)


async def test_a_newer_session_replaces_an_older_one_and_never_the_other_way_round():
    directory = Directory()
    older, newer = session(1), session(2)
    directory.attach(newer)
    with pytest.raises(DomainError) as refused:
        directory.attach(older)
    assert refused.value.reason == stale_session().reason
    assert directory.current("r") is newer
    assert (directory.find("r", 1), directory.find("r", 2)) == (None, newer)
    assert not directory.detach(older)
    assert directory.detach(newer)
    assert len(directory) == 0


async def test_a_ping_is_answered_or_not():
    one = session(1)
    asyncio.get_running_loop().call_later(0.01, one.ponged)
    assert await one.answers(seconds=5)
    assert not await one.answers(seconds=0.01)
