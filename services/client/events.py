"""Live changes as server-sent events: read, and taken up again where a broken connection left off."""

import asyncio
import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from services.client.errors import Problem, RateLimited, Unavailable, UnreachableError
from services.client.transport import Request, Transport

SILENCE_SECONDS = 45.0
"""The Hub says something every 15 seconds; a connection that is silent for three of them is dead."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `id` is where to go on after it; `payload` says what changed: read the resource for how it is now."""

    id: str
    kind: str
    topic: str
    payload: Any


class EventParser:
    """The format of server-sent events: bytes in, events out. Holds what is incomplete."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry_seconds: float | None = None
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Events that are complete now."""
        *lines, self._rest = (self._rest + self._decode.decode(chunk)).split("\n")
        for line in lines:
            event = self._line(line.removesuffix("\r"))
            if event is not None:
                yield event

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isdecimal():
            self.retry_seconds = int(value) / 1000
        return None

    def _complete(self) -> Event | None:
        data, self._data = "\n".join(self._data), []
        if not data:
            return None
        document = json.loads(data)
        return Event(self.last_id, document["kind"], document["topic"], document["payload"])


async def watch(transport: Transport, topics: tuple[str, ...], after: str = "") -> AsyncIterator[Event]:
    """Changes of the topics (`executions`, `runners`, `execution:ID`) for ever; `after` is the id of an event seen.

    Comes back after every break, with the last event's id, so that nothing between is missed. Raises Problem when the
    Hub refuses for good.
    """
    last_id, pause = after, FIRST_PAUSE_SECONDS
    while True:
        parser = EventParser()
        parser.last_id = last_id
        try:
            async with aclosing(_read(transport, topics, parser)) as events:
                async for event in events:
                    pause = FIRST_PAUSE_SECONDS
                    yield event
        except (UnreachableError, Unavailable, RateLimited):
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        last_id = parser.last_id
        await asyncio.sleep(max(pause, parser.retry_seconds or 0.0))


async def _read(transport: Transport, topics: tuple[str, ...], parser: EventParser) -> AsyncGenerator[Event, None]:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": parser.last_id} if parser.last_id else {})}
    request = Request(
        method="GET",
        path="/events",
        params={"topics": ",".join(topics)},
        headers=headers,
        seconds=None,
        silence_seconds=SILENCE_SECONDS,
    )
    async with transport.send(request) as response:
        if response.content_type != "text/event-stream":
            raise Problem(response.status, {"detail": f"{transport.url} answered no stream of events. Is it a Hub?"})
        async for chunk in response.content.iter_any():
            for event in parser.feed(chunk):
                yield event
