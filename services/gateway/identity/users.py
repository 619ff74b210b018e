"""Use cases of users: making, changing, removing them. There is always an enabled administrator."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from services.gateway.identity import repository as sql
from services.gateway.identity.errors import email_taken, last_admin, wrong_credentials
from services.gateway.identity.model import User
from services.gateway.identity.passwords import Passwords
from services.gateway.identity.sign_in import Forget, end_sessions_of
from services.gateway.permissions import Role
from services.kit.errors import not_found
from services.kit.ids import new_id
from services.kit.outbox import Outbox, Resource

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a user is made of; the password is plain here and nowhere else."""

    email: str
    name: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class UserChange:
    """None leaves a field as it is."""

    email: str | None = None
    name: str | None = None
    role: Role | None = None
    disabled: bool | None = None


class Users:
    """Use cases of users."""

    def __init__(self, pool: "Pool", passwords: Passwords, outbox: Outbox, forget: Forget) -> None:
        self._pool = pool
        self._forget = forget
        self._passwords = passwords
        self._outbox = outbox

    async def hash(self, password: str) -> str:
        """Done before a transaction is opened: it takes tens of milliseconds."""
        return await self._passwords.hash(password)

    async def create(self, connection: "Connection", user: NewUser, hashed: str) -> User:
        """In the caller's transaction. Raises EMAIL_TAKEN."""
        user_id = new_id()
        if not await sql.insert_user(connection, user_id, user.email, user.name, user.role, hashed):
            raise email_taken()
        await self._outbox.record(
            connection, "user.created", Resource("user", user_id, user.email), {"role": user.role}
        )
        return await _require(connection, user_id)

    async def create_first_admin(self, user: NewUser) -> bool:
        """Makes the administrator of an empty Hub; False when there are users. Safe when several replicas start."""
        hashed = await self.hash(user.password)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.LOCK_ADMINS)
            if await connection.fetchval(sql.ANY_USER):
                return False
            await self.create(connection, user, hashed)
            return True

    async def any_user(self) -> bool:
        """False on an empty Hub."""
        return bool(await self._pool.fetchval(sql.ANY_USER))

    async def get(self, user_id: str) -> User:
        """Raises USER_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            return await _require(connection, user_id)

    async def list(self, before_id: str | None, query: str, limit: int) -> "list[User]":
        """Newest first."""
        async with self._pool.acquire() as connection:
            return [*await sql.list_users(connection, before_id, query, limit)]

    async def change(self, user_id: str, change: UserChange) -> User:
        """Another role or disabling ends the user's sessions. Raises USER_NOT_FOUND, EMAIL_TAKEN, LAST_ADMIN."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.LOCK_ADMINS)
            before = await _require(connection, user_id)
            if (change.role not in (None, "ADMIN") or change.disabled) and before.role == "ADMIN":
                await _keep_an_admin(connection, user_id)
            try:
                await connection.execute(
                    sql.UPDATE_USER, user_id, change.email, change.name, change.role, change.disabled
                )
            except asyncpg.UniqueViolationError:
                raise email_taken() from None
            after = await _require(connection, user_id)
            if (after.role, after.disabled, after.email) != (before.role, before.disabled, before.email):
                await end_sessions_of(connection, user_id)
            details = {"before": _facts(before), "after": _facts(after)}
            await self._outbox.record(connection, "user.changed", Resource("user", user_id, after.email), details)
        self._forget(user_id)
        return after

    async def delete(self, user_id: str) -> None:
        """Sessions and keys go with the user. Raises USER_NOT_FOUND, LAST_ADMIN."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.LOCK_ADMINS)
            user = await _require(connection, user_id)
            if user.role == "ADMIN":
                await _keep_an_admin(connection, user_id)
            await end_sessions_of(connection, user_id)
            await connection.execute(sql.DELETE_USER, user_id)
            await self._outbox.record(connection, "user.deleted", Resource("user", user_id, user.email))
        self._forget(user_id)

    async def reset_password(self, user_id: str, password: str) -> User:
        """A password given by an administrator; the user's sessions end. Raises USER_NOT_FOUND."""
        hashed = await self.hash(password)
        async with self._pool.acquire() as connection, connection.transaction():
            user = await _require(connection, user_id)
            await connection.execute(sql.UPDATE_PASSWORD, user_id, hashed)
            await connection.execute(sql.FORGET_FAILURES, user.email)
            await end_sessions_of(connection, user_id)
            await self._outbox.record(connection, "user.password_reset", Resource("user", user_id, user.email))
        self._forget(user_id)
        return await self.get(user_id)

    async def change_password(self, user_id: str, current: str, new: str) -> None:
        """A person's own; all of that person's sessions end. Raises CREDENTIALS_WRONG."""
        encoded = await self._pool.fetchval(sql.SELECT_HASH, user_id)
        if not await self._passwords.matches(encoded, current):
            raise wrong_credentials()
        hashed = await self.hash(new)
        async with self._pool.acquire() as connection, connection.transaction():
            user = await _require(connection, user_id)
            await connection.execute(sql.UPDATE_PASSWORD, user_id, hashed)
            await end_sessions_of(connection, user_id)
            await self._outbox.record(connection, "user.password_changed", Resource("user", user_id, user.email))
        self._forget(user_id)

    async def unlock(self, user_id: str) -> User:
        """Forgets failed sign-ins. Raises USER_NOT_FOUND."""
        async with self._pool.acquire() as connection, connection.transaction():
            user = await _require(connection, user_id)
            await connection.execute(sql.FORGET_FAILURES, user.email)
            await self._outbox.record(connection, "user.unlocked", Resource("user", user_id, user.email))
            return await _require(connection, user_id)


async def _require(connection: "Connection", user_id: str) -> User:
    user = await sql.select_user(connection, user_id)
    if user is None:
        raise not_found("USER_NOT_FOUND", "user")
    return user


async def _keep_an_admin(connection: "Connection", user_id: str) -> None:
    if not await connection.fetchval(sql.OTHER_ADMINS, user_id):
        raise last_admin()


def _facts(user: User) -> dict[str, object]:
    return {"email": user.email, "name": user.name, "role": user.role, "disabled": user.disabled}
