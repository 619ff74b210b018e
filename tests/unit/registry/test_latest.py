"""Working on the newest item only."""

import asyncio

from services.registry.latest import Latest


async def test_items_that_come_meanwhile_replace_each_other():
    worked: list[int] = []
    gate, finished = asyncio.Event(), asyncio.Event()

    async def work(item: int) -> None:
        await gate.wait()
        worked.append(item)
        if item == 4:
            finished.set()

    latest = Latest(work, lambda error: None)
    for item in range(5):
        latest.submit(item)
        await asyncio.sleep(0)
    gate.set()
    await asyncio.wait_for(finished.wait(), 30)
    assert worked == [0, 4]


async def test_a_failure_is_told_and_the_next_item_is_worked_on():
    told: list[Exception] = []
    done = asyncio.Event()

    async def work(item: str) -> None:
        if item == "bad":
            raise ValueError(item)
        done.set()

    latest = Latest(work, told.append)
    latest.submit("bad")
    await asyncio.sleep(0)
    latest.submit("good")
    await asyncio.wait_for(done.wait(), 30)
    assert [str(error) for error in told] == ["bad"]


async def test_closing_gives_up_what_is_under_way():
    cancelled = asyncio.Event()

    async def work(item: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    latest = Latest(work, lambda error: None)
    latest.submit(1)
    await asyncio.sleep(0)
    latest.close()
    await asyncio.wait_for(cancelled.wait(), 30)
