"""The verbs of the API over one transport, for what has no typed method (yet): plain JSON in and out."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from services.client.transport import Request, Transport, new_key

PAGE = 200
DOWNLOAD_SECONDS = 3600.0
CHUNK_BYTES = 64 * 1024

Json = Any


class Calls:
    """Paths are under `/api`. Parameters that are None or empty are left out. All raise HubError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def url(self) -> str:
        """`https://host:port` of the Hub."""
        return self._transport.url

    async def call(self, request: Request) -> Json:
        """Any request."""
        return await self._transport.call(request)

    async def get(self, path: str, **params: Any) -> Json:
        """A resource."""
        return await self._transport.call(Request(method="GET", path=path, params=params))

    async def look(self, path: str) -> Json:
        """A document outside `/api`, as `/readyz`."""
        return await self._transport.call(Request(method="GET", path=path, api=False))

    async def time(self) -> datetime | None:
        """The Hub's clock, from the head of an answer; None when it does not say."""
        async with self._transport.send(Request(method="GET", path="/healthz", api=False)) as response:
            date = response.headers.get("Date", "")
        try:
            return parsedate_to_datetime(date)
        except ValueError:
            return None

    async def post(self, path: str, body: Json = None, **params: Any) -> Json:
        """An action. It is sent again only when it was surely not begun. None sends no body."""
        return await self._transport.call(Request(method="POST", path=path, body=body, params=params))

    async def create(self, path: str, body: Json = None, *, key: str = "", **params: Any) -> Json:
        """Makes something once, however often it has to be sent: under `key`, or under one of its own.

        Give a key of yours (an order's number) to be safe beyond this process' end, for 24 hours.
        """
        request = Request(method="POST", path=path, body=body, params=params, key=key or new_key())
        return await self._transport.call(request)

    async def put(self, path: str, body: Json, *, if_match: str = "") -> Json:
        """Replaces something; with `if_match` only what is still as it was read. Raises Changed."""
        headers: Mapping[str, str] = {"If-Match": f'"{if_match}"'} if if_match else {}
        return await self._transport.call(Request(method="PUT", path=path, body=body, headers=headers))

    async def patch(self, path: str, body: Json, *, if_match: str = "") -> Json:
        """Changes the members that are given; `if_match` as for `put`."""
        headers: Mapping[str, str] = {"If-Match": f'"{if_match}"'} if if_match else {}
        return await self._transport.call(Request(method="PATCH", path=path, body=body, headers=headers))

    async def delete(self, path: str, **params: Any) -> None:
        """Removes something."""
        await self._transport.call(Request(method="DELETE", path=path, params=params))

    async def each(self, path: str, most: int | None = None, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """The items of a list one by one, fetched page after page, at most `most` of them."""
        cursor, left = "", most
        while left is None or left > 0:
            page = await self.get(path, **params, limit=PAGE if left is None else min(PAGE, left), cursor=cursor)
            for item in page["items"]:
                yield item
            left = None if left is None else left - len(page["items"])
            cursor = page.get("nextCursor") or ""
            if not cursor:
                return

    async def items(self, path: str, most: int | None = None, **params: Any) -> list[dict[str, Any]]:
        """The same as a list."""
        return [item async for item in self.each(path, most, **params)]

    async def download(self, path: str, **params: Any) -> AsyncIterator[bytes]:
        """Bytes, in pieces."""
        request = Request(method="GET", path=path, params=params, seconds=DOWNLOAD_SECONDS)
        async with self._transport.send(request) as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk
