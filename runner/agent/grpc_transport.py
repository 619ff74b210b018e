"""The runner protocol over one gRPC channel with TLS that trusts the Hub's own CA and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Generic, TypeVar

import grpc

from exekra.kit.v1 import error_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.registry.v1.runner_service_pb2_grpc import RunnerServiceStub
from runner.agent.acknowledging import Acknowledging
from runner.agent.transport import HubRefusedError, HubUnavailableError, Stream, StreamEndedError

SentT = TypeVar("SentT")
ReceivedT = TypeVar("ReceivedT")
AnswerT = TypeVar("AnswerT")

ERROR_METADATA = "exekra-error-bin"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
TRANSFER_SECONDS = 3_600.0
_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # The session decides when to come back (full jitter); the channel must not hold it up with a backoff of its own.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
_TRY_AGAIN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        # A defect of the Hub is no verdict on the work.
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
    }
)


class GrpcTransport:
    """`address` is host:port, `ca` the PEM of the Hub's CA, `answer_seconds` the deadline of each call."""

    def __init__(self, address: str, ca: bytes, answer_seconds: float) -> None:
        credentials = grpc.ssl_channel_credentials(root_certificates=ca)
        self._channel = grpc.aio.secure_channel(address, credentials, options=_OPTIONS)
        self._stub = RunnerServiceStub(self._channel)
        self._timeout = answer_seconds
        self._metadata: tuple[tuple[str, str], ...] = ()
        self._acknowledging = Acknowledging(
            lambda: GrpcStream(self._stub.Acknowledge(metadata=self._metadata)), answer_seconds
        )

    def use_token(self, token: str) -> None:
        """Present this session token from now on."""
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def pair(self, request: pb.PairRequest) -> pb.PairResponse:
        """See RunnerService.Pair."""
        return await _translated(self._stub.Pair(request, **self._options()))

    async def authenticate(self, request: pb.AuthenticateRequest) -> pb.AuthenticateResponse:
        """See RunnerService.Authenticate."""
        return await _translated(self._stub.Authenticate(request, **self._options()))

    def heartbeat(self) -> Stream[pb.HeartbeatRequest, pb.HeartbeatResponse]:
        """See RunnerService.Heartbeat."""
        return GrpcStream(self._stub.Heartbeat(metadata=self._metadata))

    def poll(self) -> Stream[pb.PollRequest, pb.PollResponse]:
        """See RunnerService.Poll."""
        return GrpcStream(self._stub.Poll(metadata=self._metadata))

    def report(self) -> Stream[pb.ReportRequest, pb.ReportResponse]:
        """See RunnerService.Report."""
        return GrpcStream(self._stub.Report(metadata=self._metadata))

    async def acknowledge(self, request: pb.AcknowledgeRequest) -> pb.AcknowledgeResponse:
        """See RunnerService.Acknowledge."""
        return await self._acknowledging.send(request)

    async def decline(self, request: pb.DeclineRequest) -> pb.DeclineResponse:
        """See RunnerService.Decline."""
        return await _translated(self._stub.Decline(request, **self._options()))

    async def finish(self, request: pb.FinishRequest) -> pb.FinishResponse:
        """See RunnerService.Finish."""
        return await _translated(self._stub.Finish(request, **self._options()))

    async def get_workflow(self, request: pb.GetWorkflowRequest) -> bytes:
        """See RunnerService.GetWorkflow."""
        return await _translated(self._collect(self._stub.GetWorkflow, request))

    async def get_continuation(self, request: pb.GetContinuationRequest) -> bytes:
        """See RunnerService.GetContinuation."""
        return await _translated(self._collect(self._stub.GetContinuation, request))

    async def get_artifact(self, request: pb.GetArtifactRequest) -> AsyncIterator[bytes]:
        """See RunnerService.GetArtifact."""
        call = self._stub.GetArtifact(request, timeout=TRANSFER_SECONDS, metadata=self._metadata)
        while True:
            answer: Any = await _translated(call.read())
            if answer is grpc.aio.EOF:
                return
            yield answer.chunk

    async def declare_node_types(self, request: pb.DeclareNodeTypesRequest) -> pb.DeclareNodeTypesResponse:
        """See RunnerService.DeclareNodeTypes."""
        return await _translated(self._stub.DeclareNodeTypes(request, **self._options()))

    async def upload_artifact(self, messages: AsyncIterator[pb.UploadArtifactRequest]) -> pb.UploadArtifactResponse:
        """See RunnerService.UploadArtifact."""
        call = self._stub.UploadArtifact(messages, timeout=TRANSFER_SECONDS, metadata=self._metadata)
        return await _translated(call)

    async def add_work_items(self, request: pb.AddWorkItemsRequest) -> pb.AddWorkItemsResponse:
        """See RunnerService.AddWorkItems."""
        return await _translated(self._stub.AddWorkItems(request, **self._options()))

    async def take_work_item(self, request: pb.TakeWorkItemRequest) -> pb.TakeWorkItemResponse:
        """See RunnerService.TakeWorkItem."""
        return await _translated(self._stub.TakeWorkItem(request, **self._options()))

    async def settle_work_item(self, request: pb.SettleWorkItemRequest) -> pb.SettleWorkItemResponse:
        """See RunnerService.SettleWorkItem."""
        return await _translated(self._stub.SettleWorkItem(request, **self._options()))

    async def release_credential(self, request: pb.ReleaseCredentialRequest) -> pb.ReleaseCredentialResponse:
        """See RunnerService.ReleaseCredential."""
        return await _translated(self._stub.ReleaseCredential(request, **self._options()))

    async def close(self) -> None:
        """Give the connection up."""
        await self._acknowledging.close()
        await self._channel.close()

    async def _collect(self, method: Any, request: Any) -> bytes:
        call = method(request, timeout=self._timeout * 3, metadata=self._metadata)
        return b"".join([answer.chunk async for answer in call])

    def _options(self) -> dict[str, Any]:
        return {"timeout": self._timeout, "metadata": self._metadata}


