"""Due fires on a real Postgres: one row and at most one execution each, whoever fires and whatever went before."""

import asyncio
import json

from exekra.scheduler.v1 import trigger_service_pb2 as pb
from exekra.scheduler.v1.trigger_pb2 import (
    MISFIRE_POLICY_ALL,
    MISFIRE_POLICY_SKIP,
    OVERLAP_POLICY_ALLOW,
    OVERLAP_POLICY_QUEUE,
    OVERLAP_POLICY_SKIP,
    OVERLAP_POLICY_STOP_PREVIOUS,
    Misfire,
    ScheduleSpec,
)
from tests.integration.scheduler.triggers.conftest import Desk, OpenDesk, minutely, minutes_apart

TWICE = (
    "SELECT count(*) AS n FROM (SELECT execution_id FROM fire WHERE execution_id IS NOT NULL"
    " GROUP BY 1 HAVING count(*) > 1) twice"
)


async def test_what_is_due_fires_with_the_triggers_own_settings(desk: Desk) -> None:
    workflow_id = await desk.workflow(inputs=[{"name": "day", "type": "string", "required": True}])
    trigger = await desk.create(
        workflow_id,
        inputs_json=b'{"day": "{{ fire.time }}"}',
        priority=70,
        labels=["finance"],
        timeout_seconds=30.0,
        queue_timeout_seconds=600.0,
    )
    await desk.let_pass(trigger, 1)
    await desk.turn()
    [row] = await desk.ledger(trigger)
    [execution] = await desk.executions(trigger)
    assert (row["outcome"], row["execution_id"]) == ("FIRED", execution["id"])
    assert json.loads(execution["inputs"]) == {"day": row["fire_at"].strftime("%H:%M:%S")}
    assert (execution["priority"], execution["timeout_seconds"], execution["queue_timeout_seconds"]) == (70, 30, 600)
    assert (execution["actor_kind"], execution["actor_name"]) == ("trigger", "Nightly")
    [demand] = await desk.sql("SELECT labels FROM demand WHERE id = $1", execution["demand_id"])
    assert demand["labels"] == ["finance"]


async def test_a_hub_that_was_down_executes_once_and_every_instant_has_a_row(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(Misfire(grace_seconds=30)))
    await desk.let_pass(trigger, 8 * 60 + 1)
    await desk.turn()
    rows = await desk.ledger(trigger)
    assert len(rows) >= 8 * 60
    assert minutes_apart([row["fire_at"] for row in rows])
    executed = [row for row in rows if row["execution_id"] is not None]
    overdue = [row for row in rows if row["outcome"] in ("LATE", "COALESCED")]
    assert [row["outcome"] for row in overdue] == ["COALESCED"] * (len(overdue) - 1) + ["LATE"]
    assert {row["merged_into"] for row in overdue[:-1]} == {overdue[-1]["fire_at"]}
    assert len(await desk.executions(trigger)) == len(executed) <= 2
    await desk.turn()
    assert len(await desk.executions(trigger)) == len(executed)


async def test_all_executes_the_newest_and_skip_none(desk: Desk) -> None:
    workflow_id = await desk.workflow()
    policy = Misfire(policy=MISFIRE_POLICY_ALL, max=3, grace_seconds=90)
    some = await desk.create(workflow_id, schedule=minutely(policy))
    none = await desk.create(workflow_id, schedule=minutely(Misfire(policy=MISFIRE_POLICY_SKIP, grace_seconds=90)))
    for trigger in (some, none):
        await desk.let_pass(trigger, 10)
    await desk.turn()
    late = [outcome for outcome in await desk.outcomes(some) if outcome != "FIRED"]
    assert late[-3:] == ["LATE MISFIRE"] * 3
    assert set(late[:-3]) == {"MISSED MISFIRE_LIMIT"}
    assert set(await desk.outcomes(none)) <= {"MISSED MISFIRE", "FIRED"}
    assert "MISSED MISFIRE" in await desk.outcomes(none)


async def test_several_processes_share_a_burst_and_fire_nothing_twice(desk: Desk, open_desk: OpenDesk) -> None:
    desks = [desk, await open_desk(desk.database), await open_desk(desk.database)]
    workflow_id = await desk.workflow()
    triggers = [await desk.create(workflow_id) for _ in range(40)]
    for trigger in triggers:
        await desk.let_pass(trigger, 5)
    await asyncio.gather(*(each.turn() for each in desks))
    await asyncio.gather(*(each.turn() for each in desks))
    for trigger in triggers:
        outcomes = await desk.outcomes(trigger)
        assert set(outcomes) == {"FIRED"}
        assert 5 <= len(outcomes) <= 6
        assert len(await desk.executions(trigger)) == len(outcomes)
    assert (await desk.sql(TWICE))[0]["n"] == 0


