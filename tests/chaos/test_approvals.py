"""Parts are killed while people approve: every execution goes on once, with what it had before it asked."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.burst import SLOTS, all_ended, assert_sound
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import Problem, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

COUNT = 60
VICTIMS = ("scheduler", "runner", "scheduler-loops", "postgres", "registry")
SECONDS = 180.0

GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "inputs": [{"name": "number", "type": "number", "required": True}],
    "variables": [{"name": "seen", "initial": 0}],
    "settings": {"onLost": "retry", "retry": {"maxAttempts": 9, "backoffSeconds": 0.2}},
    "nodes": [
        {"id": "start", "type": "control.start"},
        {"id": "note", "type": "data.set", "config": {"values": {"seen": "{{ inputs.number }}"}}, "repeatable": True},
        {"id": "ask", "type": "control.approval", "config": {"title": "Number {{ vars.seen }}?"}},
        {"id": "pay", "type": "data.transform", "config": {"expression": "{{ vars.seen * 2 }}"}},
    ],
    "edges": [
        {"id": "e1", "from": "start", "port": "out", "to": "note"},
        {"id": "e2", "from": "note", "port": "out", "to": "ask"},
        {"id": "e3", "from": "ask", "port": "approved", "to": "pay"},
    ],
    "output": {"paid": "{{ default(nodes.pay.output, null) }}", "by": "{{ nodes.ask.output.by.name }}"},
}
DECIDED = (
    "SELECT decided_by_name AS name, count(*) AS n FROM automation.approval WHERE decision = 'APPROVED' GROUP BY 1"
)


async def test_parts_killed_while_people_approve_lose_and_repeat_no_decision(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:
        workflow_id = await hub.api.publish("Approve", GRAPH)
        for number in range(COUNT):
            body = {"workflowId": workflow_id, "inputs": {"number": number}}
            await hub.api.patient("POST", "/executions", body)
        decided: set[str] = set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(approve_all(hub, decided))
            tasks.create_task(kill_each(hub, decided))
        ended = await all_ended(hub.api, workflow_id, seconds=SECONDS)
        assert {execution["status"] for execution in ended} == {"COMPLETED"}
        results = sorted((each["inputs"]["number"], each["output"]["paid"]) for each in ended)
        assert results == [(number, number * 2) for number in range(COUNT)]
        assert [row["n"] for row in await hub.query(DECIDED)] == [COUNT]
        await assert_sound(hub, intervals)


async def approve_all(hub: HubUnderTest, decided: set[str]) -> None:
    """Approves whatever is asked, each until the answer is definite."""
    while len(decided) < COUNT:
        page = await hub.api.patient("GET", "/approvals?status=pending&limit=20", seconds=SECONDS)
        for approval in page["items"]:
            try:
                await hub.api.patient("POST", f"/approvals/{approval['id']}", {"decision": "approved"}, seconds=SECONDS)
            except Problem as problem:
                if problem.document["reason"] != "ALREADY_DECIDED":
                    raise
            decided.add(approval["id"])
        await asyncio.sleep(0.05)


async def kill_each(hub: HubUnderTest, decided: set[str]) -> None:
    """One victim after the other, as decisions come in."""
    for number, victim in enumerate(VICTIMS):
        moment = (number + 1) * COUNT // (len(VICTIMS) + 1)

        async def has_come(moment: int = moment) -> bool:
            return len(decided) >= moment

        await eventually(has_come, seconds=SECONDS, what=f"{moment} are decided")
        # Postgres is quit at once: SIGKILL of its first process alone would leave the others.
        os.kill(await hub.living(victim), signal.SIGQUIT if victim == "postgres" else signal.SIGKILL)
