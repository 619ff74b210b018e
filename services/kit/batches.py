"""Lets requests that come at the same time share one piece of work: one when there is one, many when there are many.

No timer: what arrives while a batch is under way makes up the next one, so an idle process adds no wait.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from services.kit.translation import is_outage

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Batches(Generic[ItemT, ResultT]):
    """`handle` answers one result for each item, in order; an exception among them is that item's alone.

    When it raises, an outage is everybody's; anything else is looked for by handling each item by itself. A batch has
    at most `most` items, and beyond its first one those that together weigh at most `heaviest`. Another batch is begun
    beside those under way only when a full one waits.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT | Exception]]],
        *,
        most: int,
        at_once: int,
        weigh: Callable[[ItemT], int] = lambda _: 0,
        heaviest: int = 0,
    ) -> None:
        self._handle = handle
        self._most = most
        self._at_once = at_once
        self._weigh = weigh
        self._heaviest = heaviest
        self._waiting: deque[tuple[ItemT, asyncio.Future[ResultT]]] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, item: ItemT) -> ResultT:
        """The item's result. Work that has begun goes on when its caller is cancelled."""
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        full = len(self._waiting) >= self._most and self._running < self._at_once
        if self._running == 0 or full:
            self._running += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _run(self) -> None:
        try:
            while batch := self._take():
                await self._settle(batch)
        finally:
            # Counted down in the same step that found nothing waiting: an item that comes later starts a new run.
            self._running -= 1

    def _take(self) -> list[tuple[ItemT, asyncio.Future[ResultT]]]:
        batch: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        weight = 0
        while self._waiting and len(batch) < self._most:
            item, future = self._waiting[0]
            if not future.done():
                weight += self._weigh(item)
                if batch and weight > self._heaviest > 0:
                    break
                batch.append((item, future))
            self._waiting.popleft()
        return batch

    async def _settle(self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        results: Sequence[ResultT | Exception]
        try:
            results = await self._handle([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is the callers' to deal with
            if len(batch) == 1 or is_outage(error):
                results = [error] * len(batch)
            else:
                for each in batch:
                    await self._settle([each])
                return
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
