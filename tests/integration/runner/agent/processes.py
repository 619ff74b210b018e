"""The real agent as a process, with its timers scaled down, against a scripted Hub."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.integration.runner.agent.hub import SECRET, ScriptedHub

FAST = {
    "EXEKRA_RUNNER_POLL_SECONDS": "0.5",
    "EXEKRA_RUNNER_BACKOFF_SECONDS": "0.05",
    "EXEKRA_RUNNER_BACKOFF_LIMIT_SECONDS": "0.3",
    "EXEKRA_RUNNER_ANSWER_SECONDS": "5",
    "EXEKRA_RUNNER_STOP_SECONDS": "1",
    "EXEKRA_RUNNER_SELF_STOP_MARGIN_SECONDS": "0.5",
    "EXEKRA_RUNNER_MIN_FREE_BYTES": "0",
}


class AgentProcess:
    """`exekra-runner run` with a home of its own; several processes in a row share the home."""

    def __init__(self, hub: ScriptedHub, home: Path) -> None:
        self.hub = hub
        self.home = home
        self.process: asyncio.subprocess.Process | None = None
        self._ca = home.parent / "ca.pem"
        self._ca.write_bytes(hub.ca)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self, **settings: Any) -> None:
        environment = {
            **os.environ,
            **FAST,
            "EXEKRA_RUNNER_HOME": str(self.home),
            "EXEKRA_RUNNER_ADDRESS": self.hub.address,
            "EXEKRA_RUNNER_MACHINE_KEY": "key",
            "EXEKRA_RUNNER_MACHINE_SECRET": SECRET,
            "EXEKRA_RUNNER_CA_FILE": str(self._ca),
            **{f"EXEKRA_RUNNER_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner", "run", env=environment, stdin=asyncio.subprocess.DEVNULL
        )

    async def wait(self, seconds: float = 20.0) -> int:
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
