"""What was turned away at the door: counted, by reason and address, and forgotten."""

import asyncio
from uuid import uuid4

import pytest

from exekra.scheduler.v1.trigger_pb2 import WebhookAuth, WebhookSpec
from services.kit.errors import DomainError
from services.scheduler.webhooks.repository import rejections
from services.scheduler.webhooks.retention import forget_rejections
from tests.integration.scheduler.webhooks.conftest import Door, refusal


async def test_what_is_turned_away_is_counted_by_reason_and_address(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="github")))
    assert await door.rejections.find(trigger.id) == []
    forged = {"x_hub_signature_256": "sha256=" + "0" * 64}
    await asyncio.gather(*(refusal(door.deliver(trigger, ip="192.0.2.1", **forged)) for _ in range(40)))
    await refusal(door.deliver(trigger, ip="192.0.2.1", **forged))
    await refusal(door.deliver(trigger, ip="192.0.2.9"))

    latest, earlier = await door.rejections.find(trigger.id)
    assert (latest.reason, latest.ip, latest.times) == ("SIGNATURE_MISSING", "192.0.2.9", 1)
    assert (earlier.reason, earlier.ip, earlier.times) == ("SIGNATURE_INVALID", "192.0.2.1", 41)
    assert earlier.message
    assert earlier.first_at < earlier.last_at < latest.last_at
    with pytest.raises(DomainError, match="no such trigger"):
        await door.rejections.find(str(uuid4()))


async def test_rejections_are_forgotten_when_they_are_old_or_too_many(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="bearer")))
    for number in range(3):
        await refusal(door.deliver(trigger, ip=f"192.0.2.{number}"))
    async with door.core.pool.acquire() as connection:
        await rejections.forget(connection, 30, 2)
    assert [one.ip for one in await door.rejections.find(trigger.id)] == ["192.0.2.2", "192.0.2.1"]
    await door.sql("UPDATE webhook_rejection SET last_at = now() - interval '31 days' WHERE ip = '192.0.2.1'")
    await forget_rejections(door.core.pool, 30)
    assert [one.ip for one in await door.rejections.find(trigger.id)] == ["192.0.2.2"]
