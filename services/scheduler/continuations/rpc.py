"""ApprovalService and ContinuationService over gRPC: messages to models and back."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from exekra.scheduler.v1 import approval_service_pb2 as pb
from exekra.scheduler.v1 import approval_service_pb2_grpc, continuation_service_pb2_grpc
from exekra.scheduler.v1 import continuation_service_pb2 as continuation_pb
from services.kit.errors import FieldError, invalid
from services.kit.identity import acting_principal
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.continuations.approvals import Approvals
from services.scheduler.continuations.fetching import Fetching
from services.scheduler.continuations.messages import approval_message, decision_of, status_of

CHUNK_BYTES = 256 * 1024


class ApprovalServicer(approval_service_pb2_grpc.ApprovalServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    async def ListApprovals(self, request: pb.ListApprovalsRequest, context: Any) -> pb.ListApprovalsResponse:
        limit = clamp_limit(request.limit)
        if request.execution_id and not is_id(request.execution_id):
            raise invalid("This is no id.", FieldError("/executionId", "Give the id of an execution."))
        found = await self._approvals.list(
            status_of(request.status), request.execution_id or None, _after(request.cursor), limit + 1
        )
        cursor = ""
        if len(found) > limit:
            found = found[:limit]
            cursor = encode_cursor(found[-1].requested_at.isoformat(), found[-1].id)
        reader = acting_principal()
        return pb.ListApprovalsResponse(
            items=[approval_message(approval, reader) for approval in found], next_cursor=cursor
        )

    async def GetApproval(self, request: pb.GetApprovalRequest, context: Any) -> pb.GetApprovalResponse:
        approval = await self._approvals.find(request.approval_id)
        return pb.GetApprovalResponse(approval=approval_message(approval, acting_principal()))

    async def DecideApproval(self, request: pb.DecideApprovalRequest, context: Any) -> pb.DecideApprovalResponse:
        decision = decision_of(request.decision)
        if decision is None:
            raise invalid("Say what is decided.", FieldError("/decision", "Give approved or rejected."))
        approval = await self._approvals.decide(request.approval_id, decision, request.comment)
        return pb.DecideApprovalResponse(approval=approval_message(approval, acting_principal()))


class ContinuationServicer(continuation_service_pb2_grpc.ContinuationServiceServicer):
    """See the proto for callers and reasons."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    async def FetchContinuation(
        self, request: continuation_pb.FetchContinuationRequest, context: Any
    ) -> AsyncIterator[continuation_pb.FetchContinuationResponse]:
        document = await self._fetching.document(request.attempt_id, request.runner_id)
        for start in range(0, len(document), CHUNK_BYTES):
            yield continuation_pb.FetchContinuationResponse(chunk=document[start : start + CHUNK_BYTES])

    async def FetchRecorded(
        self, request: continuation_pb.FetchRecordedRequest, context: Any
    ) -> AsyncIterator[continuation_pb.FetchRecordedResponse]:
        async for chunk in self._fetching.recorded(request.attempt_id, request.runner_id, request.artifact_id):
            yield continuation_pb.FetchRecordedResponse(chunk=chunk)


def registrations(approvals: Approvals, fetching: Fetching) -> list[Registration]:
    """Both services."""
    return [
        Registration(
            approval_service_pb2_grpc.add_ApprovalServiceServicer_to_server,
            ApprovalServicer(approvals),
            pb.DESCRIPTOR.services_by_name["ApprovalService"],
        ),
        Registration(
            continuation_service_pb2_grpc.add_ContinuationServiceServicer_to_server,
            ContinuationServicer(fetching),
            continuation_pb.DESCRIPTOR.services_by_name["ContinuationService"],
        ),
    ]


def _after(cursor: str) -> tuple[datetime, str] | None:
    position = decode_cursor(cursor, "text", "id")
    if position is None:
        return None
    try:
        at = datetime.fromisoformat(position[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor before.")) from None
    return at, position[1]
