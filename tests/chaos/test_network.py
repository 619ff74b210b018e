"""The network between Hub and runner is cut in the middle of work that must not be done twice; so are the processes.

Afterwards the Hub's view, the runner's journal and the marks that the work itself left outside agree.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.burst import assert_sound
from tests.chaos.far_runner import far_runner, paid, paid_so_far, payments, twice
from tests.chaos.proxy import Proxy
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

CUT_SECONDS = 5.0
"""Longer than `EXEKRA_RUNNER_SILENCE_SECONDS` and `EXEKRA_SILENT_SECONDS` of the fast timers."""
COUNT = 20
PACE_SECONDS = 0.2
OFFLINE_SECONDS = 30.0
"""The least a workflow may ask for."""


async def _flap(network: Proxy) -> None:
    for _ in range(10):
        network.reset()
        await asyncio.sleep(CUT_SECONDS / 10)


async def _stand_still(network: Proxy, cut: Callable[[Proxy], None]) -> None:
    cut(network)
    await asyncio.sleep(CUT_SECONDS)  # the disturbance itself, nothing is waited for
    network.heal()


async def _begin(hub: HubUnderTest, marks: Path, **more: Any) -> str:
    workflow_id = await hub.api.publish(marks.name, payments(marks, COUNT, PACE_SECONDS, **more))
    execution = (await hub.api.patient("POST", "/executions", {"workflowId": workflow_id}))["execution"]
    await paid_so_far(marks, COUNT // 5)
    return str(execution["id"])


async def _log(hub: HubUnderTest, execution_id: str) -> list[str]:
    lines = await hub.api.every(f"/executions/{execution_id}/logs?level=info")
    return [line["message"] for line in lines if line["message"].startswith("paid")]


async def test_cuts_of_the_network_delay_the_story_and_change_nothing_in_it(tmp_path: Path, intervals: Path) -> None:
    cuts: dict[str, Callable[[Proxy], Any]] = {
        "blackhole": lambda network: _stand_still(network, Proxy.blackhole),
        "deaf": lambda network: _stand_still(network, Proxy.deafen),
        "mute": lambda network: _stand_still(network, Proxy.mute),
        "flapping": _flap,
    }
    async with hub_under_test(tmp_path) as hub:
        statuses: dict[str, str] = {}
        async with far_runner(hub, tmp_path) as runner:
            for name, cut in cuts.items():
                marks = tmp_path / name
                execution_id = await _begin(hub, marks)
                await cut(runner.network)
                execution = await hub.api.ended(execution_id, seconds=120)
                statuses[execution_id] = execution["status"]
                assert (name, execution["status"], execution["failure"]) == (name, "COMPLETED", None)
                assert paid(marks) == list(range(COUNT)), name
                assert await _log(hub, execution_id) == [f"paid {number}" for number in range(COUNT)], name
            await runner.assert_agreement(statuses)
        await assert_sound(hub, intervals)


async def test_work_that_outlasts_an_outage_goes_on_when_the_runner_is_heard_of_again(
    tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path) as hub:
        async with far_runner(hub, tmp_path) as runner:
            marks, count = tmp_path / "marks", 5 * COUNT
            workflow_id = await hub.api.publish("Outlasting", payments(marks, count, PACE_SECONDS))
            execution = (await hub.api.patient("POST", "/executions", {"workflowId": workflow_id}))["execution"]
            await paid_so_far(marks, 3)
            runner.network.blackhole()

            async def events() -> list[str]:
                return [each["event"] for each in await hub.api.every(f"/executions/{execution['id']}/events")]

            async def is_missed() -> bool:
                return "CONTACT_LOST" in await events()

            await eventually(is_missed, seconds=OFFLINE_SECONDS, what="the Hub writes down that contact is lost")
            assert len(paid(marks)) < count
            runner.network.heal()
            ended = await hub.api.ended(execution["id"], seconds=120)
            assert (ended["status"], ended["failure"]) == ("COMPLETED", None)
            assert "CONTACT_REGAINED" in await events()
            assert paid(marks) == list(range(count))
            assert await _log(hub, execution["id"]) == [f"paid {number}" for number in range(count)]
            await runner.assert_agreement({execution["id"]: "COMPLETED"})
        await assert_sound(hub, intervals)


async def test_a_killed_process_or_agent_ends_its_work_and_never_repeats_it(tmp_path: Path, intervals: Path) -> None:
    async with hub_under_test(tmp_path) as hub:
        statuses: dict[str, str] = {}
        async with far_runner(hub, tmp_path) as runner:
            marks = tmp_path / "child"
            execution_id = await _begin(hub, marks)
            runner.kill_execution()
            execution = await hub.api.ended(execution_id)
            statuses[execution_id] = execution["status"]
            assert (execution["status"], execution["failure"]["code"]) == ("FAILED", "EXECUTION_CRASHED")

            marks_of_agent = tmp_path / "agent"
            execution_id = await _begin(hub, marks_of_agent)
            await runner.kill()
            await runner.start()
            execution = await hub.api.ended(execution_id)
            statuses[execution_id] = execution["status"]
            assert execution["status"] == "LOST"
            for each in (marks, marks_of_agent):
                assert twice(each) == []
                assert len(paid(each)) < COUNT
            await runner.assert_agreement(statuses)
        await assert_sound(hub, intervals)


async def test_work_that_cannot_reach_the_hub_stops_itself_before_the_hub_gives_it_up(
    tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path) as hub:
        async with far_runner(hub, tmp_path) as runner:
            marks = tmp_path / "marks"
            graph = payments(marks, 10_000, PACE_SECONDS, OFFLINE_SECONDS)
            workflow_id = await hub.api.publish("Offline", graph)
            execution_id = (await hub.api.patient("POST", "/executions", {"workflowId": workflow_id}))["execution"][
                "id"
            ]
            await paid_so_far(marks, 3)
            runner.network.blackhole()
            execution = await hub.api.ended(execution_id, seconds=2 * OFFLINE_SECONDS)
            assert execution["status"] == "LOST"
            count = len(paid(marks))
            runner.network.heal()

            async def settled() -> bool:
                return len(await _log(hub, execution_id)) >= count

            await eventually(settled, seconds=60, what="the Hub has what was done until then")
            assert len(paid(marks)) == count, "nothing was done after the Hub had given it up"
            assert twice(marks) == []
            assert (await hub.api.patient("GET", f"/executions/{execution_id}"))["execution"]["status"] == "LOST"
            await runner.assert_agreement({execution_id: "LOST"})
        await assert_sound(hub, intervals)
