"""Global variables: named values that every workflow may read."""

from collections.abc import AsyncIterator
from typing import Any

from services.client.calls import Calls
from services.client.models.variables import Variable
from services.client.resources.lookup import find_by_name, is_id


class Variables:
    """`hub.variables`. Values are plain JSON data and no secrets."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, search: str = "", most: int | None = None) -> AsyncIterator[Variable]:
        """By name."""
        async for item in self._calls.each("/variables", most, q=search):
            yield Variable.model_validate(item)

    async def get(self, variable_id: str) -> Variable:
        """Raises NotFound."""
        return Variable.model_validate((await self._calls.get(f"/variables/{variable_id}"))["variable"])

    async def find(self, name: str) -> Variable:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Variable.model_validate(await find_by_name(self._calls, "variable", "/variables", name))

    async def create(self, name: str, value: Any, *, description: str = "", key: str = "") -> Variable:
        """Raises Conflict when the name is taken."""
        body = {"name": name, "value": value, "description": description}
        return Variable.model_validate((await self._calls.create("/variables", body, key=key))["variable"])

    async def change(self, variable_id: str, *, etag: str = "", **members: Any) -> Variable:
        """What is left out stays; executions that have begun keep what they read. Raises Changed."""
        answer = await self._calls.patch(f"/variables/{variable_id}", members, if_match=etag)
        return Variable.model_validate(answer["variable"])

    async def delete(self, variable_id: str, *, force: bool = False) -> None:
        """Raises Conflict while a published workflow reads it, unless it is forced."""
        await self._calls.delete(f"/variables/{variable_id}", **({"force": "true"} if force else {}))
