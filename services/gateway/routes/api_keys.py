"""API keys: how programs call. The key itself is answered once, at its making."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from aiohttp import web
from pydantic import Field

from services.gateway.identity.api_keys import NewApiKey
from services.gateway.permissions import PERMISSIONS
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.sessions import OwnedQuery, limited_to, owner_of
from services.gateway.transcoding.fields import ApiModel, BodyModel, Instant, Name
from services.gateway.web.once import create_once
from services.kit.errors import FieldError, invalid
from services.kit.paging import decode_cursor, encode_cursor

if TYPE_CHECKING:
    from services.kit.postgres import Connection


class ApiKeyShape(ApiModel):
    """A key; `hint` is its beginning."""

    id: str
    user_id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeyPage(ApiModel):
    """Newest first."""

    items: list[ApiKeyShape]
    next_cursor: str | None


class CreateApiKey(BodyModel):
    """`scopes` are permissions the caller holds; left out, the key gets all of them."""

    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=len(PERMISSIONS))] | None = None
    expires_at: Instant | None = None


class ApiKeyAnswer(ApiModel):
    """`key` goes into `Authorization: Bearer …` and is shown this once."""

    api_key: ApiKeyShape
    key: str


async def create_api_key(call: Call) -> web.Response:
    """A key acts for the person who made it."""
    body: CreateApiKey = call.body
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        raise invalid("The key would have expired already.", FieldError("/expiresAt", "Give a time to come."))
    scopes = None if body.scopes is None else tuple(body.scopes)
    new = NewApiKey(name=body.name, scopes=scopes, expires_at=body.expires_at)

    async def create(connection: "Connection") -> ApiKeyAnswer:
        made, value = await call.gateway.identity.api_keys.create(connection, call.caller, new)
        return ApiKeyAnswer(api_key=ApiKeyShape(**asdict(made)), key=value)

    return await create_once(call, create)


async def list_api_keys(call: Call) -> ApiKeyPage:
    """Without the keys themselves."""
    query: OwnedQuery = call.query
    before = decode_cursor(query.cursor, "id")
    api_keys = call.gateway.identity.api_keys
    found = await api_keys.list(await owner_of(call), before[0] if before else None, query.limit + 1)
    shown = found[: query.limit]
    return ApiKeyPage(
        items=[ApiKeyShape(**asdict(key)) for key in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(found) > query.limit else None,
    )


async def delete_api_key(call: Call) -> None:
    """Acts at once."""
    await call.gateway.identity.api_keys.delete(call.id("api_key_id"), limited_to(call))


ROUTES = (
    Route(
        method="GET",
        path="/api-keys",
        summary="List API keys",
        resource="api-keys",
        permission="api-key:own",
        serve=list_api_keys,
        query=OwnedQuery,
        response=ApiKeyPage,
    ),
    Route(
        method="POST",
        path="/api-keys",
        summary="Create an API key",
        resource="api-keys",
        permission="api-key:own",
        serve=create_api_key,
        request=CreateApiKey,
        response=ApiKeyAnswer,
        status=201,
        audit="api_key.created",
        creates=True,
    ),
    Route(
        method="DELETE",
        path="/api-keys/{api_key_id}",
        summary="Revoke an API key",
        resource="api-keys",
        permission="api-key:own",
        serve=delete_api_key,
        status=204,
        audit="api_key.deleted",
    ),
)
