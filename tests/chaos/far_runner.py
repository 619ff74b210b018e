"""A runner behind a network that can be cut, whose every step leaves a mark outside of Hub and runner."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from runner.agent.attempts import Attempts
from runner.agent.journal import JOURNAL_NAME
from runner.agent.journal_file import read_records
from runner.agent.model import Finish
from tests.chaos.proxy import Proxy, proxy_to
from tests.hub import HubUnderTest
from tests.rest import eventually

LABEL = "far"
STATUS = {"completed": "COMPLETED", "failed": "FAILED", "stopped": "STOPPED"}
SECONDS = 60.0


def payments(marks: Path, count: int, seconds: float, offline_seconds: float = 3_600.0) -> dict[str, Any]:
    """Pays `count` times, one after the other: each is a line in `marks` and must not be done again."""
    pay = {"id": "pay", "type": "files.append", "config": {"path": str(marks), "text": "payment {{ item }}"}}
    say = {"id": "say", "type": "log.message", "config": {"message": "paid {{ item }}"}}
    rest = {"id": "rest", "type": "control.delay", "config": {"seconds": seconds}}
    body = {
        "nodes": [pay, say, rest],
        "edges": [
            {"id": "b1", "from": "pay", "port": "out", "to": "say"},
            {"id": "b2", "from": "say", "port": "out", "to": "rest"},
        ],
    }
    return {
        "schemaVersion": 1,
        "settings": {"offlineSeconds": offline_seconds, "requirements": {"labels": [LABEL]}},
        "nodes": [
            {"id": "start", "type": "control.start", "name": "Start"},
            {"id": "loop", "type": "control.forEach", "config": {"items": list(range(count))}, "body": body},
        ],
        "edges": [{"id": "e1", "from": "start", "port": "out", "to": "loop"}],
    }


class FarRunner:
    """`exekra-runner run` behind `network`; may be killed and started again."""

    def __init__(self, hub: HubUnderTest, home: Path, network: Proxy) -> None:
        self.network = network
        self.runner_id = ""
        self._hub = hub
        self._home = home
        self._secrets: dict[str, str] = {}
        self._process: asyncio.subprocess.Process | None = None

    async def register(self) -> None:
        """Make it known to the Hub, with the label that the payments ask for."""
        answer = await self._hub.api.call("POST", "/runners", {"name": LABEL, "labels": [LABEL]})
        self.runner_id = answer["runner"]["id"]
        self._secrets = {"MACHINE_KEY": answer["machineKey"], "MACHINE_SECRET": answer["machineSecret"]}

    async def start(self) -> None:
        """Start the agent and wait until the Hub sees it."""
        own = {
            "HOME": str(self._home),
            "ADDRESS": self.network.address,
            "CA_FILE": str(self._hub.running.authority),
            "MIN_FREE_BYTES": "0",
            **self._secrets,
        }
        environment = {**os.environ, **{f"EXEKRA_RUNNER_{name}": value for name, value in own.items()}}
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "runner", "run", env=environment)

        async def online() -> bool:
            state = (await self._hub.api.patient("GET", f"/runners/{self.runner_id}"))["runner"]["state"]
            return bool(state != "OFFLINE")

        await eventually(online, seconds=SECONDS, what="the far runner is online")

    async def kill(self) -> None:
        """SIGKILL of the agent."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def leave(self) -> None:
        """The first signal: what runs ends, what is to be told is told."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(SECONDS):
                await self._process.wait()

    def kill_execution(self) -> None:
        """SIGKILL of the execution's own process, whose parent is the agent's fork server. What it started lives on."""
        assert self._process is not None
        servers = psutil.Process(self._process.pid).children()
        for victim in [each for server in servers for each in server.children()]:
            victim.kill()

    def journal(self) -> Attempts:
        """What the agent's journal says now: attempts that are still held, results that were delivered."""
        attempts = Attempts()
        attempts.recover(record for record, _ in read_records((self._home / JOURNAL_NAME).read_bytes()))
        return attempts

    async def settled(self) -> list[Finish]:
        """Delivered results, once the journal holds nothing any more."""

        async def done() -> bool:
            return len(self.journal()) == 0

        await eventually(done, seconds=SECONDS, what="the far runner owes the Hub nothing")
        return self.journal().delivered

    async def assert_agreement(self, statuses: Mapping[str, str]) -> None:
        """What the journal holds and delivered is what the Hub shows: `statuses` of all executions by their id."""
        delivered = await self.settled()
        for finish in delivered:
            assert STATUS[finish.status] == statuses[finish.execution_id]
        assert {finish.execution_id for finish in delivered} == {
            each for each, status in statuses.items() if status != "LOST"
        }

    def leftovers(self) -> list[str]:
        """Command lines of processes that belong to an execution: browsers and whatever else names its folder."""
        mark = str(self._home / "work")
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if mark in line and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(line)
        return found


@asynccontextmanager
async def far_runner(hub: HubUnderTest, folder: Path) -> AsyncIterator[FarRunner]:
    """A registered and running one."""
    async with proxy_to(hub.running.runner_address) as network:
        runner = FarRunner(hub, folder / "far", network)
        await runner.register()
        await runner.start()
        try:
            yield runner
        finally:
            network.heal()
            await runner.leave()


def paid(marks: Path) -> list[int]:
    """What was paid, in order."""
    lines = marks.read_text().splitlines() if marks.exists() else []
    return [int(line.removeprefix("payment ")) for line in lines]


async def paid_so_far(marks: Path, count: int) -> None:
    """Returns when so many payments were made."""

    async def enough() -> bool:
        return len(paid(marks)) >= count

    await eventually(enough, seconds=SECONDS, what=f"{count} payments")


def twice(marks: Path) -> list[int]:
    """Payments that were made more than once."""
    return [payment for payment, times in Counter(paid(marks)).items() if times > 1]
