"""The link to the scheduler: one call at once, many together, none lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from services.kit.errors import DomainError, Kind
from services.kit.rpc_client import open_channel
from services.registry.link import BATCH_CALLS, Link
from tests.integration.registry.conftest import eventually
from tests.integration.registry.scripted_scheduler import OK, ScriptedScheduler, offer, scheduler_served


def finish(attempt: str) -> pb.RunnerCall:
    record = attempt_pb2.FinishRecord(attempt=attempt_pb2.AttemptRef(attempt_id=attempt))
    return pb.RunnerCall(runner_id="r", epoch=1, finish=record)


@asynccontextmanager
async def linked(address: str) -> AsyncIterator[Link]:
    stop = asyncio.Event()
    async with open_channel(address, caller="registry") as channel, asyncio.TaskGroup() as tasks:
        link = Link(channel, registry_address="unix:/registry.sock")
        tasks.create_task(link.run(stop))
        try:
            yield link
        finally:
            stop.set()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/scheduler.sock"


@pytest.fixture
def scheduler() -> ScriptedScheduler:
    return ScriptedScheduler()


@pytest.fixture
async def link(scheduler: ScriptedScheduler, address: str) -> AsyncIterator[Link]:
    async with scheduler_served(scheduler, address), linked(address) as link:
        yield link


async def test_the_first_message_names_the_registry(link: Link, scheduler: ScriptedScheduler):
    await link.call(finish("a"), seconds=5)
    assert scheduler.hellos[0].registry_address == "unix:/registry.sock"
    assert scheduler.hellos[0].registry_incarnation


async def test_a_call_goes_out_alone_while_nothing_is_under_way(link: Link, scheduler: ScriptedScheduler):
    for number in range(5):
        reply = await link.call(finish(f"a{number}"), seconds=5)
        assert reply.finished.attempt.attempt_id == f"a{number}"
    assert [len(batch) for batch in scheduler.batches] == [1] * 5


async def test_calls_that_come_together_travel_together(link: Link, scheduler: ScriptedScheduler):
    await link.call(finish("first"), seconds=5)
    replies = await asyncio.gather(*(link.call(finish(f"a{n}"), seconds=5) for n in range(350)))
    assert [reply.finished.attempt.attempt_id for reply in replies] == [f"a{n}" for n in range(350)]
    sizes = [len(batch) for batch in scheduler.batches[1:]]
    assert sum(sizes) == 350
    assert max(sizes) == BATCH_CALLS
    assert len(sizes) <= 8


async def test_a_slow_reply_does_not_hold_up_later_calls(link: Link, scheduler: ScriptedScheduler):
    scheduler.script["decline"] = lambda _: None
    slow = asyncio.create_task(link.call(pb.RunnerCall(runner_id="r", decline=pb.Decline()), seconds=5))
    await eventually(lambda: scheduler.calls("decline"))
    assert (await link.call(finish("a"), seconds=1)).finished.answer == OK
    slow.cancel()


async def test_calls_wait_for_a_scheduler_that_is_not_there_yet(scheduler: ScriptedScheduler, address: str):
    async with linked(address) as link:
        waiting = [asyncio.create_task(link.call(finish(f"a{n}"), seconds=10)) for n in range(3)]
        await asyncio.sleep(0)
        async with scheduler_served(scheduler, address):
            replies = await asyncio.gather(*waiting)
    assert [reply.finished.attempt.attempt_id for reply in replies] == ["a0", "a1", "a2"]


async def test_the_wait_is_bounded(address: str):
    async with linked(address) as link:
        with pytest.raises(DomainError) as refused:
            await link.call(finish("a"), seconds=0.05)
    assert refused.value.kind is Kind.UNAVAILABLE


async def test_callers_that_leave_in_an_outage_do_not_fill_the_queue(
    scheduler: ScriptedScheduler, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.registry.link.SIFT_CALLS", 20)
    monkeypatch.setattr("services.registry.link.MAXIMUM_WAITING", 40)
    async with linked(address) as link:
        for number in range(200):
            with pytest.raises(DomainError):
                await link.call(finish(f"gone{number}"), seconds=0)
        staying = [asyncio.create_task(link.call(finish(f"a{n}"), seconds=20)) for n in range(40)]
        await asyncio.sleep(0)
        with pytest.raises(DomainError) as refused:
            await link.call(finish("one more"), seconds=20)
        assert refused.value.kind is Kind.UNAVAILABLE
        async with scheduler_served(scheduler, address):
            assert len(await asyncio.gather(*staying)) == 40
    assert len(scheduler.calls("finish")) == 40


async def test_an_ending_link_keeps_nobody_waiting(scheduler: ScriptedScheduler, address: str):
    async with scheduler_served(scheduler, address):
        async with linked(address) as link:
            scheduler.gate.clear()
            waiting = asyncio.create_task(link.call(finish("a"), seconds=60))
            await eventually(lambda: scheduler.calls("finish"))
        for late in (waiting, link.call(finish("b"), seconds=60)):
            with pytest.raises(DomainError) as refused:
                await late
            assert refused.value.kind is Kind.UNAVAILABLE
        scheduler.gate.set()


async def test_calls_without_a_reply_are_sent_again_in_order_after_a_restart(
    scheduler: ScriptedScheduler, address: str
):
    async with linked(address) as link:
        async with scheduler_served(scheduler, address):
            await link.call(finish("warm"), seconds=5)
            scheduler.gate.clear()
            waiting = [asyncio.create_task(link.call(finish(f"a{n}"), seconds=20)) for n in range(150)]
            await eventually(lambda: len(scheduler.calls("finish")) > 1)
        restarted = ScriptedScheduler()
        async with scheduler_served(restarted, address):
            replies = await asyncio.gather(*waiting)
    assert len(replies) == 150
    sent_again = [call.finish.attempt.attempt_id for call in restarted.calls("finish")]
    assert sent_again == [f"a{n}" for n in range(150)]


async def test_offers_for_a_caller_that_has_left_go_back_as_not_delivered(link: Link, scheduler: ScriptedScheduler):
    finished = pb.Finished(answer=OK, offers=[offer("next")])
    scheduler.script["finish"] = lambda _: pb.RunnerReply(finished=finished)
    scheduler.gate.clear()
    leaving = asyncio.create_task(link.call(finish("a"), seconds=5))
    await eventually(lambda: scheduler.calls("finish"))
    leaving.cancel()
    scheduler.gate.set()
    (returned,) = await eventually(lambda: scheduler.calls("decline"))
    assert (returned.runner_id, returned.epoch) == ("r", 1)
    assert (returned.decline.attempt.attempt_id, returned.decline.delivered) == ("next", False)


async def test_a_call_whose_caller_left_before_it_was_sent_is_not_sent(scheduler: ScriptedScheduler, address: str):
    async with linked(address) as link:
        leaving = asyncio.create_task(link.call(finish("gone"), seconds=5))
        await asyncio.sleep(0)
        leaving.cancel()
        staying = asyncio.create_task(link.call(finish("there"), seconds=5))
        async with scheduler_served(scheduler, address):
            await staying
    assert [call.finish.attempt.attempt_id for call in scheduler.calls("finish")] == ["there"]


async def test_the_link_settles_when_every_call_has_its_reply(link: Link, scheduler: ScriptedScheduler):
    scheduler.gate.clear()
    for number in range(10):
        link.post(finish(f"a{number}"))
    settled = asyncio.create_task(link.settle(10))
    await eventually(lambda: scheduler.calls("finish"))
    assert not settled.done()
    scheduler.gate.set()
    await settled
    assert len(scheduler.calls("finish")) == 10
