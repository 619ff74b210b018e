"""The heartbeat stream: Hello opens a session, beats renew it, and what the Hub wants of the runner travels back.

It decides nothing about executions: the scheduler's instructions go to the runner as they are.
"""

import math
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog

from exekra.registry.v1 import runner_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.clock import Clock
from services.kit.errors import DomainError, Kind
from services.kit.outbox import Outbox
from services.kit.translation import as_domain_error, is_outage
from services.registry import repository
from services.registry.enrolment import OLDEST_PROTOCOL, PROTOCOL, resource_of
from services.registry.errors import (
    already_connected,
    credentials_invalid,
    hello_missing,
    hello_refused,
    protocol_unsupported,
    runner_disabled,
    stale_session,
)
from services.registry.latest import Latest
from services.registry.link import Link
from services.registry.model import Metrics, Runner, told_text
from services.registry.presence import PresenceBuffer
from services.registry.session_tokens import SessionToken, SessionTokens
from services.registry.settings import RegistrySettings
from services.registry.streams import Directory, Session, Stream

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

HeartbeatStream = Stream[pb.HeartbeatResponse]

SHUT_OUT = frozenset({Kind.UNAUTHENTICATED, Kind.FORBIDDEN})
"""A session that ended so does not come back by itself: its runner is OFFLINE without waiting for its silence."""
ALREADY_CONNECTED = "ALREADY_CONNECTED"
"""The scheduler's word that another machine holds this runner's session."""


