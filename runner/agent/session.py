"""The session with the Hub: who we are, what we hold, what we can take; and reconnecting, for ever.

Owns the three streams, the token and the epoch. What offers, instructions and answers mean to attempts is the
business of whoever implements `Work`. Attempts live on while there is no session.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from runner.agent import machine, wire
from runner.agent.attempts import Held
from runner.agent.backoff import Backoff
from runner.agent.clock import boottime
from runner.agent.identity import PROTOCOL, VERSION, Credentials
from runner.agent.model import Answer, Instruction, Offer
from runner.agent.reporter import Reporter
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubRefusedError, HubUnavailableError, Stream, Transport

AnswerT = TypeVar("AnswerT")
HeartbeatStream = Stream[pb.HeartbeatRequest, pb.HeartbeatResponse]
SESSION_ENDING_REASONS = frozenset({"STALE_SESSION", "CREDENTIALS_INVALID", "UNAUTHENTICATED", "RUNNER_DISABLED"})
JITTER = 0.1
POLL_SPACING_SECONDS = 0.2

log = structlog.get_logger("runner.session")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the Hub says this runner is, at each authentication."""

    runner_id: str
    name: str
    labels: tuple[str, ...]
    slots: int


class Work(Protocol):
    """What the session needs of the agent's work. None of these may block."""

    def held(self) -> Sequence[Held]:
        """Every attempt that is told at Hello and in beats."""
        ...

    def free_slots(self) -> int:
        """How many offers would be accepted now."""
        ...

    def enrolled(self, enrolment: Enrolment) -> None:
        """Authenticated."""
        ...

    def welcomed(self, hub_incarnation: str) -> None:
        """A session is open."""
        ...

    def offered(self, offers: Sequence[Offer]) -> None:
        """Work to take."""
        ...

    def instructed(self, instructions: Sequence[Instruction], sent_at: float | None) -> None:
        """The Hub's words; `sent_at` is when the renewal they answer was sent, None for a push."""
        ...

    def asked_to_drain(self, draining: bool) -> None:
        """The Hub starts or ends a drain of this runner."""
        ...


