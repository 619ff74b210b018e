"""Who answers a bell: this process, the workers, and what happens while those cannot be reached."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from services.scheduler.executions.bells import Bells, Breaker
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.model import Offer
from services.scheduler.executions.ringer import MAXIMUM_PAYLOAD_BYTES, Ringer, payloads
from tests.eventually import eventually


class FakeDoorbell:
    """Counts rings; broken, it raises."""

    def __init__(self) -> None:
        self.rings = 0
        self.tries = 0
        self.broken = False

    async def ring(self) -> None:
        self.tries += 1
        if self.broken:
            raise ConnectionError("no Redis")
        self.rings += 1


class Claims:
    """Counts claims in this process; each takes as long as `gate` is closed."""

    def __init__(self) -> None:
        self.count = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> None:
        self.count += 1
        await self.gate.wait()


class Deliveries:
    """Counts deliveries; comes back when `returns` says so, and takes as long as `gate` is closed."""

    def __init__(self, *, returns: bool = False) -> None:
        self.offers: list[Offer] = []
        self.returns = returns
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, offers: Sequence[Offer]) -> bool:
        await self.gate.wait()
        self.offers += offers
        return self.returns


def bells_of(
    claims: Callable[[], Awaitable[object]],
    carry: Callable[[Sequence[Offer]], Awaitable[bool]] | None = None,
    *,
    doorbell: FakeDoorbell | None = None,
    breaker: Breaker | None = None,
) -> Bells:
    return Bells(ringer=Ringer(""), claim_here=claims, carry=carry or Deliveries(), doorbell=doorbell, breaker=breaker)


@asynccontextmanager
async def running(bells: Bells) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(bells.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_a_lone_bell_is_answered_by_this_process() -> None:
    doorbell, claims = FakeDoorbell(), Claims()
    bells = bells_of(claims, doorbell=doorbell)
    async with running(bells):
        for rung in range(1, 4):
            bells.settle(Aftermath(dispatch=True))
            await eventually(lambda rung=rung: claims.count == rung)  # type: ignore[misc]  # the default binds the turn
    assert doorbell.tries == 0


async def test_bells_that_come_while_this_process_claims_go_to_the_workers() -> None:
    doorbell, claims = FakeDoorbell(), Claims()
    bells = bells_of(claims, doorbell=doorbell)
    claims.gate.clear()
    async with running(bells):
        bells.dispatch()
        await eventually(lambda: claims.count == 1)
        for rung in range(1, 4):
            bells.dispatch()
            await eventually(lambda rung=rung: doorbell.rings == rung)  # type: ignore[misc]  # as above
        claims.gate.set()
    assert claims.count == 1


async def test_without_workers_this_process_claims_again_after_the_claim_under_way() -> None:
    claims = Claims()
    bells = bells_of(claims)
    claims.gate.clear()
    async with running(bells):
        bells.dispatch()
        await eventually(lambda: claims.count == 1)
        bells.dispatch()
        claims.gate.set()
        await eventually(lambda: claims.count == 2)


async def test_while_workers_cannot_be_reached_this_process_claims_and_stops_trying() -> None:
    doorbell, claims, now = FakeDoorbell(), Claims(), [100.0]
    doorbell.broken = True
    bells = bells_of(claims, doorbell=doorbell, breaker=Breaker(lambda: now[0]))

    async def ring_while_claiming() -> None:
        tries, count = doorbell.tries, claims.count
        claims.gate.clear()
        bells.dispatch()
        await eventually(lambda: claims.count == count + 1)
        bells.dispatch()
        if tries < 3:
            await eventually(lambda: doorbell.tries == tries + 1)
        claims.gate.set()
        await eventually(lambda: claims.count == count + 2)

    async with running(bells):
        for _ in range(5):
            await ring_while_claiming()
        assert doorbell.tries == 3
        doorbell.broken = False
        now[0] += 5.0
        claims.gate.clear()
        bells.dispatch()
        await eventually(lambda: claims.count == 11)
        bells.dispatch()
        await eventually(lambda: doorbell.rings == 1)
        claims.gate.set()
    assert claims.count == 11


async def test_a_failing_claim_does_not_end_the_bells() -> None:
    tries = 0

    async def failing() -> None:
        nonlocal tries
        tries += 1
        raise ConnectionError("no Postgres")

    bells = bells_of(failing)
    async with running(bells):
        for rung in range(1, 3):
            bells.dispatch()
            await eventually(lambda rung=rung: tries == rung)  # type: ignore[misc]  # the default binds the turn


async def test_a_claim_under_way_is_finished_before_the_bells_end() -> None:
    claims = Claims()
    bells, stop = bells_of(claims), asyncio.Event()
    claims.gate.clear()
    task = asyncio.create_task(bells.run(stop))
    bells.dispatch()
    await eventually(lambda: claims.count == 1)
    stop.set()
    _, pending = await asyncio.wait([task], timeout=0.05)
    assert pending
    claims.gate.set()
    await task


async def test_a_process_is_idle_until_its_bell_is_rung_and_again_once_that_is_answered() -> None:
    claims = Claims()
    bells = bells_of(claims)
    claims.gate.clear()
    assert bells.idle
    async with running(bells):
        bells.dispatch()
        assert not bells.idle
        await eventually(lambda: claims.count == 1)
        assert not bells.idle
        claims.gate.set()
        await eventually(lambda: bells.idle)


async def test_offers_that_come_back_ring_the_bell() -> None:
    claims = Claims()
    bells = bells_of(claims, Deliveries(returns=True))
    async with running(bells):
        bells.deliver([])
        await eventually(lambda: claims.count == 1)


async def test_offers_under_way_are_delivered_before_the_bells_end() -> None:
    deliveries, stop = Deliveries(), asyncio.Event()
    bells = bells_of(Claims(), deliveries)
    deliveries.gate.clear()
    task = asyncio.create_task(bells.run(stop))
    bells.deliver([])
    stop.set()
    _, pending = await asyncio.wait([task], timeout=0.05)
    assert pending
    deliveries.gate.set()
    await task


def test_breaker_opens_at_the_third_failure_in_a_row_for_five_seconds() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    assert [breaker.failed(), breaker.failed()] == [False, False]
    breaker.succeeded()
    assert [breaker.failed(), breaker.failed(), breaker.failed()] == [False, False, True]
    assert not breaker.closed
    now[0] = 4.9
    assert not breaker.closed
    now[0] = 5.0
    assert breaker.closed


def test_after_the_pause_one_failure_opens_the_breaker_again() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(3):
        breaker.failed()
    now[0] = 6.0
    assert breaker.failed()
    assert not breaker.closed


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_topics_are_split_into_notifications_that_postgres_takes(count: int) -> None:
    topics = {f"execution:{number:036}" for number in range(count)}
    found = payloads(topics)
    assert all(len(payload) <= MAXIMUM_PAYLOAD_BYTES for payload in found)
    assert sum(payload.count("execution:") for payload in found) == count
