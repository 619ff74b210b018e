"""What an integrator is told: signed events of real executions, the log of them, and sending again what was missed."""

from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.e2e.integrator import DOUBLING, FAILING, Integrator, unique
from tests.e2e.terminal import terminal_at
from tests.eventually import eventually
from tests.hub import PASSWORD
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")

STEPS = ["execution.queued", "execution.assigned", "execution.started", "execution.completed"]


async def make_endpoint(hub: Integrator, receiver: Receiver, workflow_id: str, **more: Any) -> dict[str, Any]:
    body = {
        "name": unique("Endpoint"),
        "url": receiver.url(),
        "eventTypes": ["execution.*"],
        "workflowIds": [workflow_id],
        "allowPrivate": True,
        **more,
    }
    made: dict[str, Any] = await hub.api.call("POST", "/event-endpoints", body)
    return made


async def test_an_execution_is_told_signed_and_in_order_and_what_was_missed_is_sent_again(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Told"), DOUBLING)
    async with receiving() as receiver:
        made = await make_endpoint(hub, receiver, workflow_id, headers={"X-Tenant": "acme"})
        path = f"/event-endpoints/{made['endpoint']['id']}"
        assert (made["endpoint"]["headerNames"], "headers" in made["endpoint"]) == (["X-Tenant"], False)

        tested = await hub.api.call("POST", f"{path}/test")
        assert (tested["delivery"]["status"], tested["attempt"]["responseStatus"]) == ("delivered", 204)
        Webhook(made["secret"]).verify(receiver.came[0].body, receiver.came[0].headers)

        execution = await hub.run(workflow_id, inputs={"number": 21})
        await eventually(lambda: len(receiver.came) == 5)
        assert [message.type for message in receiver.came[1:]] == STEPS
        for message in receiver.came:
            Webhook(made["secret"]).verify(message.body, message.headers)
            assert message.headers["x-tenant"] == "acme"
        told = receiver.came[-1].event["data"]["execution"]
        shown = (await hub.api.call("GET", f"/executions/{execution['id']}"))["execution"]
        assert told == {**shown, "contactLostAt": None}
        assert told["output"] == {"doubled": 42}

    # The receiver is dead: the events wait, and come in order once it lives again.
    await hub.run(workflow_id, inputs={"number": 1})

    async def has_failed() -> bool:
        endpoint = (await hub.api.call("GET", path))["endpoint"]
        return bool(endpoint["lastError"] and endpoint["pending"] == 4)

    await eventually(has_failed)
    async with receiving(receiver, receiver.port):
        await eventually(lambda: len(receiver.came) >= 9)
        assert [message.type for message in receiver.accepted[5:]] == STEPS

        # The answer reaches the Hub a moment after the receiver has the event.
        async def are_logged() -> dict[str, Any] | None:
            logged: dict[str, Any] = await hub.api.call(
                "GET", f"{path}/deliveries?status=delivered&eventType=execution.completed"
            )
            return logged if len(logged["items"]) == 2 else None

        page = await eventually(are_logged)
        assert page is not None
        assert [item["subjectKind"] for item in page["items"]] == ["execution", "execution"]
        one = await hub.api.call("GET", f"{path}/deliveries/{page['items'][1]['id']}")
        assert one["body"]["data"]["execution"]["id"] == execution["id"]
        assert one["attempts"][0]["requestHeaders"]["X-Tenant"] == "(hidden)"

        replayed = await hub.api.call("POST", f"{path}/replay", {"deliveryIds": [page["items"][1]["id"]]})
        assert replayed == {"replayed": 1, "more": False}
        await eventually(lambda: len(receiver.came) >= 10)
        assert receiver.came[-1].id == page["items"][1]["messageId"]

        rotated = await hub.api.call("POST", f"{path}/rotate", {"overlapSeconds": 3600})
        await hub.api.call("POST", f"{path}/test")
        for secret in (made["secret"], rotated["secret"]):
            Webhook(secret).verify(receiver.came[-1].body, receiver.came[-1].headers)
        await hub.ask("DELETE", f"/api{path}")
        assert (await hub.ask("GET", f"/api{path}")).status == 404


async def test_what_an_endpoint_missed_while_it_was_off_is_sent_when_asked_for(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Missed"), FAILING)
    async with receiving() as receiver, receiving() as witness:
        made = await make_endpoint(hub, receiver, workflow_id, enabled=False, eventTypes=["execution.failed"])
        beside = await make_endpoint(hub, witness, workflow_id, eventTypes=["execution.failed"])
        path = f"/event-endpoints/{made['endpoint']['id']}"
        failed = await hub.run(workflow_id)
        await eventually(lambda: witness.came)  # only now the event has passed the one that is off
        await hub.api.call("PATCH", path, {"enabled": True})
        assert await hub.api.call("POST", f"{path}/replay", {"missed": True}) == {"replayed": 1, "more": False}
        await eventually(lambda: receiver.came)
        told = receiver.came[0].event["data"]["execution"]
        assert (told["id"], told["failure"]["code"]) == (failed["id"], failed["failure"]["code"])
        for each in (made, beside):
            await hub.ask("DELETE", f"/api/event-endpoints/{each['endpoint']['id']}")


async def test_the_command_line_makes_tests_lists_and_replays(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    workflow = unique("Typed")
    workflow_id = await hub.api.publish(workflow, DOUBLING)
    name = unique("ERP")
    async with receiving() as receiver:
        made = await exekra.json(
            "event", "create", name, receiver.url(), "--private", "--workflow", workflow, "--header", "X-Tenant: acme"
        )
        assert (await exekra.json("event", "test", name))["delivery"]["status"] == "delivered"
        Webhook(made["secret"]).verify(receiver.came[0].body, receiver.came[0].headers)
        receiver.reply = lambda _: 400
        execution = await hub.run(workflow_id, inputs={"number": 1})

        async def are_parked() -> bool:
            items = (await exekra.json("event", "deliveries", name, "--status", "parked"))["items"]
            return len(items) == 4

        await eventually(are_parked)
        receiver.reply = lambda _: 200
        assert (await exekra.json("event", "replay", name)) == {"replayed": 4, "more": False}
        await eventually(lambda: len(receiver.accepted) == 5)
        assert receiver.steps_of(execution["id"]) == [1, 2, 3, 4]

        async def are_delivered() -> list[dict[str, Any]]:
            command = ("event", "deliveries", name, "--subject", execution["id"], "--status", "delivered")
            items = (await exekra.json(*command))["items"]
            return items if len(items) == 4 else []

        listed = await eventually(are_delivered)
        _, shown, _ = await exekra("event", "delivery", name, listed[0]["id"])
        assert "execution.completed" in shown
        assert "try 2" in shown
        await exekra.json("event", "delete", name)
    assert (await exekra("event", "test", name))[0] == 3
    assert "execution.failed" in str(await exekra.json("event", "types"))
    rule = unique("Nights")
    await exekra.json("notification", "create", rule, "--to", "ada@example.com", "--digest", "3600")
    status, _, said = await exekra("notification", "test", rule)
    assert (status, "EXEKRA_SMTP_HOST" in said) == (4, True)
    assert rule in str(await exekra.json("notification", "list"))
    await exekra.json("notification", "delete", rule)


async def test_what_cannot_be_told_is_refused_with_the_place(hub: Integrator) -> None:
    fine = {"name": unique("Fine"), "url": "https://example.com/hook", "eventTypes": ["execution.*"]}
    for change, pointer in (
        ({"url": "ftp://example.com"}, "/url"),
        ({"url": "https://user:pass@example.com"}, "/url"),
        ({"url": "http://169.254.169.254/latest"}, "/url"),
        ({"url": "http://[::ffff:127.0.0.1]:4546/"}, "/url"),
        ({"eventTypes": ["execution.exploded"]}, "/eventTypes/0"),
        ({"eventTypes": []}, "/eventTypes"),
        ({"headers": {"webhook-signature": "x"}}, "/headers/webhook-signature"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "/headers/X-A"),
        ({"caPem": "nonsense"}, "/caPem"),
        ({"colour": "red"}, "/colour"),
    ):
        answer = await hub.ask("POST", "/api/event-endpoints", {**fine, **change})
        assert (answer.status, answer.pointers) == (422, [pointer]), change


async def test_aiming_at_the_own_network_is_for_administrators(hub: Integrator) -> None:
    email = f"{unique('dev').replace(' ', '')}@example.com"
    await hub.api.call("POST", "/users", {"email": email, "name": "Dev", "role": "DEVELOPER", "password": PASSWORD})
    body = {
        "name": unique("Inside"),
        "url": "http://127.0.0.1:1/",
        "eventTypes": ["execution.failed"],
        "allowPrivate": True,
    }
    async with hub.session() as session:
        async with session.post("/api/auth/login", json={"email": email, "password": PASSWORD}) as response:
            csrf = (await response.json())["csrfToken"]
        async with session.post("/api/event-endpoints", json=body, headers={"X-Exekra-Csrf": csrf}) as response:
            assert (response.status, (await response.json())["reason"]) == (403, "PRIVATE_NOT_ALLOWED")


async def test_an_endpoint_is_made_once_changed_by_who_has_seen_it_and_keeps_its_secrets(hub: Integrator) -> None:
    body = {
        "name": unique("Once"),
        "url": "https://erp.example.com/hook",
        "eventTypes": ["execution.failed"],
        "headers": {"Authorization": "Bearer s3cret-of-the-erp"},
        "enabled": False,
    }
    key = {"Idempotency-Key": unique("once")}
    first, again = [await hub.ask("POST", "/api/event-endpoints", body, headers=key) for _ in range(2)]
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    other = await hub.ask("POST", "/api/event-endpoints", {**body, "name": unique("Other")}, headers=key)
    assert (other.status, other.body["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    taken = await hub.ask("POST", "/api/event-endpoints", {**body, "name": body["name"].upper()})
    assert (taken.status, taken.body["reason"]) == (409, "NAME_TAKEN")

    endpoint = first.body["endpoint"]
    path = f"/api/event-endpoints/{endpoint['id']}"
    seen = (await hub.ask("GET", path)).headers["ETag"]
    changed = await hub.ask("PATCH", path, {"labels": ["finance"]}, headers={"If-Match": seen})
    assert (changed.status, changed.body["endpoint"]["labels"]) == (200, ["finance"])
    late = await hub.ask("PATCH", path, {"labels": []}, headers={"If-Match": seen})
    assert (late.status, late.body["reason"]) == (412, "ENDPOINT_CHANGED")
    # What nobody may read must not be sent elsewhere by a mere change of the address.
    moved = await hub.ask("PATCH", path, {"url": "https://evil.example.com/hook"})
    assert (moved.status, moved.body["reason"]) == (422, "HEADERS_NEEDED")
    assert (await hub.ask("PATCH", path, {"url": "https://erp.example.com/other"})).status == 200

    for table in ("event_endpoint", "idempotency_key", "outbox"):
        rows = await hub.under_test.query(f"SELECT t::text AS text FROM automation.{table} t")
        stored = " ".join(row["text"] for row in rows)
        for secret in (first.body["secret"], "s3cret-of-the-erp"):
            assert secret not in stored
            assert secret.encode().hex() not in stored
    assert (await hub.ask("DELETE", path)).status == 204

    async def are_audited() -> bool:
        audit = await hub.api.call("GET", f"/audit?resource={endpoint['id']}")
        return {"event_endpoint.created", "event_endpoint.updated", "event_endpoint.deleted"} <= {
            event["action"] for event in audit["items"]
        }

    await eventually(are_audited)
