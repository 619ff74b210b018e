"""What a session needs of the way to the Hub, whatever carries the messages.

The messages are those of the runner protocol. gRPC carries them (`grpc_transport`); networks that allow only HTTPS can
get the same ones another way.
"""

from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeVar

from exekra.registry.v1 import runner_service_pb2 as pb

SentT_contra = TypeVar("SentT_contra", contravariant=True)
ReceivedT_co = TypeVar("ReceivedT_co", covariant=True)


class HubUnavailableError(Exception):
    """The Hub could not be reached or did not answer in time; the same call may be sent again."""


class StreamEndedError(HubUnavailableError):
    """The Hub ended a stream in order."""


class HubRefusedError(Exception):
    """The Hub answered, and the answer is no. `reason` is the protocol's word, for instance CREDENTIALS_INVALID."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class Stream(Protocol, Generic[SentT_contra, ReceivedT_co]):
    """An open two-way stream. One task sends, one receives."""

    async def send(self, message: SentT_contra) -> None:
        """Hand a message over. Raises HubUnavailableError or HubRefusedError when the stream is over."""
        ...

    async def receive(self) -> ReceivedT_co:
        """The next message. Never put a timeout around it: `cancel` ends a stream. Raises as `send` does."""
        ...

    async def finish(self) -> None:
        """Say that nothing more will be sent; the other side may still send, and then ends the stream."""
        ...

    def cancel(self) -> None:
        """End the stream at once; a pending `receive` raises HubUnavailableError."""
        ...


class Transport(Protocol):
    """The runner protocol. Every call may raise HubUnavailableError or HubRefusedError; unary calls have a deadline."""

    async def pair(self, request: pb.PairRequest) -> pb.PairResponse:
        """See RunnerService.Pair."""
        ...

    async def authenticate(self, request: pb.AuthenticateRequest) -> pb.AuthenticateResponse:
        """See RunnerService.Authenticate."""
        ...

    def use_token(self, token: str) -> None:
        """Present this session token from now on."""
        ...

    def heartbeat(self) -> Stream[pb.HeartbeatRequest, pb.HeartbeatResponse]:
        """See RunnerService.Heartbeat."""
        ...

    def poll(self) -> Stream[pb.PollRequest, pb.PollResponse]:
        """See RunnerService.Poll."""
        ...

    def report(self) -> Stream[pb.ReportRequest, pb.ReportResponse]:
        """See RunnerService.Report."""
        ...

    async def acknowledge(self, request: pb.AcknowledgeRequest) -> pb.AcknowledgeResponse:
        """See RunnerService.Acknowledge."""
        ...

    async def decline(self, request: pb.DeclineRequest) -> pb.DeclineResponse:
        """See RunnerService.Decline."""
        ...

    async def finish(self, request: pb.FinishRequest) -> pb.FinishResponse:
        """See RunnerService.Finish."""
        ...

    async def get_workflow(self, request: pb.GetWorkflowRequest) -> bytes:
        """The whole graph."""
        ...

    async def get_continuation(self, request: pb.GetContinuationRequest) -> bytes:
        """The whole document."""
        ...

    def get_artifact(self, request: pb.GetArtifactRequest) -> AsyncIterator[bytes]:
        """The artifact's bytes, chunk by chunk."""
        ...

    async def declare_node_types(self, request: pb.DeclareNodeTypesRequest) -> pb.DeclareNodeTypesResponse:
        """See RunnerService.DeclareNodeTypes."""
        ...

    async def upload_artifact(self, messages: AsyncIterator[pb.UploadArtifactRequest]) -> pb.UploadArtifactResponse:
        """See RunnerService.UploadArtifact."""
        ...

    async def add_work_items(self, request: pb.AddWorkItemsRequest) -> pb.AddWorkItemsResponse:
        """See RunnerService.AddWorkItems."""
        ...

    async def take_work_item(self, request: pb.TakeWorkItemRequest) -> pb.TakeWorkItemResponse:
        """See RunnerService.TakeWorkItem."""
        ...

    async def settle_work_item(self, request: pb.SettleWorkItemRequest) -> pb.SettleWorkItemResponse:
        """See RunnerService.SettleWorkItem."""
        ...

    async def release_credential(self, request: pb.ReleaseCredentialRequest) -> pb.ReleaseCredentialResponse:
        """See RunnerService.ReleaseCredential."""
        ...

    async def close(self) -> None:
        """Give the connection up."""
        ...
