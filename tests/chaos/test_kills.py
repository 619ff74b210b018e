"""Kill -9 of each part in the middle of a burst: nothing is lost, nothing is duplicated, nothing overlaps."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest
import redis.asyncio as redis

from tests.chaos.burst import SLOTS, assert_sound, burst_while, seen_begin
from tests.chaos.waits import longest_idle_wait
from tests.hub import HubUnderTest, hub_under_test

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

SEED = 4545
FROZEN_SECONDS = 5.0
RECONCILE_SECONDS = 5.0
"""The slowest poll behind the bells (`reconcile_seconds`, and runners' own)."""
VICTIMS = [
    "runner",
    "scheduler",
    "scheduler-worker",
    "scheduler-loops",
    "registry",
    "gateway",
    "audit",
    "license",
    "valkey",
    "postgres",
]


def _moments(name: str) -> tuple[int, int]:
    """After how many begun executions something happens, twice; the seed repeats it."""
    chance = random.Random(f"{SEED} {name}")
    return chance.randint(10, 80), chance.randint(100, 170)


@pytest.mark.parametrize("victim", VICTIMS)
async def test_killing_a_part_in_mid_burst_loses_and_duplicates_nothing(
    victim: str, tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:

        async def kill_twice() -> None:
            for moment in _moments(victim):
                await seen_begin(intervals, moment)
                os.kill(await hub.living(victim), signal.SIGKILL)

        await burst_while(hub, kill_twice)
        await assert_sound(hub, intervals)


async def test_an_immediate_restart_of_postgres_loses_and_duplicates_nothing(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:

        async def quit_twice() -> None:
            for moment in _moments("postgres quits"):
                await seen_begin(intervals, moment)
                os.kill(await hub.living("postgres"), signal.SIGQUIT)

        await burst_while(hub, quit_twice)
        await assert_sound(hub, intervals)


@pytest.mark.parametrize("victim", ["valkey", "registry", "scheduler", "runner"])
async def test_freezing_a_part_in_mid_burst_loses_and_duplicates_nothing(
    victim: str, tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:

        async def freeze() -> None:
            await seen_begin(intervals, _moments(f"{victim} freezes")[0])
            pid = await hub.living(victim)
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(FROZEN_SECONDS)  # the disturbance itself, nothing is waited for
            os.kill(pid, signal.SIGCONT)

        await burst_while(hub, freeze)
        await assert_sound(hub, intervals)


async def test_flushing_redis_in_mid_burst_changes_nothing_but_latency(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:
        await burst_while(hub, lambda: _flush_often(hub, intervals))
        await assert_sound(hub, intervals)
        assert await longest_idle_wait(hub, SLOTS) < RECONCILE_SECONDS


async def test_without_redis_from_the_beginning_everything_completes(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS, redis_url="none") as hub:
        await burst_while(hub)
        await assert_sound(hub, intervals)
        assert await longest_idle_wait(hub, SLOTS) < RECONCILE_SECONDS


async def _flush_often(hub: HubUnderTest, intervals: Path) -> None:
    client: redis.Redis = redis.Redis.from_url((hub.running.home.secrets / "redis-url").read_text())
    for moment in range(5, 200, 5):
        await seen_begin(intervals, moment)
        await client.flushall()
    await client.aclose()
