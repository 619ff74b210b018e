"""Schedules while loops are killed at random and Postgres restarts: an instant is one row and at most one execution."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.chaos.burst import SLOTS, assert_sound
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

SEED = 4545
SCHEDULES = 16
DISTURBANCES = 4
CALM_SECONDS = (2.0, 5.0)
"""Between two disturbances, drawn by the seed."""
SETTLE_SECONDS = 60.0
LOOPS = "scheduler-loops"
OVERLAPS = ("allow", "skip", "queue", "stopPrevious")
GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "settings": {"onLost": "retry", "retry": {"maxAttempts": 9, "backoffSeconds": 0.2}},
    "nodes": [
        {"id": "start", "type": "control.start", "name": "Start"},
        {"id": "think", "type": "control.delay", "name": "Think", "config": {"seconds": 0.3}},
    ],
    "edges": [{"id": "e1", "from": "start", "port": "out", "to": "think"}],
}
UNDECIDED = "SELECT count(*) AS n FROM automation.fire WHERE outcome IS NULL OR outcome IN ('QUEUED', 'HELD')"
FIRED = "SELECT count(*) AS n FROM automation.fire WHERE execution_id IS NOT NULL"
TOGETHER = """SELECT trigger_id, id FROM (
  SELECT e.trigger_id, e.id, e.created_at, lag(e.completed_at) OVER earlier AS before,
    lag(e.id) OVER earlier AS previous
    FROM automation.execution e JOIN automation.schedule s ON s.trigger_id = e.trigger_id AND s.overlap <> 'ALLOW'
  WINDOW earlier AS (PARTITION BY e.trigger_id ORDER BY e.created_at, e.id)) pairs
 WHERE previous IS NOT NULL AND (before IS NULL OR before > created_at)"""


@asynccontextmanager
async def second_loops(hub: HubUnderTest) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Another loops process with the environment of the first; calling it kills it and starts one more."""
    command, environment = _how_started(await hub.living(LOOPS))
    log = (hub.running.home.logs / "second-loops.log").open("ab")

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    running = start()

    async def restart() -> None:
        nonlocal running
        running.kill()
        await asyncio.to_thread(running.wait)
        running = start()

    try:
        yield restart
    finally:
        running.terminate()
        await asyncio.to_thread(running.wait)
        log.close()


def _how_started(pid: int) -> tuple[list[str], dict[str, str]]:
    command = [part for part in Path(f"/proc/{pid}/cmdline").read_text().split("\0") if part]
    entries = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return command, dict(entry.split("=", 1) for entry in entries if "=" in entry)


async def make_schedules(hub: HubUnderTest) -> list[str]:
    """Every second each, with every overlap rule; a minute late is in time, so that all instants want an execution."""
    workflow_id = await hub.api.publish("Chaos", GRAPH)
    made = []
    for number in range(SCHEDULES):
        body = {
            "workflowId": workflow_id,
            "kind": "schedule",
            "name": f"Chaos {number}",
            "intervalSeconds": 1 + number % 3,
            "timezone": "Europe/Berlin",
            "overlap": OVERLAPS[number % len(OVERLAPS)],
            "misfire": {"policy": "once", "graceSeconds": 60},
        }
        made.append((await hub.api.call("POST", "/triggers", body))["trigger"]["id"])
    return made


async def counted(hub: HubUnderTest, query: str) -> int:
    """The number a query answers, once Postgres does."""

    async def look() -> tuple[int] | None:
        try:
            return ((await hub.query(query))[0]["n"],)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None

    found: tuple[int] = await eventually(look, seconds=SETTLE_SECONDS, what="Postgres answers")
    return found[0]


async def disturbed(hub: HubUnderTest, name: str, disturb: Callable[[int], Awaitable[None]]) -> None:
    """Schedules at work while something is disturbed again and again; then what must be true."""
    triggers = await make_schedules(hub)
    chance = random.Random(f"{SEED} {name}")
    for number in range(DISTURBANCES):
        await asyncio.sleep(chance.uniform(*CALM_SECONDS))  # the rhythm of the disturbance, nothing is waited for
        await disturb(number)
    before = await counted(hub, FIRED)

    async def goes_on() -> bool:
        return bool(await counted(hub, FIRED) > before + SCHEDULES)

    await eventually(goes_on, seconds=SETTLE_SECONDS, what="schedules fire again after the last disturbance")
    for trigger_id in triggers:
        await hub.api.patient("POST", f"/triggers/{trigger_id}/disable")

    async def settled() -> bool:
        return bool(await counted(hub, UNDECIDED) == 0)

    await eventually(settled, seconds=SETTLE_SECONDS, what="every due fire is decided")


async def test_loops_killed_at_random_fire_every_instant_once(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub, second_loops(hub) as restart_second:

        async def kill_one(number: int) -> None:
            if number % 2:
                await restart_second()
            else:
                os.kill(await hub.living(LOOPS), signal.SIGKILL)

        await disturbed(hub, "loops", kill_one)
        await all_ended(hub)
        assert await hub.query(TOGETHER) == []
        await assert_sound(hub, intervals)


async def test_an_immediate_restart_of_postgres_fires_every_instant_once(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub, second_loops(hub):

        async def quit_postgres(_: int) -> None:
            await counted(hub, FIRED)  # what is still recovering has nothing to lose
            os.kill(await hub.living("postgres"), signal.SIGQUIT)

        await disturbed(hub, "postgres", quit_postgres)
        await all_ended(hub)
        assert await hub.query(TOGETHER) == []
        await assert_sound(hub, intervals)


async def all_ended(hub: HubUnderTest) -> None:
    """No execution is at work any more."""

    async def ended() -> bool:
        unended = "SELECT count(*) AS n FROM automation.execution WHERE completed_at IS NULL"
        return bool(await counted(hub, unended) == 0)

    await eventually(ended, seconds=SETTLE_SECONDS, what="every execution has ended")
