"""What reaches receivers: signed, in order, at least once, whatever they answer."""

import asyncio
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.launcher.authority import ensure_tls
from services.scheduler.delivery import queue, repository
from services.scheduler.delivery.pump import Pump
from tests.eventually import eventually
from tests.integration.scheduler.delivery.conftest import FAST, STEPS, World
from tests.receiver import Message, Receiver, receiving


async def test_a_failure_holds_back_only_its_own_execution_at_its_own_endpoint(
    world: World, receiver: Receiver
) -> None:
    await world.endpoint(receiver.url("/stubborn"), "execution.*")
    await world.endpoint(receiver.url("/willing"), "execution.*")
    poor, rich = await world.run(), await world.run()
    refused: list[Message] = []

    def reply(message: Message) -> int:
        if message.path == "/stubborn" and message.step == (poor, 2) and len(refused) < 3:
            refused.append(message)
            return 500
        return 200

    receiver.reply = reply
    await world.settle()
    at = {path: [m.step for m in receiver.accepted if m.path == path] for path in ("/stubborn", "/willing")}
    for steps in at.values():
        for execution_id in (poor, rich):
            assert [step for found, step in steps if found == execution_id] == [1, 2, 3, 4]
    assert len({message.id for message in refused}) == 1  # the same message again and again
    done_before_poor = [step for step in at["/stubborn"] if step[0] == rich]
    assert at["/stubborn"].index((poor, 2)) > at["/stubborn"].index(done_before_poor[1])


@pytest.mark.parametrize("status", [400, 401, 404, 422])
async def test_a_refusal_parks_at_once_and_lets_the_next_event_go(
    world: World, receiver: Receiver, status: int
) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    await world.run()
    receiver.reply = lambda message: status if message.step[1] == 1 else 200
    await world.settle()
    assert await world.statuses(endpoint) == ["PARKED", "DELIVERED", "DELIVERED", "DELIVERED"]
    assert len(receiver.came) == 4


@pytest.mark.parametrize("status", [301, 307, 408, 425, 429, 500, 503])
async def test_what_may_pass_is_tried_again(world: World, receiver: Receiver, status: int) -> None:
    await world.endpoint(receiver.url(), "execution.queued")
    await world.submit()
    answers = iter([status, 200])
    receiver.reply = lambda _: next(answers)
    await world.settle()
    assert len(receiver.came) == 2
    assert receiver.came[0].body == receiver.came[1].body


async def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url("/lies"), "execution.queued")
    await world.submit()
    receiver.reply = lambda m: web.Response(status=307, headers={"Location": receiver.url("/elsewhere")})
    await world.turn()
    assert {message.path for message in receiver.came} == {"/lies"}
    assert "redirects are not followed" in (await world.get(endpoint)).last_error


async def test_gone_disables_the_endpoint_and_tells_the_others(world: World, receiver: Receiver) -> None:
    gone, _ = await world.endpoint(receiver.url("/gone"), "execution.*", name="Old ERP")
    await world.endpoint(receiver.url("/watcher"), "endpoint.disabled")
    await world.submit()
    receiver.reply = lambda message: 410 if message.path == "/gone" else 200
    await world.settle()
    found = await world.get(gone)
    assert (found.enabled, found.disabled_reason) == (False, "The receiver answered 410 Gone.")
    told = [message.event for message in receiver.came if message.path == "/watcher"]
    assert [event["data"]["endpoint"]["name"] for event in told] == ["Old ERP"]