class Heartbeats:
    """Serves the heartbeat streams of all runners of this process."""

    def __init__(
        self,
        pool: "Pool",
        outbox: Outbox,
        directory: Directory,
        link: Link,
        presence: PresenceBuffer,
        tokens: SessionTokens,
        settings: RegistrySettings,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._directory = directory
        self._link = link
        self._presence = presence
        self._tokens = tokens
        self._settings = settings
        self._clock = clock

    async def serve(
        self, token: SessionToken, requests: AsyncIterator[pb.HeartbeatRequest], stream: HeartbeatStream
    ) -> None:
        """From Hello until the stream ends. Raises what the runner is told as the stream's status."""
        session = await self._open(token, requests, stream)
        renewals = Latest(partial(self._renew, session), partial(_end_unless_outage, session))
        goodbye = False
        try:
            async for message in requests:
                session.heard()
                match message.WhichOneof("message"):
                    case "beat":
                        self._presence.beat(session.runner_id, _to_metrics(message.beat, self._clock.now()))
                        renewals.submit(message.beat)
                        token = self._refresh(token, stream)
                    case "pong":
                        session.ponged()
                    case "goodbye":
                        goodbye = True
                        break
        finally:
            renewals.close()
            self._close(session, goodbye=goodbye)

    async def _open(
        self, token: SessionToken, requests: AsyncIterator[pb.HeartbeatRequest], stream: HeartbeatStream
    ) -> Session:
        first = await anext(aiter(requests), None)
        if first is None or not first.HasField("hello"):
            raise hello_missing()
        hello = first.hello
        if hello.protocol < OLDEST_PROTOCOL:
            raise protocol_unsupported(PROTOCOL)
        runner = await self._admitted(token)
        opened = await self._open_at_scheduler(runner, hello)
        session = Session(
            runner.id,
            boot_id=hello.boot_id,
            epoch=opened.epoch,
            secret_version=runner.secret_version,
            draining=runner.draining,
            heartbeat=stream,
        )
        self._directory.attach(session)
        welcome = pb.Welcome(
            epoch=opened.epoch,
            instructions=opened.instructions,
            next_heartbeat_seconds=opened.next_heartbeat_seconds,
            poll_seconds=self._settings.poll_seconds,
            hub_incarnation=opened.hub_incarnation,
            draining=runner.draining,
        )
        stream.send(pb.HeartbeatResponse(welcome=welcome))
        try:
            await self._note_connected(runner, hello)
        except BaseException:
            self._close(session, goodbye=False)
            raise
        log.info("runner connected", runner=runner.name, epoch=session.epoch, connected=len(self._directory))
        return session

    async def _admitted(self, token: SessionToken) -> Runner:
        async with self._pool.acquire() as connection:
            runner = await repository.get_runner(connection, token.runner_id)
        if runner is None or runner.secret_version != token.secret_version:
            raise credentials_invalid()
        if not runner.enabled:
            raise runner_disabled()
        return runner

    async def _open_at_scheduler(self, runner: Runner, hello: pb.Hello) -> dispatch.SessionOpened:
        older = self._directory.current(runner.id)
        other_answers = (
            older is not None and older.boot_id != hello.boot_id and await older.answers(self._settings.ping_seconds)
        )
        open_session = dispatch.OpenSession(
            boot_id=hello.boot_id,
            runner_name=runner.name,
            labels=runner.labels,
            capabilities=hello.capabilities,
            slots=runner.slots,
            draining=runner.draining,
            attempts=hello.attempts,
            version=hello.version,
            other_boot_answers=other_answers,
            pause=_told_pause(hello),
        )
        reply = await self._link.call(
            dispatch.RunnerCall(runner_id=runner.id, open_session=open_session),
            seconds=self._settings.link_wait_seconds,
        )
        opened = reply.session_opened
        if opened.refused_reason == ALREADY_CONNECTED:
            await self._note_cloned(runner)
            raise already_connected()
        if not opened.epoch:
            raise hello_refused(opened.refused_reason)
        return opened

    async def _note_connected(self, runner: Runner, hello: pb.Hello) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(
                repository.MARK_CONNECTED,
                runner.id,
                self._clock.now(),
                told_text(hello.version),
                [told_text(capability) for capability in hello.capabilities],
            )

    async def _note_cloned(self, runner: Runner) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(repository.MARK_CLONED, runner.id):
                await self._outbox.record(connection, "runner.cloned", resource_of(runner))

    async def _renew(self, session: Session, beat: pb.Beat) -> None:
        renew = dispatch.RenewSession(attempts=beat.attempts, draining=session.draining, pause=_told_pause(beat))
        call = dispatch.RunnerCall(runner_id=session.runner_id, epoch=session.epoch, renew_session=renew)
        reply = await self._link.call(call, seconds=self._settings.silent_seconds)
        renewed = reply.session_renewed
        if renewed.answer == attempt_pb2.ANSWER_STALE_SESSION:
            raise stale_session()
        answer = pb.BeatAnswer(
            seq=beat.seq,
            instructions=renewed.instructions,
            next_heartbeat_seconds=renewed.next_heartbeat_seconds,
        )
        session.heartbeat.send(pb.HeartbeatResponse(beat_answer=answer))

    def _refresh(self, token: SessionToken, stream: HeartbeatStream) -> SessionToken:
        if not self._tokens.is_ageing(token):
            return token
        text, expires_at = self._tokens.issue(token.runner_id, token.secret_version)
        renewed = pb.TokenRenewed(session_token=text)
        renewed.expires_at.FromDatetime(expires_at)
        stream.send(pb.HeartbeatResponse(token_renewed=renewed))
        return SessionToken(token.runner_id, token.secret_version, expires_at)

    def _close(self, session: Session, *, goodbye: bool) -> None:
        if not self._directory.detach(session):
            return
        if session.poll is not None:
            session.poll.end(stale_session())
        ending = session.heartbeat.ending
        if goodbye or (ending is not None and ending.kind in SHUT_OUT):
            self._presence.gone(session.runner_id)
        close = dispatch.CloseSession(goodbye=goodbye)
        self._link.post(dispatch.RunnerCall(runner_id=session.runner_id, epoch=session.epoch, close_session=close))


def _end_unless_outage(session: Session, error: Exception) -> None:
    """While the scheduler is away the runner keeps its session, and works on under the lease it has."""
    if is_outage(error):
        log.debug("renewal is not answered", runner=session.runner_id, error=str(error))
        return
    if not isinstance(error, DomainError):
        log.error("renewal failed", runner=session.runner_id, exc_info=error)
    session.end(as_domain_error(error))


def _to_metrics(beat: pb.Beat, now: datetime) -> Metrics | None:
    """The machine's load at the Hub's time: a runner's clock may be anything."""
    if not beat.HasField("metrics"):
        return None
    told: runner_pb2.RunnerMetrics = beat.metrics
    return Metrics(
        at=now,
        cpu_percent=_finite(told.cpu_percent),
        memory_percent=_finite(told.memory_percent),
        memory_used=told.memory_used,
        memory_total=told.memory_total,
        disk_free=told.disk_free,
        disk_total=told.disk_total,
    )


def _told_pause(message: pb.Hello | pb.Beat) -> attempt_pb2.RunnerPause | None:
    return message.pause if message.HasField("pause") else None


def _finite(number: float) -> float:
    return number if math.isfinite(number) else 0.0
