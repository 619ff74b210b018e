"""What time does, and what an outage of the Hub's own must not do."""

import asyncio

from services.scheduler.executions.reaper import Reaper
from services.scheduler.loops.reconciler import Reconciler
from services.scheduler.loops.retention import Retention
from tests.chaos.invariants import broken_invariants
from tests.eventually import eventually
from tests.integration.scheduler.executions.conftest import Scheduler, StartScheduler, status_name
from tests.integration.scheduler.executions.scripted_registry import held

PAST = "now() - interval '1 second'"


async def test_an_unanswered_offer_comes_back_with_backoff(start_scheduler: StartScheduler) -> None:
    scheduler = await start_scheduler(offer_seconds=0.05)
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.offer()

    async def expired() -> bool:
        await scheduler.reap()
        return await scheduler.events(execution) == ["SUBMIT", "CLAIM", "OFFER_EXPIRE"]

    await eventually(expired)
    assert (await scheduler.get(execution)).waiting_for == "DISPATCH_BACKOFF"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_gap_in_the_ticks_extends_leases_and_offers_instead_of_ending_them(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)
    workflow = await scheduler.workflow()
    begun, offered = await scheduler.submit(workflow), await scheduler.submit(workflow)
    await runner.run_next()
    await runner.offer()
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST} WHERE acknowledged_at IS NOT NULL")
    await scheduler.tamper(f"UPDATE attempt SET offer_expires_at = {PAST} WHERE acknowledged_at IS NULL")
    await scheduler.tamper("UPDATE hub_tick SET at = now() - interval '16 seconds'")
    await scheduler.reap()
    assert await scheduler.status(begun) == "RUNNING"
    assert await scheduler.status(offered) == "ASSIGNED"
    left = await scheduler.sql(
        """SELECT extract(epoch FROM coalesce(lease_expires_at - make_interval(secs => lease_seconds), offer_expires_at)
            - now())::float8 AS s FROM attempt"""
    )
    assert all(row["s"] > 118 for row in left)
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST} WHERE acknowledged_at IS NOT NULL")
    await scheduler.reap()
    assert await scheduler.status(begun) == "LOST"


async def test_a_silent_registry_costs_its_runners_no_lease(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    await scheduler.tamper("UPDATE registry_link SET seen_at = now() - interval '20 seconds'")
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST}")
    await scheduler.reap()
    assert await scheduler.status(execution) == "RUNNING"
    await scheduler.tamper("UPDATE registry_link SET seen_at = now() - interval '2 hours'")
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST}")
    await scheduler.reap()
    assert await scheduler.status(execution) == "LOST"


async def test_a_jump_of_the_clock_extends_leases(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    reaper = Reaper(scheduler.core.pool, scheduler.core.bells, scheduler.core.courier, scheduler.settings)
    await reaper.run_once()
    assert reaper._clocks is not None
    server, own = reaper._clocks
    reaper._clocks = (server - 7.0, own)
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST}")
    await reaper.run_once()
    assert await scheduler.status(execution) == "RUNNING"


async def test_two_reapers_at_once_end_each_thing_once(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=10)
    workflow = await scheduler.workflow()
    executions = [await scheduler.submit(workflow) for _ in range(10)]
    for _ in executions:
        await runner.run_next()
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST}")
    await asyncio.gather(*(scheduler.reap() for _ in range(4)))
    for execution in executions:
        assert (await scheduler.events(execution)).count("LOSE") == 1
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_an_execution_beyond_its_run_time_is_stopped_and_fails_with_timeout(
    start_scheduler: StartScheduler,
) -> None:
    scheduler = await start_scheduler(deadline_grace_seconds=0.0)
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(), timeout_seconds=60.0)
    offer = await runner.run_next()
    assert offer.timeout_seconds == 60.0
    await scheduler.tamper(f"UPDATE execution SET deadline_at = {PAST}")
    await scheduler.reap()
    assert await scheduler.status(execution) == "STOPPING"
    assert len(scheduler.registry.instructions[runner.id]) == 1
    await runner.fail(offer, "KILLED")
    failed = await scheduler.get(execution)
    assert (status_name(failed), failed.failure.code) == ("FAILED", "TIMEOUT")


