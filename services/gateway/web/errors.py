"""Refusals that only HTTP knows (no such path, wrong method or media type), and every error as a problem document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from services.kit.errors import DomainError
from services.kit.problem import HTTP_STATUSES, problem
from services.kit.translation import as_domain_error

RETRY_SECONDS = "2"
"""What a client is told to wait when something the Hub needs is away."""


@dataclass
class HttpError(Exception):
    """An answer with a 4xx status and a problem document."""

    status: int
    reason: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_response(error: Exception, *, path: str, request_id: str) -> web.Response:
    """Any exception as `application/problem+json`; unknown ones say nothing about the inside."""
    if isinstance(error, HttpError):
        document = _document(error, path, request_id)
        return _response(error.status, document, error.headers)
    if isinstance(error, web.HTTPException):
        return problem_response(_refusal(error), path=path, request_id=request_id)
    domain = as_domain_error(error)
    document = problem(domain, instance=path, request_id=request_id)
    return _response(HTTP_STATUSES[domain.kind], document, _headers(domain))


def _document(error: HttpError, path: str, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:exekra:problem:{error.reason.lower().replace('_', '-')}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "reason": error.reason,
        "requestId": request_id,
        "errors": [],
    }


def _refusal(error: web.HTTPException) -> HttpError:
    """What aiohttp's own router and reader raise, in our words."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    if error.status == HTTPStatus.NOT_FOUND:
        return HttpError(404, "NOT_FOUND", "There is nothing at this address. The API is described at /api/docs.")
    if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return HttpError(405, "METHOD_NOT_ALLOWED", "This address does not know that method.", headers)
    return HttpError(error.status, HTTPStatus(error.status).name, error.reason, headers)


def _headers(error: DomainError) -> dict[str, str]:
    status = HTTP_STATUSES[error.kind]
    if "retryAfterSeconds" in error.facts:
        return {"Retry-After": str(error.facts["retryAfterSeconds"])}
    if status in (503, 504):
        return {"Retry-After": RETRY_SECONDS}
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="Exekra Hub"'}
    return {}


def _response(status: int, document: dict[str, Any], headers: Mapping[str, str]) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=dict(headers))
