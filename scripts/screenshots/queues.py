"""A work queue in the middle of its day for the pictures: items done, rejected, failed, and some that still wait.

Made through the REST interface alone, like everything else on a picture.
"""

import asyncio
import time
from typing import Any, Final

from scripts.demo.client import HubClient

CLAIMS: Final = 14
WORKED_OFF: Final = 9
WAIT_SECONDS: Final = 60.0
LIVE: Final = ("QUEUED", "ASSIGNED", "RUNNING")


async def bring_in_queues(client: HubClient) -> dict[str, str]:
    """Two queues, one with items in several states; answers the ids of that one and of an item. Raises TimeoutError."""
    rules = {
        "name": "Claims",
        "description": "Damage claims of the day, one item for each letter.",
        "uniqueReferences": True,
        "maxRetries": 2,
    }
    queue: str = (await client.call("POST", "/queues", rules))["queue"]["id"]
    await client.call("POST", "/queues", {"name": "Returned goods", "description": "Filled by the shop."})
    items = [
        {"reference": f"CL-2026-{4100 + number}", "payload": {"amount": (number % 4) * 120 - 60, "branch": "Turku"}}
        for number in range(CLAIMS)
    ]
    await client.call("POST", f"/queues/{queue}/items/bulk", {"items": items})
    workflow_id, _ = await client.publish("Settle claims", _settling("Claims"))
    started = await client.call("POST", "/executions", {"workflowId": workflow_id})
    await _ended(client, started["execution"]["id"])
    item: str = next(
        item["id"] for item in await client.items(f"/queues/{queue}/items") if item["status"] == "businessFailed"
    )
    return {"queue": queue, "item": item}


def _settling(queue: str) -> dict[str, Any]:
    """Takes so many items one after the other; amounts below zero are rejected."""
    amount = "nodes.take.output.payload.amount"
    taken = "{{ nodes.take.output }}"
    body = {
        "nodes": [
            _node("take", "queue.takeItem", "Take a claim", 0, {"queue": queue}),
            _node("sound", "control.if", "Is it sound", 1, {"condition": f"{{{{ {amount} >= 0 }}}}"}),
            _node("settled", "queue.completeItem", "Settled", 2, {"item": taken, "output": f"{{{{ {amount} }}}}"}),
            _node("refused", "queue.failItem", "Refused", 2, {"item": taken, "kind": "business", "code": "BELOW_ZERO"}),
        ],
        "edges": [
            {"id": "b1", "from": "take", "port": "out", "to": "sound"},
            {"id": "b2", "from": "sound", "port": "true", "to": "settled"},
            {"id": "b3", "from": "sound", "port": "false", "to": "refused"},
        ],
    }
    loop = _node("each", "control.forEach", "Today's share", 1, {"items": list(range(WORKED_OFF))}) | {"body": body}
    return {
        "schemaVersion": 1,
        "nodes": [_node("start", "control.start", "Start", 0, {}), loop],
        "edges": [{"id": "e0", "from": "start", "port": "out", "to": "each"}],
    }


def _node(node_id: str, kind: str, name: str, row: int, config: dict[str, Any]) -> dict[str, Any]:
    return {"id": node_id, "type": kind, "name": name, "config": config, "position": {"x": 0, "y": 90 * row}}


async def _ended(client: HubClient, execution_id: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while (await client.call("GET", f"/executions/{execution_id}"))["execution"]["status"] in LIVE:
        if time.monotonic() > until:
            raise TimeoutError(f"execution {execution_id} did not end")
        await asyncio.sleep(0.5)
