"""Passes artifacts from runners to the scheduler's evidence, chunk by chunk; nothing is kept here."""

from collections.abc import AsyncIterator

import grpc.aio

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import evidence_service_pb2 as evidence
from exekra.scheduler.v1 import evidence_service_pb2_grpc
from services.kit.rpc_client import call_metadata, from_rpc_error

UPLOAD_SECONDS = 3_600.0


class Artifacts:
    """Uploads of all runners of this process."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = evidence_service_pb2_grpc.EvidenceServiceStub(scheduler)

    async def store(
        self, runner_id: str, requests: AsyncIterator[pb.UploadArtifactRequest]
    ) -> pb.UploadArtifactResponse:
        """Raises what the scheduler raises. gRPC's flow control holds a fast runner back on both sides."""
        try:
            stored = await self._stub.StoreArtifact(
                _forward(runner_id, requests), timeout=UPLOAD_SECONDS, metadata=call_metadata("registry")
            )
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        return pb.UploadArtifactResponse(held=stored.held, complete=stored.complete)


async def _forward(
    runner_id: str, requests: AsyncIterator[pb.UploadArtifactRequest]
) -> AsyncIterator[evidence.StoreArtifactRequest]:
    async for request in requests:
        message = evidence.StoreArtifactRequest(chunk=request.chunk)
        if request.HasField("header"):
            message.header.CopyFrom(request.header)
            # The session says who uploads, not the message.
            message.header.runner_id = runner_id
        yield message
