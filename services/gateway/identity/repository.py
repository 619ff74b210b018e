"""SQL of users and failed sign-ins, and how rows become the model. Sessions and keys: `credentials_repository`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from services.gateway.identity.model import User
from services.gateway.permissions import Role

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_COLUMNS = """u.id, u.email, u.name, u.role, u.disabled, u.created_at, u.updated_at, u.last_login_at,
 coalesce(f.locked_until > now(), false) AS locked"""
_FROM = """user_account u LEFT JOIN login_failure f
 ON f.email_sha256 = sha256(convert_to(lower(u.email), 'UTF8'))"""

LOCK_ADMINS = "SELECT pg_advisory_xact_lock(hashtext('exekra administrators'))"
ANY_USER = "SELECT EXISTS (SELECT FROM user_account)"
OTHER_ADMINS = """SELECT EXISTS (SELECT FROM user_account
 WHERE role = 'ADMIN' AND NOT disabled AND id <> $1)"""
INSERT_USER = """INSERT INTO user_account (id, email, name, role, password_hash) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (lower(email)) DO NOTHING RETURNING id"""
SELECT_USER = f"SELECT {_COLUMNS} FROM {_FROM} WHERE u.id = $1"  # noqa: S608 - constants
LIST_USERS = f"""SELECT {_COLUMNS} FROM {_FROM}
 WHERE ($1::uuid IS NULL OR u.id < $1) AND ($2 = '' OR u.email ILIKE $2 OR u.name ILIKE $2)
 ORDER BY u.id DESC LIMIT $3"""  # noqa: S608 - constants
SELECT_FOR_LOGIN = "SELECT id, password_hash, disabled FROM user_account WHERE lower(email) = lower($1)"
SELECT_HASH = "SELECT password_hash FROM user_account WHERE id = $1"
UPDATE_USER = """UPDATE user_account SET email = coalesce($2, email), name = coalesce($3, name),
 role = coalesce($4, role), disabled = coalesce($5, disabled), updated_at = now() WHERE id = $1"""
UPDATE_PASSWORD = "UPDATE user_account SET password_hash = $2, updated_at = now() WHERE id = $1"  # noqa: S105 - SQL
TOUCH_LOGIN = "UPDATE user_account SET last_login_at = now() WHERE id = $1"
DELETE_USER = "DELETE FROM user_account WHERE id = $1"

LOCKED_SECONDS = """SELECT extract(epoch FROM locked_until - now())::float8 FROM login_failure
 WHERE email_sha256 = sha256(convert_to(lower($1), 'UTF8')) FOR UPDATE"""
ENSURE_FAILURES = """INSERT INTO login_failure (email_sha256, failures)
 VALUES (sha256(convert_to(lower($1), 'UTF8')), 0) ON CONFLICT DO NOTHING"""
COUNT_FAILURE = """UPDATE login_failure SET updated_at = now(), failures = failures + 1,
  locked_until = CASE WHEN failures + 1 >= $2::integer
   THEN now() + make_interval(secs => least($3::float8 * 2 ^ least(failures + 1 - $2, 20), $4::float8)) END
 WHERE email_sha256 = sha256(convert_to(lower($1), 'UTF8'))"""
FORGET_FAILURES = "DELETE FROM login_failure WHERE email_sha256 = sha256(convert_to(lower($1), 'UTF8'))"
DELETE_OLD_FAILURES = "DELETE FROM login_failure WHERE updated_at < now() - interval '1 day'"
INSTALLATION = "SELECT id FROM installation"


async def insert_user(connection: "Connection", user_id: str, email: str, name: str, role: Role, hashed: str) -> bool:
    """False when the address is taken."""
    return await connection.fetchval(INSERT_USER, user_id, email, name, role, hashed) is not None


async def select_user(connection: "Connection", user_id: str) -> User | None:
    """The user, or None."""
    row = await connection.fetchrow(SELECT_USER, user_id)
    return _user(row) if row else None


async def list_users(connection: "Connection", before_id: str | None, query: str, limit: int) -> Sequence[User]:
    """Newest first; `query` is part of the address or the name."""
    pattern = "%" + query.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" if query else ""
    return [_user(row) for row in await connection.fetch(LIST_USERS, before_id, pattern, limit)]


def _user(row: "asyncpg.Record") -> User:
    return User(
        id=str(row["id"]),
        email=row["email"],
        name=row["name"],
        role=row["role"],
        disabled=row["disabled"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_login_at=row["last_login_at"],
        locked=row["locked"],
    )
