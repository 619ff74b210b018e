"""Another system at the door: what it sends becomes work once, is answered with the result, and can be run again."""

import asyncio
import hashlib
import hmac
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.integrator import Answer, Integrator, answer_of, node, row, unique
from tests.e2e.terminal import terminal_at
from tests.rest import Problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEBIBYTE = 1024 * 1024
GRAPH = row(
    node("double", "data.transform", {"expression": "{{ inputs.webhook.body.order * inputs.factor }}"}),
    output={"result": "{{ nodes.double.output }}"},
)
LENGTH = row(
    node("length", "data.transform", {"expression": "{{ len(inputs.webhook.body) }}"}),
    output={"length": "{{ nodes.length.output }}"},
)


class Sender:
    """A repository that signs what it sends."""

    def __init__(self, hub: Integrator, trigger: dict[str, Any], secret: str) -> None:
        self.hub = hub
        self.trigger = trigger
        self.secret = secret

    @property
    def path(self) -> str:
        """Below the Hub's address."""
        return str(self.trigger["url"]).removeprefix(self.hub.url)

    async def deliver(self, identifier: str, body: bytes, query: str = "", **headers: str) -> Answer:
        """One delivery."""
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        signed = {"X-GitHub-Delivery": identifier, "X-Hub-Signature-256": f"sha256={signature}", **headers}
        async with (
            self.hub.session() as session,
            session.post(self.path + query, data=io.BytesIO(body), headers=signed) as response,
        ):
            return await answer_of(response)


async def make_sender(hub: Integrator, graph: dict[str, Any], **more: Any) -> Sender:
    workflow_id = await hub.api.publish(unique("orders"), graph)
    body = {"workflowId": workflow_id, "kind": "webhook", "name": unique("hook"), "auth": {"type": "github"}, **more}
    made = await hub.api.call("POST", "/triggers", body)
    return Sender(hub, made["trigger"], made["secret"])


def read_logs(folder: Path) -> str:
    """Everything any process wrote."""
    return "".join(log.read_text(errors="replace") for log in folder.iterdir())


