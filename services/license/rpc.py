"""LicenseService over gRPC: messages to models and back."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from datetime import datetime
from typing import Any

from exekra.license.v1 import license_service_pb2 as pb
from exekra.license.v1 import license_service_pb2_grpc
from services.kit.rpc_server import Registration
from services.license.model import VERDICT_SECONDS, Standing
from services.license.use_cases import Licensing

FROZEN_MESSAGE = "The licence has ended: what is there goes on, nothing can be added until a new one is installed."


class LicenseServicer(license_service_pb2_grpc.LicenseServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, licensing: Licensing) -> None:
        self._licensing = licensing

    async def CheckExecution(self, request: pb.CheckExecutionRequest, context: Any) -> pb.CheckExecutionResponse:
        entitlement, announcements = await self._licensing.verdict()
        response = pb.CheckExecutionResponse(
            allowed=True,
            reason="LICENCE_FROZEN" if entitlement.frozen else "",
            message=FROZEN_MESSAGE if entitlement.frozen else "",
            concurrent_executions=entitlement.concurrent_executions,
            cache_seconds=VERDICT_SECONDS,
            edition=entitlement.edition,
        )
        for each in announcements:
            message = response.announcements.add(id=each.id, type=each.stage, data_json=each.data.encode())
            message.at.FromDatetime(each.at)
        return response

    async def AcquireSeat(self, request: pb.AcquireSeatRequest, context: Any) -> pb.AcquireSeatResponse:
        seat = await self._licensing.acquire_seat(request.kind, request.holder_id)
        return pb.AcquireSeatResponse(seat=seat.number, limit=seat.limit)

    async def ReleaseSeat(self, request: pb.ReleaseSeatRequest, context: Any) -> pb.ReleaseSeatResponse:
        await self._licensing.release_seat(request.kind, request.holder_id)
        return pb.ReleaseSeatResponse()

    async def GetLicense(self, request: pb.GetLicenseRequest, context: Any) -> pb.GetLicenseResponse:
        return pb.GetLicenseResponse(license=_license(*await self._licensing.standing()))

    async def InstallLicense(self, request: pb.InstallLicenseRequest, context: Any) -> pb.InstallLicenseResponse:
        return pb.InstallLicenseResponse(license=_license(*await self._licensing.install(request.file)))


def registration(licensing: Licensing) -> Registration:
    """The one servicer, ready to be served."""
    return Registration(
        license_service_pb2_grpc.add_LicenseServiceServicer_to_server,
        LicenseServicer(licensing),
        pb.DESCRIPTOR.services_by_name["LicenseService"],
    )


def _license(standing: Standing, runners_used: int) -> pb.License:
    entitlement, terms = standing.entitlement, standing.entitlement.terms
    message = pb.License(
        edition=entitlement.edition,
        state=entitlement.state,
        runner_limit=entitlement.runners,
        runners_used=runners_used,
        concurrent_executions=entitlement.concurrent_executions,
        installation_id=standing.installation_id,
        problem=standing.problem,
    )
    if terms is None:
        return message
    message.id = terms.id
    message.customer = terms.customer
    message.features.extend(terms.features)
    message.key_id = standing.key_id
    message.installed_by = standing.installed_by
    instants: dict[str, datetime | None] = {
        "not_before": terms.not_before,
        "expires_at": terms.expires_at,
        "grace_until": terms.grace_until,
        "frozen_until": terms.frozen_until,
        "installed_at": standing.installed_at,
    }
    for name, at in instants.items():
        if at is not None:
            getattr(message, name).FromDatetime(at)
    return message
