"""A scheduler that answers as a test tells it, over a real socket: what the registry sees of the real one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from exekra.scheduler.v1 import (
    attempt_pb2,
    dispatch_service_pb2,
    dispatch_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
    workflow_service_pb2,
    workflow_service_pb2_grpc,
)
from services.kit.errors import not_found
from services.kit.rpc_server import Registration, grpc_server

OK = attempt_pb2.ANSWER_OK
Answerer = Callable[[dispatch_service_pb2.RunnerCall], dispatch_service_pb2.RunnerReply | None]


def offer(attempt: str = "a1") -> attempt_pb2.Offer:
    reference = attempt_pb2.AttemptRef(execution_id="e1", attempt_id=attempt)
    return attempt_pb2.Offer(attempt=reference, graph_sha256="f" * 64, offer_seconds=20, lease_seconds=100)


class ScriptedScheduler(
    dispatch_service_pb2_grpc.DispatchServiceServicer,
    workflow_service_pb2_grpc.WorkflowServiceServicer,
    evidence_service_pb2_grpc.EvidenceServiceServicer,
):
    """Grants everything unless `script` says otherwise. An answerer that gives None leaves the call unanswered."""

    def __init__(self) -> None:
        self.hellos: list[dispatch_service_pb2.LinkHello] = []
        self.batches: list[list[dispatch_service_pb2.RunnerCall]] = []
        self.script: dict[str, Answerer] = {}
        self.loads: list[dispatch_service_pb2.RunnerLoad] = []
        self.graphs: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.declared: dict[str, list[str]] = {}
        self.artifacts: dict[str, bytes] = {}
        self.artifact_headers: list[attempt_pb2.StoreArtifactHeader] = []
        self.epochs: dict[str, int] = defaultdict(int)
        self.gate = asyncio.Event()
        self.gate.set()

    def calls(self, kind: str = "") -> list[dispatch_service_pb2.RunnerCall]:
        return [call for batch in self.batches for call in batch if not kind or call.WhichOneof("call") == kind]

    async def Link(self, request_iterator: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:  # noqa: N802
        async for request in request_iterator:
            if request.HasField("hello"):
                self.hellos.append(request.hello)
            if request.calls:
                self.batches.append(list(request.calls))
                await self.gate.wait()
                replies = [reply for call in request.calls if (reply := self._answer(call)) is not None]
                if replies:
                    yield dispatch_service_pb2.LinkResponse(replies=replies)

    async def ListRunnerLoad(self, request: Any, context: Any) -> Any:  # noqa: N802
        return dispatch_service_pb2.ListRunnerLoadResponse(items=self.loads)

    async def FetchGraph(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.fetched.append(request.sha256)
        if request.sha256 not in self.graphs:
            raise not_found("VERSION_NOT_FOUND", "version")
        return workflow_service_pb2.FetchGraphResponse(graph_json=self.graphs[request.sha256])

    async def DeclareNodeTypes(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.node_types:
            self.declared[request.sha256] = [node_type.type for node_type in request.node_types]
        return workflow_service_pb2.DeclareNodeTypesResponse(wanted=request.sha256 not in self.declared)

    async def StoreArtifact(self, request_iterator: AsyncIterator[Any], context: Any) -> Any:  # noqa: N802
        header, content = None, b""
        async for request in request_iterator:
            if request.HasField("header"):
                header = request.header
            content += request.chunk
        assert header is not None
        self.artifact_headers.append(header)
        self.artifacts[header.artifact_id] = content
        return evidence_service_pb2.StoreArtifactResponse(held=len(content), complete=len(content) == header.size)

    def _answer(self, call: dispatch_service_pb2.RunnerCall) -> dispatch_service_pb2.RunnerReply | None:
        kind = call.WhichOneof("call") or ""
        reply = self.script[kind](call) if kind in self.script else self._grant(kind, call)
        if reply is not None:
            reply.id = call.id
        return reply

    def _grant(self, kind: str, call: dispatch_service_pb2.RunnerCall) -> dispatch_service_pb2.RunnerReply:
        pb = dispatch_service_pb2
        match kind:
            case "open_session":
                if call.open_session.other_boot_answers:
                    return pb.RunnerReply(session_opened=pb.SessionOpened(refused_reason="ALREADY_CONNECTED"))
                self.epochs[call.runner_id] += 1
                opened = pb.SessionOpened(epoch=self.epochs[call.runner_id], next_heartbeat_seconds=30)
                return pb.RunnerReply(session_opened=opened)
            case "renew_session":
                instructions = [
                    attempt_pb2.AttemptInstruction(
                        attempt=held.attempt, order=attempt_pb2.ATTEMPT_ORDER_CONTINUE, lease_seconds=100
                    )
                    for held in call.renew_session.attempts
                ]
                renewed = pb.SessionRenewed(answer=OK, instructions=instructions, next_heartbeat_seconds=30)
                return pb.RunnerReply(session_renewed=renewed)
            case "set_poll":
                return pb.RunnerReply(poll_set=pb.PollSet(answer=OK))
            case "acknowledge":
                acknowledged = pb.Acknowledged(answer=OK, attempt=call.acknowledge.attempt)
                return pb.RunnerReply(acknowledged=acknowledged)
            case "decline":
                return pb.RunnerReply(declined=pb.Declined(answer=OK))
            case "report":
                node_seq = max((event.seq for event in call.report.node_events), default=0)
                told = attempt_pb2.ReportAcknowledgement(attempt=call.report.attempt, node_seq=node_seq, answer=OK)
                return pb.RunnerReply(report_acknowledged=told)
            case "finish":
                return pb.RunnerReply(finished=pb.Finished(answer=OK, attempt=call.finish.attempt))
            case "close_session":
                return pb.RunnerReply(session_closed=pb.SessionClosed())
        return pb.RunnerReply(runner_updated=pb.RunnerUpdated())


@asynccontextmanager
async def scheduler_served(scheduler: ScriptedScheduler, address: str) -> AsyncIterator[None]:
    """Serves it; leaving the block breaks every link at once, as a killed process does."""
    registrations = [
        Registration(add, scheduler, module.DESCRIPTOR.services_by_name[name])
        for add, module, name in (
            (
                dispatch_service_pb2_grpc.add_DispatchServiceServicer_to_server,
                dispatch_service_pb2,
                "DispatchService",
            ),
            (
                workflow_service_pb2_grpc.add_WorkflowServiceServicer_to_server,
                workflow_service_pb2,
                "WorkflowService",
            ),
            (
                evidence_service_pb2_grpc.add_EvidenceServiceServicer_to_server,
                evidence_service_pb2,
                "EvidenceService",
            ),
        )
    ]
    async with grpc_server(registrations, address, drain_seconds=0):
        yield
