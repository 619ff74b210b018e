"""Every route of the API in one table."""

from collections.abc import Mapping

from services.gateway.permissions import ANYONE, ROLES, SIGNED_IN
from services.gateway.routes import (
    api_keys,
    approvals,
    auth,
    calendars,
    credentials,
    deliveries,
    event_endpoints,
    evidence,
    executions,
    expressions,
    governance,
    installation,
    live,
    notification_rules,
    outcomes,
    queues,
    runners,
    sessions,
    setup,
    triggers,
    users,
    variables,
    workflows,
)
from services.gateway.routes.declaration import Route


def route_table() -> tuple[Route, ...]:
    """In the order of the documentation."""
    return (
        *auth.ROUTES,
        *users.ROUTES,
        *sessions.ROUTES,
        *api_keys.ROUTES,
        *workflows.ROUTES,
        *expressions.ROUTES,
        *executions.ROUTES,
        *evidence.ROUTES,
        *approvals.ROUTES,
        *variables.ROUTES,
        *calendars.ROUTES,
        *outcomes.ROUTES,
        *queues.ROUTES,
        *credentials.ROUTES,
        *triggers.ROUTES,
        *deliveries.ROUTES,
        *runners.ROUTES,
        *event_endpoints.ROUTES,
        *notification_rules.ROUTES,
        *governance.ROUTES,
        *installation.ROUTES,
        *setup.ROUTES,
        *live.routes(),
    )


def permission_matrix(routes: tuple[Route, ...]) -> Mapping[str, Mapping[str, bool]]:
    """`METHOD /path` → role → whether it may; "nobody" stands for callers who are not signed in."""
    return {
        f"{route.method} {route.full_path}": {
            "nobody": route.permission == ANYONE,
            **{
                role: route.permission in (ANYONE, SIGNED_IN) or route.permission in granted
                for role, granted in ROLES.items()
            },
        }
        for route in routes
    }


def audit_events(routes: tuple[Route, ...]) -> Mapping[str, str]:
    """`METHOD /path` → the event the gateway itself records."""
    return {f"{route.method} {route.full_path}": route.audit for route in routes if route.audit}
