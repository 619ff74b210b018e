"""Periodic work: it wakes, it stops, it outlives outages, and it does not hide a fault."""

import asyncio

import pytest

from services.kit import loops
from services.kit.errors import unavailable
from services.kit.loops import every


@pytest.fixture(autouse=True)
def _fast_backoff(monkeypatch):
    monkeypatch.setattr(loops, "BACKOFF_SECONDS", 0.001)


async def test_a_loop_runs_at_once_and_again_when_woken():
    stop, wake, ran = asyncio.Event(), asyncio.Event(), asyncio.Semaphore(0)

    async def run_once():
        ran.release()

    task = asyncio.create_task(every(3600, run_once, stop=stop, wake=wake))
    await asyncio.wait_for(ran.acquire(), 30)
    wake.set()
    await asyncio.wait_for(ran.acquire(), 30)
    stop.set()
    await asyncio.wait_for(task, 30)


async def test_a_wake_during_a_turn_is_not_lost():
    stop, wake, turns = asyncio.Event(), asyncio.Event(), 0

    async def run_once():
        nonlocal turns
        turns += 1
        if turns == 1:
            wake.set()
        else:
            stop.set()

    await asyncio.wait_for(every(3600, run_once, stop=stop, wake=wake), 30)
    assert turns == 2


async def test_a_fault_that_stays_is_let_out():
    async def run_once():
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        await asyncio.wait_for(every(0, run_once, stop=asyncio.Event()), 30)


async def test_an_outage_is_waited_out_however_long_it_lasts():
    stop, turns = asyncio.Event(), 0

    async def run_once():
        nonlocal turns
        turns += 1
        if turns < 3 * loops.FAILURES_IN_A_ROW:
            raise unavailable("The database")
        stop.set()

    await asyncio.wait_for(every(0, run_once, stop=stop), 30)
    assert turns == 3 * loops.FAILURES_IN_A_ROW
