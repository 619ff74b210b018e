"""Webhooks: how fast deliveries are accepted, and how long until their first node and their end.

Accepting is measured with dispatch held: nothing but the door is at work. The clients are as lean as they can be, for
they share the machine with what they measure.
"""

import asyncio
import os
import signal
import ssl
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.bench.memory import CpuMeter, tree
from tests.hub import HubUnderTest
from tests.rest import eventually

CLIENTS = 20
WARM_UP_COUNT = 500
ACCEPT_COUNT = 5_000
THROUGHPUT_COUNT = 2_000
LATENCY_COUNT = 200
LATENCY_PAUSE_SECONDS = 0.2
ENVIRONMENT = {"EXEKRA_RATE_HOOK": "1000000"}
"""The Hub is measured, not its limiter."""

TWO_NODES: dict[str, Any] = {
    "schemaVersion": 1,
    "nodes": [
        {"id": "start", "type": "control.start", "name": "Start"},
        {
            "id": "double",
            "type": "data.set",
            "name": "Double",
            "config": {"values": {"n": "{{ inputs.webhook.body.number * 2 }}"}},
        },
    ],
    "variables": [{"name": "n", "initial": 0}],
    "edges": [{"id": "e1", "from": "start", "port": "out", "to": "double"}],
}
UNENDED = "SELECT count(*) AS n FROM automation.execution WHERE workflow_id = '{}' AND completed_at IS NULL"
SPAN = """SELECT count(*) AS n, count(*) FILTER (WHERE status = 'COMPLETED') AS completed,
 extract(epoch FROM max(completed_at) - min(created_at))::float8 AS seconds
 FROM automation.execution WHERE workflow_id = '{}' AND created_at >= '{}'"""
COUNTS = """SELECT (SELECT count(*) FROM automation.delivery) AS deliveries,
 (SELECT count(*) FROM automation.execution) AS executions, now()::text AS now"""


