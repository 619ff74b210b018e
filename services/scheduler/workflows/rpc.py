"""WorkflowService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import workflow_pb2, workflow_service_pb2_grpc
from exekra.scheduler.v1 import workflow_service_pb2 as pb
from runner.workflow.problems import has_errors
from services.kit.errors import DomainError, FieldError, invalid
from services.kit.idempotency import answer_once, key_of
from services.kit.ids import is_id
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.workflows import catalogue, graphs, library, publishing, repository, transfer
from services.scheduler.workflows.errors import version_not_found
from services.scheduler.workflows.messages import to_problem, to_version, to_workflow
from services.scheduler.workflows.model import NewWorkflow

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

_SHA256_DIGITS = 64


class WorkflowServicer(workflow_service_pb2_grpc.WorkflowServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", outbox: Outbox, require_editing: Callable[[], Awaitable[None]]) -> None:
        self._pool = pool
        self._outbox = outbox
        self._require_editing = require_editing

    async def CreateWorkflow(self, request: pb.CreateWorkflowRequest, context: Any) -> pb.CreateWorkflowResponse:
        await self._require_editing()
        new = NewWorkflow(
            name=_name(request.name),
            description=request.description,
            tags=tuple(request.tags),
            graph=await graphs.read_text(request.graph_json) if request.graph_json else None,
        )

        async def create(connection: "Connection") -> pb.CreateWorkflowResponse:
            workflow = await library.create_workflow(connection, self._outbox, new)
            return pb.CreateWorkflowResponse(workflow=to_workflow(workflow))

        return await answer_once(self._pool, key_of(request), pb.CreateWorkflowResponse, create)

    async def GetWorkflow(self, request: pb.GetWorkflowRequest, context: Any) -> pb.GetWorkflowResponse:
        async with self._pool.acquire() as connection:
            workflow = await library.get_workflow(connection, request.workflow_id)
            graph = b""
            if workflow.latest_version:
                graph = (await library.get_version(connection, workflow.id, workflow.latest_version)).graph
            return pb.GetWorkflowResponse(workflow=to_workflow(workflow), graph_json=graph)

    async def ListWorkflows(self, request: pb.ListWorkflowsRequest, context: Any) -> pb.ListWorkflowsResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (str(cursor[0]), _cursor_id(cursor[1])) if cursor else None
        async with self._pool.acquire() as connection:
            found = await repository.list_workflows(connection, request.query, request.tag, after, limit + 1)
        items = found[:limit]
        more = len(found) > limit
        return pb.ListWorkflowsResponse(
            items=[to_workflow(workflow) for workflow in items],
            next_cursor=encode_cursor(items[-1].name.lower(), items[-1].id) if more else "",
        )

    async def UpdateWorkflow(self, request: pb.UpdateWorkflowRequest, context: Any) -> pb.UpdateWorkflowResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            workflow = await library.update_workflow(
                connection,
                self._outbox,
                request.workflow_id,
                name=_name(request.name) if request.HasField("name") else None,
                description=request.description if request.HasField("description") else None,
                tags=tuple(request.tags) if request.set_tags else None,
            )
        return pb.UpdateWorkflowResponse(workflow=to_workflow(workflow))

    async def DeleteWorkflow(self, request: pb.DeleteWorkflowRequest, context: Any) -> pb.DeleteWorkflowResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_workflow(connection, self._outbox, request.workflow_id)
        return pb.DeleteWorkflowResponse()

    async def SaveDraft(self, request: pb.SaveDraftRequest, context: Any) -> pb.SaveDraftResponse:
        await self._require_editing()
        graph = await graphs.read_text(request.graph_json)
        async with self._pool.acquire() as connection, connection.transaction():
            saved = await library.save_draft(
                connection,
                self._outbox,
                request.workflow_id,
                graph,
                request.note,
                request.if_match,
                automatic=request.automatic,
            )
        return pb.SaveDraftResponse(version=saved.latest_version, etag=saved.etag, saves=saved.latest_saves)

    async def ListVersions(self, request: pb.ListVersionsRequest, context: Any) -> pb.ListVersionsResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "number")
        async with self._pool.acquire() as connection:
            workflow = await library.get_workflow(connection, request.workflow_id)
            found = await repository.list_versions(connection, workflow.id, _number(cursor), limit + 1)
        items = found[:limit]
        more = len(found) > limit
        return pb.ListVersionsResponse(
            items=[to_version(version) for version in items],
            next_cursor=encode_cursor(items[-1].version) if more else "",
        )

    async def GetVersion(self, request: pb.GetVersionRequest, context: Any) -> pb.GetVersionResponse:
        async with self._pool.acquire() as connection:
            version = await library.get_version(connection, request.workflow_id, request.version)
        return pb.GetVersionResponse(version=to_version(version))

    async def DiffVersions(self, request: pb.DiffVersionsRequest, context: Any) -> pb.DiffVersionsResponse:
        async with self._pool.acquire() as connection:
            old = await library.get_version(connection, request.workflow_id, request.from_version)
            new = await library.get_version(connection, request.workflow_id, request.to_version)
        return pb.DiffVersionsResponse(diff_json=await graphs.difference(old.graph, new.graph))

    async def PublishWorkflow(self, request: pb.PublishWorkflowRequest, context: Any) -> pb.PublishWorkflowResponse:
        workflow = await publishing.publish_workflow(
            self._pool, self._outbox, request.workflow_id, request.version, request.note
        )
        return pb.PublishWorkflowResponse(workflow=to_workflow(workflow))

    async def RollbackWorkflow(self, request: pb.RollbackWorkflowRequest, context: Any) -> pb.RollbackWorkflowResponse:
        workflow = await publishing.rollback_workflow(
            self._pool, self._outbox, request.workflow_id, request.version, request.note
        )
        return pb.RollbackWorkflowResponse(workflow=to_workflow(workflow))

    async def ValidateWorkflow(self, request: pb.ValidateWorkflowRequest, context: Any) -> pb.ValidateWorkflowResponse:
        async with self._pool.acquire() as connection:
            graph = request.graph_json
            if graph:
                await library.get_workflow(connection, request.workflow_id)
            else:
                graph = (await library.get_draft(connection, request.workflow_id))[1].graph
            problems = await publishing.find_problems(connection, graph, request.workflow_id)
        return pb.ValidateWorkflowResponse(
            valid=not has_errors(problems), problems=[to_problem(problem) for problem in problems]
        )

    async def DuplicateWorkflow(
        self, request: pb.DuplicateWorkflowRequest, context: Any
    ) -> pb.DuplicateWorkflowResponse:
        await self._require_editing()
        name = _name(request.name) if request.name else ""

        async def duplicate(connection: "Connection") -> pb.DuplicateWorkflowResponse:
            workflow = await transfer.duplicate_workflow(connection, self._outbox, request.workflow_id, name)
            return pb.DuplicateWorkflowResponse(workflow=to_workflow(workflow))

        return await answer_once(self._pool, key_of(request), pb.DuplicateWorkflowResponse, duplicate)

    async def ExportWorkflow(self, request: pb.ExportWorkflowRequest, context: Any) -> pb.ExportWorkflowResponse:
        async with self._pool.acquire() as connection:
            document = await transfer.export_workflow(connection, request.workflow_id, request.version)
        return pb.ExportWorkflowResponse(document_json=document)

    async def ImportWorkflow(self, request: pb.ImportWorkflowRequest, context: Any) -> pb.ImportWorkflowResponse:
        await self._require_editing()
        exported = await graphs.from_export(request.document_json)
        name = _name(request.name) if request.name else ""

        async def bring_in(connection: "Connection") -> pb.ImportWorkflowResponse:
            problems = await publishing.find_problems(connection, exported.graph.data)
            workflow = await transfer.import_workflow(connection, self._outbox, exported, name)
            return pb.ImportWorkflowResponse(
                workflow=to_workflow(workflow),
                problems=[to_problem(problem) for problem in problems],
                notes=[workflow_pb2.ImportNote(**note.as_json()) for note in exported.notes],
            )

        return await answer_once(self._pool, key_of(request), pb.ImportWorkflowResponse, bring_in)

    async def ListNodeTypes(self, request: pb.ListNodeTypesRequest, context: Any) -> pb.ListNodeTypesResponse:
        async with self._pool.acquire() as connection:
            known = await catalogue.list_types(connection)
        return pb.ListNodeTypesResponse(
            items=[
                workflow_pb2.NodeType(
                    type=item.declaration.type,
                    declaration_json=json.dumps(item.declaration.as_json()).encode(),
                    runner_ids=item.runner_ids,
                )
                for item in known
            ]
        )

    async def DeclareNodeTypes(self, request: pb.DeclareNodeTypesRequest, context: Any) -> pb.DeclareNodeTypesResponse:
        if not is_id(request.runner_id) or len(request.sha256) != _SHA256_DIGITS:
            raise invalid("A runner's id and the SHA-256 of its declarations are needed.")
        declarations = [node_type.declaration_json for node_type in request.node_types]
        async with self._pool.acquire() as connection, connection.transaction():
            wanted = await catalogue.declare(connection, request.runner_id, request.sha256, declarations)
        return pb.DeclareNodeTypesResponse(wanted=wanted)

    async def FetchGraph(self, request: pb.FetchGraphRequest, context: Any) -> pb.FetchGraphResponse:
        async with self._pool.acquire() as connection:
            graph = await repository.find_graph(connection, request.sha256)
        if graph is None:
            raise version_not_found()
        return pb.FetchGraphResponse(graph_json=graph)


def _name(name: str) -> str:
    stripped = name.strip()
    if not 1 <= len(stripped) <= graphs.MAX_NAME:
        raise invalid(
            "A workflow needs a name.", FieldError("/name", f"Give a name of 1 to {graphs.MAX_NAME} characters.")
        )
    return stripped


def _cursor_id(value: Any) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise _bad_cursor()
    return value


def _number(cursor: list[Any] | None) -> int | None:
    if cursor is None:
        return None
    if not isinstance(cursor[0], int) or not 0 <= cursor[0] < 2**31:
        raise _bad_cursor()
    return cursor[0]


def _bad_cursor() -> DomainError:
    return invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor of the page before."))


def registration(pool: "Pool", outbox: Outbox, require_editing: Callable[[], Awaitable[None]]) -> Registration:
    """The servicer, ready to be served; `require_editing` raises while no workflow may be changed."""
    return Registration(
        workflow_service_pb2_grpc.add_WorkflowServiceServicer_to_server,
        WorkflowServicer(pool, outbox, require_editing),
        pb.DESCRIPTOR.services_by_name["WorkflowService"],
    )
