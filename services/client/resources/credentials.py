"""The vault: credentials, whose values go in and never come out."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from services.client.calls import Calls
from services.client.models.credentials import CredentialInfo
from services.client.resources.lookup import find_by_name, is_id


class Credentials:
    """`hub.credentials`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, search: str = "", most: int | None = None) -> AsyncIterator[CredentialInfo]:
        """By name."""
        async for item in self._calls.each("/credentials", most, q=search):
            yield CredentialInfo.model_validate(item)

    async def get(self, credential_id: str) -> CredentialInfo:
        """Raises NotFound."""
        return CredentialInfo.model_validate((await self._calls.get(f"/credentials/{credential_id}"))["credential"])

    async def find(self, name: str) -> CredentialInfo:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return CredentialInfo.model_validate(await find_by_name(self._calls, "credential", "/credentials", name))

    async def create(
        self, name: str, kind: str, value: Mapping[str, str], *, key: str = "", **members: Any
    ) -> CredentialInfo:
        """Members as the API has them: `description`, `workflowIds`, `hosts`. Raises Conflict for a taken name."""
        body = {"name": name, "kind": kind, "value": dict(value), **members}
        return CredentialInfo.model_validate((await self._calls.create("/credentials", body, key=key))["credential"])

    async def change(
        self, credential_id: str, *, value: Mapping[str, str] | None = None, etag: str = "", **members: Any
    ) -> CredentialInfo:
        """What is left out stays; a value is replaced as a whole. Raises Changed when `etag` is out of date."""
        body = members if value is None else {**members, "value": dict(value)}
        answer = await self._calls.patch(f"/credentials/{credential_id}", body, if_match=etag)
        return CredentialInfo.model_validate(answer["credential"])

    async def delete(self, credential_id: str, *, force: bool = False) -> None:
        """Raises Conflict while workflows name it, unless forced."""
        await self._calls.delete(f"/credentials/{credential_id}", force="true" if force else None)
