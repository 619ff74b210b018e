"""Executions that do not begin at the beginning or do not end at the end, and a person who debugs one."""

import hashlib
import json
from uuid import uuid4

import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.attempts import Attempt
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess

CALLED = "11111111-1111-4111-8111-111111111111"
VARIABLES = [{"name": "v", "initial": 0}]


def statuses(attempt: Attempt) -> list[str]:
    names = [
        f"{event.node_id}:{apb.NodeRunStatus.Name(event.status).removeprefix('NODE_RUN_STATUS_').lower()}"
        for _, event in sorted(attempt.node_events.items())
    ]
    return [name for name in names if not name.endswith(":running")]


@pytest.mark.parametrize("isolated", [False, True])
async def test_an_execution_goes_on_with_recorded_outputs_also_large_ones(
    hub: ScriptedHub, agent: AgentProcess, isolated: bool
) -> None:
    await agent.start()
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    graph = graphs.chain(
        graphs.assign("big", v="{{ 1 / 0 }}"),
        *first,
        graphs.assign("small", v="{{ len(nodes.big.output) + vars.v }}"),
        variables=VARIABLES,
        output={"v": "{{ vars.v }}"},
    )
    large = json.dumps("x" * 300_000).encode()
    artifact_id = str(uuid4())
    hub.artifacts[artifact_id] = bytearray(large)
    spilled = {"spilled": {"artifactId": artifact_id, "sha256": hashlib.sha256(large).hexdigest()}}
    recorded = {"start": {"output": {}, "port": "out"}, "big": {"output": spilled, "port": "out"}}
    attempt = await hub.go_on(graph, {"recorded": recorded, "variables": [{"v": 1}, {"v": 2}]})
    record = await hub.finished(attempt)
    assert json.loads(record.output_json) == {"v": 300_002}
    assert statuses(attempt)[:2] == ["start:reused", "big:reused"]
    big = next(event for event in attempt.node_events.values() if event.node_id == "big")
    assert json.loads(big.output_json) == spilled
    left = [path.name for path in (agent.home / "continuations").iterdir()]
    assert left == ["artifacts"], "large outputs stay for a while: the next offer may need them"


@pytest.mark.parametrize("isolated", [False, True])
async def test_a_workflow_is_called_by_the_graph_that_came_with_the_offer(
    hub: ScriptedHub, agent: AgentProcess, isolated: bool
) -> None:
    await agent.start()
    inner = graphs.chain(
        graphs.assign("n", v="{{ inputs.x * 2 }}"),
        *([graphs.write_file("a.txt", "hi")] if isolated else []),
        variables=VARIABLES,
        output={"twice": "{{ vars.v }}"},
    )
    content = json.dumps(inner).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    hub.graphs[sha256] = content
    calls = [{"workflowId": CALLED, "version": 0, "resolvedVersion": 3, "sha256": sha256}]
    graph = graphs.chain(graphs.call(CALLED, x=21), output={"answer": "{{ nodes.call.output.twice }}"})
    attempt = await hub.go_on(graph, {"calls": calls})
    assert json.loads((await hub.finished(attempt)).output_json) == {"answer": 42}
    assert "call/n:completed" in statuses(attempt)


@pytest.mark.parametrize("isolated", [False, True])
async def test_an_approval_ends_the_attempt_as_suspended(hub: ScriptedHub, agent: AgentProcess, isolated: bool) -> None:
    await agent.start()
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    graph = graphs.chain(graphs.assign(v=7), *first, graphs.ask(), variables=VARIABLES)
    attempt = await hub.offer(graph)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_SUSPENDED
    assert json.loads(record.suspension.variables_json) == {"v": 7}
    (wait,) = record.suspension.waits
    assert (wait.node_id, wait.kind) == ("ask", apb.WAIT_KIND_APPROVAL)
    assert json.loads(wait.request_json)["title"] == "Pay?"
    assert statuses(attempt)[-1] == "ask:waiting"


async def test_pins_count_in_drafts_only(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    graph = graphs.chain(
        graphs.assign("a", v=1), output={"a": "{{ nodes.a.output }}"}, variables=VARIABLES, pins={"a": {"v": 99}}
    )
    drafted = await hub.offer(graph, draft=True)
    assert json.loads((await hub.finished(drafted)).output_json) == {"a": {"v": 99}}
    published = await hub.offer(graph)
    assert json.loads((await hub.finished(published)).output_json) == {"a": {"v": 1}}


@pytest.mark.parametrize("isolated", [False, True])
async def test_a_person_steps_through_an_execution(hub: ScriptedHub, agent: AgentProcess, isolated: bool) -> None:
    await agent.start()
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    graph = graphs.chain(graphs.assign("a", v=1), *first, graphs.assign("b", v=2), variables=VARIABLES)
    attempt = await hub.go_on(graph, {"debug": {"breakpoints": ["a"]}}, lease_seconds=2.0)
    await hub.until(lambda: "a:paused" in statuses(attempt))
    beats = len(hub.beats)
    await hub.until(lambda: len(hub.beats) > beats + 12)  # longer than its first lease
    assert not attempt.finishes
    await hub.debug(attempt, apb.DEBUG_ACTION_STEP)
    held = "write" if isolated else "b"
    await hub.until(lambda: f"{held}:paused" in statuses(attempt))
    await hub.debug(attempt, apb.DEBUG_ACTION_CONTINUE)
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK


async def test_a_paused_execution_stops(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = await hub.go_on(graphs.short(), {"debug": {"paused": True}})
    await hub.until(lambda: "start:paused" in statuses(attempt))
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_STOPPED


async def test_an_offer_whose_recorded_outputs_are_gone_is_declined(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = hub.make_offer(graphs.short(), continued=True)
    await hub.push(attempt)
    await hub.until(lambda: hub.declines)
    assert hub.declines[0] == (attempt.id, "GRAPH_UNAVAILABLE")