async def test_a_stop_nobody_confirms_is_lost_when_the_lease_is_over(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    await scheduler.stop(execution)
    await scheduler.tamper(f"UPDATE attempt SET lease_expires_at = {PAST}")
    await scheduler.reap()
    lost = await scheduler.get(execution)
    assert (status_name(lost), lost.failure.code) == ("LOST", "STOP_UNCONFIRMED")


async def test_waiting_too_long_fails_with_the_obstacles(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    await runner.poll(is_open=False)
    possible = await scheduler.submit(await scheduler.workflow(), queue_timeout_seconds=60.0)
    moon = await scheduler.workflow("Moon", settings={"requirements": {"labels": ["moon"]}})
    impossible = await scheduler.submit(moon, queue_timeout_seconds=60.0)
    patient = await scheduler.submit(moon, queue_timeout_seconds=0.0)
    await scheduler.tamper(f"UPDATE execution SET queue_deadline_at = {PAST} WHERE queue_deadline_at IS NOT NULL")
    await scheduler.reap()
    timed_out, hopeless = await scheduler.get(possible), await scheduler.get(impossible)
    assert (timed_out.failure.code, hopeless.failure.code) == ("QUEUE_TIMEOUT", "NO_RUNNER")
    assert b"SILENT" in timed_out.failure.details_json
    assert b"LABELS" in hopeless.failure.details_json
    assert await scheduler.status(patient) == "QUEUED"


async def test_lost_contact_is_shown_and_written_into_the_history_and_so_is_its_return(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.tamper("UPDATE runner_session SET seen_at = now() - interval '70 seconds'")
    assert (await scheduler.get(execution)).HasField("contact_lost_at")
    await scheduler.reap()
    assert "CONTACT_LOST" not in await scheduler.events(execution)
    await scheduler.tamper("UPDATE runner_session SET seen_at = now() - interval '121 seconds'")
    await scheduler.reap()
    assert (await scheduler.events(execution))[-1] == "CONTACT_LOST"
    await runner.beat(held(offer))
    await scheduler.reap()
    assert (await scheduler.events(execution))[-1] == "CONTACT_REGAINED"
    assert not (await scheduler.get(execution)).HasField("contact_lost_at")
    assert runner.id not in scheduler.registry.instructions  # whoever comes back works on
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_the_reconciler_claims_what_no_bell_told_of(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    await runner.poll(is_open=False)
    await scheduler.submit(workflow)
    await scheduler.tamper("UPDATE runner_session SET poll_open = true")
    reconciler = Reconciler(
        scheduler.core.pool, scheduler.core.dispatcher.run, reconcile_seconds=3_600.0, every_turn=False
    )
    await reconciler.run_once()
    await runner.finish(await runner.run_next())
    waiting = await scheduler.submit(workflow)
    await runner.fail(await runner.run_next())
    await scheduler.tamper(
        f"UPDATE execution SET waiting_for = 'NOT_BEFORE', ready_at = {PAST} WHERE id = $1 AND status = 'QUEUED'",
        waiting.id,
    )
    await reconciler.run_once()


async def test_retention_forgets_old_idempotency_keys(scheduler: Scheduler) -> None:
    await scheduler.submit(await scheduler.workflow(), idempotency_key="old", body_sha256="a")
    retention = Retention(scheduler.core.pool, scheduler.settings)
    await retention.run_once()
    assert len(await scheduler.sql("SELECT FROM idempotency_key")) == 1
    await scheduler.tamper("UPDATE idempotency_key SET created_at = now() - interval '25 hours'")
    await retention.run_once()
    assert not await scheduler.sql("SELECT FROM idempotency_key")
