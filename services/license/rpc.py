"""LicenseService over gRPC: messages to models and back."""

from typing import Any

from exekra.license.v1 import license_service_pb2 as pb
from exekra.license.v1 import license_service_pb2_grpc
from services.license.model import VERDICT_SECONDS
from services.license.use_cases import Licensing


class LicenseServicer(license_service_pb2_grpc.LicenseServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, licensing: Licensing) -> None:
        self._licensing = licensing

    async def CheckExecution(self, request: pb.CheckExecutionRequest, context: Any) -> pb.CheckExecutionResponse:  # noqa: ARG002, N802, D102
        entitlement = self._licensing.entitlement
        return pb.CheckExecutionResponse(
            allowed=True,
            concurrent_executions=entitlement.concurrent_executions,
            cache_seconds=VERDICT_SECONDS,
            edition=entitlement.edition,
        )

    async def AcquireSeat(self, request: pb.AcquireSeatRequest, context: Any) -> pb.AcquireSeatResponse:  # noqa: ARG002, N802, D102
        seat = await self._licensing.acquire_seat(request.kind, request.holder_id)
        return pb.AcquireSeatResponse(seat=seat.number, limit=seat.limit)

    async def ReleaseSeat(self, request: pb.ReleaseSeatRequest, context: Any) -> pb.ReleaseSeatResponse:  # noqa: ARG002, N802, D102
        await self._licensing.release_seat(request.kind, request.holder_id)
        return pb.ReleaseSeatResponse()

    async def GetLicense(self, request: pb.GetLicenseRequest, context: Any) -> pb.GetLicenseResponse:  # noqa: ARG002, N802, D102
        entitlement = self._licensing.entitlement
        license_ = pb.License(
            edition=entitlement.edition,
            customer=entitlement.customer,
            runner_limit=entitlement.runners,
            runners_used=await self._licensing.count_runners(),
            concurrent_executions=entitlement.concurrent_executions,
            state=entitlement.state,
        )
        if entitlement.expires_at is not None:
            license_.expires_at.FromDatetime(entitlement.expires_at)
        return pb.GetLicenseResponse(license=license_)
