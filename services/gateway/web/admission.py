"""Letting a request in: who calls, how often, whether our own page did it, and what for. Deny is the default."""

from aiohttp import web

from services.gateway.identity.errors import permission_missing, sign_in_first
from services.gateway.identity.model import Caller, anonymous, signed_in
from services.gateway.identity.tokens import csrf_token
from services.gateway.parts import Gateway
from services.gateway.permissions import ANYONE, SIGNED_IN
from services.gateway.routes.declaration import Route
from services.gateway.web.csrf import SAFE_METHODS, check_site, check_token
from services.gateway.web.rate_limits import network_of
from services.gateway.web.request_keys import RATE_HEADERS
from services.kit.errors import DomainError
from services.kit.identity import current_principal
from services.kit.outbox import Resource

TOKEN_LENGTH = 200


async def admit(gateway: Gateway, route: Route, request: web.Request) -> Caller:
    """The caller, with the context variable of the principal set. Raises 401, 403 and 429 refusals."""
    ip = gateway.clients.ip(request)
    caller = await _identify(gateway, request, ip)
    current_principal.set(caller.principal)
    _count(gateway, route, request, caller, ip)
    if caller.credential is None and route.permission != ANYONE:
        raise sign_in_first()
    if request.method not in SAFE_METHODS:
        _check_page(gateway, route, request, caller)
    if route.permission not in (ANYONE, SIGNED_IN):
        await require(gateway, caller, route.permission)
    return caller


async def require(gateway: Gateway, caller: Caller, permission: str) -> None:
    """Raises PERMISSION_MISSING, after the attempt was recorded for the audit."""
    if caller.principal.may(permission):
        return
    error: DomainError = permission_missing(permission)
    outbox = gateway.identity.outbox
    async with gateway.identity.pool.acquire() as connection, connection.transaction():
        await outbox.record(connection, "access.denied", Resource("permission", "", permission))
    raise error


def session_token(gateway: Gateway, request: web.Request) -> str:
    """What the cookie holds; empty when there is none."""
    token = request.cookies.get(gateway.identity.cookie, "")
    return token if len(token) <= TOKEN_LENGTH else ""


async def _identify(gateway: Gateway, request: web.Request, ip: str) -> Caller:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        key = key.strip()
        credential = await gateway.identity.authenticator.find(key) if 0 < len(key) <= TOKEN_LENGTH else None
        return signed_in(credential, ip, "") if credential and credential.kind == "api_key" else anonymous(ip)
    token = session_token(gateway, request)
    credential = await gateway.identity.authenticator.find(token) if token else None
    return signed_in(credential, ip, csrf_token(token)) if credential and credential.kind == "user" else anonymous(ip)


def _count(gateway: Gateway, route: Route, request: web.Request, caller: Caller, ip: str) -> None:
    if route.login:
        allowance = gateway.limits.take("login", network_of(ip))
    elif caller.credential is None:
        allowance = gateway.limits.take("anonymous", network_of(ip))
    else:
        policy = "api_key" if caller.credential.kind == "api_key" else "session"
        allowance = gateway.limits.take(policy, caller.credential.id)
    request[RATE_HEADERS] = allowance


def _check_page(gateway: Gateway, route: Route, request: web.Request, caller: Caller) -> None:
    """Sign-in has no session yet, but must not be driven by another site either."""
    if caller.credential is not None and caller.credential.kind == "api_key":
        return
    check_site(request, gateway.clients)
    if caller.credential is not None and not route.login:
        check_token(request, caller.csrf_token)
