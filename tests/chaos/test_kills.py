"""Kill -9 of each part in the middle of a burst: nothing is lost, nothing is duplicated, nothing overlaps."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis.asyncio as redis

from tests.chaos.burst import GRAPH, all_ended, overlaps, submit_burst
from tests.chaos.invariants import broken_invariants
from tests.hub import HubUnderTest, hub_under_test

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

COUNT = 200
SEED = 4545
# Timers of the protocol, scaled down by about twenty; their order to each other stays.
FAST_TIMERS = {
    "EXEKRA_OFFER_SECONDS": "3",
    "EXEKRA_RETRY_LEASE_SECONDS": "6",
    "EXEKRA_LEASE_MARGIN_SECONDS": "1",
    "EXEKRA_HEARTBEAT_SECONDS": "1",
    "EXEKRA_SILENT_SECONDS": "4",
    "EXEKRA_OFFLINE_SECONDS": "8",
    "EXEKRA_RUNNER_SELF_STOP_MARGIN_SECONDS": "2",
    "EXEKRA_RUNNER_BACKOFF_LIMIT_SECONDS": "1",
    "EXEKRA_RUNNER_SILENCE_SECONDS": "4",
}


@pytest.fixture
def intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the runner notes what it is really doing; timers are fast."""
    path = tmp_path / "intervals.jsonl"
    monkeypatch.setenv("EXEKRA_RUNNER_INTERVALS_FILE", str(path))
    for name, value in FAST_TIMERS.items():
        monkeypatch.setenv(name, value)
    return path


async def _burst_while(hub: HubUnderTest, disturb: Callable[[], Awaitable[None]]) -> None:
    """A burst with a disturbance in its middle; afterwards everything accepted is COMPLETED with its own result."""
    workflow_id = await hub.api.publish("Chaos", GRAPH)
    async with asyncio.TaskGroup() as tasks:
        burst = tasks.create_task(submit_burst(hub.api, workflow_id, COUNT))
        tasks.create_task(disturb())
    accepted = burst.result()
    ended = await all_ended(hub.api, workflow_id, seconds=180)
    assert {execution["id"] for execution in ended} == set(accepted.values())
    assert len(set(accepted.values())) == COUNT
    wrong = [execution for execution in ended if execution["status"] != "COMPLETED"]
    assert wrong == []
    assert all(execution["output"] == {"doubled": 2 * execution["inputs"]["number"]} for execution in ended)


@pytest.mark.parametrize("victim", ["runner", "scheduler", "scheduler-worker", "registry", "valkey", "postgres"])
async def test_killing_a_part_in_mid_burst_loses_and_duplicates_nothing(
    victim: str, tmp_path: Path, intervals: Path
) -> None:
    chance = random.Random(f"{SEED} {victim}")
    async with hub_under_test(tmp_path, slots=6) as hub:

        async def kill_twice() -> None:
            for _ in range(2):
                await asyncio.sleep(chance.uniform(0.8, 2.5))  # some moment in the burst; the seed repeats it
                os.kill(hub.pid(victim), signal.SIGKILL)

        await _burst_while(hub, kill_twice)
        assert await broken_invariants(hub.admin_dsn) == {}
        assert overlaps(intervals) == []


async def test_flushing_redis_in_mid_burst_changes_nothing_but_latency(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=6) as hub:
        url = (hub.running.home.secrets / "redis-url").read_text()

        async def flush_often() -> None:
            client = redis.from_url(url)
            for _ in range(20):
                await client.flushall()
                await asyncio.sleep(0.1)
            await client.aclose()

        await _burst_while(hub, flush_often)
        assert await broken_invariants(hub.admin_dsn) == {}
        assert overlaps(intervals) == []


async def test_without_redis_from_the_beginning_everything_completes(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=6, redis_url="none") as hub:

        async def nothing() -> None:
            return

        await _burst_while(hub, nothing)
        assert await broken_invariants(hub.admin_dsn) == {}
        assert overlaps(intervals) == []
