"""The route table against the contract, the protos and the OpenAPI document made from it."""

import json
import re
from typing import Any

import jsonschema
import pytest

from services.gateway.openapi import build_document
from services.gateway.pages.docs import render_docs
from services.gateway.peers import find_method, permission_of
from services.gateway.permissions import PERMISSIONS, ROLES
from services.gateway.routes.declaration import Route
from services.gateway.routes.table import audit_events, permission_matrix, route_table
from services.gateway.transcoding.fields import ApiModel
from services.gateway.web.endpoint import Endpoint

CALLED_ELSEWHERE = {
    "exekra.scheduler.v1.EvidenceService.ReadArtifact",
    "exekra.audit.v1.AuditService.Export",
    "exekra.scheduler.v1.WebhookService.AcceptDeliveries",
    "exekra.scheduler.v1.WorkQueueService.ExportItems",
}
"""By hand-written handlers."""

CONTRACT = """
POST /auth/login
POST /auth/logout
GET /auth/me
POST /auth/register
GET /users
POST /users
GET /users/{}
PATCH /users/{}
DELETE /users/{}
POST /users/{}/reset-password
POST /users/{}/unlock
GET /sessions
DELETE /sessions/{}
GET /api-keys
POST /api-keys
DELETE /api-keys/{}
GET /workflows
POST /workflows
GET /workflows/{}
PATCH /workflows/{}
DELETE /workflows/{}
PUT /workflows/{}/draft
GET /workflows/{}/versions
GET /workflows/{}/versions/{}
GET /workflows/{}/diff
POST /workflows/{}/publish
POST /workflows/{}/rollback
POST /workflows/{}/validate
POST /workflows/{}/duplicate
GET /workflows/{}/export
POST /workflows/import
GET /node-types
POST /executions
GET /executions
GET /executions/{}
POST /executions/{}/stop
POST /executions/{}/retry
POST /executions/{}/resolve
POST /executions/bulk
GET /executions/{}/nodes
GET /executions/{}/logs
GET /executions/{}/events
GET /executions/{}/artifacts
GET /executions/{}/pending-reasons
POST /executions/{}/debug
POST /expressions/preview
GET /approvals/{}
POST /approvals/{}
GET /artifacts/{}
GET /runners
POST /runners
GET /runners/{}
PATCH /runners/{}
DELETE /runners/{}
POST /runners/{}/rotate-secret
POST /runners/{}/drain
POST /runners/{}/resume
GET /runners/{}/metrics
POST /runners/pairing-tokens
GET /event-endpoints
POST /event-endpoints
PATCH /event-endpoints/{}
DELETE /event-endpoints/{}
GET /event-endpoints/{}/deliveries
POST /event-endpoints/{}/replay
POST /event-endpoints/{}/test
GET /triggers
POST /triggers
GET /triggers/{}
PATCH /triggers/{}
DELETE /triggers/{}
POST /triggers/{}/enable
POST /triggers/{}/disable
POST /triggers/{}/fire
POST /triggers/{}/rotate
POST /triggers/{}/backfill
POST /triggers/preview
GET /triggers/{}/fires
GET /triggers/{}/deliveries
POST /deliveries/{}/replay
GET /license
POST /license
GET /audit
GET /audit/export
POST /audit/verify
GET /dispatch
POST /dispatch/hold
POST /dispatch/release
GET /queues/{}/items
POST /queues/{}/items
GET /settings
PATCH /settings
GET /setup
GET /events
GET /dashboard
GET /failures
GET /variables
POST /variables
GET /variables/{}
PATCH /variables/{}
DELETE /variables/{}
GET /credentials
POST /credentials
GET /credentials/{}
PATCH /credentials/{}
DELETE /credentials/{}
GET /calendars
POST /calendars
GET /calendars/{}
PATCH /calendars/{}
DELETE /calendars/{}
POST /calendars/{}/import
DELETE /calendars/{}/import
GET /calendars/{}/days
GET /triggers/{}/breaker
PATCH /triggers/{}/breaker
POST /triggers/{}/resume
"""

