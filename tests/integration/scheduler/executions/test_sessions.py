"""Runners come, go, come back: what they hold against what the Hub believes."""

import asyncio

import pytest

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from exekra.scheduler.v1.dispatch_service_pb2_grpc import DispatchServiceStub
from services.kit.ids import new_id
from services.kit.rpc_client import call, call_metadata, open_channel
from services.scheduler.executions.batch import process
from services.scheduler.executions.calls import Aftermath, Call, FinishAttempt, SetPoll
from tests.chaos.invariants import broken_invariants
from tests.integration.scheduler.executions.conftest import Scheduler, status_name
from tests.integration.scheduler.executions.scripted_registry import answer_name, held

ACCEPTED, BEGUN = attempt_pb2.ATTEMPT_PHASE_ACCEPTED, attempt_pb2.ATTEMPT_PHASE_BEGUN
FINISHED = attempt_pb2.ATTEMPT_PHASE_FINISHED
RETRY_LOST = {"onLost": "retry", "retry": {"maxAttempts": 2, "backoffSeconds": 1}}


def orders(reply: object) -> list[str]:
    """Names of the orders in an answer."""
    instructions = reply.instructions  # type: ignore[attr-defined]  # any answer with instructions
    return [attempt_pb2.AttemptOrder.Name(each.order).removeprefix("ATTEMPT_ORDER_") for each in instructions]


