"""Works on one item at a time; of those that come meanwhile only the newest counts.

For messages that replace each other (a heartbeat, the number of free slots) while the scheduler is slow or away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class Latest(Generic[ItemT]):
    """`failed` is told of an exception of `work`; later items are worked on all the same."""

    __slots__ = ("_failed", "_next", "_task", "_work")

    def __init__(self, work: Callable[[ItemT], Awaitable[None]], failed: Callable[[Exception], None]) -> None:
        self._work = work
        self._failed = failed
        self._next: ItemT | None = None
        self._task: asyncio.Task[None] | None = None

    def submit(self, item: ItemT) -> None:
        """Replaces an item that waits."""
        self._next = item
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Gives up what is under way."""
        self._next = None
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while self._next is not None:
                item, self._next = self._next, None
                try:
                    await self._work(item)
                except Exception as error:  # noqa: BLE001 - handed on
                    self._failed(error)
        finally:
            self._task = None
