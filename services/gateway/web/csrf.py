"""Proof that a state-changing call by cookie was made by our own page. Calls by API key need none."""

import hmac

from aiohttp import web

from services.gateway.identity.errors import csrf_refused
from services.gateway.web.clients import Clients

HEADER = "X-Exekra-Csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"", "same-origin", "none"})


def check_site(request: web.Request, clients: Clients) -> None:
    """What the browser says about the page behind the call. Raises CSRF_REFUSED for another site's."""
    if request.headers.get("Sec-Fetch-Site", "") not in _OWN_SITES:
        raise csrf_refused("This call came from a page of another site.")
    origin = request.headers.get("Origin")
    if origin is not None and not clients.is_own_origin(request, origin):
        raise csrf_refused("This call came from a page of another origin.")


def check_token(request: web.Request, expected: str) -> None:
    """The token of GET /api/auth/me. Raises CSRF_REFUSED."""
    given = request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise csrf_refused(f"Send the csrfToken of GET /api/auth/me in the header {HEADER}.")
