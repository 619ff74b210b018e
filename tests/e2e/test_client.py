"""The client package as a program uses it: the examples of its documentation, against the running Hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from services.client import ApiKey, Changed, Conflict, Forbidden, Hub, Invalid, NoneNamedError, NotFound, NotSignedIn
from tests.e2e.integrator import DOUBLING, FAILING, Integrator, node, row, sleeping, unique
from tests.eventually import eventually
from tests.hub import EMAIL, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def client(hub: Integrator) -> AsyncIterator[Hub]:
    authority = hub.under_test.running.authority.read_text()
    async with Hub(hub.url, ApiKey(hub.key.removeprefix("Bearer ")), authority=authority) as connected:
        yield connected


async def test_a_workflow_is_made_published_started_once_and_waited_for(client: Hub) -> None:
    name = unique("Client")
    workflow = await client.workflows.create(name, graph=DOUBLING, tags=["client"])
    assert (await client.workflows.validate(workflow.id)).valid
    assert (await client.workflows.publish(workflow.id)).published_version == 1

    found = await client.workflows.find(name.upper())
    started = await client.executions.start(found.id, {"number": 21}, key=f"order {name}")
    again = await client.executions.start(found.id, {"number": 21}, key=f"order {name}")
    assert again.execution.id == started.execution.id
    ended = await client.executions.wait_for(started.execution.id, seconds=60)
    assert (ended.status, ended.output, ended.ended) == ("COMPLETED", {"doubled": 42}, True)
    assert [run.node_id async for run in client.executions.nodes(ended.id)] == ["start", "double"]
    history = [step.to_status async for step in client.executions.history(ended.id)]
    assert history[-1] == "COMPLETED"
    assert [each.id async for each in client.executions.each(workflow_id=workflow.id)] == [ended.id]


async def test_what_goes_wrong_is_an_exception_of_its_own(client: Hub, hub: Integrator) -> None:
    workflow = await client.workflows.create(unique("Client"), graph=DOUBLING)
    with pytest.raises(NoneNamedError):
        await client.workflows.find(unique("nobody"))
    with pytest.raises(NotFound):
        await client.executions.get("019a0000-0000-7000-8000-00000000ffff")
    await client.workflows.publish(workflow.id)
    with pytest.raises(Invalid) as refused:
        await client.executions.start(workflow.id, {"number": "many"})
    assert [wrong.pointer for wrong in refused.value.errors] == ["/inputs/number"]
    await client.workflows.save_draft(workflow.id, FAILING)
    with pytest.raises(Changed):
        await client.workflows.save_draft(workflow.id, DOUBLING, etag=workflow.etag)
    authority = hub.under_test.running.authority.read_text()
    async with Hub(hub.url, ApiKey("exk_wrong"), authority=authority) as stranger:
        with pytest.raises(NotSignedIn):
            await stranger.administration.me()


async def test_a_person_signs_in_and_a_key_may_only_what_its_scopes_say(client: Hub, hub: Integrator) -> None:
    authority = hub.under_test.running.authority.read_text()
    async with Hub(hub.url, authority=authority) as nobody:
        me, session = await nobody.administration.log_in(EMAIL, PASSWORD)
    assert me.user.email == EMAIL
    async with Hub(hub.url, session, authority=authority) as person:
        key = await person.create("/api-keys", {"name": unique("scoped"), "scopes": ["workflow:view"]})
        await person.administration.log_out()
        with pytest.raises(NotSignedIn):
            await person.administration.me()
    async with Hub(hub.url, ApiKey(key["key"]), authority=authority) as scoped:
        assert [workflow.name async for workflow in scoped.workflows.each(most=1)]
        with pytest.raises(Forbidden):
            await scoped.workflows.create(unique("Client"))


async def test_changes_are_heard_as_they_happen(client: Hub) -> None:
    workflow = await client.workflows.create(unique("Client"), graph=sleeping(0.2))
    await client.workflows.publish(workflow.id)
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def listen() -> None:
        async with aclosing(client.watch("executions")) as events:
            async for event in events:
                await heard.put(event)

    listener = asyncio.create_task(listen())
    try:
        started = await client.executions.start(workflow.id)
        ended = await client.executions.wait_for(started.execution.id, seconds=60)
        assert ended.status == "COMPLETED"
        event = await asyncio.wait_for(heard.get(), 30)
        assert event.topic == "executions"
    finally:
        listener.cancel()


async def test_logs_are_followed_to_the_end_and_work_is_stopped_and_retried(client: Hub) -> None:
    graph = row(node("say", "log.message", {"message": "on the way"}), node("sleep", "control.delay", {"seconds": 600}))
    workflow = await client.workflows.create(unique("Client"), graph=graph)
    await client.workflows.publish(workflow.id)
    execution = (await client.executions.start(workflow.id)).execution

    async def stop_after_the_line() -> list[str]:
        lines = []
        async for line in client.executions.logs(execution.id, follow=True):
            lines.append(line.message)
            await client.executions.stop(execution.id, force=True, reason="seen enough")
        return lines

    assert await asyncio.wait_for(stop_after_the_line(), 60) == ["on the way"]
    assert (await client.executions.wait_for(execution.id)).status == "STOPPED"
    retried = await client.executions.retry(execution.id)
    assert retried.retry_of == execution.id
    await client.executions.stop(retried.id, force=True)


async def test_schedules_stand_on_calendars_and_pause_when_the_breaker_says(client: Hub) -> None:
    workflow = await client.workflows.create(unique("Client"), graph=DOUBLING)
    await client.workflows.publish(workflow.id)
    calendar = await client.calendars.create(
        unique("Holidays"), entries=[{"type": "date", "date": "2030-12-24", "note": "Closed"}]
    )
    days = await client.calendars.days(calendar.id, first=date(2030, 12, 23), last=date(2030, 12, 24))
    assert [(day.date, day.allowed) for day in days] == [("2030-12-23", True), ("2030-12-24", False)]

    members = {"cron": "0 8 * * *", "timezone": "UTC", "calendars": [calendar.id], "inputs": {"number": 1}}
    trigger = (await client.triggers.create(workflow.id, unique("Daily"), **members)).trigger
    assert [user.trigger_id for user in (await client.calendars.find(calendar.name)).used_by] == [trigger.id]
    with pytest.raises(Conflict):
        await client.calendars.delete(calendar.id)
    assert (await client.triggers.change_breaker(trigger.id, threshold=3)).threshold == 3
    assert (await client.triggers.breaker(trigger.id)).state == "closed"
    await client.triggers.delete(trigger.id)
    await client.calendars.delete(calendar.id)


async def test_people_are_asked_and_told(client: Hub) -> None:
    asking = row(node("ask", "control.approval", {"title": "Pay 1,000?", "timeoutSeconds": 3600}))
    workflow = await client.workflows.create(unique("Client"), graph=asking)
    await client.workflows.publish(workflow.id)
    rule = await client.notification_rules.create(unique("Told"), ["ada@example.com"], ["execution.failed"])
    assert rule.id in [each.id async for each in client.notification_rules.each()]
    await client.notification_rules.delete(rule.id)

    execution = (await client.executions.start(workflow.id)).execution

    async def asked() -> str:
        return "".join([approval.id async for approval in client.approvals.each(execution_id=execution.id)])

    approval = await client.approvals.approve(await eventually(asked, 60), "by the client")
    assert (approval.status, approval.comment) == ("approved", "by the client")
    assert (await client.executions.wait_for(execution.id, seconds=60)).status == "COMPLETED"
