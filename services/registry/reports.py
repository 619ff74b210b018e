"""The report stream: node events, log lines and metrics pass to the scheduler, what it committed is answered."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.errors import DomainError
from services.kit.translation import as_domain_error
from services.registry.errors import stale_session
from services.registry.link import Link
from services.registry.streams import Directory, Stream

log = structlog.get_logger()

BATCHES_UNDER_WAY = 8
"""Batches of one runner that may wait for the scheduler; gRPC's flow control holds back the rest."""

ReportStream = Stream[pb.ReportResponse]


class Reports:
    """Serves the report streams of all runners of this process."""

    def __init__(self, directory: Directory, link: Link, *, wait_seconds: float) -> None:
        self._directory = directory
        self._link = link
        self._wait_seconds = wait_seconds

    async def serve(self, runner_id: str, requests: AsyncIterator[pb.ReportRequest], stream: ReportStream) -> None:
        """Until the runner ends the stream and all batches are answered. Raises STALE_SESSION, or UNAVAILABLE when the
        scheduler does not answer in time: the runner then sends again what was not acknowledged."""
        places = asyncio.Semaphore(BATCHES_UNDER_WAY)
        passing: set[asyncio.Task[None]] = set()
        try:
            async for request in requests:
                if self._directory.find(runner_id, request.epoch) is None:
                    raise stale_session()
                await places.acquire()
                task = asyncio.create_task(self._pass_on(runner_id, request, stream))
                passing.add(task)
                task.add_done_callback(passing.discard)
                task.add_done_callback(lambda _: places.release())
            if passing:
                await asyncio.wait(passing)
        finally:
            for task in passing:
                task.cancel()

    async def _pass_on(self, runner_id: str, request: pb.ReportRequest, stream: ReportStream) -> None:
        call = dispatch.RunnerCall(runner_id=runner_id, epoch=request.epoch, report=request.batch)
        try:
            reply = await self._link.call(call, seconds=self._wait_seconds)
        except Exception as error:
            if not isinstance(error, DomainError):
                log.error("report failed", runner=runner_id, exc_info=error)
            stream.end(as_domain_error(error))
            return
        stream.send(pb.ReportResponse(acknowledgement=reply.report_acknowledged))
