"""Event endpoints: whom the Hub tells of what, and what became of it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.client.calls import Calls
from services.client.models.events import EventDelivery, EventEndpoint, EventEndpointSecret


class EventEndpoints:
    """`hub.event_endpoints`. Members beyond the named ones are named as the API names them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self) -> AsyncIterator[EventEndpoint]:
        """All of them."""
        async for item in self._calls.each("/event-endpoints"):
            yield EventEndpoint.model_validate(item)

    async def get(self, endpoint_id: str) -> EventEndpoint:
        """Raises NotFound."""
        return EventEndpoint.model_validate((await self._calls.get(f"/event-endpoints/{endpoint_id}"))["endpoint"])

    async def create(
        self, name: str, url: str, event_types: Sequence[str], *, key: str = "", **members: Any
    ) -> EventEndpointSecret:
        """`event_types` may hold `*`: `execution.*`. The secret is answered this once."""
        body = {"name": name, "url": url, "eventTypes": list(event_types), **members}
        return EventEndpointSecret.model_validate(await self._calls.create("/event-endpoints", body, key=key))

    async def change(self, endpoint_id: str, *, etag: str = "", **members: Any) -> EventEndpoint:
        """What is left out stays."""
        answer = await self._calls.patch(f"/event-endpoints/{endpoint_id}", members, if_match=etag)
        return EventEndpoint.model_validate(answer["endpoint"])

    async def delete(self, endpoint_id: str) -> None:
        """Nothing more is sent to it."""
        await self._calls.delete(f"/event-endpoints/{endpoint_id}")

    async def rotate(self, endpoint_id: str, *, overlap_seconds: float | None = None) -> EventEndpointSecret:
        """A new secret; both sign until the overlap is over."""
        body = {} if overlap_seconds is None else {"overlapSeconds": overlap_seconds}
        return EventEndpointSecret.model_validate(
            await self._calls.post(f"/event-endpoints/{endpoint_id}/rotate", body)
        )

    async def deliveries(
        self, endpoint_id: str, *, status: Sequence[str] = (), event_type: str = "", most: int | None = None
    ) -> AsyncIterator[EventDelivery]:
        """What was sent or waits, newest first."""
        path = f"/event-endpoints/{endpoint_id}/deliveries"
        async for item in self._calls.each(path, most, status=list(status), eventType=event_type):
            yield EventDelivery.model_validate(item)

    async def replay(self, endpoint_id: str, *, key: str = "", **members: Any) -> int:
        """How many events will be sent again: by `deliveryIds`, `status`, `from` and `to`."""
        answer = await self._calls.create(f"/event-endpoints/{endpoint_id}/replay", members, key=key)
        return int(answer["replayed"])
