"""Work queues: items that executions take one at a time, each done once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.client.calls import Calls
from services.client.models.queues import AddedItems, Item, ItemDetail, Queue, QueueStatistics
from services.client.resources.lookup import find_by_name, is_id


class Queues:
    """`hub.queues`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self, *, search: str = "", most: int | None = None) -> AsyncIterator[Queue]:
        """By name."""
        async for item in self._calls.each("/queues", most, q=search):
            yield Queue.model_validate(item)

    async def get(self, queue_id: str) -> Queue:
        """Raises NotFound."""
        return Queue.model_validate((await self._calls.get(f"/queues/{queue_id}"))["queue"])

    async def find(self, name: str) -> Queue:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Queue.model_validate(await find_by_name(self._calls, "work queue", "/queues", name))

    async def create(self, name: str, *, key: str = "", **members: Any) -> Queue:
        """Members as the API has them, for instance `maxRetries` and `uniqueReferences`."""
        return Queue.model_validate((await self._calls.create("/queues", {"name": name, **members}, key=key))["queue"])

    async def change(self, queue_id: str, *, etag: str = "", **members: Any) -> Queue:
        """What is left out stays. Raises Changed when `etag` is out of date."""
        answer = await self._calls.patch(f"/queues/{queue_id}", members, if_match=etag)
        return Queue.model_validate(answer["queue"])

    async def delete(self, queue_id: str, *, force: bool = False) -> None:
        """With all its items. Raises Conflict while some wait, are in progress or lost, unless forced."""
        await self._calls.delete(f"/queues/{queue_id}", force="true" if force else None)

    async def statistics(self, queue_id: str, *, hours: int = 24) -> QueueStatistics:
        """What waits, and what became of the items of the last hours."""
        return QueueStatistics.model_validate(await self._calls.get(f"/queues/{queue_id}/statistics", hours=hours))

    async def add(
        self,
        queue_id: str,
        payload: Any = None,
        *,
        reference: str = "",
        priority: int = 50,
        not_before: datetime | None = None,
        deadline_at: datetime | None = None,
        key: str = "",
    ) -> Item:
        """Raises Conflict when the queue wants references to be unique and has this one."""
        body = {"payload": payload, "reference": reference, "priority": priority}
        body |= _instants(notBefore=not_before, deadlineAt=deadline_at)
        return Item.model_validate((await self._calls.create(f"/queues/{queue_id}/items", body, key=key))["item"])

    async def add_many(self, queue_id: str, items: Sequence[Mapping[str, Any]], *, key: str = "") -> AddedItems:
        """Up to 1,000 of `{payload, reference?, priority?, notBefore?, deadlineAt?}`, all or none."""
        body = {"items": [dict(item) for item in items]}
        return AddedItems.model_validate(await self._calls.create(f"/queues/{queue_id}/items/bulk", body, key=key))

    async def items(
        self,
        queue_id: str,
        *,
        status: Sequence[str] = (),
        reference: str = "",
        execution_id: str = "",
        most: int | None = None,
    ) -> AsyncIterator[Item]:
        """The newest first; `reference` is its beginning."""
        path, of = f"/queues/{queue_id}/items", {"executionId": execution_id}
        async for item in self._calls.each(path, most, status=list(status), reference=reference, **of):
            yield Item.model_validate(item)

    async def item(self, queue_id: str, item_id: str) -> ItemDetail:
        """With its handlings. Raises NotFound."""
        return ItemDetail.model_validate(await self._calls.get(f"/queues/{queue_id}/items/{item_id}"))

    async def change_item(
        self,
        queue_id: str,
        item_id: str,
        *,
        priority: int | None = None,
        not_before: datetime | None = None,
        deadline_at: datetime | None = None,
        drop_deadline: bool = False,
    ) -> Item:
        """Of an item that waits; what is left out stays. Raises Conflict."""
        body: dict[str, Any] = _instants(notBefore=not_before, deadlineAt=deadline_at)
        body |= {} if priority is None else {"priority": priority}
        body |= {"dropDeadline": True} if drop_deadline else {}
        return Item.model_validate((await self._calls.patch(f"/queues/{queue_id}/items/{item_id}", body))["item"])

    async def retry_item(self, queue_id: str, item_id: str) -> Item:
        """A failed, lost or expired one waits again, with all its tries. Raises Conflict."""
        return Item.model_validate((await self._calls.post(f"/queues/{queue_id}/items/{item_id}/retry"))["item"])

    async def resolve_item(
        self, queue_id: str, item_id: str, *, outcome: str = "successful", comment: str = ""
    ) -> Item:
        """What became of a lost item, found out by a person: successful or businessFailed. Raises Conflict."""
        body = {"outcome": outcome, "comment": comment}
        path = f"/queues/{queue_id}/items/{item_id}/resolve"
        return Item.model_validate((await self._calls.post(path, body))["item"])

    async def delete_item(self, queue_id: str, item_id: str) -> None:
        """Raises Conflict while it is in progress."""
        await self._calls.delete(f"/queues/{queue_id}/items/{item_id}")

    async def export_items(self, queue_id: str, *, status: Sequence[str] = ()) -> AsyncIterator[bytes]:
        """One JSON object a line, the oldest first, in pieces."""
        async for chunk in self._calls.download(f"/queues/{queue_id}/items/export", status=list(status)):
            yield chunk


def _instants(**instants: datetime | None) -> dict[str, Any]:
    return {name: at.isoformat() for name, at in instants.items() if at is not None}
