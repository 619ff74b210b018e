"""Fires that come after all: missed ones a person asks for, held ones the breaker lets go."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from exekra.scheduler.v1 import trigger_service_pb2 as pb
from exekra.scheduler.v1.trigger_pb2 import MISFIRE_POLICY_SKIP, OVERLAP_POLICY_SKIP, Misfire, Trigger
from services.scheduler.outcomes.model import ReleasePolicy
from services.scheduler.outcomes.release import Release
from services.scheduler.triggers.release import ScheduleReleaser
from services.scheduler.workflows import library
from tests.integration.scheduler.triggers.conftest import Desk, OpenDesk, minutely

OPEN = "UPDATE trigger SET breaker = 'OPEN' WHERE id = $1"
OPENED = """INSERT INTO trigger_breaker (trigger_id, breaker, opened_at, probe_at)
 VALUES ($1, 'OPEN', now(), now() + interval '1 hour')"""


async def missed(desk: Desk, minutes: int) -> Trigger:
    """A schedule with so many missed fires."""
    policy = Misfire(policy=MISFIRE_POLICY_SKIP, grace_seconds=59)
    trigger = await desk.create(await desk.workflow(), schedule=minutely(policy))
    await desk.let_pass(trigger, minutes + 1)
    await desk.turn()
    await desk.service.DisableTrigger(pb.DisableTriggerRequest(trigger_id=trigger.id), None)
    return trigger


async def backfill(desk: Desk, trigger: Trigger, *, dry_run: bool = False) -> pb.BackfillTriggerResponse:
    request = pb.BackfillTriggerRequest(trigger_id=trigger.id, dry_run=dry_run)
    getattr(request, "from").FromDatetime(datetime.now(UTC) - timedelta(days=1))
    request.to.FromDatetime(datetime.now(UTC) + timedelta(days=1))
    return await desk.service.BackfillTrigger(request, None)


async def holding(desk: Desk, minutes: int, **more: Any) -> Trigger:
    """A paused schedule that holds so many fires."""
    trigger = await desk.create(await desk.workflow(), schedule=minutely(**more))
    await desk.sql(OPENED, trigger.id)
    await desk.sql(OPEN, trigger.id)
    await desk.let_pass(trigger, minutes)
    await desk.turn()
    return trigger


async def release(desk: Desk, trigger: Trigger, wanted: Release) -> int:
    """How many executions came of it."""
    async with desk.core.pool.acquire() as connection, connection.transaction():
        released = await ScheduleReleaser(desk.launcher).release(connection, trigger.id, wanted)
    return len(released.execution_ids)


async def test_a_dry_run_says_what_would_be_executed_and_does_nothing(desk: Desk) -> None:
    trigger = await missed(desk, 5)
    found = await backfill(desk, trigger, dry_run=True)
    assert len(found.items) >= 5
    assert found.remaining == 0
    assert "BACKFILLED BY_HAND" not in await desk.outcomes(trigger)


async def test_a_missed_fire_is_backfilled_once_however_often_and_by_whom_it_is_asked_for(
    desk: Desk, open_desk: OpenDesk
) -> None:
    other = await open_desk(desk.database)
    trigger = await missed(desk, 5)
    before = len(await desk.executions(trigger))
    wanted = (await desk.outcomes(trigger)).count("MISSED MISFIRE")
    await asyncio.gather(backfill(desk, trigger), backfill(other, trigger))
    await backfill(desk, trigger)
    assert (await desk.outcomes(trigger)).count("BACKFILLED BY_HAND") == wanted
    assert len(await desk.executions(trigger)) == before + wanted


async def test_backfill_leaves_alone_what_was_not_missed(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_SKIP))
    await desk.let_pass(trigger, 5)
    await desk.turn()
    before = await desk.outcomes(trigger)
    assert not (await backfill(desk, trigger)).items
    assert await desk.outcomes(trigger) == before


async def test_a_paused_schedule_holds_what_is_due(desk: Desk) -> None:
    trigger = await holding(desk, 4)
    assert set(await desk.outcomes(trigger)) == {"HELD BREAKER"}
    assert await desk.executions(trigger) == []


async def test_a_probe_lets_exactly_one_held_fire_go(desk: Desk) -> None:
    trigger = await holding(desk, 4)
    assert await release(desk, trigger, Release(probe=True)) == 1
    outcomes = await desk.outcomes(trigger)
    assert (outcomes[-1], set(outcomes[:-1])) == ("FIRED", {"HELD BREAKER"})


async def test_held_fires_are_coalesced_into_the_newest(desk: Desk) -> None:
    trigger = await holding(desk, 4)
    assert await release(desk, trigger, Release()) == 1
    rows = await desk.ledger(trigger)
    assert [row["outcome"] for row in rows] == ["COALESCED"] * (len(rows) - 1) + ["FIRED"]
    assert {row["merged_into"] for row in rows[:-1]} == {rows[-1]["fire_at"]}
    assert await release(desk, trigger, Release()) == 0


async def test_held_fires_go_one_by_one_up_to_the_maximum(desk: Desk) -> None:
    trigger = await holding(desk, 5)
    assert await release(desk, trigger, Release(policy=ReleasePolicy.ALL, maximum=2, last=True)) == 2
    outcomes = await desk.outcomes(trigger)
    assert outcomes[:2] == ["FIRED", "FIRED"]
    assert set(outcomes[2:]) == {"MISSED BREAKER"}


async def test_what_is_released_still_minds_the_overlap_rule(desk: Desk) -> None:
    trigger = await holding(desk, 5, overlap=OVERLAP_POLICY_SKIP)
    assert await release(desk, trigger, Release(policy=ReleasePolicy.ALL, maximum=3, last=False)) == 1
    outcomes = await desk.outcomes(trigger)
    assert outcomes[:3] == ["FIRED", "SKIPPED OVERLAP", "SKIPPED OVERLAP"]
    assert set(outcomes[3:]) == {"HELD BREAKER"}


async def test_what_waits_of_a_deleted_workflow_is_skipped(desk: Desk) -> None:
    trigger = await holding(desk, 3)
    async with desk.core.pool.acquire() as connection, connection.transaction():
        await library.delete_workflow(connection, desk.core.outbox, trigger.workflow_id)
    assert set(await desk.outcomes(trigger)) == {"SKIPPED WORKFLOW_NOT_FOUND"}


async def test_what_waits_of_a_disabled_trigger_is_skipped(desk: Desk) -> None:
    trigger = await holding(desk, 3)
    await desk.service.DisableTrigger(pb.DisableTriggerRequest(trigger_id=trigger.id), None)
    assert set(await desk.outcomes(trigger)) == {"SKIPPED DISABLED"}
