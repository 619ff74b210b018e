"""What is told of an event, and to whom."""

import json

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.kit.ids import new_id
from services.scheduler.delivery import queue
from tests.integration.scheduler.delivery.conftest import STEPS, World
from tests.receiver import Receiver


async def test_an_execution_is_told_step_by_step_and_signed(world: World, receiver: Receiver) -> None:
    _, secret = await world.endpoint(receiver.url(), "execution.*", headers={"Authorization": "Bearer s3cret"})
    execution_id = await world.run()
    await world.settle()
    assert [message.type for message in receiver.came] == STEPS
    for message in receiver.came:
        Webhook(secret).verify(message.body, message.headers)
        assert message.headers["authorization"] == "Bearer s3cret"
        assert message.headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(message.body + b" ", message.headers)
    told = [message.event["data"]["execution"] for message in receiver.came]
    assert [execution["status"] for execution in told] == ["QUEUED", "ASSIGNED", "RUNNING", "COMPLETED"]
    assert [execution["output"] for execution in told] == [None, None, None, {"ok": True}]
    assert {execution["id"] for execution in told} == {execution_id}
    assert told[0]["inputs"] == {"a": 1}


async def test_nothing_is_written_while_nobody_listens(world: World, receiver: Receiver) -> None:
    await world.run()
    assert await world.value("SELECT count(*) FROM outgoing_event") == 0
    endpoint, _ = await world.endpoint(receiver.url(), "runner.*")
    await world.run()
    assert await world.value("SELECT count(*) FROM outgoing_event") == 0
    async with world.pool.acquire() as connection, connection.transaction():
        await world.endpoints.delete(connection, endpoint.id)
    assert await world.value("SELECT count(*) FROM event_interest") == 0


async def test_a_change_that_is_undone_is_not_told(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url())
    execution_id = await world.submit()
    async with world.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE execution SET event = 'STOP', status = 'STOPPED', completed_at = now()")
        await transaction.rollback()
    await world.settle()
    assert [message.step for message in receiver.came] == [(execution_id, 1)]


async def test_filters_choose_by_type_workflow_and_label(world: World, receiver: Receiver) -> None:
    ours, other = new_id(), new_id()
    await world.endpoint(receiver.url("/ends"), "execution.completed")
    await world.endpoint(receiver.url("/ours"), "*.queued", workflow_ids=(ours,))
    await world.endpoint(receiver.url("/finance"), "execution.queued", labels=("finance", "hr"))
    await world.run(workflow_id=ours)
    await world.run(workflow_id=other, labels=("finance",))
    await world.settle()
    found = sorted((message.path, message.event["data"]["execution"]["workflowId"]) for message in receiver.came)
    assert found == sorted([("/ends", ours), ("/ends", other), ("/ours", ours), ("/finance", other)])


async def test_large_documents_are_named_and_not_sent(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "execution.completed")
    big = json.dumps({"rows": ["x" * 1_000] * 300}).encode()
    execution_id = await world.submit(inputs=big)
    for event, status in (("CLAIM", "ASSIGNED"), ("ACKNOWLEDGE", "RUNNING"), ("FINISH_OK", "COMPLETED")):
        await world.step(execution_id, event, status, big if status == "COMPLETED" else None)
    await world.settle()
    data = receiver.came[0].event["data"]
    assert len(receiver.came[0].body) < 10_000
    assert (data["execution"]["inputs"], data["execution"]["output"]) == ({}, None)
    href = f"/api/executions/{execution_id}"
    assert data["omitted"] == [
        {"member": "execution.inputs", "bytes": len(big), "href": href},
        {"member": "execution.output", "bytes": len(big), "href": href},
    ]


async def test_an_event_tells_how_things_were_not_how_they_are(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "execution.*")
    failure = {"code": "BOOM", "message": "no", "nodeId": "n1", "retryable": False, "details": {"x": 1.0}}
    execution_id = await world.submit()
    for event, status in (("CLAIM", "ASSIGNED"), ("ACKNOWLEDGE", "RUNNING"), ("FINISH_FAILED", "FAILED")):
        await world.step(execution_id, event, status, failure=failure if status == "FAILED" else None)
    await world.settle()
    assert [message.event["data"]["execution"]["failure"] for message in receiver.came] == [None, None, None, failure]


async def test_an_execution_that_was_deleted_is_told_by_what_the_event_remembers(
    world: World, receiver: Receiver
) -> None:
    await world.endpoint(receiver.url(), "execution.completed")
    execution_id = await world.run()
    async with world.pool.acquire() as connection:
        await connection.execute("DELETE FROM execution")
    await world.settle()
    data = receiver.came[0].event["data"]
    assert (data["deleted"], data["execution"]["id"], data["execution"]["status"]) == (True, execution_id, "COMPLETED")


async def test_runners_are_told_of_when_they_come_fall_silent_and_go(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "runner.*")
    runner_id = new_id()
    sessions = "UPDATE runner_session SET seen_at = now() - make_interval(secs => $1)"
    async with world.pool.acquire() as connection:
        await connection.execute("INSERT INTO runner (id, name) VALUES ($1, 'Desk 1')", runner_id)
        await connection.execute(queue.TELL_RUNNERS)
        await connection.execute(
            """INSERT INTO runner_session (runner_id, epoch, session_id, boot_id, registry_address)
                VALUES ($1, 1, $2, 'b', 'unix:x')""",
            runner_id,
            new_id(),
        )
        for silent in (0, 0, 70, 130):
            await connection.execute(sessions, float(silent))
            await connection.execute(queue.TELL_RUNNERS)
    await world.settle()
    assert [message.type for message in receiver.came] == ["runner.online", "runner.silent", "runner.offline"]
    assert receiver.came[0].event["data"]["runner"]["name"] == "Desk 1"


async def test_the_licence_is_told_of_when_it_changes(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "license.*")
    async with world.pool.acquire() as connection:
        await connection.execute("INSERT INTO licence_verdict (allowed) VALUES (true)")
        await connection.execute("UPDATE licence_verdict SET asked_at = now()")
        await connection.execute("UPDATE licence_verdict SET concurrent_executions = 5")
        await connection.execute("UPDATE licence_verdict SET allowed = false, reason = 'EXPIRED'")
    await world.settle()
    assert [message.type for message in receiver.came] == ["license.changed", "license.refused"]
