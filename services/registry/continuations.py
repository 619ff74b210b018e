"""Passes what an execution needs that does not begin at its beginning on to its runner; keeps nothing."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import continuation_service_pb2 as scheduler_pb
from exekra.scheduler.v1 import continuation_service_pb2_grpc
from services.kit.rpc_client import call_metadata, from_rpc_error

DOCUMENT_SECONDS = 30.0
ARTIFACT_SECONDS = 3_600.0


class Continuations:
    """For all runners of this process."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = continuation_service_pb2_grpc.ContinuationServiceStub(scheduler)

    async def document(self, runner_id: str, attempt_id: str) -> AsyncIterator[pb.GetContinuationResponse]:
        """The document in chunks. Raises what the scheduler raises."""
        request = scheduler_pb.FetchContinuationRequest(runner_id=runner_id, attempt_id=attempt_id)
        async for chunk in _chunks(self._stub.FetchContinuation, request, DOCUMENT_SECONDS):
            yield pb.GetContinuationResponse(chunk=chunk)

    async def artifact(
        self, runner_id: str, attempt_id: str, artifact_id: str
    ) -> AsyncIterator[pb.GetArtifactResponse]:
        """A recorded output in chunks. Raises what the scheduler raises."""
        request = scheduler_pb.FetchRecordedRequest(runner_id=runner_id, attempt_id=attempt_id, artifact_id=artifact_id)
        async for chunk in _chunks(self._stub.FetchRecorded, request, ARTIFACT_SECONDS):
            yield pb.GetArtifactResponse(chunk=chunk)


async def _chunks(method: Any, request: Any, seconds: float) -> AsyncIterator[bytes]:
    try:
        async for response in method(request, timeout=seconds, metadata=call_metadata("registry")):
            yield response.chunk
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
