"""What is kept and for how long, what a replay brings back, and how soon a bell is heard."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from services.scheduler.delivery.model import DeliveryStatus, Replay
from services.scheduler.delivery.pump import Pump
from services.scheduler.delivery.replays import replay
from services.scheduler.delivery.retention import forget_deliveries
from services.scheduler.delivery.settings import DeliveryTimes
from services.scheduler.evidence.bell import CHANNEL, Bell
from tests.eventually import eventually
from tests.integration.scheduler.delivery.conftest import World
from tests.receiver import Receiver

LEFT = "SELECT (SELECT count(*) FROM outgoing_event) || '/' || (SELECT count(*) FROM event_delivery)"


async def age(world: World, days: int) -> None:
    async with world.pool.acquire() as connection:
        for column in ("outgoing_event.at", "event_delivery.ended_at", "event_delivery.created_at"):
            table, _, name = column.partition(".")
            await connection.execute(f"UPDATE {table} SET {name} = {name} - make_interval(days => $1)", days)


async def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "execution.*")
    await world.run()
    await world.settle()
    receiver.reply = lambda _: 500
    await world.submit()
    await world.turn()
    await age(world, 31)
    await world.submit()
    await world.turn()
    assert await world.value(LEFT) == "6/6"
    await forget_deliveries(world.pool, 30)
    assert await world.value(LEFT) == "2/2"  # one waits, one is young


async def test_a_deleted_endpoint_takes_its_log_with_it(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    await world.run()
    await world.settle()
    async with world.pool.acquire() as connection, connection.transaction():
        await world.endpoints.delete(connection, endpoint.id)
    await forget_deliveries(world.pool, 30)
    assert await world.value("SELECT count(*) FROM event_delivery") == 0


async def test_a_replay_by_span_brings_back_what_was_missed_in_its_order(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*", enabled=False)
    early = await world.run()
    await world.turn()
    await age(world, 2)
    late = await world.run()
    await world.turn()
    assert not receiver.came
    await world.change(endpoint, enabled=True)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with world.pool.acquire() as connection, connection.transaction():
        found = await replay(connection, endpoint.id, Replay(missed=True, since=yesterday), 60.0)
    assert found == (4, False)
    await world.settle()
    assert receiver.steps() == {late: [1, 2, 3, 4]}
    async with world.pool.acquire() as connection, connection.transaction():
        assert await replay(connection, endpoint.id, Replay(missed=True, until=yesterday), 60.0) == (4, False)
        delivered = Replay(statuses=(DeliveryStatus.DELIVERED,), since=yesterday)
        assert await replay(connection, endpoint.id, delivered, 60.0) == (4, False)
    await world.settle()
    assert receiver.steps_of(early) == [1, 2, 3, 4]
    assert receiver.steps_of(late) == [1, 2, 3, 4, 1, 2, 3, 4]
    assert len({message.id for message in receiver.came}) == 8


async def test_a_replay_waits_behind_what_its_execution_has_still_to_tell(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    execution_id = await world.submit()
    receiver.reply = lambda message: 400 if message.step[1] == 1 else 500
    await world.turn()
    await world.step(execution_id, "CLAIM", "ASSIGNED")
    await world.turn()
    async with world.pool.acquire() as connection, connection.transaction():
        assert await replay(connection, endpoint.id, Replay(), 60.0) == (1, False)
    receiver.reply = lambda _: 200
    await world.settle()
    assert receiver.steps_of(execution_id) == [2, 1]


async def test_a_bell_is_heard_long_before_the_next_poll(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "execution.queued")
    bell = Bell(world.database.dsns["scheduler"])
    pump = Pump(world.pool, world.sender, DeliveryTimes(poll_seconds=30.0), bell)
    stop = asyncio.Event()
    task = asyncio.create_task(pump.run(stop))
    await asyncio.wait_for(bell.listening.wait(), 30.0)
    await eventually(lambda: not receiver.came)
    started = time.monotonic()
    await world.submit()
    async with world.pool.acquire() as connection:
        await connection.execute("SELECT pg_notify($1, '[]')", CHANNEL)
    await eventually(lambda: receiver.came)
    assert time.monotonic() - started < 10.0
    stop.set()
    await asyncio.wait_for(task, 30.0)
    assert not bell.listening.is_set()
