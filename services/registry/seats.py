"""The runners' licence seats: taken when a runner is registered, given back for certain when it is gone."""

from typing import TYPE_CHECKING

import grpc.aio

from exekra.license.v1 import license_service_pb2 as pb
from exekra.license.v1 import license_service_pb2_grpc
from services.kit.rpc_client import call
from services.registry import repository

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

KIND = "runner"
CREATION_SECONDS = 60.0
"""A registration that has not committed after so long failed: its seat goes back."""


class Seats:
    """Seats of this registry's runners."""

    def __init__(self, pool: "Pool", licence: grpc.aio.Channel) -> None:
        self._pool = pool
        self._stub = license_service_pb2_grpc.LicenseServiceStub(licence)

    async def plan_release(self, connection: "Connection", runner_id: str, seconds: float) -> None:
        """Notes that the seat goes back in so many seconds, unless `keep` comes first."""
        await connection.execute(repository.PLAN_SEAT_RELEASE, runner_id, seconds)

    async def keep(self, connection: "Connection", runner_id: str) -> bool:
        """In the runner's creation: takes the note away. False when the seat has gone back already."""
        return await connection.fetchval(repository.KEEP_SEAT, runner_id) is not None

    async def acquire(self, runner_id: str) -> None:
        """Raises LICENCE_SEATS_EXHAUSTED."""
        await call(self._stub.AcquireSeat, pb.AcquireSeatRequest(kind=KIND, holder_id=runner_id), caller="registry")

    async def release_due(self) -> None:
        """Gives back what is due. Raises while the license service is away; the notes then stay."""
        async with self._pool.acquire() as connection, connection.transaction():
            for row in await connection.fetch(repository.DUE_SEAT_RELEASES):
                request = pb.ReleaseSeatRequest(kind=KIND, holder_id=row["runner_id"])
                await call(self._stub.ReleaseSeat, request, caller="registry")
                await connection.execute(repository.KEEP_SEAT, row["runner_id"])
