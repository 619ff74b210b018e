"""Keeps execution processes ready, so that an offer need not wait for an interpreter to start.

On Linux they are forked by a server that has imported the nodes; elsewhere whole processes are spawned ahead.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Protocol

from runner.agent.child.pipe import Frame, Pipe
from runner.agent.child.tree import Member, Roster, kill_group, kill_tree, start_time

READY_SECONDS = 60.0


class ChildStartError(Exception):
    """No process for an execution could be made; the message says what happened."""


class Child:
    """A process that is ready for one execution, or works on it."""

    def __init__(self, pid: int, pipe: Pipe, roster: Roster) -> None:
        self.pipe = pipe
        self.member = Member(pid, start_time(pid), "")
        self.exited: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """Exit code, negative for a signal; None when it could not be learnt."""
        self._roster = roster
        roster.add(self.member)

    def assign(self, attempt_id: str) -> None:
        """From now on the process belongs to this attempt."""
        self.member = Member(self.member.pid, self.member.started_at, attempt_id)
        self._roster.add(self.member)

    async def kill(self) -> None:
        """End the process and everything it started."""
        await asyncio.to_thread(kill_tree, self.member)

    def release(self) -> None:
        """The process ended or is to end now; kills what it left in its group."""
        self.pipe.close()
        kill_group(self.member.pid)
        self._roster.remove(self.member.pid)


class Maker(Protocol):
    """A way to make processes."""

    async def make(self) -> Child:
        """A new process, not yet ready. Raises ChildStartError."""
        ...

    async def close(self) -> None:
        """Make no more, and wait until what was released is gone."""
        ...


class ChildPool:
    """Ready processes; `take` hands one out and another is made in the background."""

    def __init__(self, maker: Maker, spares: int) -> None:
        self._maker = maker
        self._spares = spares
        self._ready: deque[Child] = deque()
        self._filling: asyncio.Task[None] | None = None

    async def take(self) -> Child:
        """A ready process. Raises ChildStartError."""
        while self._ready:
            child = self._ready.popleft()
            if not child.exited.done():
                self.fill()
                return child
            child.release()
        child = await self._make_ready()
        self.fill()
        return child

    def fill(self) -> None:
        """Make processes ready in the background, up to the number of spares."""
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def close(self) -> None:
        """End the spares and the maker."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)
        for child in self._ready:
            child.release()
        self._ready.clear()
        await self._maker.close()

    async def _fill(self) -> None:
        # A failure shows when an execution needs the process; a spare that cannot be made harms nobody.
        with suppress(ChildStartError):
            while len(self._ready) < self._spares:
                self._ready.append(await self._make_ready())

    async def _make_ready(self) -> Child:
        child = await self._maker.make()
        try:
            async with asyncio.timeout(READY_SECONDS):
                frame = await child.pipe.receive()
        except TimeoutError:
            child.release()
            raise ChildStartError(f"The execution's process was not ready within {READY_SECONDS:.0f} s.") from None
        except BaseException:
            child.release()
            raise
        if frame is None or frame[0] is not Frame.READY:
            child.release()
            raise ChildStartError("The execution's process ended while it started; see the runner's output.")
        return child
