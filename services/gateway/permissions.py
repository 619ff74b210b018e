"""Roles and what they may do: the one table. Protos and routes name permissions; nothing else decides."""

from collections.abc import Mapping
from typing import Literal

Role = Literal["ADMIN", "DEVELOPER", "OPERATOR"]

ANYONE = "anyone"
"""A route that needs no sign-in. Stated like any other permission, so that none is open by omission."""
SIGNED_IN = "signed-in"
"""A route every signed-in person or key may call."""

_OPERATOR = frozenset(
    {
        "execution:run",
        "execution:view",
        "execution:stop",
        "execution:resolve",
        "approval:decide",
        "workflow:view",
        "trigger:view",
        "queue:view",
        "queue:work",
        "runner:view",
        "license:view",
        "session:own",
        "api-key:own",
    }
)
_DEVELOPER = _OPERATOR | {
    "workflow:edit",
    "workflow:publish",
    "trigger:edit",
    "queue:edit",
    "credential:view",
    "event:view",
    "event:manage",
}
_ADMIN = _DEVELOPER | {
    "event:private",
    "credential:manage",
    "runner:manage",
    "dispatch:hold",
    "license:install",
    "audit:view",
    "audit:export",
    "user:manage",
    "settings:edit",
}

ROLES: Mapping[Role, frozenset[str]] = {"ADMIN": _ADMIN, "DEVELOPER": _DEVELOPER, "OPERATOR": _OPERATOR}
"""ADMIN contains DEVELOPER contains OPERATOR."""

PERMISSIONS = _ADMIN
"""Every permission there is; API-key scopes are drawn from it."""


def permissions_of(role: Role, scopes: frozenset[str] | None = None) -> frozenset[str]:
    """What a role grants, cut down to the scopes of an API key when there are any."""
    granted = ROLES[role]
    return granted if scopes is None else granted & scopes
