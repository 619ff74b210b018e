"""From a token to the credential it stands for, at the price of a database look-up every few seconds.

A revocation is told to every gateway process by NOTIFY in its own transaction, so cached entries die at once; while
that connection is down nothing is cached, and the few seconds an entry lives are the net behind both.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from services.gateway.identity import credentials_repository as sql
from services.gateway.identity.model import Credential
from services.gateway.identity.tokens import API_KEY_PREFIX, digest

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

log = structlog.get_logger()

CACHE_SECONDS = 5.0
CACHE_ENTRIES = 10_000
TOUCH_AFTER = timedelta(seconds=60)
"""How stale `lastSeenAt` and `lastUsedAt` may be: not every request is a write."""
LISTEN_CHANNEL = "identity_changed"
CHECK_LISTENER_SECONDS = 2.0


@dataclass(slots=True)
class _Entry:
    credential: Credential
    read_at: float


class Authenticator:
    """Answers tokens. `run` keeps the listening connection; without it every look-up goes to the database."""

    def __init__(self, pool: "Pool", *, idle_seconds: float) -> None:
        self._pool = pool
        self._idle_seconds = idle_seconds
        self._cache: dict[bytes, _Entry] = {}
        self._listening = False
        self._generation = 0

    async def find(self, token: str) -> Credential | None:
        """The credential of a session token or API key; None when it is unknown, revoked or over."""
        token_sha256 = digest(token)
        entry = self._cache.get(token_sha256)
        if entry is not None and time.monotonic() - entry.read_at < CACHE_SECONDS and not _is_over(entry.credential):
            return entry.credential
        generation = self._generation
        async with self._pool.acquire() as connection:
            credential = await self._look_up(connection, token, token_sha256)
        self._cache.pop(token_sha256, None)
        # Something was revoked while we read: what we read may be from before it.
        if credential is not None and self._listening and generation == self._generation:
            if len(self._cache) >= CACHE_ENTRIES:
                self._cache.pop(next(iter(self._cache)))
            self._cache[token_sha256] = _Entry(credential, time.monotonic())
        return credential

    def forget_user(self, user_id: str) -> None:
        """Drops what is cached of a user: sessions and keys alike."""
        self._generation += 1
        self._cache = {key: entry for key, entry in self._cache.items() if entry.credential.user_id != user_id}

    async def listen(self, stop: asyncio.Event, wait: Callable[[float, asyncio.Event], Awaitable[None]]) -> None:
        """Holds one connection that hears of revocations until `stop`; raises when it is lost."""
        async with self._pool.acquire() as connection:
            lost = asyncio.Event()

            def on_close(*_: Any) -> None:
                lost.set()
                self._forget_all()

            connection.add_termination_listener(on_close)
            await connection.add_listener(LISTEN_CHANNEL, self._told)
            self._forget_all()
            self._listening = True
            try:
                while not stop.is_set():
                    await wait(CHECK_LISTENER_SECONDS, stop)
                    if lost.is_set():
                        raise asyncpg.ConnectionDoesNotExistError("the listening connection was closed")
                    await connection.fetchval("SELECT 1", timeout=CHECK_LISTENER_SECONDS)
            finally:
                self._forget_all()
                if not lost.is_set():
                    connection.remove_termination_listener(on_close)
                    await connection.remove_listener(LISTEN_CHANNEL, self._told)

    async def _look_up(self, connection: "Connection", token: str, token_sha256: bytes) -> Credential | None:
        is_key = token.startswith(API_KEY_PREFIX)
        if is_key:
            credential = await sql.find_key(connection, token_sha256)
        else:
            credential = await sql.find_session(connection, token_sha256, self._idle_seconds)
        if credential is not None and _is_stale(credential):
            await connection.execute(sql.TOUCH_KEY if is_key else sql.TOUCH_SESSION, credential.id)
        return credential

    def _told(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        self.forget_user(str(payload))

    def _forget_all(self) -> None:
        self._listening = False
        self._generation += 1
        self._cache.clear()


def _is_over(credential: Credential) -> bool:
    return credential.ends_at is not None and datetime.now(UTC) >= credential.ends_at


def _is_stale(credential: Credential) -> bool:
    return credential.seen_at is None or datetime.now(UTC) - credential.seen_at > TOUCH_AFTER
