"""ExecutionService over gRPC: messages to models and back."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import attempt_pb2, execution_pb2, execution_service_pb2_grpc
from exekra.scheduler.v1 import execution_service_pb2 as pb
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import key_of
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.scheduler.continuations.debugging import Debugging
from services.scheduler.continuations.model import DebugAction, DebugWord
from services.scheduler.continuations.retries import Retries, Retry
from services.scheduler.executions.bulk_requests import BulkRequests
from services.scheduler.executions.errors import execution_not_found
from services.scheduler.executions.filtering import after_of, filter_of, instant_of
from services.scheduler.executions.inputs import DEFAULT_PRIORITY, DEFAULT_QUEUE_TIMEOUT_SECONDS
from services.scheduler.executions.interventions import Interventions
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.messages import (
    execution_message,
    reason_message,
    status_of,
    step_message,
    timestamp,
)
from services.scheduler.executions.model import Mode
from services.scheduler.executions.obstacles import AWAITING_APPROVAL, NO_RUNNER, PendingReason
from services.scheduler.executions.repository import queries
from services.scheduler.executions.use_cases import Submission, Submissions

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

_INTERACTIVE = execution_pb2.EXECUTION_MODE_INTERACTIVE


class ExecutionServicer(execution_service_pb2_grpc.ExecutionServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(
        self,
        pool: "Pool",
        submissions: Submissions,
        retries: Retries,
        interventions: Interventions,
        debugging: Debugging,
        bulk: BulkRequests,
    ) -> None:
        self._pool = pool
        self._bulk = bulk
        self._submissions = submissions
        self._retries = retries
        self._debugging = debugging
        self._interventions = interventions

    async def CreateExecution(self, request: pb.CreateExecutionRequest, context: Any) -> pb.CreateExecutionResponse:  # noqa: ARG002, N802, D102
        wanted = Submission(
            workflow_id=request.workflow_id,
            inputs=request.inputs_json,
            mode=Mode.INTERACTIVE if request.mode == _INTERACTIVE else Mode.SCHEDULED,
            runner_id=request.runner_id or None,
            draft=request.draft,
            priority=request.priority or DEFAULT_PRIORITY,
            dedupe_key=request.dedupe_key,
            not_before=instant_of(request, "not_before", "/notBefore"),
            timeout_seconds=request.timeout_seconds,
            queue_timeout_seconds=(
                request.queue_timeout_seconds
                if request.HasField("queue_timeout_seconds")
                else DEFAULT_QUEUE_TIMEOUT_SECONDS
            ),
            debug=request.debug_json or None,
        )
        key = key_of(request)
        accepted = await self._submissions.submit(wanted, key)
        return pb.CreateExecutionResponse(execution=execution_message(accepted.view), duplicate=accepted.duplicate)

    async def GetExecution(self, request: pb.GetExecutionRequest, context: Any) -> pb.GetExecutionResponse:  # noqa: ARG002, N802, D102
        async with self._pool.acquire() as connection:
            view = await _get(connection, request.execution_id)
            reasons = await _reasons(connection, view)
        return pb.GetExecutionResponse(execution=execution_message(view, reasons))

    async def ListExecutions(self, request: pb.ListExecutionsRequest, context: Any) -> pb.ListExecutionsResponse:  # noqa: ARG002, N802, D102
        limit = clamp_limit(request.limit)
        wanted = replace(filter_of(request), after=after_of(request.cursor))
        async with self._pool.acquire() as connection:
            views = await queries.find(connection, wanted, limit + 1)
        cursor = ""
        if len(views) > limit:
            views = views[:limit]
            cursor = encode_cursor(views[-1].created_at.isoformat(), views[-1].id)
        return pb.ListExecutionsResponse(items=[execution_message(view) for view in views], next_cursor=cursor)

    async def StopExecution(self, request: pb.StopExecutionRequest, context: Any) -> pb.StopExecutionResponse:  # noqa: ARG002, N802, D102
        view = await self._interventions.stop(request.execution_id, force=request.force, reason=request.reason)
        return pb.StopExecutionResponse(execution=execution_message(view))

    async def RetryExecution(self, request: pb.RetryExecutionRequest, context: Any) -> pb.RetryExecutionResponse:  # noqa: ARG002, N802, D102
        key = key_of(request)
        wanted = Retry(request.from_node_id, json.loads(request.vars_json or b"{}"), request.version)
        accepted = await self._retries.retry(request.execution_id, wanted, key)
        return pb.RetryExecutionResponse(execution=execution_message(accepted.view))

    async def DebugExecution(self, request: pb.DebugExecutionRequest, context: Any) -> pb.DebugExecutionResponse:  # noqa: ARG002, N802, D102
        name = attempt_pb2.DebugAction.Name(request.action).removeprefix("DEBUG_ACTION_")
        if name not in DebugAction.__members__:
            raise invalid("Say what the debugger is to do.", FieldError("/action", "Give continue, step, …"))
        word = DebugWord(DebugAction(name), request.node_id, tuple(request.breakpoints))
        view = await self._debugging.say(request.execution_id, word)
        return pb.DebugExecutionResponse(execution=execution_message(view))

    async def ResolveExecution(self, request: pb.ResolveExecutionRequest, context: Any) -> pb.ResolveExecutionResponse:  # noqa: ARG002, N802, D102
        view = await self._interventions.resolve(request.execution_id, status_of(request.status), request.note)
        return pb.ResolveExecutionResponse(execution=execution_message(view))

    async def ActOnExecutions(self, request: pb.ActOnExecutionsRequest, context: Any) -> pb.ActOnExecutionsResponse:  # noqa: ARG002, N802, D102
        return await self._bulk.answer(request)

    async def ListExecutionEvents(  # noqa: N802, D102
        self,
        request: pb.ListExecutionEventsRequest,
        context: Any,  # noqa: ARG002
    ) -> pb.ListExecutionEventsResponse:
        limit = clamp_limit(request.limit)
        position = decode_cursor(request.cursor, "number")
        after = position[0] if position else 0
        async with self._pool.acquire() as connection:
            await _get(connection, request.execution_id)
            steps = await queries.history(connection, request.execution_id, after, limit + 1)
        cursor = ""
        if len(steps) > limit:
            steps = steps[:limit]
            cursor = encode_cursor(steps[-1].seq)
        return pb.ListExecutionEventsResponse(items=[step_message(step) for step in steps], next_cursor=cursor)

    async def ListPendingReasons(  # noqa: N802, D102
        self,
        request: pb.ListPendingReasonsRequest,
        context: Any,  # noqa: ARG002
    ) -> pb.ListPendingReasonsResponse:
        async with self._pool.acquire() as connection:
            reasons = await _reasons(connection, await _get(connection, request.execution_id))
        return pb.ListPendingReasonsResponse(items=[reason_message(reason) for reason in reasons])

    async def HoldDispatch(self, request: pb.HoldDispatchRequest, context: Any) -> pb.HoldDispatchResponse:  # noqa: ARG002, N802, D102
        await self._interventions.hold(request.reason)
        return pb.HoldDispatchResponse()

    async def ReleaseDispatch(self, request: pb.ReleaseDispatchRequest, context: Any) -> pb.ReleaseDispatchResponse:  # noqa: ARG002, N802, D102
        await self._interventions.release()
        return pb.ReleaseDispatchResponse()

    async def GetDispatch(self, request: pb.GetDispatchRequest, context: Any) -> pb.GetDispatchResponse:  # noqa: ARG002, N802, D102
        hold, version, bell = await self._interventions.dispatch_state()
        return pb.GetDispatchResponse(
            dispatch=pb.Dispatch(
                held=hold is not None,
                reason=hold.reason if hold else "",
                held_by=hold.held_by if hold else "",
                held_at=timestamp(hold.held_at) if hold else None,
                bell=pb.DispatchBell.Value(f"DISPATCH_BELL_{bell.upper()}"),
                database_version=version,
            )
        )


async def _get(connection: "Connection", execution_id: str) -> queries.View:
    view = await queries.get(connection, execution_id) if is_id(execution_id) else None
    if view is None:
        raise execution_not_found()
    return view


async def _reasons(connection: "Connection", view: queries.View) -> list[PendingReason]:
    if view.status != Status.QUEUED:
        return []
    if view.waiting_for == "APPROVAL":
        return [AWAITING_APPROVAL]
    return await queries.pending_reasons(connection, view.id) or [NO_RUNNER]
