import asyncio

import pytest

from runner.agent.racing import first_of


async def test_the_first_to_end_ends_the_others() -> None:
    cancelled = asyncio.Event()

    async def patient() -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            cancelled.set()

    assert await first_of(patient(), asyncio.sleep(0))
    assert cancelled.is_set()


async def test_nothing_in_time_is_no_end() -> None:
    assert not await first_of(asyncio.sleep(3_600), seconds=0.01)


async def test_what_the_first_raises_comes_out() -> None:
    async def broken() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await first_of(broken(), asyncio.sleep(3_600))
