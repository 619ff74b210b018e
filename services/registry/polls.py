"""The poll stream: the runner tells its free slots, offers go to it as soon as they exist."""

from collections.abc import AsyncIterator
from functools import partial

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.errors import DomainError
from services.kit.translation import as_domain_error, is_outage
from services.registry.errors import stale_session
from services.registry.latest import Latest
from services.registry.link import Link
from services.registry.streams import Directory, Session, Stream

log = structlog.get_logger()

PollStream = Stream[pb.PollResponse]


class Polls:
    """Serves the poll streams of all runners of this process."""

    def __init__(self, directory: Directory, link: Link, *, wait_seconds: float, push_seconds: float) -> None:
        self._directory = directory
        self._link = link
        self._wait_seconds = wait_seconds
        self._push_seconds = push_seconds

    async def serve(self, runner_id: str, requests: AsyncIterator[pb.PollRequest], stream: PollStream) -> None:
        """Until the stream ends. Raises STALE_SESSION when the session is over or was never opened."""
        session: Session | None = None
        told: Latest[pb.PollRequest] | None = None
        try:
            async for request in requests:
                if session is None or told is None:
                    session = self._join(runner_id, request.epoch, stream)
                    told = Latest(partial(self._tell, session, stream), partial(_failed, stream))
                told.submit(request)
        finally:
            if told is not None:
                told.close()
            if session is not None and session.poll is stream:
                session.poll = None
                self._link.post(_set_poll(session, dispatch.SetPoll(open=False)))

    def _join(self, runner_id: str, epoch: int, stream: PollStream) -> Session:
        session = self._directory.find(runner_id, epoch)
        if session is None:
            raise stale_session()
        if session.poll is not None:
            session.poll.end(stale_session())
        session.poll = stream
        return session

    async def _tell(self, session: Session, stream: PollStream, request: pb.PollRequest) -> None:
        set_poll = dispatch.SetPoll(open=True, free=request.free_slots, capabilities=request.capabilities)
        reply = await self._link.call(_set_poll(session, set_poll), seconds=self._wait_seconds)
        if reply.poll_set.answer == attempt_pb2.ANSWER_STALE_SESSION:
            raise stale_session()
        if not reply.poll_set.offers:
            return
        response = pb.PollResponse(offers=reply.poll_set.offers)
        if session.poll is not stream or not await stream.deliver(response, self._push_seconds):
            self._link.return_offers(session.runner_id, session.epoch, reply)


def _set_poll(session: Session, set_poll: dispatch.SetPoll) -> dispatch.RunnerCall:
    return dispatch.RunnerCall(runner_id=session.runner_id, epoch=session.epoch, set_poll=set_poll)


def _failed(stream: PollStream, error: Exception) -> None:
    """While the scheduler is away the stream stays open: the next poll tells the same again."""
    if is_outage(error):
        return
    if not isinstance(error, DomainError):
        log.error("poll failed", exc_info=error)
    stream.end(as_domain_error(error))
