"""A browser ends with its execution, whatever ends that: nothing runs on and nothing is left on the disk."""

import os

import psutil
import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from runner.nodes.browser import program
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.attempts import Attempt
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess
from tests.integration.runner.agent.waiting import eventually, gone

pytestmark = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))

SECONDS = 40.0


def at_a_page() -> dict:
    """Opens a browser and waits there for what never comes."""
    opening = {"id": "open", "type": "browser.open", "config": {"url": "data:text/html,<p>Here</p>"}}
    waiting = {"id": "wait", "type": "browser.wait", "config": {"text": "never", "waitSeconds": 600}}
    return graphs.chain(opening, waiting)


async def waiting_at_a_page(hub: ScriptedHub, agent: AgentProcess) -> tuple[Attempt, list[psutil.Process]]:
    """The attempt, and the processes of its browser."""
    attempt = await hub.offer(at_a_page())
    await eventually(
        lambda: attempt.node_events and attempt.node_events[max(attempt.node_events)].node_id == "wait", SECONDS
    )
    found = [process for process in agent.children() if "--remote-debugging-pipe" in process.cmdline()]
    assert found
    return attempt, found


def all_gone(processes: list[psutil.Process]) -> bool:
    return all(map(gone, processes))


def work(agent: AgentProcess) -> list[str]:
    """The files in the folders of executions."""
    return [name for _, _, names in os.walk(agent.home / "work") for name in names]


async def test_a_stopped_execution_closes_its_browser(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start(stop_seconds=20, poll_seconds=0.2)
    attempt, browsers = await waiting_at_a_page(hub, agent)
    assert work(agent), "the profile is in the execution's folder"
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    assert (await hub.finished(attempt, SECONDS)).outcome == apb.OUTCOME_STOPPED
    await eventually(lambda: all_gone(browsers) and not work(agent), SECONDS)


async def test_a_killed_execution_or_agent_takes_its_browser_along(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start(poll_seconds=0.2)
    attempt, browsers = await waiting_at_a_page(hub, agent)
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP_NOW)
    assert (await hub.finished(attempt, SECONDS)).outcome == apb.OUTCOME_STOPPED
    await eventually(lambda: all_gone(browsers) and not work(agent), SECONDS)
    _, browsers = await waiting_at_a_page(hub, agent)
    await agent.kill()
    await eventually(lambda: all_gone(browsers), SECONDS)
    await agent.start()
    await eventually(lambda: not work(agent), SECONDS)
