"""The real agent as a process, with its timers scaled down, against a scripted Hub."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil

from runner.agent import identity
from runner.agent.agent import Agent
from runner.agent.desk import Desk
from runner.agent.settings import RunnerSettings
from runner.page.diagnostics import Messages
from runner.page.server import page
from tests.integration.runner.agent.hub import SECRET, ScriptedHub

FAST = {
    "EXEKRA_RUNNER_POLL_SECONDS": "0.5",
    "EXEKRA_RUNNER_BACKOFF_SECONDS": "0.05",
    "EXEKRA_RUNNER_BACKOFF_LIMIT_SECONDS": "0.3",
    "EXEKRA_RUNNER_ANSWER_SECONDS": "5",
    "EXEKRA_RUNNER_STOP_SECONDS": "1",
    "EXEKRA_RUNNER_SELF_STOP_MARGIN_SECONDS": "0.5",
    "EXEKRA_RUNNER_MIN_FREE_BYTES": "0",
    "EXEKRA_RUNNER_SPARE_CHILDREN": "0",
}
PREFIX = "EXEKRA_RUNNER_"


def settings_for(hub: ScriptedHub, home: Path, **settings: Any) -> dict[str, str]:
    """The agent's environment: this Hub, this home, fast timers, and what the test wants otherwise."""
    ca_file = home.parent / "ca.pem"
    ca_file.write_bytes(hub.ca)
    return {
        **FAST,
        f"{PREFIX}HOME": str(home),
        f"{PREFIX}ADDRESS": hub.address,
        f"{PREFIX}MACHINE_KEY": "key",
        f"{PREFIX}MACHINE_SECRET": SECRET,
        f"{PREFIX}CA_FILE": str(ca_file),
        **{f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()},
    }


class LocalAgent:
    """The agent inside the test's own process: for tests that neither kill it nor send it signals."""

    def __init__(self, hub: ScriptedHub, home: Path, *, with_page: bool = False) -> None:
        self.hub = hub
        self.home = home
        self._with_page = with_page
        self._beside = AsyncExitStack()
        self._agent: Agent | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, **settings: Any) -> None:
        given = settings_for(self.hub, self.home, **settings)
        options: dict[str, Any] = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
        validated = RunnerSettings.model_validate(options)
        who = identity.load(validated)
        self._agent = Agent(validated, who)
        if self._with_page:
            await self._beside.enter_async_context(page(validated, who, self.desk, Messages()))
        self._task = asyncio.create_task(self._agent.run())

    @property
    def desk(self) -> Desk:
        assert self._agent is not None
        return self._agent.desk

    async def end(self) -> None:
        """Leave as after two signals."""
        if self._agent is not None and self._task is not None and not self._task.done():
            self._agent.stop()
            self._agent.stop()
            await self._task
        await self._beside.aclose()


class AgentProcess:
    """`exekra-runner run` with a home of its own; several processes in a row share the home."""

    def __init__(self, hub: ScriptedHub, home: Path) -> None:
        self.hub = hub
        self.home = home
        self.process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self, **settings: Any) -> None:
        environment = {**os.environ, **settings_for(self.hub, self.home, **settings)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner", "run", env=environment, stdin=asyncio.subprocess.DEVNULL
        )

    async def wait(self, seconds: float = 60.0) -> int:
        assert self.process is not None
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)
