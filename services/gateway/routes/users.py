"""Users: who can sign in, and as what. Passwords that are not given are made and shown once."""

import re
import secrets
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from aiohttp import web
from pydantic import AfterValidator, Field, SecretStr

from services.gateway.identity.model import User
from services.gateway.identity.users import NewUser, UserChange
from services.gateway.permissions import Role
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import SearchQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Name
from services.gateway.web.once import create_once
from services.kit.paging import decode_cursor, encode_cursor

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_EMAIL = r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}"


def _check_email(value: str) -> str:
    if not re.fullmatch(_EMAIL, value):
        raise ValueError("give an e-mail address such as name@example.com")
    return value


Email = Annotated[
    str,
    Field(min_length=3, max_length=254, json_schema_extra={"pattern": f"^{_EMAIL}$"}),
    AfterValidator(_check_email),
]
Password = Annotated[SecretStr, Field(min_length=10, max_length=200)]
"""Long rather than intricate."""


class UserShape(ApiModel):
    """A person who can sign in."""

    id: str
    email: str
    name: str
    role: Role
    disabled: bool
    locked: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


class UserAnswer(ApiModel):
    """`password` only when the Hub made one: it is shown this once."""

    user: UserShape
    password: str | None = None


class UserPage(ApiModel):
    """Newest first."""

    items: list[UserShape]
    next_cursor: str | None


class CreateUser(BodyModel):
    """Without a password the Hub makes one and answers it."""

    email: Email
    name: Name | None = None
    role: Role = "OPERATOR"
    password: Password | None = None


class ChangeUser(BodyModel):
    """What is left out stays as it is."""

    email: Email | None = None
    name: Name | None = None
    role: Role | None = None
    disabled: bool | None = None


class ResetPassword(BodyModel):
    """Without a password the Hub makes one and answers it."""

    password: Password | None = None


def shape_of(user: User) -> UserShape:
    """As the API shows a user."""
    return UserShape(**asdict(user))


async def create_user(call: Call) -> web.Response:
    """The password is hashed before the transaction begins."""
    body: CreateUser = call.body
    made = None if body.password else _make_password()
    password = body.password.get_secret_value() if body.password else made or ""
    users = call.gateway.identity.users
    hashed = await users.hash(password)
    new = NewUser(email=body.email, name=body.name or body.email.partition("@")[0], role=body.role, password=password)

    async def create(connection: "Connection") -> UserAnswer:
        return UserAnswer(user=shape_of(await users.create(connection, new, hashed)), password=made)

    return await create_once(call, create)


async def list_users(call: Call) -> UserPage:
    """Matches part of the address or the name."""
    query: SearchQuery = call.query
    before = decode_cursor(query.cursor, "id")
    found = await call.gateway.identity.users.list(before[0] if before else None, query.q, query.limit + 1)
    shown = found[: query.limit]
    following = encode_cursor(shown[-1].id) if len(found) > query.limit else None
    return UserPage(items=[shape_of(user) for user in shown], next_cursor=following)


async def show_user(call: Call) -> UserAnswer:
    """One user."""
    return UserAnswer(user=shape_of(await call.gateway.identity.users.get(call.id("user_id"))))


async def change_user(call: Call) -> UserAnswer:
    """Another role or disabling ends the user's sessions."""
    body: ChangeUser = call.body
    change = UserChange(email=body.email, name=body.name, role=body.role, disabled=body.disabled)
    return UserAnswer(user=shape_of(await call.gateway.identity.users.change(call.id("user_id"), change)))


async def delete_user(call: Call) -> None:
    """Sessions and API keys go with the user."""
    await call.gateway.identity.users.delete(call.id("user_id"))


async def reset_password(call: Call) -> UserAnswer:
    """The user's sessions end."""
    body: ResetPassword = call.body
    made = None if body.password else _make_password()
    password = body.password.get_secret_value() if body.password else made or ""
    user = await call.gateway.identity.users.reset_password(call.id("user_id"), password)
    return UserAnswer(user=shape_of(user), password=made)


async def unlock_user(call: Call) -> UserAnswer:
    """Forgets failed sign-ins."""
    return UserAnswer(user=shape_of(await call.gateway.identity.users.unlock(call.id("user_id"))))


def _make_password() -> str:
    return secrets.token_urlsafe(15)


ROUTES = (
    Route(
        method="GET",
        path="/users",
        summary="List users",
        resource="users",
        permission="user:manage",
        serve=list_users,
        query=SearchQuery,
        response=UserPage,
    ),
    Route(
        method="POST",
        path="/users",
        summary="Create a user",
        resource="users",
        permission="user:manage",
        serve=create_user,
        request=CreateUser,
        response=UserAnswer,
        status=201,
        audit="user.created",
        creates=True,
    ),
    Route(
        method="GET",
        path="/users/{user_id}",
        summary="Show a user",
        resource="users",
        permission="user:manage",
        serve=show_user,
        response=UserAnswer,
    ),
    Route(
        method="PATCH",
        path="/users/{user_id}",
        summary="Change a user's address, name, role, or disable the user",
        resource="users",
        permission="user:manage",
        serve=change_user,
        request=ChangeUser,
        response=UserAnswer,
        audit="user.changed",
    ),
    Route(
        method="DELETE",
        path="/users/{user_id}",
        summary="Delete a user with sessions and API keys",
        resource="users",
        permission="user:manage",
        serve=delete_user,
        status=204,
        audit="user.deleted",
    ),
    Route(
        method="POST",
        path="/users/{user_id}/reset-password",
        summary="Give a user a new password",
        resource="users",
        permission="user:manage",
        serve=reset_password,
        request=ResetPassword,
        response=UserAnswer,
        audit="user.password_reset",
    ),
    Route(
        method="POST",
        path="/users/{user_id}/unlock",
        summary="Forget a user's failed sign-ins",
        resource="users",
        permission="user:manage",
        serve=unlock_user,
        response=UserAnswer,
        audit="user.unlocked",
    ),
)
