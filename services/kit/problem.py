"""Domain errors as RFC 9457 problem documents: the one table from kind to HTTP status."""

from collections.abc import Mapping
from typing import Any

from services.kit.errors import DomainError, Kind

HTTP_STATUSES: Mapping[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.EXISTS: 409,
    Kind.WRONG_STATE: 409,
    Kind.SUPERSEDED: 409,
    Kind.CHANGED: 412,
    Kind.TOO_LARGE: 413,
    Kind.EXHAUSTED: 429,
    Kind.PAYMENT: 402,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE: 504,
    Kind.INTERNAL: 500,
}

_TITLES: Mapping[int, str] = {
    401: "Sign in first",
    402: "Not covered by the licence",
    403: "Not permitted",
    404: "Not found",
    409: "Not possible now",
    412: "Changed meanwhile",
    413: "Too large",
    422: "Invalid request",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
    504: "No answer in time",
}


def problem(error: DomainError, *, instance: str, request_id: str) -> dict[str, Any]:
    """The body of an `application/problem+json` answer; `facts` stand beside the standard members."""
    status = HTTP_STATUSES[error.kind]
    return {
        **error.facts,
        "type": f"urn:exekra:problem:{error.reason.lower().replace('_', '-')}",
        "title": _TITLES[status],
        "status": status,
        "detail": error.message,
        "instance": instance,
        "reason": error.reason,
        "requestId": request_id,
        "errors": [{"pointer": field.pointer, "detail": field.detail} for field in error.fields],
    }
