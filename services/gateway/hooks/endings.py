"""Waits for the end of executions without asking the database again and again: all who wait share one live watch.

The watch stands before a delivery is accepted, so an end cannot fall between the two; what it missed (it was cut, or
could not be opened) is found by the last look when the time is over.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from services.gateway.live.feed import Feed, Topics
from services.gateway.peers import Peers, find_method, request_of
from services.gateway.routes.execution_shapes import ExecutionAnswer
from services.gateway.transcoding.responses import ResponseWriter
from services.kit.identity import SYSTEM, current_principal

GET = find_method("exekra.scheduler.v1.ExecutionService.GetExecution")
GET_SECONDS = 5.0
TOPICS: Topics = frozenset({"executions"})
ENDED = frozenset({"COMPLETED", "FAILED", "STOPPED", "LOST"})
REMEMBERED = 2_000
"""Ends that came before somebody asked for them: those of the moment between a commit and its answer."""


class Endings:
    """`attend` before the delivery is accepted, `wait` inside it."""

    def __init__(self, feed: Feed, peers: Peers) -> None:
        self._feed = feed
        self._peers = peers
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._attending = 0
        self._ready = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._writer = ResponseWriter(ExecutionAnswer, GET.output_type)

    @asynccontextmanager
    async def attend(self) -> AsyncIterator[None]:
        """Holds the watch open; the first to come opens it, the last to leave closes it."""
        self._attending += 1
        if self._watch is None or self._watch.done():
            self._ready = asyncio.Event()
            self._watch = asyncio.create_task(self._follow(self._ready), name="ends of executions")
        try:
            await self._ready.wait()
            yield
        finally:
            self._attending -= 1
            if not self._attending:
                await self._close()

    async def wait(self, execution_id: str, seconds: float, *, known_before: bool) -> Mapping[str, Any] | None:
        """`{status, output, failure}` when it ends within so many seconds, else None.

        `known_before`: it may have ended long ago. Raises UNAVAILABLE when the scheduler cannot be asked.
        """
        ended = asyncio.Event()
        waiting = self._waiting.setdefault(execution_id, set())
        waiting.add(ended)
        try:
            if execution_id in self._ended:
                ended.set()
            if known_before and (found := await self._look(execution_id)):
                return found
            try:
                async with asyncio.timeout(seconds):
                    await ended.wait()
            except TimeoutError:
                pass
        finally:
            waiting.discard(ended)
            if not waiting:
                self._waiting.pop(execution_id, None)
        return await self._look(execution_id)

    async def _look(self, execution_id: str) -> Mapping[str, Any] | None:
        request: Any = request_of(GET)
        request.execution_id = execution_id
        current_principal.set(SYSTEM)
        reply = await self._peers.call(GET, request, seconds=GET_SECONDS)
        execution = json.loads(self._writer.write(reply))["execution"]
        if execution["status"] not in ENDED:
            return None
        return {name: execution[name] for name in ("status", "output", "failure")}

    async def _follow(self, ready: asyncio.Event) -> None:
        try:
            while not self._feed.closed:
                async with self._feed.read(TOPICS, "") as reader:
                    ready.set()
                    while (change := await reader.next()) is not None:
                        if change.kind == "execution.changed":
                            self._note(json.loads(change.payload))
        finally:
            # Nobody waits for a watch that is over (the gateway drains): they look for themselves and answer.
            ready.set()
            for ended in [each for waiting in self._waiting.values() for each in waiting]:
                ended.set()

    def _note(self, change: Mapping[str, Any]) -> None:
        if change["status"] not in ENDED:
            return
        execution_id = change["executionId"]
        self._ended[execution_id] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        for ended in self._waiting.get(execution_id, ()):
            ended.set()

    async def _close(self) -> None:
        watch, self._watch = self._watch, None
        self._ended.clear()
        if watch is not None:
            watch.cancel()
            await asyncio.wait([watch])
