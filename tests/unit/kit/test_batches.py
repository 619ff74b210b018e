"""Requests that come together share the work, and nobody's trouble is anybody else's."""

import asyncio
from collections.abc import Sequence

import pytest

from services.kit.batches import Batches
from services.kit.errors import DomainError, Kind, unavailable


class Work:
    """Doubles numbers; 13 breaks a whole batch, 7 is refused alone, 0 finds the database away."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        await self.gate.wait()
        if 0 in items:
            raise unavailable("The database")
        if 13 in items:
            raise RuntimeError("unlucky")
        return [DomainError(Kind.INVALID, "SEVEN", "No.") if item == 7 else item * 2 for item in items]


async def test_a_lone_request_is_worked_on_at_once() -> None:
    work = Work()
    assert await Batches(work, most=10, at_once=1).do(4) == 8
    assert work.batches == [[4]]


async def test_one_request_after_the_other_never_waits_in_vain() -> None:
    batches: Batches[int, int] = Batches(Work(), most=10, at_once=1)
    async with asyncio.timeout(30):
        for number in range(1, 200):
            if number not in (7, 13):
                assert await batches.do(number) == number * 2


async def test_what_comes_meanwhile_makes_up_the_next_batch() -> None:
    work = Work()
    work.gate.clear()
    batches: Batches[int, int] = Batches(work, most=3, at_once=1)
    tasks = [asyncio.create_task(batches.do(number)) for number in (1, 2, 3, 4, 5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert [len(batch) for batch in work.batches] == [3, 2]


async def test_heavy_items_share_less() -> None:
    work = Work()
    work.gate.clear()
    batches: Batches[int, int] = Batches(work, most=10, at_once=1, weigh=lambda item: item, heaviest=10)
    tasks = [asyncio.create_task(batches.do(number)) for number in (1, 99, 5, 5, 5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(*tasks) == [2, 198, 10, 10, 10]
    assert work.batches == [[1], [99], [5, 5], [5]]


async def test_a_second_batch_is_begun_beside_the_first_only_when_it_is_full() -> None:
    work = Work()
    work.gate.clear()
    batches: Batches[int, int] = Batches(work, most=3, at_once=2)
    tasks = [asyncio.create_task(batches.do(1))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(batches.do(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.batches == [[1]]
    tasks.append(asyncio.create_task(batches.do(4)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.batches == [[1], [2, 3, 4]]
    work.gate.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]


async def test_a_refusal_is_one_requests_own() -> None:
    batches: Batches[int, int] = Batches(Work(), most=10, at_once=1)
    results = await asyncio.gather(*(batches.do(number) for number in (6, 7, 8)), return_exceptions=True)
    assert (results[0], results[2]) == (12, 16)
    assert isinstance(results[1], DomainError)


async def test_one_that_breaks_its_batch_is_found_and_the_others_are_done() -> None:
    work = Work()
    batches: Batches[int, int] = Batches(work, most=10, at_once=1)
    results = await asyncio.gather(*(batches.do(number) for number in (12, 13, 14)), return_exceptions=True)
    assert (results[0], results[2]) == (24, 28)
    assert isinstance(results[1], RuntimeError)
    assert work.batches == [[12, 13, 14], [12], [13], [14]]


async def test_an_outage_is_told_to_all_without_asking_again_for_each() -> None:
    work = Work()
    batches: Batches[int, int] = Batches(work, most=10, at_once=1)
    results = await asyncio.gather(*(batches.do(number) for number in (0, 1, 2)), return_exceptions=True)
    assert all(isinstance(result, DomainError) and result.kind is Kind.UNAVAILABLE for result in results)
    assert len(work.batches) == 1


async def test_who_leaves_before_the_work_begins_costs_nothing_and_the_others_are_served() -> None:
    work = Work()
    work.gate.clear()
    batches: Batches[int, int] = Batches(work, most=10, at_once=1)
    first = asyncio.create_task(batches.do(1))
    await asyncio.sleep(0)
    leaving, staying = asyncio.create_task(batches.do(2)), asyncio.create_task(batches.do(3))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    work.gate.set()
    assert (await first, await staying) == (2, 6)
    assert work.batches == [[1], [3]]
