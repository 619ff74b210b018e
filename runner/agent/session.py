"""The session with the Hub: authenticating, holding it open, reconnecting for ever, and calls that survive all that.

Attempts live on while there is no session. What is said on the streams is the business of `heartbeat`, `polling` and
`reporter`; what it means to attempts that of `SessionWork`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from runner.agent import machine, wire
from runner.agent.backoff import Backoff
from runner.agent.contact import Contact
from runner.agent.heartbeat import Heartbeat
from runner.agent.identity import PROTOCOL, VERSION, Credentials
from runner.agent.live import Enrolment, Live, SessionWork
from runner.agent.model import Answer
from runner.agent.polling import Polling
from runner.agent.reporter import Reporter
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubRefusedError, HubUnavailableError, Stream, Transport

AnswerT = TypeVar("AnswerT")
ReportStream = Stream[pb.ReportRequest, pb.ReportResponse]
SESSION_ENDING_REASONS = frozenset({"STALE_SESSION", "CREDENTIALS_INVALID", "UNAUTHENTICATED", "RUNNER_DISABLED"})

log = structlog.get_logger("runner.session")


class Session:
    """`run` holds a session for as long as it is not cancelled; `call` sends something until it is answered."""

    def __init__(
        self,
        settings: RunnerSettings,
        connect: Callable[[], Transport],
        credentials: Credentials,
        boot_id: str,
        work: SessionWork,
        reporter: Reporter,
        contact: Contact,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._credentials = credentials
        self._boot_id = boot_id
        self._work = work
        self._reporter = reporter
        self._contact = contact
        self._live: Live | None = None
        self._heartbeat: Heartbeat | None = None
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
        """The number of free slots changed, or whether work is taken at all."""
        self._poll_changed.set()

    def pause_changed(self) -> None:
        """The runner's owner paused it or lets it go on: the Hub hears both, the fact and that work is asked for."""
        self._poll_changed.set()
        if self._heartbeat is not None:
            self._heartbeat.beat_soon()

    def say_hello_again(self, reason: str) -> None:
        """Open a new session, because only a Hello settles what there is to settle."""
        if self._live is not None:
            self._live.end(HubUnavailableError(reason))

    async def run(self) -> None:
        """Connect, hold the session, come back after a random delay; ends only by cancellation."""
        backoff = Backoff(self._settings.backoff_seconds, self._settings.backoff_limit_seconds)
        while True:
            transport = self._connect()
            try:
                await self._hold(transport, backoff)
            except (HubUnavailableError, HubRefusedError) as error:
                log.warning("session ended", reason=str(error))
                self._contact.lost(str(error))
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
                answer = wire.answer_from(answer_of(reply))
            except HubUnavailableError:
                await asyncio.sleep(backoff.next_delay())
                continue
            except HubRefusedError as error:
                if error.reason not in SESSION_ENDING_REASONS:
                    raise
                live.end(error)
                await asyncio.sleep(backoff.next_delay())
                continue
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
        if self._live is not None and self._heartbeat is not None:
            with suppress(HubUnavailableError, HubRefusedError):
                await self._heartbeat.say_goodbye(self._live)

    async def _wait_live(self) -> Live:
        if self._live is None or self._live.ended.done():
            async with self._opened:
                await self._opened.wait_for(lambda: self._live is not None and not self._live.ended.done())
        assert self._live is not None
        return self._live

    async def _hold(self, transport: Transport, backoff: Backoff) -> None:
        await self._authenticate(transport)
        heartbeat = Heartbeat(transport.heartbeat(), self._settings, self._work, self._contact)
        self.number += 1
        live = await heartbeat.say_hello(transport, self._boot_id, self.number)
        backoff.reset()
        report = transport.report()
        polling = Polling(live, self._work, self._poll_changed)
        live.streams += [heartbeat.stream, report]
        self._reporter.renew()
        loops = (
            heartbeat.hear(live),
            heartbeat.beat(live),
            heartbeat.watch_silence(),
            polling.tell(),
            polling.hear(),
            self._hear_report(report),
            self._report(live, report),
        )
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_until_ended(live, loop)) for loop in loops]
                self._live, self._heartbeat = live, heartbeat
                self._contact.opened()
                async with self._opened:
                    self._opened.notify_all()
                error = await live.ended
                self._live = None
                live.cancel_streams()
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
        enrolment = Enrolment(answer.runner_id, answer.name, tuple(answer.labels), answer.slots)
        self._contact.enrolment = enrolment
        self._work.enrolled(enrolment)

    async def _hear_report(self, report: ReportStream) -> None:
        while True:
            message = (await report.receive()).acknowledgement
            answer = await self._reporter.acknowledged(message)
            if answer is Answer.STALE_SESSION:
                raise HubRefusedError("STALE_SESSION", "The Hub has a newer session of this runner.")
            if answer in {Answer.STALE_ATTEMPT, Answer.FORBIDDEN}:
                self._work.instructed([wire.stop_now(message.attempt.attempt_id, answer.value)], None)

    async def _report(self, live: Live, report: ReportStream) -> None:
        while True:
            batch = await self._reporter.next_batch()
            await report.send(pb.ReportRequest(epoch=live.epoch, batch=batch))


async def _until_ended(live: Live, loop: Awaitable[None]) -> None:
    try:
        await loop
    except (HubUnavailableError, HubRefusedError) as error:
        live.end(error)
