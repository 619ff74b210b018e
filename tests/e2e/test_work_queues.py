"""Work queues through the whole system: filled by REST, worked off by four executions of which one is killed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.integrator import Integrator, node, row, unique
from tests.e2e.terminal import terminal_at
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = 100
TAKERS = 4


def taking(queue: str) -> dict[str, Any]:
    """A graph that works a queue off: amounts below zero are rejected."""
    amount = "nodes.take.output.payload.amount"
    body = {
        "nodes": [
            node("take", "queue.takeItem", {"queue": queue}),
            node("none", "data.set", {"values": {"more": False}}),
            node("sound", "control.if", {"condition": f"{{{{ {amount} >= 0 }}}}"}),
            node(
                "done", "queue.completeItem", {"item": "{{ nodes.take.output }}", "output": f"{{{{ {amount} * 2 }}}}"}
            ),
            node("bad", "queue.failItem", {"item": "{{ nodes.take.output }}", "kind": "business", "code": "NEGATIVE"}),
        ],
        "edges": [
            {"id": "b1", "from": "take", "port": "out", "to": "sound"},
            {"id": "b2", "from": "take", "port": "empty", "to": "none"},
            {"id": "b3", "from": "sound", "port": "true", "to": "done"},
            {"id": "b4", "from": "sound", "port": "false", "to": "bad"},
        ],
    }
    loop = node("loop", "control.while", {"condition": "{{ vars.more }}", "maxIterations": 10_000}, body=body)
    return row(loop, variables=[{"name": "more", "initial": True}])


async def test_four_executions_work_a_queue_off_and_the_item_of_a_killed_one_is_done_by_another(
    hub: Integrator,
) -> None:
    name = unique("Invoices")
    rules = {"name": name, "uniqueReferences": True, "maxRetries": 1, "retryBackoffSeconds": 0}
    queue = (await hub.api.call("POST", "/queues", rules))["queue"]
    items = [{"reference": f"R{number}", "payload": {"amount": number - 5}} for number in range(ITEMS)]
    added = await hub.api.call("POST", f"/queues/{queue['id']}/items/bulk", {"items": items})
    assert (added["added"], added["duplicates"]) == (ITEMS, 0)
    taken = await hub.ask("POST", f"/api/queues/{queue['id']}/items", {"reference": "R7", "payload": {"amount": 1}})
    assert (taken.status, taken.body["reason"]) == (409, "REFERENCE_TAKEN")

    workflow_id = await hub.api.publish(unique("Take"), taking(name))
    executions = [(await hub.start(workflow_id))["id"] for _ in range(TAKERS)]

    async def some_are_done() -> bool:
        counts: dict[str, int] = (await hub.api.call("GET", f"/queues/{queue['id']}"))["queue"]["counts"]
        return counts["successful"] > 10

    await eventually(some_are_done, seconds=60)
    await hub.api.call("POST", f"/executions/{executions[0]}/stop", {"force": True})
    for execution_id in executions:
        await hub.api.ended(execution_id)

    async def released() -> bool:
        counts: dict[str, int] = (await hub.api.call("GET", f"/queues/{queue['id']}"))["queue"]["counts"]
        return counts["inProgress"] == 0

    await eventually(released, seconds=60)
    await hub.run(workflow_id)
    statistics = await hub.api.call("GET", f"/queues/{queue['id']}/statistics")
    wanted = {"new": 0, "inProgress": 0, "successful": ITEMS - 5, "failed": 0, "businessFailed": 5, "lost": 0}
    assert statistics["counts"] == {**wanted, "expired": 0}
    assert (statistics["handled"], statistics["ready"]) == (ITEMS, 0)
    rejected = await hub.api.call("GET", f"/queues/{queue['id']}/items?status=businessFailed")
    assert {item["reference"] for item in rejected["items"]} == {f"R{number}" for number in range(5)}
    export = await hub.ask("GET", f"/api/queues/{queue['id']}/items/export?status=successful")
    lines = [json.loads(line) for line in export.body.splitlines()]
    assert [line["output"] for line in lines] == [2 * line["payload"]["amount"] for line in lines]
    assert len({line["id"] for line in lines}) == ITEMS - 5
    in_use = await hub.ask("DELETE", f"/api/queues/{queue['id']}")
    assert in_use.status == 204


async def test_a_queue_is_worked_with_on_the_command_line(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    name = unique("Orders")
    made = (await exekra.json("queue", "create", name, "--retries", "0"))["queue"]
    item = (await exekra.json("queue", "add", name, "--payload", '{"n": 1}', "--not-before", "2999-01-01T00:00:00Z"))[
        "item"
    ]
    assert item["readyAt"].startswith("2999-01-01")
    assert (await exekra.json("queue", "delete", name, "--force"))["id"] == made["id"]
