"""VariableService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import execution_pb2, variable_pb2, variable_service_pb2_grpc
from exekra.scheduler.v1 import variable_service_pb2 as pb
from services.kit.idempotency import answer_once, key_of
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.executions.messages import timestamp
from services.scheduler.variables import library, repository
from services.scheduler.variables.library import Draft
from services.scheduler.variables.model import User, Variable

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


class VariableServicer(variable_service_pb2_grpc.VariableServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", outbox: Outbox) -> None:
        self._pool = pool
        self._outbox = outbox

    async def CreateVariable(self, request: pb.CreateVariableRequest, context: Any) -> pb.CreateVariableResponse:
        draft = Draft(request.name, request.description, request.value_json or b"null")

        async def create(connection: "Connection") -> pb.CreateVariableResponse:
            made = await library.create_variable(connection, self._outbox, draft)
            return pb.CreateVariableResponse(variable=await _shown(connection, made))

        return await answer_once(self._pool, key_of(request), pb.CreateVariableResponse, create)

    async def GetVariable(self, request: pb.GetVariableRequest, context: Any) -> pb.GetVariableResponse:
        async with self._pool.acquire() as connection:
            variable = await library.get_variable(connection, request.variable_id)
            return pb.GetVariableResponse(variable=await _shown(connection, variable))

    async def ListVariables(self, request: pb.ListVariablesRequest, context: Any) -> pb.ListVariablesResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (cursor[0], cursor[1]) if cursor else None
        async with self._pool.acquire() as connection:
            found = await repository.list_variables(connection, request.query, after, limit + 1)
            items = found[:limit]
            users = await library.users_of(connection, {item.name for item in items})
        return pb.ListVariablesResponse(
            items=[_message(item, users[item.name]) for item in items],
            next_cursor=encode_cursor(items[-1].name.lower(), items[-1].id) if len(found) > limit else "",
        )

    async def UpdateVariable(self, request: pb.UpdateVariableRequest, context: Any) -> pb.UpdateVariableResponse:
        draft = Draft(
            name=request.name if request.HasField("name") else None,
            description=request.description if request.HasField("description") else None,
            value=request.value_json or None,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            variable = await library.update_variable(
                connection, self._outbox, request.variable_id, draft, request.if_match
            )
            return pb.UpdateVariableResponse(variable=await _shown(connection, variable))

    async def DeleteVariable(self, request: pb.DeleteVariableRequest, context: Any) -> pb.DeleteVariableResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_variable(connection, self._outbox, request.variable_id, force=request.force)
        return pb.DeleteVariableResponse()


async def _shown(connection: "Connection", variable: Variable) -> variable_pb2.Variable:
    return _message(variable, (await library.users_of(connection, [variable.name]))[variable.name])


def _message(variable: Variable, users: Sequence[User]) -> variable_pb2.Variable:
    by = variable.created_by
    return variable_pb2.Variable(
        id=variable.id,
        name=variable.name,
        description=variable.description,
        value_json=variable.value,
        created_at=timestamp(variable.created_at),
        updated_at=timestamp(variable.updated_at),
        created_by=execution_pb2.Actor(kind=by.kind, id=by.id, name=by.name),
        etag=variable.etag,
        used_by=[variable_pb2.VariableUser(workflow_id=user.workflow_id, name=user.name) for user in users],
    )


def registration(pool: "Pool", outbox: Outbox) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        variable_service_pb2_grpc.add_VariableServiceServicer_to_server,
        VariableServicer(pool, outbox),
        pb.DESCRIPTOR.services_by_name["VariableService"],
    )
