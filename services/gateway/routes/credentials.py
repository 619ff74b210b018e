"""The vault: credentials and their limits. All by the scheduler's CredentialService; no route answers a value."""

from functools import partial

from services.gateway.routes import credential_shapes as shapes
from services.gateway.routes.declaration import Route
from services.gateway.routes.workflows import pass_if_match

SERVICE = "exekra.scheduler.v1.CredentialService"

route = partial(Route, resource="credentials")

ROUTES = (
    route(
        method="GET",
        path="/credentials",
        summary="List credentials",
        permission="credential:view",
        rpc=f"{SERVICE}.ListCredentials",
        query=shapes.CredentialQuery,
        response=shapes.CredentialPage,
    ),
    route(
        method="POST",
        path="/credentials",
        summary="Create a credential; its value is never shown again",
        permission="credential:manage",
        rpc=f"{SERVICE}.CreateCredential",
        request=shapes.CreateCredential,
        response=shapes.CredentialAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/credentials/{credential_id}",
        summary="Show a credential without its value",
        permission="credential:view",
        rpc=f"{SERVICE}.GetCredential",
        response=shapes.CredentialAnswer,
        etag_of=lambda reply: reply.credential.etag,
    ),
    route(
        method="PATCH",
        path="/credentials/{credential_id}",
        summary="Replace a credential's value, or change its limits",
        permission="credential:manage",
        rpc=f"{SERVICE}.UpdateCredential",
        request=shapes.ChangeCredential,
        response=shapes.CredentialAnswer,
        prepare=pass_if_match,
        etag_of=lambda reply: reply.credential.etag,
    ),
    route(
        method="DELETE",
        path="/credentials/{credential_id}",
        summary="Delete a credential with its value",
        permission="credential:manage",
        rpc=f"{SERVICE}.DeleteCredential",
        query=shapes.DeleteCredentialQuery,
        status=204,
    ),
)
