"""What executions came to: breakers, failure groups, the dashboard. All by the scheduler's OutcomeService."""

from services.gateway.routes import outcome_shapes as shapes
from services.gateway.routes.declaration import Route

SERVICE = "exekra.scheduler.v1.OutcomeService"

ROUTES = (
    Route(
        method="GET",
        path="/triggers/{trigger_id}/breaker",
        summary="Show the breaker of a trigger",
        resource="triggers",
        permission="trigger:view",
        rpc=f"{SERVICE}.GetBreaker",
        response=shapes.BreakerAnswer,
    ),
    Route(
        method="PATCH",
        path="/triggers/{trigger_id}/breaker",
        summary="Change when a trigger pauses, and how it comes back",
        resource="triggers",
        permission="trigger:edit",
        rpc=f"{SERVICE}.UpdateBreaker",
        request=shapes.ChangeBreaker,
        response=shapes.BreakerAnswer,
    ),
    Route(
        method="POST",
        path="/triggers/{trigger_id}/resume",
        summary="Let a paused trigger go on and release what was held",
        resource="triggers",
        permission="trigger:edit",
        rpc=f"{SERVICE}.ResumeTrigger",
        response=shapes.BreakerAnswer,
    ),
    Route(
        method="GET",
        path="/failures",
        summary="List failures grouped by what went wrong",
        resource="executions",
        permission="execution:view",
        rpc=f"{SERVICE}.ListFailureGroups",
        query=shapes.FailureQuery,
        response=shapes.FailureGroups,
    ),
    Route(
        method="GET",
        path="/dashboard",
        summary="What runs, what waits, what ended lately, what comes next",
        resource="live",
        permission="execution:view",
        rpc=f"{SERVICE}.GetDashboard",
        query=shapes.DashboardQuery,
        response=shapes.Dashboard,
    ),
)