async def test_overlap_is_skipped_however_many_processes_fire(desk: Desk, open_desk: OpenDesk) -> None:
    other = await open_desk(desk.database)
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_SKIP))
    await desk.let_pass(trigger, 5)
    await asyncio.gather(desk.turn(), other.turn())
    outcomes = await desk.outcomes(trigger)
    assert outcomes[0] == "FIRED"
    assert set(outcomes[1:]) == {"SKIPPED OVERLAP"}
    assert len(await desk.executions(trigger)) == 1


async def test_a_queued_fire_goes_when_the_previous_execution_has_ended(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_QUEUE))
    await desk.let_pass(trigger, 3)
    await desk.turn()
    before = await desk.outcomes(trigger)
    assert before[:2] == ["FIRED", "QUEUED OVERLAP"]
    assert set(before[2:]) == {"COALESCED OVERLAP"}
    [running] = await desk.executions(trigger)
    await desk.interventions.stop(str(running["id"]), force=False, reason="")
    await desk.turn()
    assert (await desk.outcomes(trigger))[:2] == ["FIRED", "FIRED"]
    assert len(await desk.executions(trigger)) == 2


async def test_the_previous_execution_is_stopped_and_the_next_one_follows(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_STOP_PREVIOUS))
    await desk.let_pass(trigger, 2)
    await desk.turn()
    assert (await desk.outcomes(trigger))[1] == "QUEUED STOPPING_PREVIOUS"
    await desk.turn()
    first, second = await desk.executions(trigger)
    assert (first["status"], second["status"]) == ("STOPPED", "QUEUED")


async def test_a_rule_changed_later_still_sees_what_lives(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_ALLOW))
    await desk.let_pass(trigger, 1)
    await desk.turn()
    spec = ScheduleSpec(overlap=OVERLAP_POLICY_SKIP)
    await desk.service.UpdateTrigger(pb.UpdateTriggerRequest(trigger_id=trigger.id, schedule=spec), None)
    await desk.sql("DELETE FROM fire WHERE trigger_id = $1", trigger.id)
    await desk.let_pass(trigger, 1)
    await desk.turn()
    assert set(await desk.outcomes(trigger)) == {"SKIPPED OVERLAP"}


async def test_a_workflow_that_cannot_be_executed_is_skipped_with_the_reason(desk: Desk) -> None:
    unpublished = await desk.create(await desk.workflow("Draft", publish=False))
    strict = await desk.create(
        await desk.workflow("Strict", publish=False, inputs=[{"name": "n", "type": "number", "required": True}])
    )
    await desk.sql("UPDATE workflow SET published_version = 1 WHERE id = $1", strict.workflow_id)
    for trigger in (unpublished, strict):
        await desk.let_pass(trigger, 1)
    await desk.turn()
    assert await desk.outcomes(unpublished) == ["SKIPPED NOT_PUBLISHED"]
    assert await desk.outcomes(strict) == ["SKIPPED INPUTS_INVALID"]


async def test_a_held_deduplication_key_makes_a_fire_a_duplicate(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), dedupe_key="only one")
    await desk.let_pass(trigger, 3)
    await desk.turn()
    rows = await desk.ledger(trigger)
    assert [row["outcome"] for row in rows][:2] == ["FIRED", "DUPLICATE"]
    assert len({row["execution_id"] for row in rows}) == 1
    assert len(await desk.executions(trigger)) == 1


async def test_a_schedule_that_cannot_be_fired_stands_in_no_others_way(desk: Desk) -> None:
    workflow_id = await desk.workflow()
    broken = await desk.create(workflow_id, inputs_json=b'{"at": "{{ fire.at }}"}')
    well = await desk.create(workflow_id)
    for trigger in (broken, well):
        await desk.let_pass(trigger, 1)
    await desk.planner.run_once()
    await desk.sql("UPDATE schedule SET timezone = 'Nowhere/Land' WHERE trigger_id = $1", broken.id)
    await desk.firing.run_once()
    assert await desk.outcomes(broken) == ["SKIPPED INTERNAL"]
    assert await desk.outcomes(well) == ["FIRED"]


async def test_a_schedule_that_cannot_be_planned_stands_in_no_others_way(desk: Desk) -> None:
    workflow_id = await desk.workflow()
    broken, well = await desk.create(workflow_id), await desk.create(workflow_id)
    await desk.sql("UPDATE schedule SET timezone = 'Nowhere/Land' WHERE trigger_id = $1", broken.id)
    await desk.turn()
    assert await desk.planned(well)
    shown = await desk.service.ListTriggers(pb.ListTriggersRequest(), None)
    assert "Nowhere/Land" in next(item for item in shown.items if item.id == broken.id).schedule.description


async def test_many_executions_are_stored_with_their_history(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.let_pass(trigger, 20)
    await desk.turn()
    ids = [row["id"] for row in await desk.executions(trigger)]
    events = await desk.sql("SELECT event FROM execution_event WHERE execution_id = ANY ($1)", ids)
    assert [row["event"] for row in events] == ["SUBMIT"] * len(ids)
