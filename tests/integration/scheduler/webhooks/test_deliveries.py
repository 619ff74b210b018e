"""The inbox for people: read, replayed, released, forgotten."""

import asyncio

import pytest

from services.kit.errors import DomainError
from services.kit.idempotency import RequestKey
from services.kit.ids import new_id
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.control import Control
from services.scheduler.outcomes.model import ReleasePolicy
from services.scheduler.outcomes.release import Release, Released
from services.scheduler.triggers.model import Trigger
from services.scheduler.webhooks.messages import to_delivery
from services.scheduler.webhooks.model import Outcome
from services.scheduler.webhooks.release import DeliveryReleaser
from services.scheduler.webhooks.retention import forget_deliveries
from tests.integration.scheduler.webhooks.conftest import Door
from tests.integration.scheduler.webhooks.test_inbox import pause

NO_KEY = RequestKey()


async def test_the_inbox_is_listed_newest_first_page_by_page_and_by_outcome(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    ids = [(await door.deliver(trigger)).stored.delivery_id for _ in range(5)]
    first = await door.deliveries.find(trigger.id, [], None, 3)
    assert [delivery.id for delivery in first] == ids[:1:-1]
    rest = await door.deliveries.find(trigger.id, [], first[-1].id, 3)
    assert [delivery.id for delivery in rest] == ids[1::-1]
    assert await door.deliveries.find(trigger.id, [Outcome.HELD, Outcome.REFUSED], None, 3) == []
    assert (first[0].sent.body, first[0].body_bytes) == (b"", 2)
    with pytest.raises(DomainError, match="no such trigger"):
        await door.deliveries.find(new_id(), [], None, 3)


async def test_what_is_shown_holds_no_credentials(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    receipt = await door.deliver(trigger, b"x" * 20_000, content_type="text/plain", query="token=t-1&a=1", cookie="c-1")
    shown = to_delivery(await door.deliveries.get(receipt.stored.delivery_id), whole=True)
    assert (shown.query, len(shown.body_preview), shown.body_complete) == ("token=[redacted]&a=1", 16_384, False)
    assert b"c-1" not in shown.headers_json
    assert shown.body_bytes == 20_000
    binary = await door.deliver(trigger, b"\x00\x01", content_type="image/png")
    shown = to_delivery(await door.deliveries.get(binary.stored.delivery_id), whole=True)
    assert (shown.body_preview, shown.body_complete, shown.content_type) == ("", False, "image/png")


async def test_a_replay_is_a_new_execution_from_what_came_then(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    stored = (await door.deliver(trigger, b'{"order": 7}', webhook_id="1")).stored
    await door.change(trigger, enabled=False)
    replayed = await door.deliveries.replay(stored.delivery_id, NO_KEY)
    assert (replayed.delivery.replay_of, replayed.delivery.outcome) == (stored.delivery_id, Outcome.ACCEPTED)
    assert replayed.view.id not in (None, stored.execution_id)
    webhook = (await door.inputs(replayed.view.id))["webhook"]
    assert (webhook["body"], webhook["replayOf"]) == ({"order": 7}, stored.delivery_id)
    assert (replayed.view.actor_name, replayed.view.trigger_id) == ("Ada", trigger.id)
    assert (await door.deliveries.get(replayed.delivery.id)).execution_id == replayed.view.id
    assert [
        row["n"]
        for row in await door.sql(
            "SELECT count(*) AS n FROM outbox WHERE position('delivery.replayed' IN encode(event, 'escape')) > 0"
        )
    ] == [1]
    # A replay of a replay names what it repeats; both can be told from the first.
    again = await door.deliveries.replay(replayed.delivery.id, NO_KEY)
    assert again.delivery.replay_of == replayed.delivery.id
    assert await door.counts() == (3, 3)


async def test_a_replay_under_one_key_happens_once(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    stored = (await door.deliver(trigger)).stored
    key = RequestKey("k1", "a" * 64)
    first = await door.deliveries.replay(stored.delivery_id, key)
    second = await door.deliveries.replay(stored.delivery_id, key)
    assert (first.delivery.id, first.view.id) == (second.delivery.id, second.view.id)
    assert await door.counts() == (2, 2)


async def test_a_refused_delivery_is_made_good_by_a_replay(door: Door) -> None:
    workflow_id = await door.workflow(publish=False)
    trigger = await door.trigger(workflow_id)
    with pytest.raises(DomainError) as caught:
        await door.deliver(trigger)
    refused = caught.value.facts["deliveryId"]
    with pytest.raises(DomainError) as caught:
        await door.deliveries.replay(refused, NO_KEY)
    assert caught.value.reason == "NOT_PUBLISHED"
    assert await door.counts() == (1, 0)


async def test_what_nobody_knows_cannot_be_replayed(door: Door) -> None:
    for unknown in (new_id(), "x"):
        with pytest.raises(DomainError) as caught:
            await door.deliveries.replay(unknown, NO_KEY)
        assert caught.value.reason == "DELIVERY_NOT_FOUND"
    trigger = await door.trigger(await door.workflow())
    stored = (await door.deliver(trigger)).stored
    await door.sql("UPDATE trigger SET deleted_at = now()")
    with pytest.raises(DomainError) as caught:
        await door.deliveries.replay(stored.delivery_id, NO_KEY)
    assert caught.value.reason == "TRIGGER_NOT_FOUND"
    assert (await door.deliveries.find(trigger.id, [], None, 10))[0].id == stored.delivery_id


async def hold(door: Door, count: int) -> tuple[Trigger, list[str]]:
    """A paused trigger with so many held deliveries."""
    trigger = await door.trigger(await door.workflow())
    await pause(door)
    return trigger, [(await door.deliver(trigger, str(n).encode())).stored.delivery_id for n in range(count)]


async def release(door: Door, trigger: Trigger, wanted: Release) -> Released:
    releaser = DeliveryReleaser(door.submissions, door.launcher)
    async with door.core.pool.acquire() as connection, connection.transaction():
        assert await releaser.find_holding(connection, [trigger.id, new_id()]) <= {trigger.id}
        return await releaser.release(connection, trigger.id, wanted)


async def states(door: Door) -> list[tuple[str, str]]:
    return [tuple(row) for row in await door.sql("SELECT outcome, reason FROM delivery ORDER BY id")]


async def test_a_replay_lets_a_held_delivery_itself_go(door: Door) -> None:
    trigger, (held,) = await hold(door, 1)
    replayed = await door.deliveries.replay(held, NO_KEY)
    assert (replayed.delivery.id, replayed.delivery.outcome) == (held, Outcome.ACCEPTED)
    assert (await release(door, trigger, Release(maximum=10))).execution_ids == []
    assert await door.counts() == (1, 1)


async def test_a_probe_is_the_oldest_held_delivery_alone(door: Door) -> None:
    trigger, ids = await hold(door, 3)
    released = await release(door, trigger, Release(probe=True))
    assert len(released.execution_ids) == 1
    assert (await door.deliveries.get(ids[0])).execution_id == released.execution_ids[0]
    assert [outcome for outcome, _ in await states(door)] == ["ACCEPTED", "HELD", "HELD"]


async def test_by_default_every_held_delivery_goes_whatever_the_limit(door: Door) -> None:
    trigger, _ = await hold(door, 5)
    first = await release(door, trigger, Release(maximum=2, last=False))
    assert (len(first.execution_ids), first.more) == (2, True)
    rest = await release(door, trigger, Release(maximum=0, last=True))
    assert (len(rest.execution_ids), rest.more) == (3, False)
    assert set(await states(door)) == {("ACCEPTED", "RELEASED")}


async def test_with_a_limit_the_rest_is_settled_and_says_so(door: Door) -> None:
    trigger, _ = await hold(door, 5)
    released = await release(door, trigger, Release(policy=ReleasePolicy.ALL, maximum=2, last=True))
    assert (len(released.execution_ids), released.more) == (2, False)
    assert await states(door) == [("ACCEPTED", "RELEASED")] * 2 + [("IGNORED", "RELEASE_LIMIT")] * 3


async def test_coalesced_the_newest_stands_for_all(door: Door) -> None:
    trigger, ids = await hold(door, 3)
    released = await release(door, trigger, Release(policy=ReleasePolicy.COALESCE, maximum=10))
    assert (await door.deliveries.get(ids[2])).execution_id == released.execution_ids[0]
    assert await states(door) == [("IGNORED", "COALESCED")] * 2 + [("ACCEPTED", "RELEASED")]


async def test_what_is_replayed_and_released_at_once_runs_once(door: Door) -> None:
    trigger, ids = await hold(door, 4)
    await asyncio.gather(
        *(door.deliveries.replay(each, NO_KEY) for each in ids[:2]),
        *(release(door, trigger, Release(maximum=10)) for _ in range(3)),
    )
    rows = await door.sql("SELECT count(DISTINCT execution_id) AS n FROM delivery WHERE replay_of IS NULL")
    assert rows[0]["n"] == 4
    # A replay that came after the release is one more, on purpose.
    deliveries, executions = await door.counts()
    assert deliveries == executions


async def test_held_deliveries_of_an_unpublished_workflow_are_refused_by_the_release(door: Door) -> None:
    trigger, _ = await hold(door, 2)
    await door.sql("UPDATE workflow SET published_version = NULL")
    assert (await release(door, trigger, Release(maximum=10))).execution_ids == []
    assert await states(door) == [("REFUSED", "NOT_PUBLISHED")] * 2


async def test_old_deliveries_are_forgotten_and_held_ones_are_not(door: Door) -> None:
    trigger, (held,) = await hold(door, 1)
    await door.sql("UPDATE trigger SET breaker = 'CLOSED'")
    kept = [(await door.deliver(trigger)).stored.delivery_id for _ in range(3)]
    await forget_deliveries(door.core.pool, 30)
    assert (await door.counts())[0] == 4
    # 1970: the time stands in the first twelve digits of an id.
    for number, identifier in enumerate([held, *kept[:2]]):
        old = f"00000000-0001-7000-8000-{number:012}"
        await door.sql("UPDATE delivery SET id = $1 WHERE id = $2", old, identifier)
    await forget_deliveries(door.core.pool, 30)
    assert [outcome for outcome, _ in await states(door)] == ["HELD", "ACCEPTED"]


async def test_a_paused_trigger_probes_with_a_delivery_and_lets_all_go_when_it_is_resumed(door: Door) -> None:
    trigger, ids = await hold(door, 250)
    breakers = Breakers(door.core.pool, door.core.bells, {"WEBHOOK": DeliveryReleaser(door.submissions, door.launcher)})
    await breakers.run_once()
    assert (await door.counts())[1] == 0
    await door.sql("UPDATE trigger_breaker SET probe_at = now()")
    await breakers.run_once()
    await breakers.run_once()
    assert (await door.counts())[1] == 1
    assert (await door.deliveries.get(ids[0])).outcome is Outcome.ACCEPTED
    await Control(door.core.pool, door.core.outbox).resume(trigger.id)
    # More than a breaker releases at once, and more than its limit: each of them was answered 202.
    await asyncio.gather(breakers.run_once(), breakers.run_once())
    await breakers.run_once()
    assert await door.counts() == (250, 250)
    assert set(await states(door)) == {("ACCEPTED", "RELEASED")}
