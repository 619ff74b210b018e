"""SQL of sessions and API keys, and how their rows become the model."""

from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg

from services.gateway.identity.model import ApiKey, Credential, Session

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_SESSION = "id, user_id, created_at, last_seen_at, expires_at, ip, user_agent"
_KEY = "id, user_id, name, hint, scopes, created_at, expires_at, last_used_at"

INSERT_SESSION = """INSERT INTO session (id, token_sha256, user_id, expires_at, ip, user_agent)
 VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5, $6)"""
FIND_SESSION = """SELECT s.id, s.user_id, u.email, u.role, s.last_seen_at, s.expires_at
 FROM session s JOIN user_account u ON u.id = s.user_id
 WHERE s.token_sha256 = $1 AND NOT u.disabled
  AND s.expires_at > now() AND s.last_seen_at > now() - make_interval(secs => $2)"""
TOUCH_SESSION = "UPDATE session SET last_seen_at = now() WHERE id = $1"
LIST_SESSIONS = f"""SELECT {_SESSION} FROM session WHERE user_id = $1 AND expires_at > now()
 AND last_seen_at > now() - make_interval(secs => $2) AND ($3::uuid IS NULL OR id < $3)
 ORDER BY id DESC LIMIT $4"""  # noqa: S608 - constants
DELETE_SESSION = "DELETE FROM session WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2) RETURNING user_id"
DELETE_SESSION_SHOWN = "DELETE FROM session WHERE token_sha256 = $1 RETURNING user_id"
DELETE_SESSIONS_OF_USER = "DELETE FROM session WHERE user_id = $1"
DELETE_ENDED_SESSIONS = """DELETE FROM session
 WHERE expires_at < now() OR last_seen_at < now() - make_interval(secs => $1)"""

INSERT_KEY = f"""INSERT INTO api_key (id, token_sha256, user_id, name, hint, scopes, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_KEY}"""  # noqa: S608 - constants
FIND_KEY = """SELECT k.id, k.name, k.user_id, u.email, u.role, k.scopes, k.expires_at, k.last_used_at
 FROM api_key k JOIN user_account u ON u.id = k.user_id
 WHERE k.token_sha256 = $1 AND NOT u.disabled AND (k.expires_at IS NULL OR k.expires_at > now())"""
TOUCH_KEY = "UPDATE api_key SET last_used_at = now() WHERE id = $1"
LIST_KEYS = f"""SELECT {_KEY} FROM api_key WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3"""  # noqa: S608 - constants
DELETE_KEY = "DELETE FROM api_key WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2) RETURNING user_id, name"

TELL_CHANGE = "SELECT pg_notify('identity_changed', $1)"


async def find_session(connection: "Connection", token_sha256: bytes, idle_seconds: float) -> Credential | None:
    """The live session of an enabled user."""
    row = await connection.fetchrow(FIND_SESSION, token_sha256, idle_seconds)
    if row is None:
        return None
    return Credential(
        kind="user",
        id=str(row["id"]),
        name=row["email"],
        user_id=str(row["user_id"]),
        user_email=row["email"],
        role=row["role"],
        scopes=None,
        ends_at=min(row["expires_at"], row["last_seen_at"] + timedelta(seconds=idle_seconds)),
        seen_at=row["last_seen_at"],
    )


async def find_key(connection: "Connection", token_sha256: bytes) -> Credential | None:
    """The unexpired key of an enabled user."""
    row = await connection.fetchrow(FIND_KEY, token_sha256)
    if row is None:
        return None
    return Credential(
        kind="api_key",
        id=str(row["id"]),
        name=row["name"],
        user_id=str(row["user_id"]),
        user_email=row["email"],
        role=row["role"],
        scopes=frozenset(row["scopes"]),
        ends_at=row["expires_at"],
        seen_at=row["last_used_at"],
    )


def session_of(row: "asyncpg.Record") -> Session:
    """A row of `session`."""
    return Session(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        ip=row["ip"],
        user_agent=row["user_agent"],
    )


def key_of(row: "asyncpg.Record") -> ApiKey:
    """A row of `api_key`."""
    return ApiKey(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        name=row["name"],
        hint=row["hint"],
        scopes=tuple(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )
