"""Guards every request: the right host, the right page, a visit; and gives every answer its headers.

Against other pages in the same browser: a name that was pointed at 127.0.0.1 (the Host header), forms and scripts of
foreign pages (Origin, Sec-Fetch-Site, a header that only our script sends), frames, and guessing (256 random bits).
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from runner.page.door import Door

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OUR_HEADER = "X-Exekra-Page"
OPEN_PATHS = frozenset({"/enter", "/tickets"})
"""Where somebody without a visit may go; both ask for something better."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STRANGER = (
    "This page belongs to the runner on this computer. Open it by the command `exekra-runner open`, as the user the "
    "runner works for."
)


def cookie_name(port: int) -> str:
    """Cookies know no ports: each runner of this machine needs a name of its own."""
    return f"exekra-runner-{port}"


def guard(door: Door, port: int) -> Middleware:
    """The middleware. Refuses with 403 what comes by a wrong way, with 401 who was not let in."""
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await _checked(request, handler)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})
        return response

    async def _checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in hosts:
            raise web.HTTPForbidden(text=f"This page is at http://127.0.0.1:{port} alone.")
        if request.path not in OPEN_PATHS and not door.is_inside(request.cookies.get(cookie_name(port), "")):
            raise web.HTTPUnauthorized(text=STRANGER)
        if request.method not in {"GET", "HEAD"}:
            _refuse_foreign(request, hosts)
        return await handler(request)

    return check


def _refuse_foreign(request: web.Request, hosts: set[str]) -> None:
    origin = request.headers.get("Origin")
    foreign_origin = origin is not None and origin.removeprefix("http://") not in hosts
    foreign_site = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if foreign_origin or foreign_site or OUR_HEADER not in request.headers:
        raise web.HTTPForbidden(text="This may only be asked by the runner's own page.")
