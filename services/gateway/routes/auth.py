"""Signing in and out. Hand-written because cookies are set here and nowhere else."""

from typing import Annotated

from aiohttp import web
from pydantic import SecretStr, StringConstraints

from services.gateway.identity.errors import sign_in_first
from services.gateway.identity.model import Caller, User, signed_in
from services.gateway.identity.tokens import csrf_token
from services.gateway.permissions import ANYONE, SIGNED_IN
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.users import CreateUser, Password, UserAnswer, UserShape, create_user, shape_of
from services.gateway.transcoding.fields import ApiModel, BodyModel
from services.gateway.web.admission import session_token
from services.gateway.web.endpoint import json_response


class Login(BodyModel):
    """What a person types."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    password: Annotated[SecretStr, StringConstraints(min_length=1, max_length=200)]


class Me(ApiModel):
    """Who is signed in. `csrfToken` goes into the header X-Exekra-Csrf of calls by cookie; null for API keys."""

    user: UserShape
    permissions: list[str]
    csrf_token: str | None


class ChangePassword(BodyModel):
    """A person's own password."""

    current_password: Annotated[SecretStr, StringConstraints(min_length=1, max_length=200)]
    new_password: Password


async def log_in(call: Call) -> web.Response:
    """A new session in a cookie; an older one of the same browser ends."""
    body: Login = call.body
    identity = call.gateway.identity
    ip = call.caller.principal.ip
    token = await identity.sign_in.log_in(
        body.email,
        body.password.get_secret_value(),
        ip=ip,
        user_agent=call.request.headers.get("User-Agent", ""),
        old_token=session_token(call.gateway, call.request),
    )
    credential = await identity.authenticator.find(token)
    if credential is None:
        raise sign_in_first()
    caller = signed_in(credential, ip, csrf_token(token))
    response = json_response(_me(caller, await identity.users.get(caller.user_id)))
    lifetime = int(call.gateway.settings.session_absolute_seconds)
    response.set_cookie(identity.cookie, token, max_age=lifetime, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def log_out(call: Call) -> web.Response:
    """Ends the session that was shown; an API key has none to end."""
    credential = call.caller.credential
    response = web.Response(status=204)
    if credential is not None and credential.kind == "user":
        await call.gateway.identity.sign_in.end_session(credential.id, None)
        response.del_cookie(call.gateway.identity.cookie, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def show_me(call: Call) -> Me:
    """Also for API keys: the person behind the key, and what the key may do."""
    return _me(call.caller, await call.gateway.identity.users.get(call.caller.user_id))


async def change_password(call: Call) -> None:
    """All of the person's sessions end, this one included."""
    body: ChangePassword = call.body
    await call.gateway.identity.users.change_password(
        call.caller.user_id, body.current_password.get_secret_value(), body.new_password.get_secret_value()
    )


def _me(caller: Caller, user: User) -> Me:
    return Me(
        user=shape_of(user),
        permissions=sorted(caller.principal.permissions),
        csrf_token=caller.csrf_token or None,
    )


ROUTES = (
    Route(
        method="POST",
        path="/auth/login",
        summary="Sign in with e-mail and password",
        resource="auth",
        permission=ANYONE,
        serve=log_in,
        request=Login,
        response=Me,
        audit="login.succeeded",
        login=True,
    ),
    Route(
        method="POST",
        path="/auth/logout",
        summary="Sign out",
        resource="auth",
        permission=SIGNED_IN,
        serve=log_out,
        status=204,
        audit="session.ended",
    ),
    Route(
        method="GET",
        path="/auth/me",
        summary="Who is signed in, what they may do, and the CSRF token",
        resource="auth",
        permission=SIGNED_IN,
        serve=show_me,
        response=Me,
    ),
    Route(
        method="POST",
        path="/auth/password",
        summary="Change the own password",
        resource="auth",
        permission="session:own",
        serve=change_password,
        request=ChangePassword,
        status=204,
        audit="user.password_changed",
        login=True,
    ),
    Route(
        method="POST",
        path="/auth/register",
        summary="Register a user, as POST /users",
        resource="auth",
        permission="user:manage",
        serve=create_user,
        request=CreateUser,
        response=UserAnswer,
        status=201,
        audit="user.created",
        creates=True,
    ),
)