async def test_retry_after_is_obeyed(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.queued")
    await world.submit()
    receiver.reply = lambda _: web.Response(status=429, headers={"Retry-After": "3600"})
    await world.turn()
    waits = await world.value("SELECT extract(epoch FROM next_at - now())::float8 FROM event_delivery")
    assert 3_500 < waits <= 3_600
    assert (await world.get(endpoint)).open_until is not None


async def test_what_never_succeeds_is_parked_after_its_time(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    await world.run()
    receiver.reply = lambda _: 500
    await world.turn()
    async with world.pool.acquire() as connection:
        await connection.execute("UPDATE event_delivery SET give_up_at = now()")
    await world.settle()
    assert await world.statuses(endpoint) == ["PARKED"] * 4


async def test_both_secrets_sign_while_rotating(world: World, receiver: Receiver) -> None:
    endpoint, old = await world.endpoint(receiver.url(), "execution.queued")
    async with world.pool.acquire() as connection, connection.transaction():
        _, new = await world.endpoints.rotate(connection, endpoint.id, 3_600.0)
    await world.submit()
    await world.settle()
    for secret in (old, new):
        Webhook(secret).verify(receiver.came[0].body, receiver.came[0].headers)
    async with world.pool.acquire() as connection, connection.transaction():
        _, newest = await world.endpoints.rotate(connection, endpoint.id, 0.0)
    await world.submit()
    await world.settle()
    Webhook(newest).verify(receiver.came[1].body, receiver.came[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(receiver.came[1].body, receiver.came[1].headers)


async def test_a_certificate_is_checked_against_the_endpoints_own_authority(world: World, tmp_path: Path) -> None:
    made = ensure_tls(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    async with receiving(tls=context) as receiver:
        url = f"https://127.0.0.1:{receiver.port}"
        strict, _ = await world.endpoint(f"{url}/strict", "execution.queued")
        await world.endpoint(f"{url}/own", "execution.queued", ca_pem=made.authority.read_text())
        await world.endpoint(f"{url}/loose", "execution.queued", verify_tls=False)
        await world.submit()
        await world.turn()
    assert sorted(message.path for message in receiver.came) == ["/loose", "/own"]
    assert "certificate" in (await world.get(strict)).last_error.lower()


async def test_a_dead_endpoint_is_only_probed_and_catches_up_at_once(world: World) -> None:
    async with receiving() as receiver:
        port = receiver.port
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    for _ in range(30):
        await world.submit()

    async def is_open() -> bool:
        await world.turn()
        return (await world.get(endpoint)).open_until is not None

    await eventually(is_open)
    tried = await world.value("SELECT sum(attempts) FROM event_delivery")
    assert tried < 30  # one after the other from then on
    async with receiving(receiver, port):
        await world.settle()
    assert len(receiver.accepted) == 30
    assert (await world.get(endpoint)).failures == 0


async def test_events_that_are_refused_for_ever_keep_no_circuit_open(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.queued")
    receiver.reply = lambda _: 500
    for _ in range(6):
        await world.submit()

    async def is_open() -> bool:
        await world.turn()
        return (await world.get(endpoint)).open_until is not None

    await eventually(is_open)
    refused = {message.id for message in receiver.came}
    receiver.reply = lambda message: 500 if message.id in refused else 200
    await world.submit()
    # The refused ones are due for longer, and the circuit may be tried again.
    await world.value("UPDATE event_delivery SET next_at = now() - interval '1 hour' WHERE tries > 0 RETURNING id")
    await world.value("UPDATE event_endpoint SET open_until = now() RETURNING id")
    await world.turn()
    assert len(receiver.accepted) == 1
    assert (await world.get(endpoint)).open_until is None


async def test_a_slow_endpoint_takes_no_place_of_another(world: World, receiver: Receiver) -> None:
    let_go = asyncio.Event()

    async def slow(message: Message) -> int:
        if message.path == "/slow":
            await let_go.wait()
        return 200

    receiver.reply = slow
    world.sender._answer_seconds = 60.0  # nobody gives up, however busy the machine is
    await world.endpoint(receiver.url("/slow"), "execution.queued")
    await world.endpoint(receiver.url("/fast"), "execution.queued")
    for _ in range(40):
        await world.submit()

    async def all_fast_came() -> bool:
        await world.pump.run_once()
        return sum(message.path == "/fast" for message in receiver.accepted) == 40

    await eventually(all_fast_came)
    assert sum(message.path == "/slow" for message in receiver.came) <= FAST.places
    let_go.set()
    await world.pump.finish_sending()


async def test_a_killed_process_leaves_its_deliveries_to_the_next(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.*")
    await world.run()
    async with world.pool.acquire() as connection:
        await connection.fetchval(queue.FAN_OUT, 100, 60.0)
        taken = await queue.claim(connection, endpoint.id, 8, 0.3)
    assert [due.event.type for due in taken] == ["execution.queued"]
    await world.turn()
    assert not receiver.came  # leased: nobody else sends it
    await world.settle()
    assert [message.type for message in receiver.accepted] == STEPS


async def test_what_a_frozen_process_reports_late_changes_nothing(world: World, receiver: Receiver) -> None:
    endpoint, _ = await world.endpoint(receiver.url(), "execution.queued")
    await world.submit()
    async with world.pool.acquire() as connection:
        await connection.fetchval(queue.FAN_OUT, 100, 60.0)
        (frozen,) = await queue.claim(connection, endpoint.id, 8, 0.0)
        target = await repository.target(connection, endpoint.id)
    receiver.reply = lambda _: 400
    await world.settle()
    receiver.reply = lambda _: 200
    assert target is not None
    await world.pump._deliver(frozen, target)
    assert await world.statuses(endpoint) == ["PARKED"]


async def test_many_pumps_at_once_send_everything_in_order(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url(), "execution.*")
    pumps = [Pump(world.pool, world.sender, FAST) for _ in range(3)]
    stop = asyncio.Event()
    running = [asyncio.create_task(pump.run(stop)) for pump in pumps]
    ran = await asyncio.gather(*(world.run() for _ in range(25)))
    await eventually(lambda: len(receiver.accepted) >= 100)
    stop.set()
    await asyncio.gather(*running)
    assert receiver.steps() == {execution_id: [1, 2, 3, 4] for execution_id in ran}
    assert len(receiver.came) == 100
