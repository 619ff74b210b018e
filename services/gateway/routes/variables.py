"""Global variables: named values that every workflow may read. All by the scheduler's VariableService."""

from functools import partial
from typing import Any

from services.gateway.routes import variable_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.workflows import pass_if_match
from services.gateway.transcoding.requests import dump_document

SERVICE = "exekra.scheduler.v1.VariableService"

route = partial(Route, resource="variables")


async def pass_value(call: Call, message: Any) -> None:
    """`null` is a value, and not the same as none given."""
    if "value" in call.body.model_fields_set:
        message.value_json = dump_document(call.body.value)


async def pass_change(call: Call, message: Any) -> None:
    """The value, and the state it is to be changed from."""
    await pass_value(call, message)
    await pass_if_match(call, message)


ROUTES = (
    route(
        method="GET",
        path="/variables",
        summary="List global variables",
        permission="workflow:view",
        rpc=f"{SERVICE}.ListVariables",
        query=shapes.VariableQuery,
        response=shapes.VariablePage,
    ),
    route(
        method="POST",
        path="/variables",
        summary="Create a global variable",
        permission="workflow:publish",
        rpc=f"{SERVICE}.CreateVariable",
        request=shapes.CreateVariable,
        response=shapes.VariableAnswer,
        status=201,
        prepare=pass_value,
        creates=True,
    ),
    route(
        method="GET",
        path="/variables/{variable_id}",
        summary="Show a global variable, and which workflows read it",
        permission="workflow:view",
        rpc=f"{SERVICE}.GetVariable",
        response=shapes.VariableAnswer,
        etag_of=lambda reply: reply.variable.etag,
    ),
    route(
        method="PATCH",
        path="/variables/{variable_id}",
        summary="Change a global variable; executions that have begun keep what they read",
        permission="workflow:publish",
        rpc=f"{SERVICE}.UpdateVariable",
        request=shapes.ChangeVariable,
        response=shapes.VariableAnswer,
        prepare=pass_change,
        etag_of=lambda reply: reply.variable.etag,
    ),
    route(
        method="DELETE",
        path="/variables/{variable_id}",
        summary="Delete a global variable that no published workflow reads",
        permission="workflow:publish",
        rpc=f"{SERVICE}.DeleteVariable",
        query=shapes.DeleteVariableQuery,
        status=204,
    ),
)
