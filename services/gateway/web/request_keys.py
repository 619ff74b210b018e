"""Names under which a request carries what one part of the gateway leaves for another."""

from aiohttp import web

from services.gateway.web.rate_limits import Allowance

REQUEST_ID = web.RequestKey("request_id", str)
RATE_HEADERS = web.RequestKey("rate_headers", Allowance)
STREAMING = web.RequestKey("streaming", bool)
"""Set by a handler once its answer's head is sent: an error can then only cut the connection."""
