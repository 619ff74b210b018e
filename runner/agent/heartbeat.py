"""The heartbeat stream: Hello and Welcome, beats and their answers, what the Hub pushes between them, goodbye."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import machine, wire
from runner.agent.clock import boottime
from runner.agent.contact import Contact
from runner.agent.identity import PROTOCOL, VERSION
from runner.agent.live import Live, SessionWork
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubUnavailableError, Stream, Transport

JITTER = 0.1
GOODBYE_SECONDS = 1.0

log = structlog.get_logger("runner.session")


class Heartbeat:
    """The stream of one session."""

    def __init__(
        self,
        stream: Stream[pb.HeartbeatRequest, pb.HeartbeatResponse],
        settings: RunnerSettings,
        work: SessionWork,
        contact: Contact,
    ) -> None:
        self.stream = stream
        self._home: Path = settings.home
        self._settings = settings
        self._work = work
        self._contact = contact
        self._unanswered: dict[int, float] = {}
        """When each beat that was not answered yet was sent."""
        self._beat_now = asyncio.Event()

    def beat_soon(self) -> None:
        """What beats tell has changed."""
        self._beat_now.set()

    async def say_hello(self, transport: Transport, boot_id: str, number: int) -> Live:
        """Tell what we hold, hear what becomes of it. Raises HubUnavailableError when the Hub stays silent."""
        sent_at = boottime()
        hello = pb.Hello(
            protocol=PROTOCOL,
            boot_id=boot_id,
            capabilities=machine.capabilities(),
            attempts=[wire.held_attempt(held) for held in self._work.held()],
            version=VERSION,
            pause=wire.runner_pause(self._work.paused()),
        )
        loop = asyncio.get_running_loop()
        impatience = loop.call_later(self._settings.silence_seconds, self.stream.cancel)
        try:
            await self.stream.send(pb.HeartbeatRequest(hello=hello))
            welcome = await self._await_welcome()
        finally:
            impatience.cancel()
        live = Live(
            transport,
            welcome.epoch,
            number,
            beat_seconds=welcome.next_heartbeat_seconds or self._settings.heartbeat_seconds,
            poll_seconds=welcome.poll_seconds or self._settings.poll_seconds,
            ended=loop.create_future(),
        )
        log.info("session open", epoch=live.epoch)
        self._work.asked_to_drain(welcome.draining)
        self._work.instructed([wire.instruction_from(word) for word in welcome.instructions], sent_at)
        self._work.welcomed(welcome.hub_incarnation)
        return live

    async def hear(self, live: Live) -> None:
        """Take in what the Hub says, for as long as the stream is open."""
        while True:
            message = await self.stream.receive()
            self._contact.heard()
            match message.WhichOneof("message"):
                case "beat_answer":
                    self._take_answer(live, message.beat_answer)
                case "instructions":
                    words = [wire.instruction_from(word) for word in message.instructions.instructions]
                    self._work.instructed(words, None)
                case "ping":
                    await self._pong(message.ping.nonce)
                case "token_renewed":
                    live.transport.use_token(message.token_renewed.session_token)
                case "drain":
                    self._work.asked_to_drain(message.drain.draining)

    async def beat(self, live: Live) -> None:
        """Send a beat every so often, with some jitter, and at once when there is something to tell."""
        seq = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(live.beat_seconds * random.uniform(1 - JITTER, 1 + JITTER)):  # noqa: S311 - spreads load
                    await self._beat_now.wait()
            self._beat_now.clear()
            seq += 1
            load = self._contact.load = await asyncio.to_thread(machine.measure, self._home)
            attempts = [wire.held_attempt(held) for held in self._work.held()]
            self._unanswered[seq] = boottime()
            pause = wire.runner_pause(self._work.paused())
            beat = pb.Beat(seq=seq, metrics=wire.machine_metrics(load), attempts=attempts, pause=pause)
            await self.stream.send(pb.HeartbeatRequest(beat=beat))

    async def watch_silence(self) -> None:
        """Raise HubUnavailableError when beats go unanswered for too long."""
        while True:
            await asyncio.sleep(self._settings.silence_seconds / 4)
            oldest = min(self._unanswered.values(), default=None)
            if oldest is not None and boottime() - oldest > self._settings.silence_seconds:
                raise HubUnavailableError("The Hub does not answer heartbeats.")

    async def say_goodbye(self, live: Live) -> None:
        """Tell the Hub that this runner leaves, and give it a moment to hear it."""
        await self.stream.send(pb.HeartbeatRequest(goodbye=pb.Goodbye()))
        await asyncio.wait([live.ended], timeout=GOODBYE_SECONDS)

    async def _await_welcome(self) -> pb.Welcome:
        # A Hub that doubts a second connection of this runner pings before it decides.
        while True:
            message = await self.stream.receive()
            self._contact.heard()
            if message.HasField("welcome"):
                return message.welcome
            if message.HasField("ping"):
                await self._pong(message.ping.nonce)

    async def _pong(self, nonce: int) -> None:
        await self.stream.send(pb.HeartbeatRequest(pong=pb.Pong(nonce=nonce)))

    def _take_answer(self, live: Live, answer: pb.BeatAnswer) -> None:
        sent_at = self._unanswered.get(answer.seq)
        # The Hub answers the latest of several beats that came while it was busy: earlier ones are settled by it.
        self._unanswered = {seq: at for seq, at in self._unanswered.items() if seq > answer.seq}
        if answer.next_heartbeat_seconds:
            live.beat_seconds = answer.next_heartbeat_seconds
        self._work.instructed([wire.instruction_from(word) for word in answer.instructions], sent_at)
