import json
from pathlib import Path

import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess

SIGKILLED = -9
NOTHING: list[tuple[int, bool]] = []


@pytest.mark.parametrize(
    ("point", "told_at_hello", "finished"),
    [
        ("received", NOTHING, False),
        ("accepted", [(apb.ATTEMPT_PHASE_ACCEPTED, False)], False),
        ("acknowledged", [(apb.ATTEMPT_PHASE_ACCEPTED, False)], False),
        ("begun", [(apb.ATTEMPT_PHASE_BEGUN, False)], False),
        ("running", [(apb.ATTEMPT_PHASE_BEGUN, False)], False),
        ("ended", [(apb.ATTEMPT_PHASE_BEGUN, False)], False),
        ("finished", [(apb.ATTEMPT_PHASE_FINISHED, False)], True),
        ("told", [(apb.ATTEMPT_PHASE_FINISHED, False)], True),
    ],
)
async def test_a_killed_agent_tells_the_next_hello_exactly_what_it_knows(
    hub: ScriptedHub,
    agent: AgentProcess,
    tmp_path: Path,
    point: str,
    told_at_hello: list[tuple[int, bool]],
    finished: bool,
) -> None:
    intervals = tmp_path / "intervals"
    await agent.start(crash_at=point, intervals_file=intervals)
    attempt = await hub.offer(graphs.short())
    assert await agent.wait() == SIGKILLED
    ran = intervals.exists()
    assert ran == (point in {"ended", "finished", "told"})

    await agent.start(intervals_file=intervals)
    await hub.until(lambda: len(hub.hellos) == 2)
    assert attempt.hello_phases == told_at_hello
    if finished:
        record = await hub.finished(attempt)
        assert json.loads(record.output_json) == {"total": 42}
        assert attempt.dense() == (record.node_events, record.log_lines) == (4, 0)
    await hub.until(lambda: hub.beats and hub.beats[-1].seq >= 1 and not hub.beats[-1].attempts)
    assert len({record.digest for record in attempt.finishes}) == (1 if finished else 0)
    begins = [line for line in intervals.read_text().splitlines() if '"begin"' in line] if intervals.exists() else []
    assert len(begins) == (1 if ran else 0), "nothing ran a second time"


async def test_a_told_result_is_known_by_its_digest_when_it_is_told_again(
    hub: ScriptedHub, agent: AgentProcess
) -> None:
    await agent.start(crash_at="told")
    attempt = await hub.offer(graphs.short())
    assert await agent.wait() == SIGKILLED
    await agent.start()
    await hub.until(lambda: hub.calls["Finish"] == 2)
    assert attempt.answers == [apb.ANSWER_OK, apb.ANSWER_DUPLICATE_OK]


async def test_events_and_lines_of_a_killed_agent_are_delivered_by_the_next_one(
    hub: ScriptedHub, agent: AgentProcess
) -> None:
    nodes = [graphs.say(f"line {number}", f"say{number}") for number in range(20)]
    await agent.start(crash_at="finished")
    attempt = await hub.offer(graphs.chain(*nodes, graphs.delay(0.1)))
    assert await agent.wait() == SIGKILLED
    await agent.start()
    record = await hub.finished(attempt)
    assert attempt.dense() == (record.node_events, record.log_lines) == (44, 20)
    assert attempt.log_lines[20].message == "line 19"


async def test_a_file_attached_before_the_kill_is_uploaded_by_the_next_agent(
    hub: ScriptedHub, agent: AgentProcess
) -> None:
    await agent.start(crash_at="finished")
    attempt = await hub.offer(graphs.chain(graphs.write_file("a.txt", "precious"), graphs.keep_file("a.txt")))
    assert await agent.wait(30) == SIGKILLED
    await agent.start()
    await hub.finished(attempt)
    assert [bytes(content) for content in hub.artifacts.values()] == [b"precious"]


async def test_what_lost_work_did_is_delivered_though_it_has_no_result(hub: ScriptedHub, agent: AgentProcess) -> None:
    hub.faults.deaf_to_reports = True
    await agent.start()
    attempt = await hub.offer(
        graphs.chain(
            graphs.write_file("a.txt", "x"), graphs.keep_file("a.txt"), graphs.say("last words"), graphs.delay(50)
        )
    )
    await hub.until(lambda: hub.calls["Report"] and hub.beats and hub.beats[-1].attempts[0].current_node_id == "wait")
    await agent.kill()
    hub.faults.deaf_to_reports = False
    await agent.start()
    await hub.until(lambda: attempt.hello_phases == [(apb.ATTEMPT_PHASE_BEGUN, False)])
    await hub.until(lambda: hub.beats[-1].seq >= 1 and not hub.beats[-1].attempts)
    assert [line.message for line in attempt.log_lines.values()] == ["last words"]
    assert attempt.node_events[attempt.dense()[0]].node_id == "wait"
    assert [bytes(content) for content in hub.artifacts.values()] == [b"x"]
    assert not attempt.finishes


async def test_a_second_agent_with_the_same_home_is_refused(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    await hub.until(lambda: hub.hellos)
    second = AgentProcess(hub, agent.home)
    await second.start()
    assert await second.wait() == 1
    assert len(hub.hellos) == 1
