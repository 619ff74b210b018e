"""RunnerService, the public runner protocol, over gRPC: who calls, and which part of the registry answers.

What runners say about work passes through unchanged, so its messages are the scheduler's own.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.registry.v1 import runner_service_pb2_grpc
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.registry.acknowledgements import Acknowledgements
from services.registry.artifacts import Artifacts
from services.registry.continuations import Continuations
from services.registry.enrolment import Enrolment, Machine
from services.registry.errors import stale_session, unauthenticated
from services.registry.graphs import GraphCache
from services.registry.heartbeats import Heartbeats
from services.registry.link import Link
from services.registry.model import told_text
from services.registry.node_types import NodeTypeDeclarations
from services.registry.polls import Polls
from services.registry.reports import Reports
from services.registry.session_tokens import SessionToken, SessionTokens
from services.registry.streams import Directory, Stream, converse
from services.registry.vault import Vault
from services.registry.work_items import WorkItems

CHUNK_BYTES = 256 * 1024
BEARER = "Bearer "


class Sessions:
    """Finds out which runner calls."""

    def __init__(self, tokens: SessionTokens, directory: Directory) -> None:
        self._tokens = tokens
        self._directory = directory

    def read_token(self, context: Any) -> SessionToken:
        """Raises UNAUTHENTICATED."""
        for key, value in context.invocation_metadata() or ():
            if key == "authorization" and value.startswith(BEARER):
                return self._tokens.read(value.removeprefix(BEARER))
        raise unauthenticated()

    def connected_runner(self, context: Any) -> str:
        """The runner that calls, if it holds a session here with the same secret; else UNAUTHENTICATED, STALE_SESSION.

        The session is what ends when a runner is disabled; a token alone would go on to be good for minutes.
        """
        token = self.read_token(context)
        session = self._directory.current(token.runner_id)
        if session is None or session.secret_version != token.secret_version:
            raise stale_session()
        return token.runner_id

    def holds(self, context: Any, epoch: int) -> str | None:
        """The runner that calls if `epoch` names its session; None when that is over. Raises UNAUTHENTICATED."""
        token = self.read_token(context)
        session = self._directory.find(token.runner_id, epoch)
        return token.runner_id if session and session.secret_version == token.secret_version else None


class RunnerServicer(runner_service_pb2_grpc.RunnerServiceServicer):
    """See the proto for reasons and for what a repeat does."""

    def __init__(
        self,
        sessions: Sessions,
        enrolment: Enrolment,
        streams: tuple[Heartbeats, Polls, Acknowledgements, Reports],
        link: Link,
        resources: tuple[GraphCache, NodeTypeDeclarations, Artifacts, Continuations, WorkItems, Vault],
        wait_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._enrolment = enrolment
        self._heartbeats, self._polls, self._acknowledgements, self._reports = streams
        self._link = link
        self._graphs, self._node_types, self._artifacts, self._continuations, self._work_items, self._vault = resources
        self._wait_seconds = wait_seconds

    async def Pair(self, request: pb.PairRequest, context: Any) -> pb.PairResponse:  # noqa: N802, D102
        machine = _machine(request, context)
        paired = await self._enrolment.pair(request.pairing_token, machine)
        return pb.PairResponse(
            runner_id=paired.runner.id,
            name=paired.runner.name,
            machine_key=paired.runner.machine_key,
            machine_secret=paired.machine_secret,
        )

    async def Authenticate(self, request: pb.AuthenticateRequest, context: Any) -> pb.AuthenticateResponse:  # noqa: N802, D102
        machine = _machine(request, context)
        proven = await self._enrolment.authenticate(
            request.machine_key, request.machine_secret, request.protocol, machine
        )
        response = pb.AuthenticateResponse(
            session_token=proven.session_token,
            runner_id=proven.runner.id,
            name=proven.runner.name,
            protocol=proven.protocol,
            labels=proven.runner.labels,
            slots=proven.runner.slots,
        )
        response.expires_at.FromDatetime(proven.expires_at)
        response.answered_at.GetCurrentTime()
        return response

    def Heartbeat(  # noqa: N802, D102
        self, request_iterator: AsyncIterator[pb.HeartbeatRequest], context: Any
    ) -> AsyncIterator[pb.HeartbeatResponse]:
        async def serve(stream: Stream[pb.HeartbeatResponse]) -> None:
            await self._heartbeats.serve(self._sessions.read_token(context), request_iterator, stream)

        return converse(context.write, serve)

    def Poll(  # noqa: N802, D102
        self, request_iterator: AsyncIterator[pb.PollRequest], context: Any
    ) -> AsyncIterator[pb.PollResponse]:
        async def serve(stream: Stream[pb.PollResponse]) -> None:
            await self._polls.serve(self._sessions.connected_runner(context), request_iterator, stream)

        return converse(context.write, serve)

    def Report(  # noqa: N802, D102
        self, request_iterator: AsyncIterator[pb.ReportRequest], context: Any
    ) -> AsyncIterator[pb.ReportResponse]:
        async def serve(stream: Stream[pb.ReportResponse]) -> None:
            await self._reports.serve(self._sessions.connected_runner(context), request_iterator, stream)

        return converse(context.write, serve)

    def Acknowledge(  # noqa: N802, D102
        self, request_iterator: AsyncIterator[pb.AcknowledgeRequest], context: Any
    ) -> AsyncIterator[pb.AcknowledgeResponse]:
        async def serve(stream: Stream[pb.AcknowledgeResponse]) -> None:
            await self._acknowledgements.serve(self._sessions.read_token(context), request_iterator, stream)

        return converse(context.write, serve)

    async def Decline(self, request: pb.DeclineRequest, context: Any) -> pb.DeclineResponse:  # noqa: N802, D102
        runner_id = self._sessions.holds(context, request.epoch)
        if runner_id is None:
            return pb.DeclineResponse(answer=attempt_pb2.ANSWER_STALE_SESSION)
        decline = dispatch.Decline(attempt=request.attempt, reason=request.reason, delivered=True)
        reply = await self._call(runner_id, request.epoch, decline=decline)
        return pb.DeclineResponse(answer=reply.declined.answer)

    async def Finish(self, request: pb.FinishRequest, context: Any) -> pb.FinishResponse:  # noqa: N802, D102
        runner_id = self._sessions.holds(context, request.epoch)
        if runner_id is None:
            return pb.FinishResponse(answer=attempt_pb2.ANSWER_STALE_SESSION)
        finished = (await self._call(runner_id, request.epoch, finish=request.record)).finished
        return pb.FinishResponse(
            answer=finished.answer, offers=finished.offers, node_seq=finished.node_seq, log_seq=finished.log_seq
        )

    async def GetWorkflow(  # noqa: N802, D102
        self, request: pb.GetWorkflowRequest, context: Any
    ) -> AsyncIterator[pb.GetWorkflowResponse]:
        self._sessions.connected_runner(context)
        graph = await self._graphs.get(request.graph_sha256)
        for start in range(0, len(graph), CHUNK_BYTES):
            yield pb.GetWorkflowResponse(chunk=graph[start : start + CHUNK_BYTES])

    async def GetContinuation(  # noqa: N802, D102
        self, request: pb.GetContinuationRequest, context: Any
    ) -> AsyncIterator[pb.GetContinuationResponse]:
        runner_id = self._sessions.connected_runner(context)
        async for response in self._continuations.document(runner_id, request.attempt.attempt_id):
            yield response

    async def GetArtifact(  # noqa: N802, D102
        self, request: pb.GetArtifactRequest, context: Any
    ) -> AsyncIterator[pb.GetArtifactResponse]:
        runner_id = self._sessions.connected_runner(context)
        attempt_id = request.attempt.attempt_id
        async for response in self._continuations.artifact(runner_id, attempt_id, request.artifact_id):
            yield response

    async def DeclareNodeTypes(self, request: pb.DeclareNodeTypesRequest, context: Any) -> pb.DeclareNodeTypesResponse:  # noqa: N802, D102
        runner_id = self._sessions.connected_runner(context)
        wanted = await self._node_types.declare(runner_id, request.sha256, request.declarations_json)
        return pb.DeclareNodeTypesResponse(wanted=wanted)

    async def UploadArtifact(  # noqa: N802, D102
        self, request_iterator: AsyncIterator[pb.UploadArtifactRequest], context: Any
    ) -> pb.UploadArtifactResponse:
        runner_id = self._sessions.connected_runner(context)
        return await self._artifacts.store(runner_id, request_iterator)

    async def AddWorkItems(self, request: pb.AddWorkItemsRequest, context: Any) -> pb.AddWorkItemsResponse:  # noqa: N802, D102
        return await self._work_items.add(self._sessions.connected_runner(context), request)

    async def TakeWorkItem(self, request: pb.TakeWorkItemRequest, context: Any) -> pb.TakeWorkItemResponse:  # noqa: N802, D102
        return await self._work_items.take(self._sessions.connected_runner(context), request)

    async def SettleWorkItem(self, request: pb.SettleWorkItemRequest, context: Any) -> pb.SettleWorkItemResponse:  # noqa: N802, D102
        return await self._work_items.settle(self._sessions.connected_runner(context), request)

    async def ReleaseCredential(  # noqa: N802, D102
        self, request: pb.ReleaseCredentialRequest, context: Any
    ) -> pb.ReleaseCredentialResponse:
        runner_id = self._sessions.holds(context, request.epoch)
        if runner_id is None:
            return pb.ReleaseCredentialResponse(answer=attempt_pb2.ANSWER_STALE_SESSION)
        return await self._vault.release(runner_id, request)

    async def _call(self, runner_id: str, epoch: int, **call: Any) -> dispatch.RunnerReply:
        return await self._link.call(
            dispatch.RunnerCall(runner_id=runner_id, epoch=epoch, **call), seconds=self._wait_seconds
        )


def _machine(request: pb.PairRequest | pb.AuthenticateRequest, context: Any) -> Machine:
    return Machine(
        told_text(request.hostname), told_text(request.platform), told_text(request.version), _peer_ip(context)
    )


def _peer_ip(context: Any) -> str:
    """The address of `ipv4:1.2.3.4:5` or `ipv6:%5B::1%5D:5`."""
    _, _, address = unquote(context.peer()).partition(":")
    host, _, _ = address.rpartition(":")
    return host.strip("[]")
