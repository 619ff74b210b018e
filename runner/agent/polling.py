"""The poll stream: open while this runner takes work, ended in order while it takes none.

An open stream is what makes the Hub offer something; a runner that would decline everything must not have one.
"""

import asyncio

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import machine, wire
from runner.agent.live import Live, SessionWork
from runner.agent.transport import Stream, StreamEndedError

SPACING_SECONDS = 0.2
"""A change is told soon; a runner whose executions last milliseconds does not tell of each."""

PollStream = Stream[pb.PollRequest, pb.PollResponse]


class Polling:
    """The poll streams of one session, one after the other."""

    def __init__(self, live: Live, work: SessionWork, changed: asyncio.Event) -> None:
        self._live = live
        self._work = work
        self._changed = changed
        self._streams: asyncio.Queue[PollStream] = asyncio.Queue()
        self._closing: PollStream | None = None
        self._closed = asyncio.Event()

    async def tell(self) -> None:
        """Say how many slots are free: every so often, and on change."""
        while True:
            while not self._work.accepts_work():
                await self._changed.wait()
                self._changed.clear()
            stream = self._live.transport.poll()
            self._live.streams.append(stream)
            self._streams.put_nowait(stream)
            await self._tell_on(stream)
            self._closed.clear()
            self._closing = stream
            await stream.finish()
            await self._closed.wait()
            self._live.streams.remove(stream)

    async def hear(self) -> None:
        """Take in offers, for as long as the session lasts."""
        while True:
            stream = await self._streams.get()
            try:
                while True:
                    message = await stream.receive()
                    self._work.offered([wire.offer_from(offer) for offer in message.offers])
            except StreamEndedError:
                if stream is not self._closing:
                    raise
                self._closed.set()

    async def _tell_on(self, stream: PollStream) -> None:
        """Until no work is taken any more; says so last."""
        accepting = True
        while accepting:
            self._changed.clear()
            accepting, free = self._work.accepts_work(), self._work.free_slots()
            # Asked each time: a person may have locked the screen.
            capabilities = machine.capabilities()
            await stream.send(pb.PollRequest(epoch=self._live.epoch, free_slots=free, capabilities=capabilities))
            await asyncio.sleep(min(SPACING_SECONDS, self._live.poll_seconds) if accepting else 0)
            if accepting:
                await _wait(self._changed, self._live.poll_seconds)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
