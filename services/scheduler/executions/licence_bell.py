"""LicenseChangeService: the license service rings, and the verdict is asked for at once."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from typing import Any

from exekra.scheduler.v1 import license_change_service_pb2 as pb
from exekra.scheduler.v1 import license_change_service_pb2_grpc
from services.kit.rpc_server import Registration
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.licence import Licence


class LicenseChangeServicer(license_change_service_pb2_grpc.LicenseChangeServiceServicer):
    """See the proto for callers and what a repeat does."""

    def __init__(self, licence: Licence, bells: Bells) -> None:
        self._licence = licence
        self._bells = bells

    async def TellLicenseChange(
        self, request: pb.TellLicenseChangeRequest, context: Any
    ) -> pb.TellLicenseChangeResponse:
        await self._licence.refresh()
        # More may be allowed at a time.
        self._bells.dispatch()
        return pb.TellLicenseChangeResponse()


def registration(licence: Licence, bells: Bells) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        license_change_service_pb2_grpc.add_LicenseChangeServiceServicer_to_server,
        LicenseChangeServicer(licence, bells),
        pb.DESCRIPTOR.services_by_name["LicenseChangeService"],
    )
