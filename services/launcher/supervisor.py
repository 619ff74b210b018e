"""Several processes of one Hub: which were started, in which order they stop, and that none is left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby

from services.launcher.child_process import Child, ChildSpec
from services.launcher.console import Console
from services.launcher.home import Home


class Supervisor:
    """Starts processes in parallel and stops them tier by tier: the last started first, then by their rank."""

    def __init__(self, home: Home, console: Console) -> None:
        self._home = home
        self._console = console
        self._tiers: list[list[Child]] = []

    async def start(self, *specs: ChildSpec) -> None:
        """Start processes that do not need each other, and return when all are ready.

        Raises:
            ChildFailedError: one of them did not become ready; the others may run, `stop` ends them.
        """
        children = [Child(spec, self._home, self._console) for spec in specs]
        ranked = groupby(sorted(children, key=_stop_rank), key=_stop_rank)
        self._tiers += [list(tier) for _, tier in ranked]
        starts = [asyncio.create_task(child.start()) for child in children]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def stop(self) -> None:
        """Stop every process, the last started tier first; all are gone when this returns."""
        while self._tiers:
            tier = self._tiers[-1]
            await asyncio.gather(*(child.stop() for child in tier))
            self._tiers.pop()

    def kill(self) -> None:
        """Do not wait for drains any longer: end everything now. The database recovers at its next start."""
        for tier in self._tiers:
            for child in tier:
                child.kill()

    def processes(self) -> dict[str, int]:
        """Name to process id of what runs now."""
        return {child.spec.name: child.pid for tier in self._tiers for child in tier if child.pid is not None}


def _stop_rank(child: Child) -> int:
    return child.spec.stop_rank


@asynccontextmanager
async def supervise(home: Home, console: Console) -> AsyncIterator[Supervisor]:
    """A supervisor whose processes are gone when the block is left, by whatever way.

    Cancelling while they drain ends them at once.
    """
    supervisor = Supervisor(home, console)
    try:
        yield supervisor
    finally:
        try:
            await supervisor.stop()
        except asyncio.CancelledError:
            supervisor.kill()
            await supervisor.stop()
            raise
