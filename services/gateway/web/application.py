"""The aiohttp application: every route of the table, and what surrounds each request."""

import asyncio
import re
import time
from collections.abc import Sequence

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import Counter, Histogram

from services.gateway.parts import Gateway
from services.gateway.routes.declaration import API, Route
from services.gateway.web.endpoint import Endpoint
from services.gateway.web.errors import HttpError, problem_response
from services.gateway.web.headers import secure
from services.gateway.web.rate_limits import RateLimitedError, network_of
from services.gateway.web.request_keys import RATE_HEADERS, REQUEST_ID, STREAMING
from services.kit.errors import Kind
from services.kit.identity import current_principal, current_request_id
from services.kit.ids import new_id
from services.kit.translation import as_domain_error

log = structlog.get_logger()

REQUESTS = Counter("exekra_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("exekra_http_request_seconds", "Time to the answer, streams left out", ["method", "route"])

HOOKS = "/hooks/"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def make_application(gateway: Gateway, routes: Sequence[Route], pages: Sequence[web.RouteDef]) -> web.Application:
    """Raises ValueError or TypeError for a route that cannot be served as declared."""
    application = web.Application(middlewares=[_surrounding(gateway)])
    for route in routes:
        endpoint, path = Endpoint(route, gateway), router_path(route, routes)
        application.router.add_route(route.method, path, endpoint.__call__)
        if route.also_head:
            application.router.add_route("HEAD", path, endpoint.__call__)
    application.add_routes(pages)
    application.on_response_prepare.append(_on_prepare)
    return application


def router_path(route: Route, routes: Sequence[Route]) -> str:
    """The path for aiohttp's router, where an id is never a word that stands in its place in another route.

    So `/workflows/import` is one address with its own methods, and not also a workflow of that name.
    """
    parts = route.full_path.split("/")
    for index, part in enumerate(parts):
        if not part.startswith("{"):
            continue
        others = [other.full_path.split("/") for other in routes]
        same = [other for other in others if len(other) > index and other[:index] == route.full_path.split("/")[:index]]
        words = sorted({other[index] for other in same if not other[index].startswith("{")})
        if words:
            parts[index] = f"{{{part[1:-1]}:(?!(?:{'|'.join(map(re.escape, words))})(?:/|$))[^/]+}}"
    return "/".join(parts)


def shown_path(request: web.Request) -> str:
    """The path for logs and problems. A webhook's token lets its reader start work, so it is left out."""
    return f"{HOOKS}[token]" if request.path.startswith(HOOKS) else request.path


def _surrounding(gateway: Gateway) -> Middleware:
    @web.middleware
    async def surround(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await _answer(gateway, request, handler)

    return surround


async def _answer(gateway: Gateway, request: web.Request, handler: Handler) -> web.StreamResponse:
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
    request[REQUEST_ID] = request_id
    current_request_id.set(request_id)
    current_principal.set(None)
    started = time.perf_counter()
    try:
        _count_what_is_no_route(gateway, request)
        response = await handler(request)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if STREAMING in request:
            raise
        _log_own_error(request, error)
        if isinstance(error, RateLimitedError):
            request[RATE_HEADERS] = error.allowance
        response = problem_response(error, path=shown_path(request), request_id=request_id)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unknown"
    REQUESTS.labels(request.method, route, response.status).inc()
    if STREAMING not in request:
        SECONDS.labels(request.method, route).observe(time.perf_counter() - started)
    return response


def _count_what_is_no_route(gateway: Gateway, request: web.Request) -> None:
    """Routes count by who calls; the documentation, and addresses that do not exist, count as anonymous."""
    served_by = getattr(request.match_info.handler, "__self__", None)
    if request.path.startswith(f"{API}/") and not isinstance(served_by, Endpoint):
        request[RATE_HEADERS] = gateway.limits.take("anonymous", network_of(gateway.clients.ip(request)))


def _log_own_error(request: web.Request, error: Exception) -> None:
    if isinstance(error, (web.HTTPException, HttpError)):
        return
    if as_domain_error(error).kind is Kind.INTERNAL:
        log.error("request failed", method=request.method, path=shown_path(request), exc_info=error)


async def _on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    secure(request, response, request.get(REQUEST_ID, ""))
    allowance = request.get(RATE_HEADERS)
    if allowance is not None:
        response.headers.update(allowance.headers())
    response.headers.pop("Server", None)
