"""Triggers as people change them, and what their changes do to the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import trigger_service_pb2 as pb
from exekra.scheduler.v1.trigger_pb2 import (
    FIRE_OUTCOME_FIRED,
    OVERLAP_POLICY_SKIP,
    TRIGGER_KIND_SCHEDULE,
    TRIGGER_KIND_WEBHOOK,
    ScheduleSpec,
    WebhookSpec,
)
from services.kit.errors import DomainError
from services.scheduler.workflows import library
from tests.integration.scheduler.triggers.conftest import Desk, OpenDesk, minutely

FAR = ScheduleSpec(cron="0 8 1 1 *", timezone="Europe/Berlin")
AUDIT = "SELECT count(*) AS n FROM outbox"


def stamp(at: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(at)
    return message


async def refused(call: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await call  # type: ignore[misc]  # any of the servicer's coroutines
    return caught.value


async def test_a_schedule_is_answered_as_it_was_given_and_in_words(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=FAR, inputs_json=b'{"a":1}')
    assert trigger.schedule.cron == FAR.cron
    assert trigger.schedule.description == "At 08:00 on January 1 (Europe/Berlin)"
    assert trigger.inputs_json == b'{"a":1}'
    next_fire = trigger.schedule.next_fire_at.ToDatetime(tzinfo=UTC)
    assert (next_fire.month, next_fire.day, next_fire.hour) == (1, 1, 7)


async def test_inputs_are_judged_by_the_published_workflow(desk: Desk) -> None:
    workflow_id = await desk.workflow(inputs=[{"name": "day", "type": "string", "required": True}])
    error = await refused(desk.create(workflow_id))
    assert (error.reason, [field.pointer for field in error.fields]) == ("INPUTS_INVALID", ["/inputs/day"])
    trigger = await desk.create(workflow_id, inputs_json=b'{"day": "x"}')
    change = pb.UpdateTriggerRequest(trigger_id=trigger.id, inputs_json=b'{"day": 1}')
    assert (await refused(desk.service.UpdateTrigger(change, None))).reason == "INPUTS_INVALID"


async def test_a_trigger_needs_a_workflow_that_is_there(desk: Desk) -> None:
    assert (await refused(desk.create("nonsense"))).reason == "WORKFLOW_NOT_FOUND"


async def test_a_repeat_under_the_same_key_makes_one_trigger(desk: Desk) -> None:
    workflow_id = await desk.workflow()
    first, second = [await desk.create(workflow_id, idempotency_key="k", body_sha256="b") for _ in range(2)]
    assert first == second
    error = await refused(desk.create(workflow_id, idempotency_key="k", body_sha256="other"))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_repeat_never_answers_the_secret_again(desk: Desk) -> None:
    request = pb.CreateTriggerRequest(
        workflow_id=await desk.workflow(), name="Hook", idempotency_key="k", body_sha256="b", webhook=WebhookSpec()
    )
    request.webhook.auth.type = "github"
    first, second = [await desk.service.CreateTrigger(request, None) for _ in range(2)]
    assert first.secret
    assert not second.secret
    assert first.trigger.id == second.trigger.id
    kept = await desk.sql("SELECT response FROM idempotency_key")
    assert first.secret.encode() not in kept[0]["response"]


async def test_a_change_that_somebody_else_forestalled_is_refused(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.service.UpdateTrigger(pb.UpdateTriggerRequest(trigger_id=trigger.id, name="Other"), None)
    late = pb.UpdateTriggerRequest(trigger_id=trigger.id, name="Mine", if_match=trigger.etag)
    assert (await refused(desk.service.UpdateTrigger(late, None))).reason == "TRIGGER_CHANGED"


async def test_a_schedule_takes_no_members_of_a_webhook(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    change = pb.UpdateTriggerRequest(trigger_id=trigger.id, webhook=WebhookSpec(filter="true"))
    assert (await refused(desk.service.UpdateTrigger(change, None))).fields[0].pointer == "/webhook"


async def test_triggers_are_listed_newest_first_page_by_page(desk: Desk) -> None:
    workflow_id = await desk.workflow()
    made = [(await desk.create(workflow_id)).id for _ in range(3)]
    first = await desk.service.ListTriggers(pb.ListTriggersRequest(workflow_id=workflow_id, limit=2), None)
    rest = await desk.service.ListTriggers(
        pb.ListTriggersRequest(workflow_id=workflow_id, limit=2, cursor=first.next_cursor), None
    )
    assert [item.id for item in (*first.items, *rest.items)] == made[::-1]
    assert not rest.next_cursor
    hooks = await desk.service.ListTriggers(pb.ListTriggersRequest(kind=TRIGGER_KIND_WEBHOOK), None)
    assert not hooks.items
    one = await desk.service.ListTriggers(pb.ListTriggersRequest(kind=TRIGGER_KIND_SCHEDULE, enabled=True), None)
    assert len(one.items) == 3


async def test_the_plan_follows_a_change_of_its_times_alone(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.turn()
    planned = await desk.planned(trigger)
    assert 3 <= len(planned) <= 4
    rule = ScheduleSpec(overlap=OVERLAP_POLICY_SKIP)
    await desk.service.UpdateTrigger(pb.UpdateTriggerRequest(trigger_id=trigger.id, schedule=rule), None)
    assert await desk.planned(trigger) == planned
    hourly = ScheduleSpec(cron="0 0 1 1 *")
    await desk.service.UpdateTrigger(pb.UpdateTriggerRequest(trigger_id=trigger.id, schedule=hourly), None)
    await desk.turn()
    assert await desk.planned(trigger) == []
    shown = (await desk.service.GetTrigger(pb.GetTriggerRequest(trigger_id=trigger.id), None)).trigger
    assert shown.schedule.next_fire_at.ToDatetime().month == 1


async def test_what_fell_due_while_disabled_is_not_made_up_for(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.turn()
    disabled = (await desk.service.DisableTrigger(pb.DisableTriggerRequest(trigger_id=trigger.id), None)).trigger
    assert not disabled.HasField("schedule") or not disabled.schedule.HasField("next_fire_at")
    assert await desk.planned(trigger) == []
    await desk.sql("UPDATE schedule SET planned_until = now() - interval '1 hour' WHERE trigger_id = $1", trigger.id)
    await desk.turn()
    assert await desk.planned(trigger) == []
    await desk.service.EnableTrigger(pb.EnableTriggerRequest(trigger_id=trigger.id), None)
    await desk.turn()
    assert await desk.ledger(trigger) == []
    assert await desk.planned(trigger)


async def test_enabling_what_is_enabled_changes_nothing(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    before = (await desk.sql(AUDIT))[0]["n"]
    again = (await desk.service.EnableTrigger(pb.EnableTriggerRequest(trigger_id=trigger.id), None)).trigger
    assert again.etag == trigger.etag
    assert (await desk.sql(AUDIT))[0]["n"] == before


async def test_every_change_by_a_person_has_its_audit_row(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    before = (await desk.sql(AUDIT))[0]["n"]
    await desk.service.UpdateTrigger(pb.UpdateTriggerRequest(trigger_id=trigger.id, name="Other"), None)
    await desk.service.DisableTrigger(pb.DisableTriggerRequest(trigger_id=trigger.id), None)
    await desk.service.FireTrigger(pb.FireTriggerRequest(trigger_id=trigger.id), None)
    await desk.service.DeleteTrigger(pb.DeleteTriggerRequest(trigger_id=trigger.id), None)
    assert (await desk.sql(AUDIT))[0]["n"] == before + 5  # the execution has its own


async def test_a_deleted_trigger_is_gone_and_its_ledger_stays(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.let_pass(trigger, 1)
    await desk.turn()
    await desk.service.DeleteTrigger(pb.DeleteTriggerRequest(trigger_id=trigger.id), None)
    assert await desk.planned(trigger) == []
    assert len(await desk.ledger(trigger)) == 1
    error = await refused(desk.service.GetTrigger(pb.GetTriggerRequest(trigger_id=trigger.id), None))
    assert error.reason == "TRIGGER_NOT_FOUND"


async def test_a_deleted_workflow_takes_its_triggers_with_it(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.turn()
    async with desk.core.pool.acquire() as connection, connection.transaction():
        await library.delete_workflow(connection, desk.core.outbox, trigger.workflow_id)
    await desk.turn()
    assert await desk.planned(trigger) == []
    error = await refused(desk.service.GetTrigger(pb.GetTriggerRequest(trigger_id=trigger.id), None))
    assert error.reason == "TRIGGER_NOT_FOUND"


async def test_a_fire_by_hand_lays_its_inputs_over_the_triggers_and_comes_once(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=FAR, inputs_json=b'{"a": 1, "b": 2}', enabled=False)
    request = pb.FireTriggerRequest(
        trigger_id=trigger.id, inputs_json=b'{"b": 3}', idempotency_key="k", body_sha256="b"
    )
    first, second = [await desk.service.FireTrigger(request, None) for _ in range(2)]
    assert first.execution.id == second.execution.id
    assert first.execution.inputs_json == b'{"a":1,"b":3}'
    assert first.execution.triggered_by.name == "Ada"
    [row] = await desk.ledger(trigger)
    assert (row["outcome"], row["reason"], row["origin"]) == ("FIRED", "BY_HAND", "PERSON")


async def test_a_webhook_can_be_fired_by_hand_as_well(desk: Desk) -> None:
    request = pb.CreateTriggerRequest(workflow_id=await desk.workflow(), name="Hook", webhook=WebhookSpec())
    trigger = (await desk.service.CreateTrigger(request, None)).trigger
    await desk.service.FireTrigger(pb.FireTriggerRequest(trigger_id=trigger.id), None)
    assert await desk.outcomes(trigger) == ["FIRED BY_HAND"]


async def test_zones_with_new_rules_are_planned_anew(desk: Desk, open_desk: OpenDesk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.turn()
    await desk.sql("UPDATE fire SET fire_at = fire_at + interval '7 seconds' WHERE trigger_id = $1", trigger.id)
    await desk.sql("UPDATE schedule SET zone_data = 'rules of long ago'")
    upgraded = await open_desk(desk.database)
    await upgraded.planner.run_once()
    assert {at.second for at in await desk.planned(trigger)} == {0}


async def test_an_instant_planned_again_after_the_clock_went_back_fires_no_second_time(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow())
    await desk.let_pass(trigger, 3)
    await desk.turn()
    fired = await desk.ledger(trigger)
    back = "UPDATE schedule SET planned_until = now() - interval '3 minutes', next_at = now() WHERE trigger_id = $1"
    await desk.sql(back, trigger.id)
    await desk.turn()
    assert await desk.ledger(trigger) == fired
    assert len(await desk.executions(trigger)) == len(fired)


async def test_the_ledger_is_read_newest_first_and_filtered(desk: Desk) -> None:
    trigger = await desk.create(await desk.workflow(), schedule=minutely(overlap=OVERLAP_POLICY_SKIP))
    await desk.let_pass(trigger, 5)
    await desk.turn()
    page = await desk.service.ListFires(pb.ListFiresRequest(trigger_id=trigger.id, limit=2), None)
    rest = await desk.service.ListFires(
        pb.ListFiresRequest(trigger_id=trigger.id, limit=50, cursor=page.next_cursor), None
    )
    instants = [item.fire_at.ToDatetime() for item in (*page.items, *rest.items)]
    assert instants == sorted(instants, reverse=True)
    assert page.items[0].message == "The previous execution had not ended."
    fired = await desk.service.ListFires(
        pb.ListFiresRequest(trigger_id=trigger.id, outcomes=[FIRE_OUTCOME_FIRED]), None
    )
    assert len(fired.items) == 1
    assert fired.items[0].execution_id


async def test_a_preview_stores_nothing_and_marks_what_the_clocks_do(desk: Desk) -> None:
    request = pb.PreviewScheduleRequest(schedule=ScheduleSpec(cron="30 2 * * *", timezone="Europe/Berlin"), count=2)
    getattr(request, "from").FromDatetime(datetime(2026, 3, 28, 12, tzinfo=UTC))
    found = await desk.service.PreviewSchedule(request, None)
    assert [fire.local for fire in found.fires] == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
    assert [fire.dst for fire in found.fires] == [1, 0]
    assert (await desk.sql("SELECT count(*) AS n FROM trigger"))[0]["n"] == 0


async def test_a_single_time_fires_once_and_then_there_is_none(desk: Desk) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    trigger = await desk.create(await desk.workflow(), schedule=ScheduleSpec(at=stamp(at), timezone="UTC"))
    await desk.sql("UPDATE schedule SET at = now() - interval '1 second' WHERE trigger_id = $1", trigger.id)
    await desk.let_pass(trigger, 1)
    await desk.turn()
    assert await desk.outcomes(trigger) == ["FIRED"]
    shown = (await desk.service.GetTrigger(pb.GetTriggerRequest(trigger_id=trigger.id), None)).trigger
    assert not shown.schedule.HasField("next_fire_at")
