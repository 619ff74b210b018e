"""The client package against the OpenAPI document: every call it makes is there, every answer is read in full."""

import inspect
import re
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from aiohttp import web
from pydantic import BaseModel

from services.client import ApiKey, Hub
from services.client import models as package
from services.client.models import (
    administration,
    approvals,
    calendars,
    credentials,
    events,
    executions,
    notifications,
    outcomes,
    queues,
    runners,
    triggers,
    variables,
    workflows,
)
from services.client.models.base import Actor, Answer, Failure
from services.gateway.openapi import build_document
from services.gateway.routes.table import route_table

DOCUMENT = build_document(route_table())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
ID = "019a0000-0000-7000-8000-000000000001"

SHAPES: dict[type[Answer], tuple[str, ...]] = {
    Actor: ("Actor",),
    Failure: ("Failure",),
    workflows.Workflow: ("WorkflowShape", "WorkflowWithGraph"),
    workflows.Version: ("VersionShape", "VersionWithGraph"),
    workflows.GraphProblem: ("Problem",),
    workflows.Validation: ("Validation",),
    workflows.ExpressionPreview: ("ExpressionPreview",),
    workflows.Imported: ("Imported",),
    workflows.ImportNote: ("ImportNote",),
    executions.WorkflowRef: ("WorkflowRef",),
    executions.Metrics: ("MetricsShape",),
    executions.Obstacle: ("Obstacle",),
    executions.PendingReason: ("PendingReason",),
    executions.Execution: ("ExecutionShape",),
    executions.Started: ("CreatedExecution",),
    executions.NodeRun: ("NodeRunShape",),
    executions.LogLine: ("LogLineShape",),
    executions.ExecutionEvent: ("EventShape",),
    executions.Artifact: ("ArtifactShape",),
    executions.BulkItem: ("BulkItem",),
    executions.BulkAnswer: ("BulkAnswer",),
    runners.RunnerMetrics: ("RunnerMetrics",),
    runners.RunnerPause: ("RunnerPause",),
    runners.Runner: ("RunnerShape",),
    runners.RunnerSecret: ("RunnerSecret",),
    runners.PairingToken: ("PairingToken",),
    triggers.Misfire: ("MisfireShape",),
    triggers.WebhookAuth: ("AuthShape",),
    triggers.Trigger: ("TriggerShape",),
    triggers.TriggerSecret: ("TriggerWithSecret",),
    triggers.Fire: ("FireShape",),
    triggers.Delivery: ("DeliverySummary", "DeliveryShape"),
    triggers.Rejection: ("RejectionShape",),
    triggers.Replayed: ("ReplayedDelivery",),
    events.EventEndpoint: ("EventEndpointShape",),
    events.EventEndpointSecret: ("EventEndpointSecret",),
    events.EventDelivery: ("EventDeliveryShape",),
    approvals.Approval: ("ApprovalShape",),
    variables.VariableUser: ("VariableUser",),
    variables.Variable: ("VariableShape",),
    calendars.CalendarSource: ("CalendarSource",),
    calendars.CalendarUser: ("CalendarUser",),
    calendars.Calendar: ("CalendarShape",),
    calendars.CalendarDay: ("CalendarDay",),
    notifications.NotificationRule: ("NotificationRuleShape",),
    notifications.RefusedRecipient: ("RefusedRecipient",),
    notifications.NotificationTest: ("NotificationTest",),
    outcomes.Breaker: ("Breaker",),
    outcomes.FailingWorkflow: ("FailingWorkflow",),
    outcomes.FailureGroup: ("FailureGroup",),
    outcomes.FailureGroups: ("FailureGroups",),
    credentials.CredentialUser: ("CredentialUser",),
    credentials.CredentialInfo: ("CredentialShape",),
    queues.ItemCounts: ("ItemCounts",),
    queues.Queue: ("QueueShape",),
    queues.ItemFailureCount: ("FailureCount",),
    queues.QueueStatistics: ("QueueStatistics",),
    queues.ItemFailure: ("ItemFailure",),
    queues.Item: ("ItemShape",),
    queues.ItemAttempt: ("ItemAttempt",),
    queues.ItemDetail: ("ItemDetail",),
    queues.AddedItem: ("AddedItem",),
    queues.AddedItems: ("AddedItems",),
    administration.NewUser: ("UserAnswer",),
    administration.ApiKeyInfo: ("ApiKeyShape",),
    administration.NewApiKey: ("ApiKeyAnswer",),
    administration.User: ("UserShape",),
    administration.Me: ("Me",),
    administration.License: ("LicenseShape",),
    administration.FixedSetting: ("FixedSetting",),
    administration.InstallationSettings: ("SettingsShape",),
    administration.Dispatch: ("DispatchShape",),
    administration.AuditEvent: ("AuditEvent",),
    administration.AuditVerdict: ("Verification",),
}
"""A client's model, and the document's shapes it reads; together they have its members."""
FREE = {executions.Turn}
"""Read from what the document calls any JSON."""


def sample(schema: dict[str, Any]) -> Any:
    """A document that the schema allows, with every member there is."""
    if "$ref" in schema:
        return sample(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return sample(schema["anyOf"][0])
    for fixed in ("const", "enum", "default"):
        if fixed in schema:
            return schema[fixed][0] if fixed == "enum" else schema[fixed]
    match schema.get("type"):
        case "object":
            return {name: sample(part) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema["items"])] if schema.get("items") else []
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "string":
            return "2026-01-31T08:00:00Z" if schema.get("format") == "date-time" else "text"
        case "null":
            return None
    return {}


