"""Headers every answer carries, and the content policy of pages."""

from aiohttp import web

HSTS = "max-age=31536000"
_API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def page_policy(nonce: str) -> str:
    """For our own pages: our own assets, scripts by nonce alone."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def secure(request: web.Request, response: web.StreamResponse, request_id: str) -> None:
    """Sets what is not set yet. No HSTS for local names: it would bind every port of the developer's machine."""
    headers = response.headers
    headers["X-Request-Id"] = request_id
    headers.setdefault("Content-Security-Policy", _API_POLICY)
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if not request.host.lower().startswith(_LOCAL_NAMES):
        headers["Strict-Transport-Security"] = HSTS
