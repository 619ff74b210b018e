"""People and API keys: who may call, and as what."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from services.client.calls import Calls
from services.client.models.administration import ApiKeyInfo, NewApiKey, NewUser, User


class People:
    """`hub.people`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def users(self, *, search: str = "", most: int | None = None) -> AsyncIterator[User]:
        """Everybody who can sign in."""
        async for item in self._calls.each("/users", most, q=search):
            yield User.model_validate(item)

    async def create_user(self, email: str, *, name: str = "", role: str = "OPERATOR", key: str = "") -> NewUser:
        """With a password that the Hub makes and answers this once."""
        body = {"email": email, "role": role, **({"name": name} if name else {})}
        return NewUser.model_validate(await self._calls.create("/users", body, key=key))

    async def change_user(self, user_id: str, **members: Any) -> User:
        """Members as the API names them: email, name, role, disabled."""
        return User.model_validate((await self._calls.patch(f"/users/{user_id}", members))["user"])

    async def api_keys(self) -> AsyncIterator[ApiKeyInfo]:
        """One's own, without the keys themselves."""
        async for item in self._calls.each("/api-keys"):
            yield ApiKeyInfo.model_validate(item)

    async def create_api_key(
        self, name: str, scopes: Sequence[str] | None = None, *, expires_at: datetime | None = None, key: str = ""
    ) -> NewApiKey:
        """For a program; with None it may do all that its owner may. The key is answered this once."""
        given = {
            "scopes": list(scopes) if scopes else None,
            "expiresAt": expires_at.isoformat() if expires_at else None,
        }
        body = {"name": name, **{member: value for member, value in given.items() if value is not None}}
        return NewApiKey.model_validate(await self._calls.create("/api-keys", body, key=key))

    async def revoke_api_key(self, api_key_id: str) -> None:
        """At once."""
        await self._calls.delete(f"/api-keys/{api_key_id}")
