"""Executions: starting, watching and ending work. All by the scheduler's ExecutionService."""

from functools import partial
from typing import Any

from services.gateway.peers import find_method, request_of
from services.gateway.routes import bulk_shapes
from services.gateway.routes import execution_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import PageQuery, WholeListQuery
from services.gateway.web.admission import require
from services.kit.errors import FieldError, invalid
from services.kit.paging import MAXIMUM_LIMIT

SERVICE = "exekra.scheduler.v1.ExecutionService"
LIST_RUNNERS = find_method("exekra.registry.v1.RunnerAdminService.ListRunners")
RUNNER_SECONDS = 3.0
ONLINE = 1
"""RunnerState.ONLINE: preferred among several runners of one person."""
BULK_PERMISSIONS = {"stop": "execution:stop", "retry": "execution:run", "resolve": "execution:resolve"}
BULK_SECONDS = 40.0
"""The scheduler works for 25 seconds and answers what it did; the rest is for the one it is at then."""

route = partial(Route, resource="executions")


async def prepare_creation(call: Call, message: Any) -> None:
    """A draft needs more permission; interactive work without a runner goes to the caller's own."""
    body: shapes.CreateExecution = call.body
    if body.draft:
        await require(call.gateway, call.caller, "workflow:edit")
    if body.mode == "interactive" and body.runner_id is None:
        message.runner_id = await _own_runner(call)
    if body.debug is not None:
        message.debug_json = body.debug.model_dump_json(by_alias=True).encode()


async def check_bulk(call: Call, message: Any) -> None:  # noqa: ARG001 - the message is whole already
    """Many need what one needs."""
    body: bulk_shapes.BulkRequest = call.body
    await require(call.gateway, call.caller, BULK_PERMISSIONS[body.action])


async def _own_runner(call: Call) -> str:
    """The caller's runner: one that is free before others, then the one seen last. Raises RUNNER_REQUIRED."""
    request: Any = request_of(LIST_RUNNERS)
    request.limit = MAXIMUM_LIMIT
    own: list[Any] = []
    while True:
        page = await call.gateway.peers.call(LIST_RUNNERS, request, seconds=RUNNER_SECONDS)
        own += [runner for runner in page.items if runner.owner_id and runner.owner_id == call.caller.user_id]
        if not page.next_cursor:
            break
        request.cursor = page.next_cursor
    if not own:
        raise invalid(
            "An interactive execution needs a runner, and no runner is registered as yours.",
            FieldError("/runnerId", "Name the runner to use."),
            reason="RUNNER_REQUIRED",
        )
    best = max(own, key=lambda runner: (runner.state == ONLINE, runner.last_seen_at.ToMicroseconds()))
    return str(best.id)


ROUTES = (
    route(
        method="POST",
        path="/executions",
        summary="Start an execution",
        permission="execution:run",
        rpc=f"{SERVICE}.CreateExecution",
        request=shapes.CreateExecution,
        response=shapes.CreatedExecution,
        status=201,
        further_statuses=(200,),
        status_of=lambda reply: 200 if reply.duplicate else 201,
        prepare=prepare_creation,
        seconds=10.0,
        creates=True,
    ),
    route(
        method="GET",
        path="/executions",
        summary="List executions",
        permission="execution:view",
        rpc=f"{SERVICE}.ListExecutions",
        query=shapes.ExecutionQuery,
        response=shapes.ExecutionPage,
    ),
    route(
        method="GET",
        path="/executions/{execution_id}",
        summary="Show an execution",
        permission="execution:view",
        rpc=f"{SERVICE}.GetExecution",
        response=shapes.ExecutionAnswer,
    ),
    route(
        method="POST",
        path="/executions/{execution_id}/stop",
        summary="Ask for the end of an execution",
        permission="execution:stop",
        rpc=f"{SERVICE}.StopExecution",
        request=shapes.StopExecution,
        response=shapes.ExecutionAnswer,
        status=202,
    ),
    route(
        method="POST",
        path="/executions/{execution_id}/retry",
        summary="Start a new execution with the same inputs, from the start or from a node",
        permission="execution:run",
        rpc=f"{SERVICE}.RetryExecution",
        request=shapes.RetryExecution,
        response=shapes.ExecutionAnswer,
        status=201,
        seconds=10.0,
        creates=True,
    ),
    route(
        method="POST",
        path="/executions/{execution_id}/debug",
        summary="Continue, step or pause an interactive execution, or set its breakpoints",
        permission="execution:run",
        rpc=f"{SERVICE}.DebugExecution",
        request=shapes.DebugExecution,
        response=shapes.ExecutionAnswer,
    ),
    route(
        method="POST",
        path="/executions/{execution_id}/resolve",
        summary="Say what a lost execution came to",
        permission="execution:resolve",
        rpc=f"{SERVICE}.ResolveExecution",
        request=shapes.ResolveExecution,
        response=shapes.ExecutionAnswer,
    ),
    route(
        method="POST",
        path="/executions/bulk",
        summary="Stop, retry or resolve many executions, by their ids or by a filter",
        permission="execution:view",
        rpc=f"{SERVICE}.ActOnExecutions",
        request=bulk_shapes.BulkRequest,
        response=bulk_shapes.BulkAnswer,
        prepare=check_bulk,
        seconds=BULK_SECONDS,
        creates=True,
    ),
    route(
        method="GET",
        path="/executions/{execution_id}/events",
        summary="List the history of an execution",
        permission="execution:view",
        rpc=f"{SERVICE}.ListExecutionEvents",
        query=PageQuery,
        response=shapes.EventPage,
    ),
    route(
        method="GET",
        path="/executions/{execution_id}/pending-reasons",
        summary="Say for every runner why it does not take the execution",
        permission="execution:view",
        rpc=f"{SERVICE}.ListPendingReasons",
        query=WholeListQuery,
        response=shapes.PendingReasons,
    ),
)
