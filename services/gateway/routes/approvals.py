"""Approvals: questions of executions to people. All by the scheduler's ApprovalService."""

from functools import partial

from services.gateway.routes import approval_shapes as shapes
from services.gateway.routes.declaration import Route

SERVICE = "exekra.scheduler.v1.ApprovalService"

route = partial(Route, resource="approvals")

ROUTES = (
    route(
        method="GET",
        path="/approvals",
        summary="List approvals",
        permission="execution:view",
        rpc=f"{SERVICE}.ListApprovals",
        query=shapes.ApprovalQuery,
        response=shapes.ApprovalPage,
    ),
    route(
        method="GET",
        path="/approvals/{approval_id}",
        summary="Show an approval",
        permission="execution:view",
        rpc=f"{SERVICE}.GetApproval",
        response=shapes.ApprovalAnswer,
    ),
    route(
        method="POST",
        path="/approvals/{approval_id}",
        summary="Decide an approval",
        permission="approval:decide",
        rpc=f"{SERVICE}.DecideApproval",
        request=shapes.DecideApproval,
        response=shapes.ApprovalAnswer,
    ),
)