@dataclass(slots=True)
class Live:
    """An open session."""

    transport: Transport
    epoch: int
    number: int
    """Counts Hellos of this agent; see `Session.number`."""
    beat_seconds: float
    poll_seconds: float
    ended: asyncio.Future[Exception]
    streams: list[Stream[Any, Any]] = field(default_factory=list)
    beats: dict[int, float] = field(default_factory=dict)
    """When each beat that was not answered yet was sent."""

    def end(self, error: Exception) -> None:
        """Give the session up; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(error)


class Session:
    """`run` holds a session for as long as it is not cancelled; `call` sends something until it is answered."""

    def __init__(
        self,
        settings: RunnerSettings,
        connect: Callable[[], Transport],
        credentials: Credentials,
        boot_id: str,
        work: Work,
        reporter: Reporter,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._credentials = credentials
        self._boot_id = boot_id
        self._work = work
        self._reporter = reporter
        self._live: Live | None = None
        self._opened = asyncio.Condition()
        self._poll_changed = asyncio.Event()
        self.number = 0
        """Counts Hellos. An answer to an acknowledgement sent before the latest one must not start any work, because
        that Hello said `accepted` and the Hub may have offered the work elsewhere since."""

    @property
    def connected(self) -> bool:
        """True while a session is open."""
        return self._live is not None

    def poll_soon(self) -> None:
        """The number of free slots changed."""
        self._poll_changed.set()

    async def run(self) -> None:
        """Connect, hold the session, come back after a random delay; ends only by cancellation."""
        backoff = Backoff(self._settings.backoff_seconds, self._settings.backoff_limit_seconds)
        while True:
            transport = self._connect()
            try:
                await self._hold(transport, backoff)
            except (HubUnavailableError, HubRefusedError, wire.ProtocolViolationError) as error:
                log.warning("session ended", reason=str(error))
            finally:
                await transport.close()
            await asyncio.sleep(backoff.next_delay())

    async def call(
        self, send: Callable[[Transport, Live], Awaitable[AnswerT]], answer_of: Callable[[AnswerT], int]
    ) -> tuple[AnswerT, Answer]:
        """Send on the current session, again on the next one if need be, until the answer is definite.

        Raises HubRefusedError for what no repetition changes.
        """
        backoff = Backoff(self._settings.backoff_seconds / 5, self._settings.backoff_limit_seconds / 10)
        while True:
            live = await self._wait_live()
            try:
                reply = await send(live.transport, live)
            except HubUnavailableError:
                await asyncio.sleep(backoff.next_delay())
                continue
            except HubRefusedError as error:
                if error.reason not in SESSION_ENDING_REASONS:
                    raise
                live.end(error)
                await asyncio.sleep(backoff.next_delay())
                continue
            answer = wire.answer_from(answer_of(reply))
            if answer is not Answer.STALE_SESSION:
                return reply, answer
            live.end(HubRefusedError("STALE_SESSION", "The Hub has a newer session of this runner."))
            await asyncio.sleep(backoff.next_delay())

    async def request(self, send: Callable[[Transport], Awaitable[AnswerT]]) -> AnswerT:
        """Send something that carries no verdict on an attempt, on the current or a later session."""
        reply, _ = await self.call(lambda transport, _live: send(transport), lambda _reply: attempt_pb2.ANSWER_OK)
        return reply

    async def goodbye(self) -> None:
        """Tell the Hub that this runner leaves; nothing happens without a session."""
        live = self._live
        if live is not None:
            heartbeat = live.streams[0]
            await heartbeat.send(pb.HeartbeatRequest(goodbye=pb.Goodbye()))
            live.end(HubUnavailableError("This runner said goodbye."))

    async def _wait_live(self) -> Live:
        if self._live is None or self._live.ended.done():
            async with self._opened:
                await self._opened.wait_for(lambda: self._live is not None and not self._live.ended.done())
        assert self._live is not None
        return self._live

    async def _hold(self, transport: Transport, backoff: Backoff) -> None:
        await self._authenticate(transport)
        heartbeat = transport.heartbeat()
        live = await self._say_hello(transport, heartbeat)
        backoff.reset()
        poll, report = transport.poll(), transport.report()
        live.streams = [heartbeat, poll, report]
        self._reporter.renew()
        loops = (
            self._hear_heartbeat(live, heartbeat),
            self._beat(live, heartbeat),
            self._watch_silence(live),
            self._hear_poll(poll),
            self._poll(live, poll),
            self._hear_report(report),
            self._report(live, report),
        )
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_until_ended(live, loop)) for loop in loops]
                self._live = live
                async with self._opened:
                    self._opened.notify_all()
                error = await live.ended
                self._live = None
                for stream in live.streams:
                    stream.cancel()
                for task in tasks:
                    task.cancel()
        finally:
            self._live = None
            live.end(HubUnavailableError("The runner ends."))
        raise error

    async def _authenticate(self, transport: Transport) -> None:
        answer = await transport.authenticate(
            pb.AuthenticateRequest(
                machine_key=self._credentials.machine_key,
                machine_secret=self._credentials.machine_secret,
                protocol=PROTOCOL,
                version=VERSION,
                hostname=machine.hostname(),
                platform=machine.description(),
            )
        )
        transport.use_token(answer.session_token)
        self._work.enrolled(Enrolment(answer.runner_id, answer.name, tuple(answer.labels), answer.slots))

    async def _say_hello(self, transport: Transport, heartbeat: HeartbeatStream) -> Live:
        self.number += 1
        number, sent_at = self.number, boottime()
        hello = pb.Hello(
            protocol=PROTOCOL,
            boot_id=self._boot_id,
            capabilities=machine.capabilities(),
            attempts=[wire.held_attempt(held) for held in self._work.held()],
            version=VERSION,
        )
        impatience = asyncio.get_running_loop().call_later(self._settings.silence_seconds, heartbeat.cancel)
        try:
            await heartbeat.send(pb.HeartbeatRequest(hello=hello))
            welcome = await self._await_welcome(heartbeat)
        finally:
            impatience.cancel()
        live = Live(
            transport,
            welcome.epoch,
            number,
            beat_seconds=welcome.next_heartbeat_seconds or self._settings.heartbeat_seconds,
            poll_seconds=welcome.poll_seconds or self._settings.poll_seconds,
            ended=asyncio.get_running_loop().create_future(),
        )
        log.info("session open", epoch=live.epoch)
        self._work.asked_to_drain(welcome.draining)
        self._work.instructed([wire.instruction_from(word) for word in welcome.instructions], sent_at)
        self._work.welcomed(welcome.hub_incarnation)
        return live

    async def _await_welcome(self, heartbeat: HeartbeatStream) -> pb.Welcome:
        # A Hub that doubts a second connection of this runner pings before it decides.
        while True:
            message = await heartbeat.receive()
            if message.HasField("welcome"):
                return message.welcome
            if message.HasField("ping"):
                await heartbeat.send(pb.HeartbeatRequest(pong=pb.Pong(nonce=message.ping.nonce)))

    async def _hear_heartbeat(self, live: Live, heartbeat: HeartbeatStream) -> None:
        while True:
            message = await heartbeat.receive()
            match message.WhichOneof("message"):
                case "beat_answer":
                    self._take_beat_answer(live, message.beat_answer)
                case "instructions":
                    self._work.instructed(
                        [wire.instruction_from(word) for word in message.instructions.instructions], None
                    )
                case "ping":
                    await heartbeat.send(pb.HeartbeatRequest(pong=pb.Pong(nonce=message.ping.nonce)))
                case "token_renewed":
                    live.transport.use_token(message.token_renewed.session_token)
                case "drain":
                    self._work.asked_to_drain(message.drain.draining)

    def _take_beat_answer(self, live: Live, answer: pb.BeatAnswer) -> None:
        sent_at = live.beats.get(answer.seq)
        # Earlier beats that got no answer of their own are settled by this one.
        live.beats = {seq: at for seq, at in live.beats.items() if seq > answer.seq}
        if answer.next_heartbeat_seconds:
            live.beat_seconds = answer.next_heartbeat_seconds
        self._work.instructed([wire.instruction_from(word) for word in answer.instructions], sent_at)

    async def _beat(self, live: Live, heartbeat: HeartbeatStream) -> None:
        seq = 0
        while True:
            await asyncio.sleep(live.beat_seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - spreads load
            seq += 1
            load = await asyncio.to_thread(machine.measure, self._settings.home)
            attempts = [wire.held_attempt(held) for held in self._work.held()]
            live.beats[seq] = boottime()
            beat = pb.Beat(seq=seq, metrics=wire.machine_metrics(load), attempts=attempts)
            await heartbeat.send(pb.HeartbeatRequest(beat=beat))

    async def _watch_silence(self, live: Live) -> None:
        while True:
            await asyncio.sleep(self._settings.silence_seconds / 4)
            oldest = min(live.beats.values(), default=None)
            if oldest is not None and boottime() - oldest > self._settings.silence_seconds:
                raise HubUnavailableError("The Hub does not answer heartbeats.")

    async def _hear_poll(self, poll: Stream[pb.PollRequest, pb.PollResponse]) -> None:
        while True:
            message = await poll.receive()
            self._work.offered([wire.offer_from(offer) for offer in message.offers])

    async def _poll(self, live: Live, poll: Stream[pb.PollRequest, pb.PollResponse]) -> None:
        capabilities = machine.capabilities()
        while True:
            self._poll_changed.clear()
            await poll.send(
                pb.PollRequest(epoch=live.epoch, free_slots=self._work.free_slots(), capabilities=capabilities)
            )
            # A change is told soon; a runner whose executions last milliseconds does not tell of each.
            await asyncio.sleep(min(POLL_SPACING_SECONDS, live.poll_seconds))
            try:
                async with asyncio.timeout(live.poll_seconds):
                    await self._poll_changed.wait()
            except TimeoutError:
                continue

    async def _hear_report(self, report: Stream[pb.ReportRequest, pb.ReportResponse]) -> None:
        while True:
            message = (await report.receive()).acknowledgement
            answer = await self._reporter.acknowledged(message)
            if answer is Answer.STALE_SESSION:
                raise HubRefusedError("STALE_SESSION", "The Hub has a newer session of this runner.")
            if answer in {Answer.STALE_ATTEMPT, Answer.FORBIDDEN}:
                stop = wire.stop_now(message.attempt.attempt_id, answer.value)
                self._work.instructed([stop], None)

    async def _report(self, live: Live, report: Stream[pb.ReportRequest, pb.ReportResponse]) -> None:
        while True:
            batch = await self._reporter.next_batch()
            await report.send(pb.ReportRequest(epoch=live.epoch, batch=batch))


async def _until_ended(live: Live, loop: Awaitable[None]) -> None:
    try:
        await loop
    except (HubUnavailableError, HubRefusedError, wire.ProtocolViolationError) as error:
        live.end(error)