class GrpcStream(Generic[SentT, ReceivedT]):
    """One bidirectional call."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def send(self, message: SentT) -> None:
        """Hand a message over."""
        await _translated(self._call.write(message))

    async def receive(self) -> ReceivedT:
        """The next message."""
        message = await _translated(self._call.read())
        if message is grpc.aio.EOF:
            # The server ended the call; its status says why.
            code, details = await self._call.code(), await self._call.details()
            if code is grpc.StatusCode.OK:
                raise StreamEndedError("The Hub ended the stream.")
            raise _error(code, details or "", await self._call.trailing_metadata())
        return message  # type: ignore[no-any-return] # the call is untyped: its stub is the synchronous one's

    async def finish(self) -> None:
        """Half-close."""
        await _translated(self._call.done_writing())

    def cancel(self) -> None:
        """End the call."""
        self._call.cancel()


async def _translated(call: Awaitable[AnswerT]) -> AnswerT:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise _error(error.code(), error.details() or "", error.trailing_metadata()) from None
    except (grpc.aio.UsageError, grpc.aio.InternalError, asyncio.InvalidStateError) as error:
        # InvalidStateError: the stream ended before this was written.
        raise HubUnavailableError(str(error)) from None
    except asyncio.CancelledError:
        # grpc.aio raises this as well where the *call* was cancelled, as by closing the channel. Only a task that was
        # itself cancelled may go on with it.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise HubUnavailableError("The call was given up.") from None


def _error(code: grpc.StatusCode, details: str, metadata: Any) -> HubUnavailableError | HubRefusedError:
    for key, value in metadata or ():
        if key == ERROR_METADATA:
            detail = error_pb2.ErrorDetail.FromString(value)
            if code not in _TRY_AGAIN:
                return HubRefusedError(detail.reason, detail.message or details)
    if code in _TRY_AGAIN:
        return HubUnavailableError(f"{code.name}: {details}")
    return HubRefusedError(code.name, details)
