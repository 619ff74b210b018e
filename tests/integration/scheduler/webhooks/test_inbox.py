"""Deliveries on their way in: what is kept, what starts, and that a repeat changes nothing."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from exekra.scheduler.v1 import trigger_pb2
from services.kit.errors import DomainError
from services.scheduler.webhooks.model import Outcome
from tests.integration.scheduler.webhooks.conftest import Door, OpenDoor, refusal

WebhookSpec, WebhookAuth = trigger_pb2.WebhookSpec, trigger_pb2.WebhookAuth


async def test_a_delivery_and_its_execution_are_there_together(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), inputs=b'{"customer": "acme"}', priority=70, labels=["eu"])
    receipt = await door.deliver(trigger, b'{"order": 7}', query="a=1&a=2&b=x", user_agent="Shop/1")
    stored = receipt.stored
    assert (stored.outcome, stored.duplicate) == (Outcome.ACCEPTED, False)
    inputs = await door.inputs(stored.execution_id)
    assert inputs["customer"] == "acme"
    webhook = inputs["webhook"]
    assert (webhook["id"], webhook["body"], webhook["encoding"]) == (stored.delivery_id, {"order": 7}, "json")
    assert webhook["query"] == {"a": ["1", "2"], "b": "x"}
    assert webhook["headers"] == {"content-type": "application/json", "user-agent": "Shop/1"}
    assert (webhook["ip"], webhook["method"]) == ("192.0.2.1", "POST")
    rows = await door.sql(
        "SELECT e.status, e.priority, e.trigger_id::text, e.actor_kind, e.actor_name, d.labels FROM execution e "
        "JOIN demand d ON d.id = e.demand_id"
    )
    assert [tuple(row) for row in rows] == [("QUEUED", 70, trigger.id, "trigger", "Hook", ["eu"])]
    kept = await door.deliveries.get(stored.delivery_id)
    assert (kept.execution_id, kept.sent.body, kept.sent.query) == (stored.execution_id, b'{"order": 7}', "a=1&a=2&b=x")


@pytest.mark.parametrize(
    ("headers", "auth"),
    [
        ({"webhook_id": "m1"}, "none"),
        ({"x_github_delivery": "g1"}, "none"),
        ({"idempotency_key": "k1"}, "none"),
    ],
)
async def test_a_repeat_is_answered_the_same_and_changes_nothing(
    headers: dict[str, str], auth: str, door: Door
) -> None:
    trigger = await door.trigger(await door.workflow())
    first = (await door.deliver(trigger, **headers)).stored
    again = [(await door.deliver(trigger, b'{"other": 1}', **headers)).stored for _ in range(2)]
    assert {(stored.delivery_id, stored.execution_id) for stored in again} == {(first.delivery_id, first.execution_id)}
    assert [stored.duplicate for stored in (first, *again)] == [False, True, True]
    assert await door.counts() == (1, 1)


async def test_the_same_id_at_another_trigger_is_another_delivery(door: Door) -> None:
    workflow_id = await door.workflow()
    for name in ("A", "B"):
        trigger = await door.trigger(workflow_id, name=name)
        assert not (await door.deliver(trigger, webhook_id="m1")).stored.duplicate
    assert await door.counts() == (2, 2)


async def test_without_an_id_every_delivery_counts(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    await asyncio.gather(*(door.deliver(trigger) for _ in range(5)))
    assert await door.counts() == (5, 5)


async def test_repeats_that_come_at_once_through_two_processes_are_one(open_door: OpenDoor) -> None:
    here = await open_door()
    there = await open_door(here.database)
    trigger = await here.trigger(await here.workflow())
    there.tokens = here.tokens
    doors = (here, there)
    receipts = await asyncio.gather(
        *(doors[n % 2].deliver(trigger, webhook_id=f"m{n % 10}", n=str(n)) for n in range(80))
    )
    stored = [receipt.stored for receipt in receipts]
    assert await here.counts() == (10, 10)
    assert len({(each.delivery_id, each.execution_id) for each in stored}) == 10
    assert sum(not each.duplicate for each in stored) == 10


async def test_stripe_and_slack_say_their_id_in_the_body(door: Door) -> None:
    workflow_id = await door.workflow()
    stripe = await door.trigger(workflow_id, WebhookSpec(auth=WebhookAuth(type="stripe")), name="Stripe")
    body = b'{"id": "evt_1", "type": "invoice.paid"}'

    async def send() -> Any:
        at = int((await door.sql("SELECT extract(epoch FROM now())::bigint AS t"))[0]["t"])
        digest = hmac.new(door.secrets[stripe.id].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return (await door.deliver(stripe, body, stripe_signature=f"t={at},v1={digest}")).stored

    assert [(await send()).duplicate, (await send()).duplicate] == [False, True]
    assert await door.counts() == (1, 1)


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "expected"),
    [
        (b'{"a": [1, 2.0, null]}', "application/json", "json", {"a": [1, 2.0, None]}),
        (b'{"a": 1}', "application/vnd.github+json; charset=utf-8", "json", {"a": 1}),
        (b'{"a": 1}', "", "json", {"a": 1}),
        (b"", "", "text", ""),
        (b"", "application/json", "text", ""),
        (b'{"a": ', "application/json", "text", '{"a": '),
        (b'{"a": NaN}', "application/json", "text", '{"a": NaN}'),
        ("Grüße".encode(), "text/plain", "text", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1", "text", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain", "base64", base64.b64encode("Grüße".encode("latin-1")).decode()),
        (b"\x00\x01", "application/octet-stream", "base64", "AAE="),
        (b"<a/>", "application/xml; charset=unicode_escape", "base64", "PGEvPg=="),
        (b"[" * 100_000, "application/json", "text", "[" * 100_000),
    ],
)
async def test_a_body_of_any_type_reaches_the_workflow(
    body: bytes, content_type: str, encoding: str, expected: Any, door: Door
) -> None:
    trigger = await door.trigger(await door.workflow())
    receipt = await door.deliver(trigger, body, content_type=content_type)
    webhook = (await door.inputs(receipt.stored.execution_id))["webhook"]
    assert (webhook["encoding"], webhook["body"]) == (encoding, expected)


async def test_a_form_is_read_too(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    receipt = await door.deliver(trigger, b"a=1&b=%C3%A9&a=2", content_type="application/x-www-form-urlencoded")
    webhook = (await door.inputs(receipt.stored.execution_id))["webhook"]
    assert (webhook["body"], webhook["form"]) == ("a=1&b=%C3%A9&a=2", {"a": ["1", "2"], "b": "é"})


@pytest.mark.parametrize("byte", [b"x", b"\xff", b'"', b"\n"])
async def test_the_largest_body_is_taken_in(byte: bytes, door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    receipt = await door.deliver(trigger, byte * (1024 * 1024 - 1000), content_type="text/plain")
    assert receipt.stored.outcome is Outcome.ACCEPTED


async def test_each_trigger_has_its_own_allowance(open_door: OpenDoor) -> None:
    door = await open_door(rate_hook=3)
    workflow_id = await door.workflow()
    usual = await door.trigger(workflow_id, name="usual")
    own = await door.trigger(workflow_id, WebhookSpec(rate_limit=1), name="own")
    remaining = [(await door.deliver(usual)).allowance.remaining for _ in range(3)]
    assert remaining == [2, 1, 0]
    over = await refusal(door.deliver(usual))
    assert over.reason == "RATE_LIMITED"
    assert 1 <= over.facts["retryAfterSeconds"] <= 20
    assert (await door.deliver(own)).allowance.limit == 1
    assert (await refusal(door.deliver(own))).reason == "RATE_LIMITED"
    assert await door.counts() == (4, 4)


async def test_a_filter_keeps_what_it_ignores(door: Door) -> None:
    spec = WebhookSpec(filter="{{ inputs.webhook.body.action == 'opened' }}")
    trigger = await door.trigger(await door.workflow(), spec)
    opened = (await door.deliver(trigger, b'{"action": "opened"}', webhook_id="1")).stored
    closed = (await door.deliver(trigger, b'{"action": "closed"}', webhook_id="2")).stored
    other = (await door.deliver(trigger, b'{"ping": 1}', webhook_id="3")).stored
    assert [each.outcome for each in (opened, closed, other)] == [Outcome.ACCEPTED, Outcome.IGNORED, Outcome.IGNORED]
    assert (closed.execution_id, await door.counts()) == (None, (3, 1))
    kept = await door.deliveries.get(other.delivery_id)
    assert (kept.reason, kept.sent.body) == ("FILTER", b'{"ping": 1}')
    assert "action" in kept.message
    assert (await door.deliver(trigger, b'{"action": "closed"}', webhook_id="2")).stored.duplicate


async def test_a_filter_that_fails_keeps_the_delivery_and_says_why(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(filter="inputs.webhook.body.n > 3"))
    error = await refusal(door.deliver(trigger, b'{"n": "three"}', webhook_id="1"))
    assert error.reason == "FILTER_FAILED"
    kept = await door.deliveries.get(error.facts["deliveryId"])
    assert (kept.outcome, kept.reason) == (Outcome.REFUSED, "FILTER_FAILED")
    # Sent again after the filter was mended, it is taken in.
    await door.change(trigger, WebhookSpec(filter="true"))
    assert (await door.deliver(trigger, b'{"n": "three"}', webhook_id="1")).stored.outcome is Outcome.ACCEPTED


async def test_what_cannot_become_work_is_kept_and_may_come_again(door: Door) -> None:
    workflow_id = await door.workflow(publish=False)
    trigger = await door.trigger(workflow_id)
    error = await refusal(door.deliver(trigger, b'{"order": 7}', webhook_id="1"))
    assert error.reason == "NOT_PUBLISHED"
    kept = await door.deliveries.get(error.facts["deliveryId"])
    assert (kept.outcome, kept.sent.body, kept.execution_id) == (Outcome.REFUSED, b'{"order": 7}', None)
    assert await door.counts() == (1, 0)


async def test_inputs_that_do_not_fit_are_named_and_the_delivery_is_kept(door: Door) -> None:
    workflow_id = await door.workflow(inputs=[{"name": "webhook", "type": "string"}])
    trigger = await door.trigger(workflow_id)
    error = await refusal(door.deliver(trigger))
    assert (error.reason, error.fields[0].pointer) == ("INPUTS_INVALID", "/inputs/webhook")
    assert await door.counts() == (1, 0)


async def test_one_bad_delivery_does_not_harm_those_it_came_with(door: Door) -> None:
    good = await door.trigger(await door.workflow(), name="good")
    bad = await door.trigger(await door.workflow("Draft", publish=False), name="bad")
    results = await asyncio.gather(
        *(door.deliver(trigger) for _ in range(10) for trigger in (good, bad)), return_exceptions=True
    )
    assert sum(isinstance(result, DomainError) for result in results) == 10
    assert await door.counts() == (20, 10)


async def test_a_paused_trigger_holds_its_deliveries(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    await pause(door)
    held = (await door.deliver(trigger, webhook_id="1")).stored
    assert (held.outcome, held.execution_id) == (Outcome.HELD, None)
    assert (await door.deliver(trigger, webhook_id="1")).stored.duplicate
    assert await door.counts() == (1, 0)
    assert (await door.describe(trigger)).webhook.held_deliveries == 1


async def pause(door: Door) -> None:
    await door.sql(
        "INSERT INTO trigger_breaker (trigger_id, breaker, opened_at, probe_at) "
        "SELECT id, 'OPEN', now(), now() + interval '1 hour' FROM trigger"
    )
    await door.sql("UPDATE trigger SET breaker = 'OPEN'")


async def test_executions_of_one_deduplication_key_are_joined(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), dedupe_key="one at a time")
    receipts = await asyncio.gather(*(door.deliver(trigger) for _ in range(10)))
    assert len({receipt.stored.execution_id for receipt in receipts}) == 1
    assert await door.counts() == (10, 1)
    reasons = await door.sql("SELECT reason, count(*) AS n FROM delivery GROUP BY reason ORDER BY reason")
    assert [tuple(row) for row in reasons] == [("", 1), ("DEDUPED", 9)]


async def test_slack_reads_back_its_challenge(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="slack")))
    body = b'{"type": "url_verification", "challenge": "abc"}'
    at = int((await door.sql("SELECT extract(epoch FROM now())::bigint AS t"))[0]["t"])
    digest = hmac.new(door.secrets[trigger.id].encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    receipt = await door.deliver(trigger, body, x_slack_request_timestamp=str(at), x_slack_signature=f"v0={digest}")
    assert json.loads(receipt.answer) == {"challenge": "abc"}
    assert await door.counts() == (1, 0)


async def test_while_the_database_is_away_the_sender_is_told_to_come_again(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    await door.deliver(trigger, webhook_id="1")
    for connection in await door.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND usename = current_user"
    ):
        assert connection
    outcomes = await asyncio.gather(*(door.deliver(trigger, webhook_id="1") for _ in range(3)), return_exceptions=True)
    for outcome in outcomes:
        assert not isinstance(outcome, DomainError) or outcome.kind == "unavailable"
    assert (await door.deliver(trigger, webhook_id="1")).stored.duplicate
    assert await door.counts() == (1, 1)
