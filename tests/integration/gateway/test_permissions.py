"""The walk of roles over routes: nobody gets further than the permission matrix says."""

from exekra.scheduler.v1 import execution_service_pb2
from services.gateway.permissions import ROLES
from services.gateway.routes.declaration import Route
from services.gateway.routes.table import permission_matrix, route_table
from services.kit.ids import new_id
from tests.integration.gateway.served import Browser, Served

ENDS_THE_SESSION = {"/api/auth/logout", "/api/auth/login"}


def _path(route: Route) -> str:
    path = route.full_path
    for name in route.path_names:
        path = path.replace(f"{{{name}}}", "1" if name == "version" else new_id())
    return path


async def _status(browser: Browser, route: Route) -> int:
    """The status of a call whose body is wrong, so that nothing is done when it is let in."""
    body = {"noSuchMember": 1} if route.method in ("POST", "PUT", "PATCH") else None
    query = {"noSuchParameter": "1"} if route.method == "GET" else None
    return (await browser.call(route.method, _path(route), body, params=query)).status


async def test_every_role_meets_exactly_its_permissions(served: Served) -> None:
    routes = route_table()
    matrix = permission_matrix(routes)
    browsers = {"nobody": await served.browser(), **{role: await served.user(role) for role in ROLES}}
    for route in routes:
        if route.full_path in ENDS_THE_SESSION:
            continue
        for role, browser in browsers.items():
            status = await _status(browser, route)
            may = matrix[f"{route.method} {route.full_path}"][role]
            refused = 401 if role == "nobody" else 403
            where = f"{role}: {route.method} {route.full_path} answered {status}"
            assert (status != refused) if may else (status == refused), where
            assert status < 500, where


async def test_roles_contain_each_other() -> None:
    assert ROLES["OPERATOR"] < ROLES["DEVELOPER"] < ROLES["ADMIN"]


async def test_the_services_see_the_caller_and_the_permissions(served: Served) -> None:
    operator = await served.user("OPERATOR")
    served.script.answers["StopExecution"] = lambda _: execution_service_pb2.StopExecutionResponse()
    assert (await operator.call("POST", f"/api/executions/{new_id()}/stop", {"force": True})).status == 202
    assert served.script.last("StopExecution").force


async def test_nonsense_credentials_are_nobody(served: Served) -> None:
    browser = await served.browser()
    for value in ("Bearer exk_nonsense", "Bearer ", "Basic YTpi", "Bearer " + "x" * 5000, "nonsense"):
        reply = await browser.call("GET", "/api/auth/me", headers={"Authorization": value})
        assert (reply.status, reply.body["reason"]) == (401, "SIGN_IN_REQUIRED")
        assert "Bearer" in reply.headers["WWW-Authenticate"]


async def test_a_session_token_is_no_api_key(served: Served) -> None:
    admin = await served.admin()
    token = next(iter(admin.session.cookie_jar)).value
    stranger = await served.browser()
    assert (await stranger.call("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})).status == 401