async def measure_webhooks(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """Every figure, by group."""
    workflow_id = await hub.api.publish(f"Hooks {time.time_ns()}", TWO_NODES)
    body = {"workflowId": workflow_id, "kind": "webhook", "name": "Bench", "auth": {"type": "none"}}
    sender = Sender((await hub.api.call("POST", "/triggers", body))["trigger"]["url"], hub)
    await sender.send(WARM_UP_COUNT)
    await _drained(hub, workflow_id)
    figures = {"webhook → COMPLETED": await _throughput(hub, sender, workflow_id)}
    figures["webhook, one each 200 ms"] = await _latency(hub, sender)
    await hub.api.call("POST", "/dispatch/hold", {"reason": "only the door is measured"})
    figures["webhook accept"] = await _accept(hub, sender)
    figures["webhook accept, three times each"] = await _accept(hub, sender, times=3)
    valkey = hub.pid("valkey")
    os.kill(valkey, signal.SIGSTOP)
    try:
        figures["webhook accept, Redis frozen"] = await _accept(hub, sender)
    finally:
        os.kill(valkey, signal.SIGCONT)
    return figures


class Sender:
    """Delivers over connections that are kept open, with a delivery id each."""

    def __init__(self, url: str, hub: HubUnderTest) -> None:
        self._parts = urlsplit(url)
        self._context = ssl.create_default_context(cafile=str(hub.running.authority))
        self.waits: list[float] = []

    async def send(self, count: int, *, times: int = 1) -> float:
        """So many deliveries, each sent so many times, by twenty clients; answers the seconds it took."""
        self.waits.clear()
        numbers = iter([number for number in range(count) for _ in range(times)])
        mark = uuid4().hex
        began = time.perf_counter()
        await asyncio.gather(*(self._client(numbers, mark) for _ in range(CLIENTS)))
        return time.perf_counter() - began

    async def _client(self, numbers: Iterator[int], mark: str) -> None:
        reader, writer = await self.connect()
        try:
            for number in numbers:
                began = time.perf_counter()
                await self.post(reader, writer, number, f"{mark}-{number}")
                self.waits.append((time.perf_counter() - began) * 1e3)
        finally:
            writer.close()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One connection."""
        return await asyncio.open_connection(self._parts.hostname, self._parts.port, ssl=self._context)

    async def post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int, identifier: str
    ) -> bytes:
        """The body of the answer. Raises RuntimeError for anything but 202, and 200 for a repeat."""
        body = b'{"number": %d}' % number
        head = (
            f"POST {self._parts.path} HTTP/1.1\r\nHost: {self._parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nwebhook-id: {identifier}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")):
            raise RuntimeError(answer.decode())
        length = answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return await reader.readexactly(int(length))


async def _accept(hub: HubUnderTest, sender: Sender, *, times: int = 1) -> dict[str, float]:
    count = ACCEPT_COUNT // times
    before = (await hub.query(COUNTS))[0]
    meter = CpuMeter(tree(pid for name, pid in hub.running.supervisor.processes().items() if name != "runner"))
    seconds = await sender.send(count, times=times)
    cpu = meter.used_seconds()
    after = (await hub.query(COUNTS))[0]
    for what in ("deliveries", "executions"):
        if after[what] - before[what] != count:
            raise RuntimeError(f"{after[what] - before[what]} {what} of {count}")
    waits = sorted(sender.waits)
    return {
        "accepted_per_second": len(waits) / seconds,
        "accept_ms_p50": waits[len(waits) // 2],
        "accept_ms_p99": waits[int(len(waits) * 0.99)],
        "hub_cpu_ms_each": cpu / len(waits) * 1e3,
    }


async def _throughput(hub: HubUnderTest, sender: Sender, workflow_id: str) -> dict[str, float]:
    began = (await hub.query(COUNTS))[0]["now"]
    seconds = await sender.send(THROUGHPUT_COUNT)
    await _drained(hub, workflow_id)
    span = (await hub.query(SPAN.format(workflow_id, began)))[0]
    if span["completed"] != THROUGHPUT_COUNT:
        raise RuntimeError(f"{span['completed']} of {THROUGHPUT_COUNT} executions completed")
    return {
        "executions_per_second": THROUGHPUT_COUNT / span["seconds"],
        "accepted_per_second_meanwhile": THROUGHPUT_COUNT / seconds,
    }


async def _latency(hub: HubUnderTest, sender: Sender) -> dict[str, float]:
    """By the machine's one clock, from sending to the first node's start and to COMPLETED on the Hub."""
    reader, writer = await sender.connect()
    mark = uuid4().hex
    sent: dict[str, float] = {}
    for number in range(LATENCY_COUNT):
        at = time.time()
        answer = await sender.post(reader, writer, number, f"{mark}-{number}")
        sent[answer.partition(b'"executionId":"')[2][:36].decode()] = at
        await asyncio.sleep(LATENCY_PAUSE_SECONDS)  # the measured rate
    writer.close()
    firsts, ends = [], []
    for execution_id, at in sent.items():
        execution = await hub.api.ended(execution_id)
        nodes = (await hub.api.call("GET", f"/executions/{execution_id}/nodes"))["items"]
        firsts.append((datetime.fromisoformat(nodes[0]["startedAt"]).timestamp() - at) * 1e3)
        ends.append((datetime.fromisoformat(execution["completedAt"]).timestamp() - at) * 1e3)
    firsts.sort()
    ends.sort()
    return {
        "first_node_ms_p50": firsts[len(firsts) // 2],
        "first_node_ms_p99": firsts[int(len(firsts) * 0.99)],
        "completed_ms_p50": ends[len(ends) // 2],
        "completed_ms_p99": ends[int(len(ends) * 0.99)],
    }


async def _drained(hub: HubUnderTest, workflow_id: str) -> None:
    async def all_ended() -> bool:
        return bool((await hub.query(UNENDED.format(workflow_id)))[0]["n"] == 0)

    await eventually(all_ended, seconds=180, what="every execution has ended")
