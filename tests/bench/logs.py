"""A talkative execution: 200,000 log lines of a script on their way to the Hub, read and searched meanwhile; and 10,000
node runs.

Seconds count from the execution's start to the commit of its last line, by the database's clock. Memory is what the
agent holds itself at most, looked at ten times a second.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import psutil

from tests.bench.memory import MEBIBYTE, CpuMeter
from tests.hub import HubUnderTest
from tests.rest import eventually

LINES = 200_000
PARTS = (16, 4, 1)
"""Cost must grow no faster than the lines."""
NODE_RUNS = 10_000
SAMPLE_SECONDS = 0.1
TAIL_SECONDS = 0.25
TAILS_A_SEARCH = 8
ENVIRONMENT = {"EXEKRA_RUNNER_ALLOW_SCRIPTS": "true"}
PROCESSES = ("runner", "registry", "scheduler")

HELD = """SELECT e.log_seq, extract(epoch FROM clock_timestamp() - x.started_at)::float8 AS seconds
 FROM automation.execution x JOIN automation.attempt_evidence e ON e.execution_id = x.id WHERE x.id = '{}'"""


async def measure_logs(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """Every figure, by group."""
    await _stream(hub, LINES // PARTS[0])
    figures = {f"{LINES // part:,} lines": await _stream(hub, LINES // part) for part in PARTS}
    figures[f"{NODE_RUNS:,} node runs"] = await _run_nodes(hub)
    return figures


async def _stream(hub: HubUnderTest, lines: int) -> dict[str, float]:
    code = f"seq -f 'order %.0f of tonight is done, nothing left to do for anybody' {lines} >&2"
    talk = {"id": "talk", "type": "script.shell", "config": {"code": code}}
    async with _measured(hub) as figures:
        execution_id = await _begin(hub, talk)
        reading = asyncio.create_task(_read_on(hub, execution_id, figures))

        async def seconds_to_hold_all() -> float | None:
            rows = await hub.query(HELD.format(execution_id))
            return rows[0]["seconds"] if rows and rows[0]["log_seq"] >= lines else None

        seconds: float = await eventually(seconds_to_hold_all, seconds=120, what=f"the Hub holds {lines} lines")
        reading.cancel()
        await _succeeded(hub, execution_id)
    return {"lines_per_second": lines / seconds, **figures}


async def _run_nodes(hub: HubUnderTest) -> dict[str, float]:
    body = {"nodes": [{"id": "say", "type": "log.message", "config": {"message": "order {{ item }}"}}], "edges": []}
    loop = {"id": "loop", "type": "control.forEach", "config": {"items": list(range(NODE_RUNS))}, "body": body}
    async with _measured(hub) as figures:
        began = time.perf_counter()
        await _succeeded(hub, await _begin(hub, loop))
        figures["runs_per_second"] = NODE_RUNS / (time.perf_counter() - began)
    return figures


async def _begin(hub: HubUnderTest, node: dict[str, Any]) -> str:
    graph = {
        "schemaVersion": 1,
        "nodes": [{"id": "start", "type": "control.start"}, node],
        "edges": [{"id": "e1", "from": "start", "port": "out", "to": node["id"]}],
    }
    workflow_id = await hub.api.publish(f"Talk {time.time_ns()}", graph)
    execution_id: str = (await hub.api.call("POST", "/executions", {"workflowId": workflow_id}))["execution"]["id"]
    return execution_id


async def _succeeded(hub: HubUnderTest, execution_id: str) -> None:
    ended = await hub.api.ended(execution_id, seconds=120)
    if ended["status"] != "COMPLETED":
        raise RuntimeError(f"{ended['status']}: {ended['failure']}")


async def _read_on(hub: HubUnderTest, execution_id: str, figures: dict[str, float]) -> None:
    """Reads the end of the log, as an open page does, and searches it now and then, until it is told to stop."""
    last = 0
    for turn in count():
        ways = {"tail": f"after={max(0, last - 100)}&limit=100"}
        if turn % TAILS_A_SEARCH == 0:
            ways["search"] = "q=order%2077%20&limit=100"
        for name, query in ways.items():
            began = time.perf_counter()
            last = (await hub.api.call("GET", f"/executions/{execution_id}/logs?{query}"))["lastSeq"]
            figures[f"{name}_ms_max"] = max(figures.get(f"{name}_ms_max", 0.0), (time.perf_counter() - began) * 1e3)
        await asyncio.sleep(TAIL_SECONDS)


@asynccontextmanager
async def _measured(hub: HubUnderTest) -> AsyncIterator[dict[str, float]]:
    """CPU seconds of each process, and the most memory the agent holds while the block runs."""
    processes = {name: psutil.Process(hub.pid(name)) for name in PROCESSES}
    meters = {name: CpuMeter([process]) for name, process in processes.items()}
    figures: dict[str, float] = {}
    sampling = asyncio.create_task(_sample(processes["runner"], figures))
    try:
        yield figures
    finally:
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
    figures |= {f"{name}_cpu_seconds": meter.used_seconds() for name, meter in meters.items()}


async def _sample(agent: psutil.Process, figures: dict[str, float]) -> None:
    figures["agent_mib_max"] = 0.0
    while True:
        figures["agent_mib_max"] = max(figures["agent_mib_max"], agent.memory_info().rss / MEBIBYTE)
        await asyncio.sleep(SAMPLE_SECONDS)
