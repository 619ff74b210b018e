"""The whole spine: an execution from POST to its first node and to COMPLETED, through every service and a runner."""

import asyncio
import time
from datetime import datetime
from typing import Any

from tests.hub import HubUnderTest
from tests.rest import eventually

CLIENTS = 20
THROUGHPUT_COUNT = 1_500
LATENCY_COUNT = 200
LATENCY_PAUSE_SECONDS = 0.2

TWO_NODES: dict[str, Any] = {
    "schemaVersion": 1,
    "inputs": [{"name": "number", "type": "number", "required": True}],
    "nodes": [
        {"id": "start", "type": "control.start", "name": "Start"},
        {"id": "double", "type": "data.set", "name": "Double", "config": {"values": {"n": "{{ inputs.number * 2 }}"}}},
    ],
    "variables": [{"name": "n", "initial": 0}],
    "edges": [{"id": "e1", "from": "start", "port": "out", "to": "double"}],
}
UNENDED = "SELECT count(*) AS n FROM automation.execution WHERE workflow_id = '{}' AND completed_at IS NULL"
SPAN = """SELECT count(*) AS n, count(*) FILTER (WHERE status = 'COMPLETED') AS completed,
 extract(epoch FROM max(completed_at) - min(created_at))::float8 AS seconds
 FROM automation.execution WHERE workflow_id = '{}'"""


async def measure_throughput(hub: HubUnderTest) -> dict[str, float]:
    """POSTs by twenty clients as fast as they are answered; a second, from the first POST to the last COMPLETED."""
    workflow_id = await hub.api.publish(f"Throughput {time.time_ns()}", TWO_NODES)
    numbers = iter(range(THROUGHPUT_COUNT))
    waits: list[float] = []

    async def client() -> None:
        for number in numbers:
            began = time.perf_counter()
            await hub.api.call("POST", "/executions", {"workflowId": workflow_id, "inputs": {"number": number}})
            waits.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    accepted_seconds = time.perf_counter() - began

    async def all_ended() -> bool:
        return bool((await hub.query(UNENDED.format(workflow_id)))[0]["n"] == 0)

    await eventually(all_ended, seconds=120, what="every execution has ended")
    span = (await hub.query(SPAN.format(workflow_id)))[0]
    if span["completed"] != THROUGHPUT_COUNT:
        raise RuntimeError(f"{span['completed']} of {THROUGHPUT_COUNT} executions completed")
    waits.sort()
    return {
        "executions_per_second": THROUGHPUT_COUNT / span["seconds"],
        "accepted_per_second": THROUGHPUT_COUNT / accepted_seconds,
        "accept_ms_p50": waits[len(waits) // 2],
        "accept_ms_p99": waits[int(len(waits) * 0.99)],
    }


async def measure_latency(hub: HubUnderTest) -> dict[str, float]:
    """One execution every 200 ms on an idle Hub: milliseconds from sending the POST to the first node's start, by the
    machine's one clock; and to COMPLETED on the Hub.
    """
    workflow_id = await hub.api.publish(f"Latency {time.time_ns()}", TWO_NODES)
    sent: dict[str, float] = {}
    for number in range(LATENCY_COUNT):
        at = time.time()
        answer = await hub.api.call("POST", "/executions", {"workflowId": workflow_id, "inputs": {"number": number}})
        sent[answer["execution"]["id"]] = at
        await asyncio.sleep(LATENCY_PAUSE_SECONDS)  # the measured rate
    firsts, ends = [], []
    for execution_id, at in sent.items():
        execution = await hub.api.ended(execution_id)
        nodes = (await hub.api.call("GET", f"/executions/{execution_id}/nodes"))["items"]
        firsts.append((_seconds(nodes[0]["startedAt"]) - at) * 1e3)
        ends.append((_seconds(execution["completedAt"]) - at) * 1e3)
    firsts.sort()
    ends.sort()
    return {
        "first_node_ms_p50": firsts[len(firsts) // 2],
        "first_node_ms_p99": firsts[int(len(firsts) * 0.99)],
        "completed_ms_p50": ends[len(ends) // 2],
        "completed_ms_p99": ends[int(len(ends) * 0.99)],
    }


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
