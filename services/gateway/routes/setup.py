"""How far the setting up of a new Hub is: what the page for it and an installer's script ask."""

import asyncio
from typing import Any

from exekra.registry.v1 import runner_pb2
from services.gateway.peers import find_method, request_of
from services.gateway.routes.declaration import Call, Route
from services.gateway.transcoding.fields import ApiModel
from services.kit.paging import MAXIMUM_LIMIT

LIST_EVENTS = find_method("exekra.audit.v1.AuditService.ListEvents")
LIST_RUNNERS = find_method("exekra.registry.v1.RunnerAdminService.ListRunners")
LIST_EXECUTIONS = find_method("exekra.scheduler.v1.ExecutionService.ListExecutions")
GET_LICENSE = find_method("exekra.license.v1.LicenseService.GetLicense")
ASK_SECONDS = 3.0
COMMUNITY = "community"
"""The licence's state while none is installed."""


class SetupShape(ApiModel):
    """What has been done. The password is the caller's own; without a licence the community edition holds."""

    password_changed: bool
    license_installed: bool
    runner_connected: bool
    execution_started: bool


class SetupAnswer(ApiModel):
    """How far it is."""

    setup: SetupShape


async def show_setup(call: Call) -> SetupAnswer:
    """Asks the services that know; raises UNAVAILABLE while one of them is away."""
    changes, runners, executions, licence = await asyncio.gather(
        _ask(call, LIST_EVENTS, action="user.password_changed", resource=call.caller.user_id, limit=1),
        _ask(call, LIST_RUNNERS, limit=MAXIMUM_LIMIT),
        _ask(call, LIST_EXECUTIONS, limit=1),
        _ask(call, GET_LICENSE),
    )
    return SetupAnswer(
        setup=SetupShape(
            password_changed=bool(changes.items),
            license_installed=licence.license.state != COMMUNITY,
            runner_connected=any(runner.state != runner_pb2.RUNNER_STATE_OFFLINE for runner in runners.items),
            execution_started=bool(executions.items),
        )
    )


async def _ask(call: Call, method: Any, **fields: Any) -> Any:
    request = request_of(method)
    for name, value in fields.items():
        setattr(request, name, value)
    return await call.gateway.peers.call(method, request, seconds=ASK_SECONDS)


ROUTES = (
    Route(
        method="GET",
        path="/setup",
        summary="Show how far the setting up is",
        resource="settings",
        permission="settings:edit",
        serve=show_setup,
        response=SetupAnswer,
    ),
)
