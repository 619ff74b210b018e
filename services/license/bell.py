"""Tells the scheduler that what is allowed has changed. Nothing waits for it; it asks every minute anyway."""

import asyncio

import grpc.aio
import structlog

from exekra.scheduler.v1 import license_change_service_pb2 as pb
from exekra.scheduler.v1 import license_change_service_pb2_grpc
from services.kit.errors import DomainError
from services.kit.rpc_client import call

log = structlog.get_logger()

RING_SECONDS = 2.0


class SchedulerBell:
    """Rings in the background."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = license_change_service_pb2_grpc.LicenseChangeServiceStub(scheduler)
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self) -> None:
        """Call after the commit."""
        task = asyncio.create_task(self._ring())
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self) -> None:
        request = pb.TellLicenseChangeRequest()
        try:
            await call(self._stub.TellLicenseChange, request, caller="license", seconds=RING_SECONDS)
        except DomainError as error:
            log.info("the scheduler was not told of the licence, it asks within a minute", error=error.message)
