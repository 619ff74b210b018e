"""Passes questions for credentials on to the scheduler, and the sealed answers back; can open none of them."""

import grpc.aio

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2, vault_service_pb2_grpc
from exekra.scheduler.v1 import vault_service_pb2 as scheduler_pb
from services.kit.rpc_client import call

CALL_SECONDS = 8.0


class Vault:
    """For all runners of this process. Raises what the scheduler raises."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = vault_service_pb2_grpc.VaultServiceStub(scheduler)

    async def release(self, runner_id: str, request: pb.ReleaseCredentialRequest) -> pb.ReleaseCredentialResponse:
        """The value, sealed to the key in the order."""
        order = scheduler_pb.ReleaseRequest(runner_id=runner_id, epoch=request.epoch, order=request.order)
        answer = await call(self._stub.Release, order, caller="registry", seconds=CALL_SECONDS)
        return pb.ReleaseCredentialResponse(answer=attempt_pb2.ANSWER_OK, sealed=answer.sealed)
