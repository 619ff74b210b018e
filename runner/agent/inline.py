"""Runs an execution inside the agent: for graphs of control, data and http nodes alone, which only compute and wait."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.agent.folders import WorkingFolders
from runner.agent.graph_run import GraphRun
from runner.agent.model import DebugWord, End
from runner.agent.usage import SharedMeter
from runner.agent.work import Outlet, RunOrder
from runner.engine.plan import Plan
from runner.engine.request import CalledWorkflow


class InlineWork:
    """See `Work`. Killing cancels the task that awaits `run`'s graph."""

    def __init__(
        self, order: RunOrder, plan: Plan, calls: Sequence[CalledWorkflow], outlet: Outlet, folders: WorkingFolders
    ) -> None:
        self._run = GraphRun(order, plan, calls, outlet)
        self._folders = folders
        self._task: asyncio.Task[End] | None = None
        self._killed = False

    async def run(self) -> End:
        """Carry the graph out."""
        if self._killed:
            return End("crashed")
        meter = SharedMeter()
        async with self._folders.take() as workdir:
            end = await self._run_killable(workdir)
        return replace(end, usage=meter.usage())

    async def _run_killable(self, workdir: Path) -> End:
        self._task = asyncio.create_task(self._run.run(workdir))
        try:
            return await self._task
        except asyncio.CancelledError:
            if self._killed and self._task.cancelled():
                return End("crashed")
            self._task.cancel()
            raise

    def stop(self) -> None:
        """Ask the engine to stop."""
        self._run.stop()

    def kill(self) -> None:
        """Cancel the graph."""
        self._killed = True
        if self._task is not None:
            self._task.cancel()

    def renew(self, lease_until: float) -> None:
        """The lease was extended."""
        self._run.renew(lease_until)

    def debug(self, word: DebugWord) -> None:
        """Tell the engine."""
        self._run.debug(word)