def models() -> set[type[Answer]]:
    """Every model of the client."""
    modules = (import_module(each.name) for each in iter_modules(package.__path__, f"{package.__name__}."))
    found = {value for module in modules for value in vars(module).values() if inspect.isclass(value)}
    return {value for value in found if issubclass(value, Answer) and value is not Answer} - FREE


def test_every_model_is_compared_with_its_shape() -> None:
    assert models() == set(SHAPES)


@pytest.mark.parametrize("model", SHAPES, ids=lambda model: model.__name__)
def test_a_model_has_exactly_the_members_of_its_shape_and_reads_them(model: type[Answer]) -> None:
    shapes = [SCHEMAS[name] for name in SHAPES[model]]
    told = {name for shape in shapes for name in shape["properties"]}
    assert {info.alias for info in model.model_fields.values()} == told
    for shape in shapes:
        document = sample(shape)
        assert model.model_validate(document).as_json() == document


class Recorder:
    """Answers every call of the document with a sample, after holding the request to it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._patterns = [
            (method.upper(), re.compile(re.sub(r"{\w+}", "[^/]+", path)), path, operation)
            for path, operations in DOCUMENT["paths"].items()
            for method, operation in operations.items()
        ]

    async def answer(self, request: web.Request) -> web.Response:
        """422 tells the test what does not fit."""
        path = unquote(request.path)
        # Fixed words before ids: /workflows/import is not a workflow.
        fitting = [entry for entry in self._patterns if entry[0] == request.method and entry[1].fullmatch(path)]
        if not fitting:
            return web.json_response({"detail": f"{request.method} {path} is not in the document."}, status=500)
        method, _, template, operation = min(fitting, key=lambda entry: entry[2].count("{"))
        self.seen.add(f"{method} {template}")
        problems = await self._problems(request, operation)
        if problems:
            return web.json_response({"detail": f"{method} {template}: {problems}"}, status=500)
        status, response = next(iter(operation["responses"].items()))
        content = response.get("content", {}).get("application/json")
        if content is None:
            return web.Response(status=int(status), body=None if status == "204" else b"{}")
        document = sample(content["schema"])
        if "nextCursor" in document:
            document["nextCursor"] = None
        return web.json_response(document, status=int(status), headers={"Set-Cookie": "session=1"})

    async def _problems(self, request: web.Request, operation: dict[str, Any]) -> list[str]:
        names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        problems = [f"no query parameter {name}" for name in request.query if name not in names]
        text = await request.text()
        takes_key = any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
        if takes_key != ("Idempotency-Key" in request.headers):
            problems.append("an Idempotency-Key is sent and not taken, or taken and not sent")
        if not text:
            return problems
        if "requestBody" not in operation:
            return [*problems, "takes no body"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        return problems + [error.message for error in validator.iter_errors(await request.json())]


@pytest.fixture
async def recorder() -> AsyncIterator[tuple[Recorder, Hub]]:
    """A client of a Hub that is nothing but the document."""
    recorder = Recorder()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", recorder.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Hub(f"http://127.0.0.1:{runner.addresses[0][1]}", ApiKey("k")) as hub:
        yield recorder, hub
    await runner.cleanup()


GRAPH: dict[str, Any] = {"nodes": []}
ARGUMENTS: dict[str, Any] = {
    "name": "text",
    "workflow_id": ID,
    "execution_id": ID,
    "runner_id": ID,
    "artifact_id": ID,
    "graph": GRAPH,
    "document": {"format": "exekra.workflow/1", "graph": GRAPH},
    "expression": "inputs.a",
    "template": "{{ inputs.a }}",
    "action": "stop",
    "trigger_id": ID,
    "delivery_id": ID,
    "endpoint_id": ID,
    "approval_id": ID,
    "variable_id": ID,
    "calendar_id": ID,
    "rule_id": ID,
    "queue_id": ID,
    "credential_id": ID,
    "kind": "token",
    "value": {"token": "t"},
    "item_id": ID,
    "items": [{"payload": 1}],
    "file": "{}",
    "recipients": ["ada@example.com"],
    "user_id": ID,
    "api_key_id": ID,
    "url": "https://example.com",
    "event_types": ["execution.*"],
    "version": 1,
    "old": 1,
    "new": 2,
    "status": "FAILED",
    "email": "a@b",
    "password": "p",
}
ELSEWHERE = {"wait_for"}
"""Waits; tested with its own server."""


async def test_every_call_the_client_makes_is_in_the_document(recorder: tuple[Recorder, Hub]) -> None:
    made, hub = recorder
    for resource in (
        hub.workflows,
        hub.executions,
        hub.approvals,
        hub.triggers,
        hub.variables,
        hub.calendars,
        hub.queues,
        hub.credentials,
        hub.runners,
        hub.event_endpoints,
        hub.notification_rules,
        hub.people,
        hub.administration,
    ):
        for name, method in inspect.getmembers(resource, inspect.ismethod):
            if not name.startswith("_") and name not in ELSEWHERE:
                await _use(method)
    assert len(made.seen) > 50


async def _use(method: Callable[..., Any]) -> None:
    parameters = inspect.signature(method).parameters.values()
    needed = {
        item.name: ARGUMENTS[item.name]
        for item in parameters
        if item.default is item.empty and item.kind is not item.VAR_KEYWORD
    }
    result = method(**needed)
    if inspect.isasyncgen(result):
        answers = [answer async for answer in result]
        assert answers, method
    else:
        answers = [await result]
    assert all(
        answer is None or isinstance(answer, BaseModel | dict | list | tuple | int | bytes) for answer in answers
    )
