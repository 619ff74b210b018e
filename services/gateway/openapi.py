"""The OpenAPI 3.1 document, made from the route table and the pydantic models: nothing is written twice."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway import VERSION
from services.gateway.examples import EXAMPLES
from services.gateway.permissions import ANYONE
from services.gateway.routes.declaration import Route
from services.gateway.transcoding.fields import ApiModel
from services.gateway.web.csrf import HEADER as CSRF_HEADER

REFERENCE = "#/components/schemas/{model}"
_ID = {"type": "string", "format": "uuid"}
_VERSION = {"type": "integer", "minimum": 1}


class ProblemField(ApiModel):
    """One member that is wrong."""

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457. `reason` is a stable word to switch on; further facts may stand beside."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    reason: str
    requestId: str  # noqa: N815 - its name outside
    errors: list[ProblemField]


def build_document(routes: Sequence[Route], cookie: str = "__Host-exekra") -> dict[str, Any]:
    """The whole document; `cookie` names the session cookie of this installation."""
    requests = {r.request for r in routes if r.request is not None}
    queries = {r.query for r in routes if r.query is not None}
    responses = {r.response for r in routes if r.response is not None} | {ProblemDocument}
    models: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((model, "validation") for model in sorted(requests | queries, key=lambda model: model.__name__)),
        *((model, "serialization") for model in sorted(responses, key=lambda model: model.__name__)),
    ]
    references, definitions = models_json_schema([*models], by_alias=True, ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operations = paths.setdefault(_outside(route.full_path), {})
        operations[route.method.lower()] = _operation(route, references, definitions["$defs"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exekra Hub",
            "version": VERSION,
            "summary": "Store workflows, run them on runners, see what happened.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(route.resource for route in routes)],
        "security": [{"apiKey": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, `exk_…`."},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": CSRF_HEADER,
                    "description": "From GET /api/auth/me; needed by cookie for everything that changes something.",
                },
            },
        },
    }


def _operation(route: Route, references: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.resource],
        "x-permission": route.permission,
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_header_parameters(route)],
        "responses": _responses(route, references),
    }
    if route.audit:
        operation["x-audit-event"] = route.audit
    if route.permission == ANYONE:
        operation["security"] = []
    if route.request is not None:
        schema = references[(route.request, "validation")]
        required = any(field.is_required() for field in route.request.model_fields.values())
        content = {"schema": schema, "examples": _examples(route)}
        operation["requestBody"] = {"required": required, "content": {"application/json": content}}
    if doc := _notes(route):
        operation["description"] = doc
    return operation


def _examples(route: Route) -> dict[str, Any]:
    bodies = EXAMPLES.get(f"{route.method} {route.path}", {})
    return {
        f"example{number}": {"summary": title, "value": body} for number, (title, body) in enumerate(bodies.items(), 1)
    }


def _notes(route: Route) -> str:
    notes = [model.__doc__ for model in (route.request, route.query) if model is not None and model.__doc__]
    return "\n\n".join(notes)


def _responses(route: Route, references: Any) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if route.response is not None:
        content = {"application/json": {"schema": references[(route.response, "serialization")]}}
    elif route.status != HTTPStatus.NO_CONTENT:
        binary = route.media_type == "application/octet-stream"
        content = {route.media_type: {"schema": {} if not binary else {"type": "string", "format": "binary"}}}
    answers: dict[str, Any] = {}
    for status in (route.status, *route.further_statuses):
        answers[str(status)] = {"description": HTTPStatus(status).phrase}
        if content and status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            answers[str(status)]["content"] = content
    problem = {"application/problem+json": {"schema": references[(ProblemDocument, "serialization")]}}
    answers["default"] = {"description": "A problem document", "content": problem}
    return answers


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": _camel(name),
            "in": "path",
            "required": True,
            "schema": _VERSION if name == "version" else _ID,
        }
        for name in route.path_names
    ]


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = schemas[route.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if not route.creates:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"}
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": schema,
            "description": "The same key with the same request answers the first result for 24 hours.",
        }
    ]


def _outside(path: str) -> str:
    return "/".join(f"{{{_camel(part[1:-1])}}}" if part.startswith("{") else part for part in path.split("/"))


def _operation_id(route: Route) -> str:
    words = [word for part in route.path.split("/") for word in part.strip("{}").replace("-", "_").split("_") if word]
    return _camel("_".join([route.method.lower(), *words]))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
