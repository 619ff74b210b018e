"""Kill -9 of the process, of the agent and of the machine's network in the middle of an office's work.

The sites and mail servers count what was done: nothing twice, whatever happened. Hub and journal agree on how it ended.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runner.nodes.browser import program
from tests.chaos.burst import assert_sound
from tests.chaos.far_runner import LABEL, FarRunner, far_runner
from tests.chaos.office import WORKS, Work
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

CUT_SECONDS = 5.0
"""Longer than `EXEKRA_RUNNER_SILENCE_SECONDS` and `EXEKRA_SILENT_SECONDS` of the fast timers."""
WORK_SECONDS = 120.0
LIST_NODES = "/executions/{}/nodes"


async def _kill_child(runner: FarRunner, _: Work) -> None:
    runner.kill_execution()


async def _kill_agent(runner: FarRunner, _: Work) -> None:
    await runner.kill()
    await runner.start()


async def _cut_network(runner: FarRunner, work: Work) -> None:
    networks = [runner.network, *work.network]
    for network in networks:
        network.blackhole()
    await asyncio.sleep(CUT_SECONDS)  # the disturbance itself, nothing is waited for
    for network in networks:
        network.heal()


DISTURBANCES: dict[str, tuple[Callable[[FarRunner, Work], Awaitable[None]], str, str | None]] = {
    "child": (_kill_child, "FAILED", "EXECUTION_CRASHED"),
    "agent": (_kill_agent, "LOST", "LOST"),
    "network": (_cut_network, "COMPLETED", None),
}
"""What happens, and how the execution ends then: status and the failure's code."""


@pytest.mark.parametrize("name", WORKS)
async def test_no_kill_makes_an_office_do_anything_twice(name: str, tmp_path: Path, intervals: Path) -> None:
    if name != "mails to workbooks" and program.missing() and not os.environ.get("CI"):
        pytest.skip(str(program.missing()))
    async with hub_under_test(tmp_path) as hub, far_runner(hub, tmp_path) as runner:
        statuses: dict[str, str] = {}
        for what, (disturb, status, code) in DISTURBANCES.items():
            async with WORKS[name]() as work:
                execution = await _disturbed(hub, runner, work, f"{name}, {what}", disturb)
                statuses[execution["id"]] = execution["status"]
                told = (what, execution["status"], (execution["failure"] or {}).get("code"))
                assert told == (what, status, code), execution["failure"]
                await _assert_nothing_left(runner)
                done = work.done()
                assert [each for each, times in Counter(done).items() if times > 1] == [], what
                assert (len(done) == work.total) == (status == "COMPLETED"), what
                # The Hub may know less than was done, by what was under way, and never more.
                recorded = await _recorded(hub, execution["id"], work.proof)
                assert recorded <= len(done), what
                assert recorded == len(done) or status != "COMPLETED", what
        await runner.assert_agreement(statuses)
        await assert_sound(hub, intervals)


async def _disturbed(
    hub: HubUnderTest,
    runner: FarRunner,
    work: Work,
    name: str,
    disturb: Callable[[FarRunner, Work], Awaitable[None]],
) -> dict[str, Any]:
    """The execution after its end; the disturbance came when a fifth of the work was done."""
    graph = {**work.graph, "settings": {**work.graph.get("settings", {}), "requirements": {"labels": [LABEL]}}}
    workflow_id = await hub.api.publish(name, graph)
    body = {"workflowId": workflow_id, "inputs": dict(work.inputs)}
    execution_id = (await hub.api.patient("POST", "/executions", body))["execution"]["id"]

    async def in_the_middle() -> bool:
        return len(work.done()) >= work.total // 5

    await eventually(in_the_middle, seconds=WORK_SECONDS, what=f"the middle of {name}")
    await disturb(runner, work)
    execution: dict[str, Any] = await hub.api.ended(execution_id, seconds=WORK_SECONDS)
    return execution


async def _assert_nothing_left(runner: FarRunner) -> None:
    async def gone() -> bool:
        return not runner.leftovers()

    await eventually(gone, seconds=20, what="no browser of the execution is left")


async def _recorded(hub: HubUnderTest, execution_id: str, node_id: str) -> int:
    runs = await hub.api.every(LIST_NODES.format(execution_id))
    return sum(run["nodeId"] == node_id and run["status"] == "completed" for run in runs)