async def test_a_delivery_becomes_work_once_and_answers_with_its_result(hub: Integrator) -> None:
    sender = await make_sender(
        hub, GRAPH, inputs={"factor": 2}, filter="inputs.webhook.headers['x-github-event'] == 'push'"
    )
    push = {"Content-Type": "application/json", "X-GitHub-Event": "push"}
    first = await sender.deliver("d1", b'{"order": 21}', "?wait=30", **push)
    assert (first.status, first.body["status"], first.body["output"]) == (200, "COMPLETED", {"result": 42})
    repeats = await asyncio.gather(*(sender.deliver("d1", b'{"order": 21}', **push) for _ in range(3)))
    for repeat in repeats:
        assert (repeat.status, repeat.body["duplicate"]) == (200, True)
        assert (repeat.body["deliveryId"], repeat.body["executionId"]) == (
            first.body["deliveryId"],
            first.body["executionId"],
        )
    ping = await sender.deliver("d2", b'{"zen": 1}', **{**push, "X-GitHub-Event": "ping"})
    assert (ping.status, ping.body["outcome"], ping.body["executionId"]) == (202, "ignored", None)
    tampered = await sender.deliver("d3", b'{"order": 21}', **{**push, "X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert (tampered.status, tampered.body["reason"]) == (401, "SIGNATURE_INVALID")

    trigger_id = sender.trigger["id"]
    executions = (await hub.api.call("GET", f"/executions?triggerId={trigger_id}"))["items"]
    assert [execution["id"] for execution in executions] == [first.body["executionId"]]
    assert executions[0]["triggeredBy"] == {"kind": "trigger", "id": trigger_id, "name": sender.trigger["name"]}
    deliveries = (await hub.api.call("GET", f"/triggers/{trigger_id}/deliveries"))["items"]
    assert [delivery["outcome"] for delivery in deliveries] == ["ignored", "accepted"]

    replayed = await hub.api.call("POST", f"/deliveries/{first.body['deliveryId']}/replay", {})
    assert replayed["delivery"]["replayOf"] == first.body["deliveryId"]
    again = await hub.api.ended(replayed["execution"]["id"])
    assert (again["id"] != first.body["executionId"], again["output"]) == (True, {"result": 42})

    rotated = (await hub.api.call("POST", f"/triggers/{trigger_id}/rotate", {}))["secret"]
    for number, secret in enumerate((sender.secret, rotated)):
        newer = Sender(hub, sender.trigger, secret)
        assert (await newer.deliver(f"r{number}", b'{"order": 1}', **push)).status == 202

    await hub.api.call("POST", f"/triggers/{trigger_id}/disable", {})
    disabled = await sender.deliver("d4", b'{"order": 21}', **push)
    assert (disabled.status, disabled.body["reason"]) == (409, "TRIGGER_DISABLED")
    await hub.api.call("DELETE", f"/triggers/{trigger_id}")
    assert (await sender.deliver("d5", b'{"order": 21}', **push)).status == 404

    logs = await asyncio.to_thread(read_logs, hub.under_test.running.home.logs)
    assert sender.path.rpartition("/")[2] not in logs
    assert sender.secret not in logs


async def test_the_largest_body_reaches_the_runner_and_a_larger_one_nobody(hub: Integrator) -> None:
    sender = await make_sender(hub, LENGTH)
    taken = await sender.deliver("d1", b"x" * MEBIBYTE, "?wait=30", **{"Content-Type": "text/plain"})
    assert (taken.status, taken.body["output"]) == (200, {"length": MEBIBYTE})
    refused = await sender.deliver("d2", b"x" * (MEBIBYTE + 1), **{"Content-Type": "text/plain"})
    assert (refused.status, refused.body["reason"]) == (413, "BODY_TOO_LARGE")


async def test_bad_triggers_are_refused_with_the_place_of_what_is_wrong(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("orders"), GRAPH)
    wrong = {
        "/auth/type": {"auth": {"type": "magic"}},
        "/auth/header": {"auth": {"type": "hmac"}},
        "/auth/username": {"auth": {"type": "basic"}},
        "/auth/secret": {"auth": {"type": "standard-webhooks", "secret": "whsec_"}},
        "/filter": {"filter": "nodes.a.output > 1"},
        "/allowedIps/1": {"allowedIps": ["10.0.0.0/8", "everywhere"]},
    }
    for pointer, members in wrong.items():
        body = {"workflowId": workflow_id, "kind": "webhook", "name": unique("hook"), **members}
        with pytest.raises(Problem) as caught:
            await hub.api.call("POST", "/triggers", body)
        assert caught.value.status == 422
        assert pointer in [error["pointer"] for error in caught.value.document["errors"]]


async def test_the_command_line_shows_the_inbox_and_a_call_that_works(hub: Integrator, tmp_path: Path) -> None:
    sender = await make_sender(hub, row())
    terminal = terminal_at(hub, tmp_path)
    name = sender.trigger["name"]
    status, code, _ = await terminal("delivery", "example", name)
    assert status == 0
    environment = {**os.environ, "SECRET": sender.secret, "CURL_CA_BUNDLE": str(hub.under_test.running.authority)}
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", code, env={**environment, "no_proxy": "*"}, stdout=asyncio.subprocess.PIPE
    )
    answered, _ = await process.communicate()
    delivery_id = json.loads(answered)["deliveryId"]
    listed = await terminal.json("delivery", "list", name)
    assert [item["id"] for item in listed["items"]] == [delivery_id]
    status, shown, _ = await terminal("delivery", "show", delivery_id)
    assert status == 0
    assert "x-github-event: push" in shown
    assert '{"order": 7}' in shown
    replayed = await terminal.json("delivery", "replay", delivery_id)
    assert (await hub.api.ended(replayed["execution"]["id"]))["status"] == "COMPLETED"
    assert (await terminal("delivery", "show", "00000000-0000-7000-8000-000000000000"))[0] == 3


async def test_a_sender_that_does_not_wait_long_enough_gets_the_ids(hub: Integrator) -> None:
    sender = await make_sender(hub, row(node("sleep", "control.delay", {"seconds": 3})))
    began = time.monotonic()
    answer = await sender.deliver("d1", b"{}", "?wait=0.5", **{"Content-Type": "application/json"})
    assert (answer.status, answer.body["outcome"]) == (202, "accepted")
    assert time.monotonic() - began < 3
    later = await sender.deliver("d1", b"{}", "?wait=30", **{"Content-Type": "application/json"})
    assert (later.status, later.body["status"]) == (200, "COMPLETED")
