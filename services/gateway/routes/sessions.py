"""Sessions: where a person is signed in, and ending them. Administrators may look at anybody's."""

from dataclasses import asdict
from datetime import datetime

from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import PageQuery
from services.gateway.transcoding.fields import ApiModel, Id
from services.gateway.web.admission import require
from services.kit.paging import decode_cursor, encode_cursor

MANAGE = "user:manage"


class OwnedQuery(PageQuery):
    """`userId` of somebody else needs user:manage."""

    user_id: Id | None = None


class SessionShape(ApiModel):
    """A signed-in browser or program."""

    id: str
    user_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    current: bool


class SessionPage(ApiModel):
    """Newest first."""

    items: list[SessionShape]
    next_cursor: str | None


async def owner_of(call: Call) -> str:
    """The user whose things are listed: the caller, or whom an administrator names."""
    query: OwnedQuery = call.query
    if query.user_id is None or query.user_id == call.caller.user_id:
        return call.caller.user_id
    await require(call.gateway, call.caller, MANAGE)
    return query.user_id


def limited_to(call: Call) -> str | None:
    """Whose things the caller may end: the own ones, or (None) anybody's."""
    return None if call.caller.principal.may(MANAGE) else call.caller.user_id


async def list_sessions(call: Call) -> SessionPage:
    """Marks the one that asks."""
    query: OwnedQuery = call.query
    before = decode_cursor(query.cursor, "id")
    sign_in = call.gateway.identity.sign_in
    found = await sign_in.list_sessions(await owner_of(call), before[0] if before else None, query.limit + 1)
    shown = found[: query.limit]
    current = call.caller.credential.id if call.caller.credential else ""
    return SessionPage(
        items=[SessionShape(**asdict(session), current=session.id == current) for session in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(found) > query.limit else None,
    )


async def end_session(call: Call) -> None:
    """Acts at once."""
    await call.gateway.identity.sign_in.end_session(call.id("session_id"), limited_to(call))


ROUTES = (
    Route(
        method="GET",
        path="/sessions",
        summary="List live sessions",
        resource="sessions",
        permission="session:own",
        serve=list_sessions,
        query=OwnedQuery,
        response=SessionPage,
    ),
    Route(
        method="DELETE",
        path="/sessions/{session_id}",
        summary="End a session",
        resource="sessions",
        permission="session:own",
        serve=end_session,
        status=204,
        audit="session.ended",
    ),
)
