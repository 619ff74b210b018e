"""The licence's verdict: asked of the license service, kept for its time and through outages.

With it come announcements for people, which are made outgoing events here, each once.
"""

import asyncio
import time
from datetime import UTC
from typing import TYPE_CHECKING

import grpc.aio
import structlog

from exekra.license.v1 import license_service_pb2 as pb
from exekra.license.v1 import license_service_pb2_grpc
from services.kit.errors import DomainError, Kind
from services.kit.rpc_client import call
from services.scheduler.executions.errors import licence_frozen, licence_refused
from services.scheduler.executions.repository import dispatch as repository
from services.scheduler.executions.repository.dispatch import Verdict

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

USABLE_SECONDS = 72 * 3_600.0
ASK_SECONDS = 2.0
RETRY_SECONDS = 5.0
"""While the license service is away it is not asked more often than this."""


class Licence:
    """One per process. The verdict lies in the database as well, where claim reads the limit."""

    def __init__(self, pool: "Pool", channel: grpc.aio.Channel) -> None:
        self._pool = pool
        self._stub = license_service_pb2_grpc.LicenseServiceStub(channel)
        self._verdict: Verdict | None = None
        self._fresh_until = 0.0
        self._asking = asyncio.Lock()

    async def require(self) -> None:
        """Raises LICENCE_REFUSED when no new execution may be made, UNAVAILABLE when no verdict was ever given."""
        verdict = await self.verdict()
        if not verdict.allowed:
            raise licence_refused(verdict.reason, verdict.message)

    async def require_trigger(self) -> None:
        """Raises LICENCE_FROZEN (402) when no trigger may be added."""
        await self._require_thawed(Kind.PAYMENT)

    async def require_editing(self) -> None:
        """Raises LICENCE_FROZEN (409) when no workflow may be changed."""
        await self._require_thawed(Kind.WRONG_STATE)

    async def _require_thawed(self, kind: Kind) -> None:
        try:
            verdict = await self.verdict()
        except DomainError as error:
            # No verdict was ever given: no reason to keep anybody from anything.
            log.warning("no verdict on the licence", error=error.message)
            return
        if verdict.frozen:
            raise licence_frozen(kind, verdict.message)

    async def refresh(self) -> Verdict:
        """Asks whatever is kept: it has changed."""
        async with self._asking:
            self._verdict = await self._renew()
        return self._verdict

    async def verdict(self) -> Verdict:
        """Fresh if it can be had, else the last one for up to 72 hours. Raises UNAVAILABLE when there is none."""
        if self._verdict is None or time.monotonic() >= self._fresh_until:
            async with self._asking:
                if self._verdict is None or time.monotonic() >= self._fresh_until:
                    self._verdict = await self._renew()
        return self._verdict

    async def _renew(self) -> Verdict:
        try:
            response: pb.CheckExecutionResponse = await call(
                self._stub.CheckExecution, pb.CheckExecutionRequest(), caller="scheduler", seconds=ASK_SECONDS
            )
        except DomainError as error:
            async with self._pool.acquire() as connection:
                kept = await repository.read_verdict(connection, USABLE_SECONDS)
            if kept is None:
                raise
            log.warning("license service is away, its last verdict stands", error=error.message)
            self._fresh_until = time.monotonic() + RETRY_SECONDS
            return kept
        verdict = Verdict(
            allowed=response.allowed,
            reason=response.reason,
            message=response.message,
            concurrent_executions=response.concurrent_executions or None,
            fresh_seconds=response.cache_seconds,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await repository.save_verdict(connection, verdict)
            for told in response.announcements:
                at = told.at.ToDatetime(UTC)
                await repository.tell_of_licence(connection, told.id, told.type, at, told.data_json.decode())
        self._fresh_until = time.monotonic() + response.cache_seconds
        return verdict
