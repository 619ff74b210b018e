"""Signing in and out, and the sessions that come of it. Failures are counted before the password is looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.gateway.identity import credentials_repository as credentials
from services.gateway.identity import repository as users
from services.gateway.identity.errors import locked_out, wrong_credentials
from services.gateway.identity.model import Session
from services.gateway.identity.passwords import Passwords
from services.gateway.identity.tokens import digest, new_session_token
from services.kit.errors import DomainError, not_found
from services.kit.identity import Principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox, Resource

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

Forget = Callable[[str], None]
"""Drops what this process has cached of a user; other processes hear of it by NOTIFY."""

FREE_FAILURES = 5
FIRST_LOCK_SECONDS = 15.0
LONGEST_LOCK_SECONDS = 15 * 60.0
USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """Seconds a session lives without a request, and at most."""

    idle_seconds: float
    absolute_seconds: float


class SignIn:
    """Use cases of sessions."""

    def __init__(self, pool: "Pool", passwords: Passwords, outbox: Outbox, times: SessionTimes, forget: Forget) -> None:
        self._pool = pool
        self._forget = forget
        self._passwords = passwords
        self._outbox = outbox
        self._times = times

    async def log_in(self, email: str, password: str, *, ip: str, user_agent: str, old_token: str = "") -> str:
        """A new session's token; an older session of the same browser ends. Raises CREDENTIALS_WRONG, LOGIN_LOCKED."""
        async with self._pool.acquire() as connection:
            locked_seconds = await _count_attempt(connection, email)
            row = await connection.fetchrow(users.SELECT_FOR_LOGIN, email)
        if locked_seconds > 0:
            raise await self._refused(locked_out(int(locked_seconds) + 1), email, ip)
        fits = await self._passwords.matches(row["password_hash"] if row else None, password)
        if row is None or not fits or row["disabled"]:
            raise await self._refused(wrong_credentials(), email, ip)
        token = new_session_token()
        user_id = str(row["id"])
        former = None
        person = Principal(kind="user", id=user_id, name=email, ip=ip)
        async with self._pool.acquire() as connection, connection.transaction():
            if old_token:
                former = await connection.fetchval(credentials.DELETE_SESSION_SHOWN, digest(old_token))
                if former is not None:
                    await connection.execute(credentials.TELL_CHANGE, str(former))
            await connection.execute(users.FORGET_FAILURES, email)
            await connection.execute(users.TOUCH_LOGIN, user_id)
            await connection.execute(
                credentials.INSERT_SESSION,
                new_id(),
                digest(token),
                user_id,
                self._times.absolute_seconds,
                ip,
                user_agent[:USER_AGENT_LENGTH],
            )
            await self._outbox.record(connection, "login.succeeded", Resource("user", user_id, email), actor=person)
        if former is not None:
            self._forget(str(former))
        return token

    async def end_session(self, session_id: str, owner_id: str | None) -> None:
        """Revokes a session; `owner_id` None means anybody's. Raises SESSION_NOT_FOUND."""
        async with self._pool.acquire() as connection, connection.transaction():
            user_id = await connection.fetchval(credentials.DELETE_SESSION, session_id, owner_id)
            if user_id is None:
                raise not_found("SESSION_NOT_FOUND", "session")
            await connection.execute(credentials.TELL_CHANGE, str(user_id))
            await self._outbox.record(connection, "session.ended", Resource("session", session_id))
        self._forget(str(user_id))

    async def list_sessions(self, user_id: str, before_id: str | None, limit: int) -> list[Session]:
        """Live sessions of one user, newest first."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                credentials.LIST_SESSIONS, user_id, self._times.idle_seconds, before_id, limit
            )
        return [credentials.session_of(row) for row in rows]

    async def delete_ended(self) -> None:
        """What the clean-up loop does."""
        async with self._pool.acquire() as connection:
            await connection.execute(credentials.DELETE_ENDED_SESSIONS, self._times.idle_seconds)
            await connection.execute(users.DELETE_OLD_FAILURES)

    async def _refused(self, error: DomainError, email: str, ip: str) -> DomainError:
        """Records the failure and answers the error to raise."""
        async with self._pool.acquire() as connection, connection.transaction():
            stranger = Principal(kind="anonymous", id="", name=email, ip=ip)
            details = {"reason": error.reason}
            await self._outbox.record(connection, "login.failed", Resource("user", "", email), details, actor=stranger)
        return error


async def _count_attempt(connection: "Connection", email: str) -> float:
    """Seconds the address is still locked; else counts a failure in advance, so guesses in parallel gain nothing."""
    await connection.execute(users.ENSURE_FAILURES, email)
    async with connection.transaction():
        locked: float = await connection.fetchval(users.LOCKED_SECONDS, email) or 0.0
        if locked <= 0:
            await connection.execute(
                users.COUNT_FAILURE, email, FREE_FAILURES, FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS
            )
        return locked


async def end_sessions_of(connection: "Connection", user_id: str) -> None:
    """In the caller's transaction: after a new password, another role or disabling, everybody signs in again."""
    await connection.execute(credentials.DELETE_SESSIONS_OF_USER, user_id)
    await connection.execute(credentials.TELL_CHANGE, user_id)
