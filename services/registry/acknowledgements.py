"""The stream of acknowledgements: each passes to the scheduler by itself, and is answered as soon as that answers."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.errors import DomainError
from services.kit.translation import as_domain_error
from services.registry.link import Link
from services.registry.session_tokens import SessionToken
from services.registry.streams import Directory, Stream

log = structlog.get_logger()

AcknowledgeStream = Stream[pb.AcknowledgeResponse]


class Acknowledgements:
    """Serves the streams of all runners of this process."""

    def __init__(self, directory: Directory, link: Link, *, wait_seconds: float) -> None:
        self._directory = directory
        self._link = link
        self._wait_seconds = wait_seconds

    async def serve(
        self, token: SessionToken, requests: AsyncIterator[pb.AcknowledgeRequest], stream: AcknowledgeStream
    ) -> None:
        """Until the runner ends the stream. Ends it with UNAVAILABLE when the scheduler does not answer in time: the
        runner then sends again what was not answered."""
        passing: set[asyncio.Task[None]] = set()
        try:
            async for request in requests:
                task = asyncio.create_task(self._pass_on(token, request, stream))
                passing.add(task)
                task.add_done_callback(passing.discard)
            if passing:
                await asyncio.wait(passing)
        finally:
            for task in passing:
                task.cancel()

    async def _pass_on(self, token: SessionToken, request: pb.AcknowledgeRequest, stream: AcknowledgeStream) -> None:
        answer = attempt_pb2.ANSWER_STALE_SESSION
        session = self._directory.find(token.runner_id, request.epoch)
        if session is not None and session.secret_version == token.secret_version:
            call = dispatch.RunnerCall(
                runner_id=token.runner_id,
                epoch=request.epoch,
                acknowledge=dispatch.Acknowledge(attempt=request.attempt),
            )
            try:
                answer = (await self._link.call(call, seconds=self._wait_seconds)).acknowledged.answer
            except Exception as error:
                if not isinstance(error, DomainError):
                    log.error("acknowledging failed", runner=token.runner_id, exc_info=error)
                stream.end(as_domain_error(error))
                return
        stream.send(pb.AcknowledgeResponse(answer=answer, attempt=request.attempt))
