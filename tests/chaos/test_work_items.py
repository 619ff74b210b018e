"""Kill -9 of the agent between taking a work item and saying how it ended: settled once, and by one handling."""

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.burst import assert_sound
from tests.chaos.far_runner import LABEL, far_runner
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

QUEUE = "Invoices"


def handling(seconds: float) -> dict[str, Any]:
    """Takes an item, works on it for a while, completes it."""
    nodes = [
        {"id": "start", "type": "control.start"},
        {"id": "take", "type": "queue.takeItem", "config": {"queue": QUEUE}},
        {"id": "work", "type": "control.delay", "config": {"seconds": seconds}},
        {"id": "done", "type": "queue.completeItem", "config": {"item": "{{ nodes.take.output }}", "output": seconds}},
    ]
    edges = [{"from": a, "to": b} for a, b in (("start", "take"), ("take", "work"), ("work", "done"))]
    settings = {"requirements": {"labels": [LABEL]}}
    return {"schemaVersion": 1, "settings": settings, "nodes": nodes, "edges": edges}


async def test_an_item_whose_runner_was_killed_while_it_held_it_is_settled_once(
    tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path) as hub, far_runner(hub, tmp_path) as runner:
        rules = {"name": QUEUE, "maxRetries": 1, "retryBackoffSeconds": 0, "onLost": "retry"}
        queue_id = (await hub.api.call("POST", "/queues", rules))["queue"]["id"]
        added = await hub.api.call("POST", f"/queues/{queue_id}/items", {"reference": "R1", "payload": {"n": 1}})
        item_id = added["item"]["id"]
        first = await _start(hub, "Slow", handling(50))
        await _until(hub, queue_id, "inProgress")
        await runner.kill()
        await runner.start()
        assert (await hub.api.ended(first))["status"] == "LOST"
        await _until(hub, queue_id, "new")
        second = await _start(hub, "Quick", handling(0.1))
        assert (await hub.api.ended(second))["status"] == "COMPLETED"
        item = (await hub.api.call("GET", f"/queues/{queue_id}/items/{item_id}"))["item"]
        assert (item["status"], item["output"]) == ("successful", 0.1)
        counts = (await hub.api.call("GET", f"/queues/{queue_id}/statistics"))["counts"]
        assert {name: count for name, count in counts.items() if count} == {"successful": 1}
        await runner.assert_agreement({first: "LOST", second: "COMPLETED"})
        await assert_sound(hub, intervals)


async def _start(hub: HubUnderTest, name: str, graph: dict[str, Any]) -> str:
    workflow_id = await hub.api.publish(name, graph)
    return str((await hub.api.patient("POST", "/executions", {"workflowId": workflow_id}))["execution"]["id"])


async def _until(hub: HubUnderTest, queue_id: str, status: str) -> None:
    async def counted() -> bool:
        return bool((await hub.api.patient("GET", f"/queues/{queue_id}"))["queue"]["counts"][status])

    await eventually(counted, seconds=60, what=f"the item is {status}")
