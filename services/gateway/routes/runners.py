"""Runners: registering, pairing, draining them. All by the registry's RunnerAdminService."""

from functools import partial
from typing import Any

from services.gateway.routes import runner_shapes as shapes
from services.gateway.routes.declaration import Call, Route

SERVICE = "exekra.registry.v1.RunnerAdminService"

route = partial(Route, resource="runners")


async def own_it(call: Call, message: Any) -> None:
    """A runner registered by API key belongs to the person behind the key, not to the key."""
    if not message.owner_id:
        message.owner_id = call.caller.user_id


ROUTES = (
    route(
        method="GET",
        path="/runners",
        summary="List runners",
        permission="runner:view",
        rpc=f"{SERVICE}.ListRunners",
        query=shapes.RunnerQuery,
        response=shapes.RunnerPage,
    ),
    route(
        method="POST",
        path="/runners",
        summary="Register a runner",
        permission="runner:manage",
        rpc=f"{SERVICE}.CreateRunner",
        request=shapes.CreateRunner,
        response=shapes.RunnerSecret,
        status=201,
        prepare=own_it,
        creates=True,
    ),
    route(
        method="GET",
        path="/runners/{runner_id}",
        summary="Show a runner",
        permission="runner:view",
        rpc=f"{SERVICE}.GetRunner",
        response=shapes.RunnerAnswer,
    ),
    route(
        method="PATCH",
        path="/runners/{runner_id}",
        summary="Change a runner, or disable it",
        permission="runner:manage",
        rpc=f"{SERVICE}.UpdateRunner",
        request=shapes.ChangeRunner,
        response=shapes.RunnerAnswer,
    ),
    route(
        method="DELETE",
        path="/runners/{runner_id}",
        summary="Delete a runner",
        permission="runner:manage",
        rpc=f"{SERVICE}.DeleteRunner",
        status=204,
    ),
    route(
        method="POST",
        path="/runners/{runner_id}/rotate-secret",
        summary="Make a new machine secret; the old one is dead at once",
        permission="runner:manage",
        rpc=f"{SERVICE}.RotateSecret",
        response=shapes.RunnerSecret,
    ),
    route(
        method="POST",
        path="/runners/{runner_id}/drain",
        summary="Give a runner no new work",
        permission="runner:manage",
        rpc=f"{SERVICE}.DrainRunner",
        response=shapes.RunnerAnswer,
    ),
    route(
        method="POST",
        path="/runners/{runner_id}/resume",
        summary="Give a drained runner work again",
        permission="runner:manage",
        rpc=f"{SERVICE}.ResumeRunner",
        response=shapes.RunnerAnswer,
    ),
    route(
        method="GET",
        path="/runners/{runner_id}/metrics",
        summary="List a runner's measurements",
        permission="runner:view",
        rpc=f"{SERVICE}.ListRunnerMetrics",
        query=shapes.MetricsQuery,
        response=shapes.MetricsList,
    ),
    route(
        method="POST",
        path="/runners/pairing-tokens",
        summary="Make a one-time token that pairs a machine",
        permission="runner:manage",
        rpc=f"{SERVICE}.CreatePairingToken",
        request=shapes.CreatePairingToken,
        response=shapes.PairingToken,
        status=201,
    ),
)
