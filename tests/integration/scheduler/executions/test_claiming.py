"""Who gets what: eligibility, order, limits, and many claiming at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import execution_service_pb2 as execution_pb
from exekra.scheduler.v1.execution_pb2 import Execution
from services.kit.ids import new_id
from services.kit.postgres import open_pool
from services.scheduler.executions.repository import dispatch
from tests.chaos.invariants import broken_invariants
from tests.eventually import eventually
from tests.integration.scheduler.executions.conftest import Scheduler, status_name
from tests.integration.scheduler.executions.scripted_registry import answer_name


async def reasons(scheduler: Scheduler, execution: Execution) -> dict[str, list[str]]:
    """Obstacle codes by runner."""
    request = execution_pb.ListPendingReasonsRequest(execution_id=execution.id)
    response = await scheduler.call(scheduler.executions.ListPendingReasons, request)
    return {item.runner: [obstacle.code for obstacle in item.obstacles] for item in response.items}


async def test_eight_connections_that_claim_at_once_give_no_seat_and_no_execution_twice(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    await scheduler.tamper("INSERT INTO dispatch_hold (reason, held_by) VALUES ('', '')")
    await asyncio.gather(*(scheduler.submit(workflow) for _ in range(60)))
    for number in range(4):
        await scheduler.runner(name=f"robot {number}", slots=10)
    await scheduler.tamper("DELETE FROM dispatch_hold")
    async with open_pool(scheduler.database.dsns["scheduler"], "scheduler", minimum=8, maximum=8) as pool:

        async def claim() -> list[str]:
            found: list[str] = []
            async with pool.acquire() as connection:
                while offers := await dispatch.claim(connection, 3):
                    found += [offer.execution_id for offer in offers]
            return found

        claimed = [each for some in await asyncio.gather(*(claim() for _ in range(8))) for each in some]
    # The scheduler's own bell may have taken some.
    live = await scheduler.sql("SELECT DISTINCT execution_id FROM attempt WHERE ended_at IS NULL")
    assert len(live) == 40
    assert len(claimed) == len(set(claimed))
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_higher_priority_goes_first_and_age_makes_up_for_it(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    low = await scheduler.submit(workflow, priority=40)
    high = await scheduler.submit(workflow, priority=60)
    old = await scheduler.submit(workflow, priority=30)
    await scheduler.tamper(
        "UPDATE execution SET dispatch_at = dispatch_at - interval '31 minutes' WHERE id = $1", old.id
    )
    runner = await scheduler.runner()
    order = []
    for _ in range(3):
        offer = await runner.run_next()
        order.append(offer.attempt.execution_id)
        await runner.finish(offer)
    assert order == [old.id, high.id, low.id]


async def test_nothing_starts_before_its_time(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    later = Timestamp()
    later.FromDatetime(datetime.now(UTC) + timedelta(hours=1))
    execution = await scheduler.submit(await scheduler.workflow(), not_before=later, priority=100)
    assert execution.waiting_for == "NOT_BEFORE"
    assert await scheduler.core.dispatcher.run() == 0
    assert await reasons(scheduler, execution) == {"robot": ["NOT_BEFORE"]}
    await scheduler.let_wait_pass()
    assert (await runner.offer()).attempt.execution_id == execution.id


async def test_pending_reasons_name_every_condition_of_every_runner(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow(settings={"requirements": {"labels": ["finance"], "capabilities": ["browser"]}})
    plain = await scheduler.runner(name="plain")
    away = await scheduler.runner(name="away", labels=("finance",), capabilities=("browser",))
    await away.goodbye()
    silent = await scheduler.runner(name="silent", labels=("finance",), capabilities=("browser",))
    await silent.poll(is_open=False)
    execution = await scheduler.submit(workflow)
    assert await reasons(scheduler, execution) == {
        "plain": ["LABELS", "CAPABILITY"],
        "away": ["OFFLINE"],
        "silent": ["SILENT"],
    }
    await scheduler.tamper("UPDATE runner SET draining = true, enabled = false WHERE id = $1", plain.id)
    assert (await reasons(scheduler, execution))["plain"] == ["DISABLED", "LABELS", "CAPABILITY", "DRAINING"]
    await silent.poll()
    assert (await silent.offer()).attempt.execution_id == execution.id
    assert await reasons(scheduler, execution) == {}


async def test_a_runner_that_its_owner_paused_is_named_with_who_and_since(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(name="desk")
    pause = attempt_pb2.RunnerPause(since=Timestamp(seconds=1_780_000_000), by="anna")
    await runner.poll(is_open=False)
    await runner.beat(pause=pause)
    execution = await scheduler.submit(await scheduler.workflow())
    assert await reasons(scheduler, execution) == {"desk": ["PAUSED"]}
    [reason] = (await scheduler.get(execution)).pending_reasons
    assert "by anna at 2026-05-28T20:26:40+00:00" in reason.obstacles[0].message
    # Once it asks for work it gets some, whether its next heartbeat has come or not.
    await runner.poll()
    assert (await runner.offer()).attempt.execution_id == execution.id


async def test_a_pause_at_an_instant_no_calendar_has_is_refused(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(name="desk")
    refused = await runner.beat(pause=attempt_pb2.RunnerPause(since=Timestamp(seconds=10**15)))
    assert answer_name(refused) == "FORBIDDEN"


async def test_an_execution_no_runner_is_there_for_says_so(scheduler: Scheduler) -> None:
    execution = await scheduler.submit(await scheduler.workflow())
    assert await reasons(scheduler, execution) == {"": ["OFFLINE"]}
    assert [reason.runner for reason in (await scheduler.get(execution)).pending_reasons] == [""]


async def test_a_busy_runner_is_named_busy_and_gets_the_next_with_its_finish(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    await scheduler.submit(workflow)
    first = await runner.run_next()
    second = await scheduler.submit(workflow)
    assert await reasons(scheduler, second) == {"robot": ["BUSY"]}
    await runner.finish(first)
    offers = scheduler.registry.offers[runner.id]
    assert [offer.attempt.execution_id for offer in offers] == [second.id]


async def test_a_fixed_runner_is_waited_for(scheduler: Scheduler) -> None:
    await scheduler.runner(name="other")
    chosen = await scheduler.runner(name="chosen")
    await chosen.poll(is_open=False)
    execution = await scheduler.submit(await scheduler.workflow(), runner_id=chosen.id)
    assert await reasons(scheduler, execution) == {"other": ["OTHER_RUNNER"], "chosen": ["SILENT"]}
    await chosen.poll()
    assert (await chosen.offer()).attempt.execution_id == execution.id


async def test_unrunnable_executions_ahead_do_not_stand_in_the_way(scheduler: Scheduler) -> None:
    nobody = await scheduler.workflow("Nobody", settings={"requirements": {"labels": ["moon"]}})
    for _ in range(30):
        await scheduler.submit(nobody, priority=100)
    execution = await scheduler.submit(await scheduler.workflow(), priority=1)
    runner = await scheduler.runner()
    assert (await runner.offer()).attempt.execution_id == execution.id


async def test_a_workflows_concurrency_limit_holds_per_key_and_frees_the_next(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow(
        inputs=[{"name": "customer", "type": "string"}],
        settings={"concurrency": {"key": "{{ inputs.customer }}", "limit": 1}},
    )
    runner = await scheduler.runner(slots=30)
    for _ in range(25):
        await scheduler.submit(workflow, inputs_json=b'{"customer":"ada"}')
    await scheduler.submit(workflow, inputs_json=b'{"customer":"bob"}')
    await scheduler.core.dispatcher.run()
    first, second = await runner.run_next(), await runner.run_next()
    assert {first.inputs_json, second.inputs_json} == {b'{"customer":"ada"}', b'{"customer":"bob"}'}
    assert await scheduler.core.dispatcher.run() == 0
    ada = first if b"ada" in first.inputs_json else second
    await runner.finish(ada)
    await eventually(lambda: scheduler.registry.offers[runner.id])
    assert (await runner.offer()).inputs_json == b'{"customer":"ada"}'
    assert await scheduler.core.dispatcher.run() == 0
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_no_more_executions_run_than_the_licence_allows(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner(slots=5)
    await scheduler.tamper("INSERT INTO dispatch_hold (reason, held_by) VALUES ('', '')")
    executions = [await scheduler.submit(workflow) for _ in range(4)]
    await scheduler.tamper("UPDATE licence_verdict SET concurrent_executions = 2")
    await scheduler.tamper("DELETE FROM dispatch_hold")
    await asyncio.gather(*(scheduler.core.dispatcher.run() for _ in range(4)))
    assert len(scheduler.registry.offers[runner.id]) == 2
    waiting = [each for each in executions if await scheduler.status(each) == "QUEUED"]
    assert await reasons(scheduler, waiting[0]) == {"robot": ["LICENCE_CONCURRENCY"]}
    await runner.finish(await runner.run_next())
    assert len(scheduler.registry.offers[runner.id]) == 2
    seats = await scheduler.sql("SELECT licence_seat FROM attempt WHERE ended_at IS NULL ORDER BY 1")
    assert [row["licence_seat"] for row in seats] == [1, 2]


async def test_a_dispatch_hold_stops_claims_until_released(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    for _ in range(2):
        request = execution_pb.HoldDispatchRequest(reason="upgrade")
        await scheduler.call(scheduler.executions.HoldDispatch, request)
    execution = await scheduler.submit(await scheduler.workflow())
    assert await scheduler.core.dispatcher.run() == 0
    assert await reasons(scheduler, execution) == {"robot": ["HELD"]}
    told = (await scheduler.call(scheduler.executions.GetDispatch, execution_pb.GetDispatchRequest())).dispatch
    assert (told.held, told.reason) == (True, "upgrade")
    assert told.held_by
    assert told.database_version[0].isdigit()
    await scheduler.call(scheduler.executions.ReleaseDispatch, execution_pb.ReleaseDispatchRequest())
    assert not (await scheduler.call(scheduler.executions.GetDispatch, execution_pb.GetDispatchRequest())).dispatch.held
    assert (await runner.offer()).attempt.execution_id == execution.id


async def test_an_offer_that_is_not_delivered_goes_elsewhere_and_that_runner_rests(scheduler: Scheduler) -> None:
    gone = await scheduler.runner(name="gone")
    scheduler.registry.deaf.add(gone.id)
    execution = await scheduler.submit(await scheduler.workflow())

    async def came_back() -> bool:
        return "RETURN" in await scheduler.events(execution)

    await eventually(came_back)
    assert await reasons(scheduler, execution) == {"gone": ["RECENTLY_UNDELIVERED"]}
    other = await scheduler.runner(name="other")
    offer = await other.run_next()
    assert (offer.attempt_no, offer.run_attempt) == (2, 1)
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_runner_that_connects_anew_need_not_rest_any_longer(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    scheduler.registry.deaf.add(runner.id)
    execution = await scheduler.submit(await scheduler.workflow())

    async def rests() -> bool:
        return await reasons(scheduler, execution) == {"robot": ["RECENTLY_UNDELIVERED"]}

    await eventually(rests)
    scheduler.registry.deaf.clear()
    await runner.hello()
    assert (await runner.run_next()).attempt.execution_id == execution.id


async def test_a_registry_that_cannot_be_reached_costs_its_runners_nothing_but_the_next_poll(
    scheduler: Scheduler,
) -> None:
    runner = await scheduler.runner()
    scheduler.registry.away = True
    execution = await scheduler.submit(await scheduler.workflow())

    async def came_back() -> bool:
        return "RETURN" in await scheduler.events(execution)

    await eventually(came_back)
    assert await reasons(scheduler, execution) == {"robot": ["SILENT"]}
    assert await scheduler.core.dispatcher.run() == 0
    await runner.poll()
    assert ((await runner.run_next()).attempt_no, await scheduler.status(execution)) == (2, "RUNNING")
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_declined_offers_come_back_with_backoff_until_dispatch_is_exhausted(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    for _ in range(3):
        assert await runner.decline(await runner.offer(), "DISK_FULL") == "OK"
        assert (await scheduler.get(execution)).waiting_for == "DISPATCH_BACKOFF"
        await scheduler.let_wait_pass()
    await runner.decline(await runner.offer(), "DISK_FULL")
    failed = await scheduler.get(execution)
    assert (status_name(failed), failed.failure.code) == ("FAILED", "DISPATCH_EXHAUSTED")
    assert "robot" in failed.failure.message


async def test_seats_follow_the_slots_the_registry_tells(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner(slots=3)
    runner.slots = 1
    await runner.hello()
    for _ in range(3):
        await scheduler.submit(workflow)
    await eventually(lambda: scheduler.registry.offers[runner.id])
    assert await scheduler.core.dispatcher.run() == 0
    assert len(scheduler.registry.offers[runner.id]) == 1


async def test_the_runner_seen_last_is_chosen(scheduler: Scheduler) -> None:
    first, second = await scheduler.runner(name="first"), await scheduler.runner(name="second")
    await first.beat()
    await scheduler.submit(await scheduler.workflow())
    await eventually(lambda: scheduler.registry.offers[first.id])
    assert not scheduler.registry.offers[second.id]


async def test_a_runner_id_that_exists_nowhere_is_waited_for_in_vain(scheduler: Scheduler) -> None:
    await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(), runner_id=new_id())
    assert await reasons(scheduler, execution) == {"robot": ["OTHER_RUNNER"]}


@pytest.mark.parametrize("limit", [1, 7])
async def test_claim_takes_no_more_than_its_limit(scheduler: Scheduler, limit: int) -> None:
    workflow = await scheduler.workflow()
    await scheduler.tamper("INSERT INTO dispatch_hold (reason, held_by) VALUES ('', '')")
    for _ in range(8):
        await scheduler.submit(workflow)
    await scheduler.runner(slots=10)
    async with scheduler.core.pool.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM dispatch_hold")  # for this transaction alone: no bell claims beside it
        assert len(await dispatch.claim(connection, limit)) == limit
