"""Use cases of API keys. The value is shown once; only its SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.gateway.identity import credentials_repository as sql
from services.gateway.identity.model import ApiKey, Caller
from services.gateway.identity.sign_in import Forget
from services.gateway.identity.tokens import digest, hint_of, new_api_key
from services.kit.errors import FieldError, invalid, not_found
from services.kit.ids import new_id
from services.kit.outbox import Outbox, Resource

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """`scopes` None means everything the caller may do now."""

    name: str
    scopes: tuple[str, ...] | None
    expires_at: datetime | None


class ApiKeys:
    """Use cases of API keys."""

    def __init__(self, pool: "Pool", outbox: Outbox, forget: Forget) -> None:
        self._pool = pool
        self._forget = forget
        self._outbox = outbox

    async def create(self, connection: "Connection", caller: Caller, new: NewApiKey) -> tuple[ApiKey, str]:
        """The key and its value, in the caller's transaction. Nobody can give a key more than the own permissions."""
        granted = caller.principal.permissions
        scopes = tuple(sorted(granted)) if new.scopes is None else tuple(dict.fromkeys(new.scopes))
        for index, scope in enumerate(scopes):
            if scope not in granted:
                raise invalid(
                    "A key cannot be given more than you may do yourself.",
                    FieldError(f"/scopes/{index}", f"You do not hold the permission {scope}."),
                    reason="SCOPE_NOT_HELD",
                )
        value = new_api_key()
        row = await connection.fetchrow(
            sql.INSERT_KEY, new_id(), digest(value), caller.user_id, new.name, hint_of(value), scopes, new.expires_at
        )
        assert row is not None
        key = sql.key_of(row)
        details = {"scopes": list(scopes)}
        await self._outbox.record(connection, "api_key.created", Resource("api_key", key.id, key.name), details)
        return key, value

    async def list(self, user_id: str, before_id: str | None, limit: int) -> "list[ApiKey]":
        """Keys of one user, newest first."""
        async with self._pool.acquire() as connection:
            return [sql.key_of(row) for row in await connection.fetch(sql.LIST_KEYS, user_id, before_id, limit)]

    async def delete(self, key_id: str, owner_id: str | None) -> None:
        """Revokes at once; `owner_id` None means anybody's. Raises API_KEY_NOT_FOUND."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(sql.DELETE_KEY, key_id, owner_id)
            if row is None:
                raise not_found("API_KEY_NOT_FOUND", "API key")
            await connection.execute(sql.TELL_CHANGE, str(row["user_id"]))
            await self._outbox.record(connection, "api_key.deleted", Resource("api_key", key_id, row["name"]))
        self._forget(str(row["user_id"]))
