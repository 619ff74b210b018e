"""Workflows: storing, validating and publishing graphs. All by the scheduler's WorkflowService."""

from functools import partial
from typing import Any

from services.gateway.routes import workflow_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import PageQuery, WholeListQuery
from services.gateway.web.bodies import GRAPH_BYTES

SERVICE = "exekra.scheduler.v1.WorkflowService"
GRAPH_SECONDS = 15.0
"""Large graphs take longer to validate than a row takes to write."""

route = partial(Route, resource="workflows")


async def pass_if_match(call: Call, message: Any) -> None:
    """`If-Match` of a draft; `*` and none mean any."""
    message.if_match = read_if_match(call)


def read_if_match(call: Call) -> str:
    """The bare tag; empty when any will do."""
    given = call.request.headers.get("If-Match", "").strip()
    return "" if given == "*" else given.removeprefix("W/").strip('"')


ROUTES = (
    route(
        method="GET",
        path="/workflows",
        summary="List workflows",
        permission="workflow:view",
        rpc=f"{SERVICE}.ListWorkflows",
        query=shapes.WorkflowQuery,
        response=shapes.WorkflowPage,
    ),
    route(
        method="POST",
        path="/workflows",
        summary="Create a workflow",
        permission="workflow:edit",
        rpc=f"{SERVICE}.CreateWorkflow",
        request=shapes.CreateWorkflow,
        response=shapes.WorkflowAnswer,
        status=201,
        body_limit=GRAPH_BYTES,
        seconds=GRAPH_SECONDS,
        creates=True,
    ),
    route(
        method="GET",
        path="/workflows/{workflow_id}",
        summary="Show a workflow with the graph of its draft",
        permission="workflow:view",
        rpc=f"{SERVICE}.GetWorkflow",
        response=shapes.WorkflowWithGraphAnswer,
        etag_of=lambda reply: reply.workflow.etag,
    ),
    route(
        method="PATCH",
        path="/workflows/{workflow_id}",
        summary="Change name, description or tags",
        permission="workflow:edit",
        rpc=f"{SERVICE}.UpdateWorkflow",
        request=shapes.ChangeWorkflow,
        response=shapes.WorkflowAnswer,
    ),
    route(
        method="DELETE",
        path="/workflows/{workflow_id}",
        summary="Delete a workflow; its executions keep their history",
        permission="workflow:edit",
        rpc=f"{SERVICE}.DeleteWorkflow",
        status=204,
    ),
    route(
        method="PUT",
        path="/workflows/{workflow_id}/draft",
        summary="Save the graph as a new version",
        permission="workflow:edit",
        rpc=f"{SERVICE}.SaveDraft",
        request=shapes.SaveDraft,
        response=shapes.SavedDraft,
        body_limit=GRAPH_BYTES,
        seconds=GRAPH_SECONDS,
        prepare=pass_if_match,
        etag_of=lambda reply: reply.etag,
    ),
    route(
        method="GET",
        path="/workflows/{workflow_id}/versions",
        summary="List versions",
        permission="workflow:view",
        rpc=f"{SERVICE}.ListVersions",
        query=PageQuery,
        response=shapes.VersionPage,
    ),
    route(
        method="GET",
        path="/workflows/{workflow_id}/versions/{version}",
        summary="Show a version with its graph",
        permission="workflow:view",
        rpc=f"{SERVICE}.GetVersion",
        response=shapes.VersionAnswer,
    ),
    route(
        method="GET",
        path="/workflows/{workflow_id}/diff",
        summary="Compare two versions",
        permission="workflow:view",
        rpc=f"{SERVICE}.DiffVersions",
        query=shapes.DiffQuery,
        answer_document="diff_json",
        seconds=GRAPH_SECONDS,
    ),
    route(
        method="POST",
        path="/workflows/{workflow_id}/publish",
        summary="Publish a version",
        permission="workflow:publish",
        rpc=f"{SERVICE}.PublishWorkflow",
        request=shapes.PublishWorkflow,
        response=shapes.WorkflowAnswer,
        seconds=GRAPH_SECONDS,
    ),
    route(
        method="POST",
        path="/workflows/{workflow_id}/rollback",
        summary="Publish the graph of an older version again",
        permission="workflow:publish",
        rpc=f"{SERVICE}.RollbackWorkflow",
        request=shapes.RollbackWorkflow,
        response=shapes.WorkflowAnswer,
        seconds=GRAPH_SECONDS,
    ),
    route(
        method="POST",
        path="/workflows/{workflow_id}/validate",
        summary="List the problems of a graph",
        permission="workflow:view",
        rpc=f"{SERVICE}.ValidateWorkflow",
        request=shapes.ValidateWorkflow,
        response=shapes.Validation,
        body_limit=GRAPH_BYTES,
        seconds=GRAPH_SECONDS,
    ),
    route(
        method="POST",
        path="/workflows/{workflow_id}/duplicate",
        summary="Copy a workflow",
        permission="workflow:edit",
        rpc=f"{SERVICE}.DuplicateWorkflow",
        request=shapes.DuplicateWorkflow,
        response=shapes.WorkflowAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/workflows/{workflow_id}/export",
        summary="Export a workflow as a document for another Hub",
        permission="workflow:view",
        rpc=f"{SERVICE}.ExportWorkflow",
        query=shapes.ExportQuery,
        answer_document="document_json",
        seconds=GRAPH_SECONDS,
    ),
    route(
        method="POST",
        path="/workflows/import",
        summary="Make a workflow from an exported document, of n8n or Node-RED too",
        permission="workflow:edit",
        rpc=f"{SERVICE}.ImportWorkflow",
        request=shapes.ExportedWorkflow,
        query=shapes.ImportQuery,
        response=shapes.Imported,
        status=201,
        body_limit=GRAPH_BYTES,
        body_is_document="document_json",
        seconds=GRAPH_SECONDS,
        creates=True,
    ),
    route(
        method="GET",
        path="/node-types",
        summary="List node types",
        permission="workflow:view",
        rpc=f"{SERVICE}.ListNodeTypes",
        query=WholeListQuery,
        response=shapes.NodeTypes,
    ),
)
