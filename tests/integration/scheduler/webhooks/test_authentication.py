"""Who may deliver: tokens, signatures, networks, and secrets that nobody finds again."""

import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr

from exekra.scheduler.v1 import trigger_pb2
from services.kit.errors import DomainError
from services.kit.rewrapping import Rewrapping
from services.kit.sealing import Sealer, SealingError
from services.scheduler.webhooks.model import Incoming, Outcome
from services.scheduler.webhooks.rewrapping import rewrap_webhooks
from tests.integration.scheduler.webhooks.conftest import VAULT_KEY, Door, OpenDoor, refusal

WebhookSpec, WebhookAuth = trigger_pb2.WebhookSpec, trigger_pb2.WebhookAuth


async def test_credentials_are_neither_stored_nor_handed_on(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="bearer")))
    secret = door.secrets[trigger.id]
    receipt = await door.deliver(
        trigger, authorization=f"Bearer {secret}", cookie="session=abc123", x_api_key="k-123", x_gitlab_token="t-123"
    )
    rows = await door.sql("SELECT headers::text AS headers, body FROM delivery")
    inputs = json.dumps(await door.inputs(receipt.stored.execution_id))
    for hidden in (secret, "abc123", "k-123", "t-123"):
        assert hidden not in rows[0]["headers"] + inputs
    assert (await door.inputs(receipt.stored.execution_id))["webhook"]["headers"]["authorization"] == "[redacted]"


async def test_secrets_and_tokens_lie_sealed(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="github")))
    rows = await door.sql("SELECT w::text AS everything, token, secret FROM webhook w")
    for hidden in (door.tokens[trigger.id], door.secrets[trigger.id]):
        assert hidden not in rows[0]["everything"]
        assert hidden.encode() not in rows[0]["token"] + rows[0]["secret"]


async def test_a_new_vault_key_takes_over_and_the_old_one_may_go(open_door: OpenDoor) -> None:
    door = await open_door(previous_secret_seconds=3_600.0)
    workflow_id = await door.workflow()
    trigger = await door.trigger(workflow_id, WebhookSpec(auth=WebhookAuth(type="bearer")))
    await door.trigger(workflow_id, name="Without a secret")
    secrets = [door.secrets[trigger.id], await door.rotate(trigger)]
    new = "6b" * 32
    await Rewrapping(door.core.pool, Sealer.parse(f"{new}\n{VAULT_KEY}"), rewrap_webhooks).run_once()
    rotated = await open_door(door.database, vault_key=SecretStr(new))
    rotated.tokens = door.tokens
    for secret in secrets:
        stored = (await rotated.deliver(trigger, authorization=f"Bearer {secret}")).stored
        assert stored.outcome is Outcome.ACCEPTED
    assert (await rotated.describe(trigger)).webhook.path == f"/hooks/{door.tokens[trigger.id]}"
    with pytest.raises(SealingError, match="not in the vault key file"):
        await Rewrapping(door.core.pool, Sealer.parse(VAULT_KEY), rewrap_webhooks).run_once()


async def test_an_unknown_token_is_nobodys(door: Door) -> None:
    sent = Incoming(headers=[], query="", body=b"", ip="192.0.2.1")
    for token in ("unknown", "", "x" * 5_000, "ü"):
        assert (await refusal(door.inbox.accept(token, sent))).reason == "HOOK_NOT_FOUND"


async def test_a_disabled_or_deleted_trigger_takes_nothing_at_once(door: Door) -> None:
    trigger = await door.trigger(await door.workflow())
    await door.change(trigger, enabled=False)
    assert (await refusal(door.deliver(trigger))).reason == "TRIGGER_DISABLED"
    await door.change(trigger, enabled=True)
    await door.deliver(trigger)
    await door.sql("UPDATE trigger SET deleted_at = now()")
    assert (await refusal(door.deliver(trigger))).reason == "HOOK_NOT_FOUND"
    assert await door.counts() == (1, 1)


async def test_a_wrong_signature_leaves_nothing(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="github")))
    assert (await refusal(door.deliver(trigger))).reason == "SIGNATURE_MISSING"
    wrong = await refusal(door.deliver(trigger, x_hub_signature_256="sha256=" + "0" * 64))
    assert wrong.reason == "SIGNATURE_INVALID"
    assert await door.counts() == (0, 0)


async def test_only_allowed_networks_may_call(door: Door) -> None:
    spec = WebhookSpec(allowed_ips=["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"])
    trigger = await door.trigger(await door.workflow(), spec)
    for ip in ("192.0.2.200", "2001:db8::1", "198.51.100.7", "::ffff:192.0.2.3"):
        assert (await door.deliver(trigger, ip=ip)).stored.outcome is Outcome.ACCEPTED
    for ip in ("192.0.3.1", "2001:db9::1", "198.51.100.8", "::1"):
        assert (await refusal(door.deliver(trigger, ip=ip))).reason == "IP_NOT_ALLOWED"


async def test_while_a_secret_rotates_both_are_taken_and_then_the_new_one_alone(open_door: OpenDoor) -> None:
    door = await open_door(previous_secret_seconds=3_600.0)
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="bearer")))
    first = door.secrets[trigger.id]
    second = await door.rotate(trigger)

    async def works(secret: str) -> bool:
        try:
            return (await door.deliver(trigger, authorization=f"Bearer {secret}")).stored.outcome is Outcome.ACCEPTED
        except DomainError as error:
            assert error.reason == "CREDENTIALS_INVALID"  # noqa: PT017 - part of the answer
            return False

    assert (await works(first), await works(second)) == (True, True)
    assert (await door.describe(trigger)).webhook.HasField("previous_secret_until")
    third = await door.rotate(trigger)
    assert [await works(secret) for secret in (first, second, third)] == [False, True, True]
    await door.sql("UPDATE webhook SET previous_until = now()")
    assert [await works(secret) for secret in (second, third)] == [False, True]
    await door.change(trigger, WebhookSpec(auth=WebhookAuth(secret="given by somebody")))
    assert [await works(secret) for secret in (third, "given by somebody")] == [True, True]


async def test_another_authentication_ends_the_old_secret_at_once(door: Door) -> None:
    trigger = await door.trigger(await door.workflow(), WebhookSpec(auth=WebhookAuth(type="bearer")))
    auth = WebhookAuth(type="hmac", header="X-Mac", secret="new")
    await door.change(trigger, WebhookSpec(auth=auth))
    assert (await refusal(door.deliver(trigger, authorization=f"Bearer {door.secrets[trigger.id]}"))).kind == (
        "unauthenticated"
    )
    mac = hmac.new(b"new", b"{}", hashlib.sha256).hexdigest()
    assert (await door.deliver(trigger, x_mac=mac)).stored.outcome is Outcome.ACCEPTED
    await door.change(trigger, WebhookSpec(auth=WebhookAuth(type="none")))
    assert (await door.deliver(trigger)).stored.outcome is Outcome.ACCEPTED