ROUTES = route_table()
DOCUMENT = build_document(ROUTES)


def _calls() -> set[str]:
    return {f"{route.method} {re.sub(r'{[^}]*}', '{}', route.path)}" for route in ROUTES}


def test_every_call_of_the_contract_is_served() -> None:
    assert set(CONTRACT.strip().splitlines()) <= _calls()


def test_no_call_is_declared_twice() -> None:
    assert len(_calls()) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_fits_its_models_its_rpc_and_a_permission(route: Route) -> None:
    Endpoint(route, None)  # type: ignore[arg-type]  # compiled, not called


@pytest.mark.parametrize(
    "broken",
    [
        {"permission": ""},
        {"permission": "workflow:veiw"},
        {"permission": "workflow:edit"},
        {"permission": "anyone"},
        {"rpc": ""},
        {"response": None},
        {"path": "/workflows/{colour}"},
        {"creates": True},
    ],
)
def test_a_route_that_leaves_a_door_open_or_does_not_fit_fails_at_start(broken: dict[str, Any]) -> None:
    good = next(route for route in ROUTES if route.rpc.endswith("WorkflowService.GetWorkflow"))
    fields = {name: getattr(good, name) for name in good.__dataclass_fields__}
    with pytest.raises((ValueError, TypeError)):
        Endpoint(Route(**{**fields, **broken}), None)  # type: ignore[arg-type]


def test_every_permission_of_the_protos_is_held_by_administrators() -> None:
    rpcs = {route.rpc for route in ROUTES if route.rpc} | CALLED_ELSEWHERE
    demanded = {permission_of(find_method(rpc)) for rpc in rpcs} - {""}
    assert demanded <= PERMISSIONS == ROLES["ADMIN"]


def test_every_public_rpc_of_the_gateway_has_its_route() -> None:
    used = {route.rpc for route in ROUTES if route.rpc} | CALLED_ELSEWHERE
    for service in {find_method(rpc).containing_service for rpc in used}:
        for method in service.methods:
            if permission_of(method):
                assert method.full_name in used, method.full_name


def test_only_signing_in_is_open_to_nobody() -> None:
    open_to_nobody = {route for route, roles in permission_matrix(ROUTES).items() if roles["nobody"]}
    assert open_to_nobody == {"POST /api/auth/login"}


def test_everything_the_gateway_changes_itself_names_its_audit_event() -> None:
    named = audit_events(ROUTES)
    for route in ROUTES:
        if route.serve is not None and route.method != "GET":
            assert f"{route.method} {route.full_path}" in named


def test_the_document_has_exactly_the_routes_of_the_table() -> None:
    documented = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }
    assert documented == {f"{route.method} {re.sub(r'{[^}]*}', '{}', route.full_path)}" for route in ROUTES}


def test_the_document_is_complete_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    text = json.dumps(DOCUMENT)
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in DOCUMENT["components"]["schemas"]
    identifiers = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers))
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            declared = [item["name"] for item in operation["parameters"] if item["in"] == "path"]
            assert declared == re.findall(r"{(\w+)}", path)
            assert "default" in operation["responses"]


def test_every_schema_is_valid_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_names_outside_are_camel_case_and_unknown_members_are_refused() -> None:
    for route in ROUTES:
        for model in (route.request, route.query, route.response):
            if model is None or not issubclass(model, ApiModel):
                continue
            assert model.model_config.get("extra") == "forbid"
            for name, info in model.model_fields.items():
                assert "_" not in (info.alias or name), f"{model.__name__}.{name}"


def test_the_documentation_page_shows_every_operation_and_escapes_what_it_shows() -> None:
    page = render_docs(DOCUMENT, "nonce")
    for path in DOCUMENT["paths"]:
        assert path in page
    assert "<script" not in page.replace('<script nonce="nonce" src="/assets/docs.js">', "")
