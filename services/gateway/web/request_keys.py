"""Names under which a request carries what one part of the gateway leaves for another."""

REQUEST_ID = "request_id"
RATE_HEADERS = "rate_headers"
"""An Allowance, for the `RateLimit` headers."""
STREAMING = "streaming"
"""Set by a handler once its answer's head is sent: an error can then only cut the connection."""
