"""VaultService over gRPC: what the registry passes on from runners."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import vault_service_pb2 as pb
from exekra.scheduler.v1 import vault_service_pb2_grpc
from services.kit.outbox import Outbox
from services.kit.rpc_server import Registration
from services.kit.sealing import Sealer
from services.scheduler.vault.release import Order, Releases

if TYPE_CHECKING:
    from services.kit.postgres import Pool


class VaultServicer(vault_service_pb2_grpc.VaultServiceServicer):
    """Runner and epoch come from the registry, everything else from the runner and may be anything."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    async def Release(self, request: pb.ReleaseRequest, context: Any) -> pb.ReleaseResponse:
        order = request.order
        sealed = await self._releases.release(
            Order(
                runner_id=request.runner_id,
                epoch=request.epoch,
                execution_id=order.attempt.execution_id,
                attempt_id=order.attempt.attempt_id,
                node_id=order.node_id,
                name=order.name,
                public_key=order.public_key,
            )
        )
        return pb.ReleaseResponse(sealed=sealed)


def vault_registration(pool: "Pool", sealer: Sealer, outbox: Outbox) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        vault_service_pb2_grpc.add_VaultServiceServicer_to_server,
        VaultServicer(Releases(pool, sealer, outbox)),
        pb.DESCRIPTOR.services_by_name["VaultService"],
    )
