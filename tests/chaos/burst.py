"""A burst of executions with a disturbance in its middle, and what must be true of it afterwards."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.invariants import broken_invariants
from tests.hub import HubUnderTest
from tests.rest import ENDED, Api, eventually

COUNT = 200
CLIENTS = 12
SLOTS = 6
BURST_SECONDS = 180.0
QUIET_SECONDS = 15.0
"""Until evidence and audit rows that were held up have arrived."""

GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "inputs": [{"name": "number", "type": "number", "required": True}],
    "settings": {"onLost": "retry", "retry": {"maxAttempts": 9, "backoffSeconds": 0.2}},
    "nodes": [
        {"id": "start", "type": "control.start", "name": "Start"},
        {"id": "wait", "type": "control.delay", "name": "Think", "config": {"seconds": 0.1}},
        {
            "id": "double",
            "type": "data.transform",
            "name": "Double",
            "config": {"expression": "{{ inputs.number * 2 }}"},
        },
    ],
    "edges": [
        {"id": "e1", "from": "start", "port": "out", "to": "wait"},
        {"id": "e2", "from": "wait", "port": "out", "to": "double"},
    ],
    "output": {"doubled": "{{ nodes.double.output }}"},
}
"""Every node may be repeated, so a lost attempt is tried again; the right output shows that the work was done."""


async def nothing() -> None:
    """No disturbance at all."""


async def burst_while(hub: HubUnderTest, disturb: Callable[[], Awaitable[None]] = nothing) -> None:
    """A burst beside a disturbance; afterwards everything accepted is COMPLETED with its own result."""
    workflow_id = await hub.api.publish("Chaos", GRAPH)
    async with asyncio.TaskGroup() as tasks:
        burst = tasks.create_task(submit_burst(hub.api, workflow_id, COUNT))
        tasks.create_task(_as_coroutine(disturb))
    accepted = burst.result()
    ended = await all_ended(hub.api, workflow_id, seconds=BURST_SECONDS)
    assert {execution["id"] for execution in ended} == set(accepted.values())
    assert len(set(accepted.values())) == COUNT
    assert [execution for execution in ended if execution["status"] != "COMPLETED"] == []
    assert all(execution["output"] == {"doubled": 2 * execution["inputs"]["number"]} for execution in ended)


async def assert_sound(hub: HubUnderTest, intervals: Path) -> None:
    """Every invariant holds once the Hub is quiet, the audit chain is whole, and nothing was done twice at a time."""

    async def holds() -> bool:
        return not await broken_invariants(hub.admin_dsn)

    with suppress(AssertionError):  # the rows that break an invariant say more, below
        await eventually(holds, seconds=QUIET_SECONDS)
    assert await broken_invariants(hub.admin_dsn) == {}
    assert (await hub.api.patient("POST", "/audit/verify", {}))["valid"]
    assert overlaps(intervals) == []
    # Done twice, one after the other, is invisible to all of that: no result of work may have been thrown away.
    assert "FORBIDDEN" not in (hub.running.home.logs / "runner.log").read_text()


async def seen_begin(intervals: Path, count: int) -> None:
    """Returns when the runner has begun so many executions."""

    async def begun() -> bool:
        return _begun(intervals) >= count

    await eventually(begun, seconds=BURST_SECONDS, what=f"{count} executions have begun")


def _begun(intervals: Path) -> int:
    return intervals.read_text().count('"begin"') if intervals.exists() else 0


async def _as_coroutine(disturb: Callable[[], Awaitable[None]]) -> None:
    await disturb()


async def submit_burst(api: Api, workflow_id: str, count: int) -> dict[int, str]:
    """Launches `count` executions from several clients that never give up; answers number to execution id."""
    numbers = iter(range(count))
    accepted: dict[int, str] = {}

    async def client() -> None:
        for number in numbers:
            body = {"workflowId": workflow_id, "inputs": {"number": number}, "dedupeKey": f"burst {number}"}
            answer = await api.patient("POST", "/executions", body, seconds=120)
            accepted[number] = answer["execution"]["id"]

    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(client())
    return accepted


async def all_ended(api: Api, workflow_id: str, *, seconds: float) -> list[dict[str, Any]]:
    """All executions of the workflow once none is at work any more."""

    async def look() -> list[dict[str, Any]] | None:
        await asyncio.sleep(0.5)
        executions = await api.every(f"/executions?workflowId={workflow_id}")
        return executions if all(execution["status"] in ENDED for execution in executions) else None

    ended: list[dict[str, Any]] = await eventually(look, seconds=seconds, what="every execution has ended")
    return ended


def overlaps(intervals: Path) -> list[tuple[str, str, str]]:
    """Pairs of attempts of one execution that were at work at the same time, by the runner's own journal.

    An interval begins at `begin` and ends at `end`; without `end` (the process was killed) at its last `step`.
    """
    spans: dict[str, dict[str, list[float]]] = defaultdict(dict)
    for line in intervals.read_text().splitlines():
        note = json.loads(line)
        span = spans[note["executionId"]].setdefault(note["attemptId"], [note["boottime"], note["boottime"]])
        span[1] = max(span[1], note["boottime"])
    found = []
    for execution, attempts in spans.items():
        ordered = sorted(attempts.items(), key=lambda item: item[1][0])
        for (first, earlier), (second, later) in itertools.pairwise(ordered):
            if later[0] < earlier[1]:
                found.append((execution, first, second))
    return found