async def test_the_same_boot_goes_on_in_a_new_epoch(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    opened = await runner.hello([held(offer)])
    assert (opened.epoch, orders(opened)) == (2, ["CONTINUE"])
    assert opened.instructions[0].lease_seconds == 3600.0
    assert await runner.finish(offer) == "OK"
    assert await scheduler.status(execution) == "COMPLETED"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_an_accepted_attempt_of_the_same_boot_may_still_be_acknowledged(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow())
    offer = await runner.offer()
    assert orders(await runner.hello([held(offer, ACCEPTED, alive=False)])) == ["CONTINUE"]
    assert await runner.acknowledge(offer) == "OK"
    assert orders(await runner.hello([held(offer, ACCEPTED, alive=False)])) == ["CONTINUE"]
    assert await runner.acknowledge(offer) == "OK"
    assert await runner.finish(offer) == "OK"


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_a_restarted_runner_that_had_not_begun_costs_nothing(scheduler: Scheduler, acknowledged: bool) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.offer()
    if acknowledged:
        await runner.acknowledge(offer)
    runner.boot_id = new_id()
    assert orders(await runner.hello([held(offer, ACCEPTED, alive=False)])) == ["STOP_NOW"]
    again = await runner.run_next()
    assert (again.attempt.execution_id, again.attempt_no, again.run_attempt) == (execution.id, 2, 1)
    assert await runner.acknowledge(offer) == "STALE_ATTEMPT"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_runner_restarted_after_it_began_has_lost_the_work(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    runner.boot_id = new_id()
    assert orders(await runner.hello([held(offer, BEGUN, alive=False)])) == ["STOP_NOW"]
    lost = await scheduler.get(execution)
    assert (status_name(lost), lost.failure.code) == ("LOST", "LOST")
    assert (await scheduler.sql("SELECT end_reason FROM attempt"))[0]["end_reason"] == "RUNNER_RESTARTED"


async def test_repeatable_work_of_a_restarted_runner_waits_for_the_end_of_its_old_lease(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(settings=RETRY_LOST))
    offer = await runner.run_next()
    runner.boot_id = new_id()
    await runner.hello([held(offer, BEGUN, alive=False)])
    waiting = await scheduler.get(execution)
    assert (status_name(waiting), waiting.waiting_for) == ("QUEUED", "LOST_GRACE")
    seconds = (await scheduler.sql("SELECT extract(epoch FROM ready_at - now())::float8 AS s FROM execution"))[0]["s"]
    assert 100 < seconds <= 110


async def test_work_the_agent_stopped_by_its_own_lease_is_lost(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await runner.hello([held(offer, BEGUN, alive=False)])
    assert await scheduler.status(execution) == "LOST"
    assert (await scheduler.sql("SELECT end_reason FROM attempt"))[0]["end_reason"] == "FENCED"


async def test_a_kept_result_is_asked_for_and_applied(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    runner.boot_id = new_id()
    assert orders(await runner.hello([held(offer, FINISHED, alive=False)])) == ["SEND_FINISH"]
    assert await scheduler.status(execution) == "RUNNING"
    assert await runner.finish(offer) == "OK"
    assert await scheduler.status(execution) == "COMPLETED"


async def test_work_the_runner_forgot_is_lost_and_its_offers_go_back(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner(slots=2)
    begun = await scheduler.submit(workflow)
    await runner.run_next()
    offered = await scheduler.submit(workflow)
    await runner.offer()
    await runner.hello()
    assert await scheduler.status(begun) == "LOST"
    assert (await runner.run_next()).attempt.execution_id == offered.id
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_second_machine_with_the_same_identity_is_refused_while_the_first_answers(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    first_boot, runner.boot_id = runner.boot_id, new_id()
    refused = await runner.hello(other_boot_answers=True)
    assert (refused.epoch, refused.refused_reason) == (0, "ALREADY_CONNECTED")
    runner.boot_id = first_boot
    assert await runner.finish(offer) == "OK"
    assert await scheduler.status(execution) == "COMPLETED"


async def test_attempts_the_hub_does_not_know_are_quarantined(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    unknown = attempt_pb2.Offer(attempt=attempt_pb2.AttemptRef(execution_id=new_id(), attempt_id=new_id()))
    assert orders(await runner.hello([held(unknown)])) == ["QUARANTINE"]
    assert orders(await runner.beat(held(unknown))) == ["QUARANTINE"]


async def test_a_heartbeat_renews_leases_and_says_what_is_over(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)
    workflow = await scheduler.workflow()
    await scheduler.submit(workflow)
    await scheduler.submit(workflow)
    first, second = await runner.run_next(), await runner.run_next()
    await runner.finish(first)
    await scheduler.tamper("UPDATE attempt SET lease_expires_at = now() WHERE ended_at IS NULL")
    beat = await runner.beat(held(first), held(second))
    assert (answer_name(beat), orders(beat), beat.next_heartbeat_seconds) == ("OK", ["STOP_NOW", "CONTINUE"], 30.0)
    left = await scheduler.sql(
        "SELECT extract(epoch FROM lease_expires_at - now())::float8 AS s FROM attempt WHERE ended_at IS NULL"
    )
    assert left[0]["s"] > 3_600


async def test_a_heartbeat_does_not_renew_what_the_agent_has_stopped(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.tamper("UPDATE attempt SET lease_expires_at = now() WHERE ended_at IS NULL")
    await runner.beat(held(offer, BEGUN, alive=False))
    await scheduler.reap()
    assert (await scheduler.sql("SELECT ended FROM attempt"))[0]["ended"] == "LOST"


async def test_a_goodbye_ends_leases_at_once(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)
    workflow = await scheduler.workflow(settings=RETRY_LOST)
    begun, offered = await scheduler.submit(workflow), await scheduler.submit(workflow)
    first, _ = await runner.offer(), await runner.offer()
    await runner.acknowledge(first)
    await runner.goodbye()
    assert await scheduler.status(begun) == "QUEUED"
    assert await scheduler.status(offered) == "QUEUED"
    assert answer_name(await runner.beat(held(first))) == "STALE_SESSION"
    await runner.hello()
    await scheduler.let_wait_pass()
    assert {(await runner.run_next()).attempt.execution_id for _ in range(2)} == {begun.id, offered.id}


async def test_a_broken_stream_leaves_running_work_alone(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.registry.call(runner.id, runner.epoch, close_session=pb.CloseSession(goodbye=False))
    assert await scheduler.status(execution) == "RUNNING"
    assert await runner.finish(offer) == "OK"


async def test_stopping_work_of_a_restarted_runner_is_stopped(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.stop(execution)
    runner.boot_id = new_id()
    await runner.hello([held(offer, BEGUN, alive=False)])
    assert await scheduler.status(execution) == "STOPPED"


async def test_a_disabled_or_changed_runner_is_known_at_once(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    update = pb.UpdateRunner(runner_name="renamed", labels=["a"], slots=2, enabled=False, draining=True)
    await scheduler.registry.call(runner.id, 0, update_runner=update)
    row = (await scheduler.sql("SELECT name, labels, slots, enabled, draining FROM runner"))[0]
    assert tuple(row.values()) == ("renamed", ["a"], 2, False, True)
    await scheduler.submit(await scheduler.workflow())
    assert await scheduler.core.dispatcher.run() == 0
    update = pb.UpdateRunner(runner_name="renamed", labels=["a"], slots=2, enabled=True)
    await scheduler.registry.call(runner.id, 0, update_runner=update)
    assert (await runner.offer()).slot == 0


async def test_the_load_of_runners_is_told_to_the_registry(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    async with open_channel(scheduler.settings.scheduler_address, caller="registry") as channel:
        stub = DispatchServiceStub(channel)
        for request in (pb.ListRunnerLoadRequest(), pb.ListRunnerLoadRequest(runner_ids=[runner.id])):
            loads = await call(stub.ListRunnerLoad, request, caller="registry")
            (load,) = loads.items
            assert (load.slots, load.free, list(load.execution_ids), load.poll_open) == (2, 1, [execution.id], True)
            assert not load.HasField("pause")


async def test_a_seat_nobody_was_found_for_is_looked_at_once_more_after_the_commit(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)

    async def seats_left(*bodies: SetPoll | FinishAttempt) -> bool:
        calls = [Call(number, runner.id, runner.epoch, body) for number, body in enumerate(bodies)]
        aftermath = Aftermath()
        async with scheduler.core.pool.acquire() as connection, connection.transaction():
            await process(connection, calls, aftermath)
        return aftermath.seats_left

    assert not await seats_left(SetPoll(open=True, capabilities=()))  # it polled before: nothing is new
    assert not await seats_left(SetPoll(open=False, capabilities=()))
    assert await seats_left(SetPoll(open=True, capabilities=()))
    assert await seats_left(SetPoll(open=True, capabilities=("excel",)))


async def test_the_link_ends_when_the_process_is_to_stop(scheduler: Scheduler) -> None:
    async with open_channel(scheduler.settings.scheduler_address, caller="registry") as channel:
        stream = DispatchServiceStub(channel).Link(metadata=call_metadata("registry"))
        await stream.write(pb.LinkRequest(hello=pb.LinkHello(registry_address="unix:none", registry_incarnation="1")))
        scheduler.draining.set()
        assert await asyncio.wait_for(anext(aiter(stream), None), 30) is None
