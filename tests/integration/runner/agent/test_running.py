import json

import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess, LocalAgent
from tests.integration.runner.agent.waiting import eventually, gone


async def test_a_short_execution_is_told_by_one_call(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = await hub.offer(graphs.short())
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_OK
    assert json.loads(record.output_json) == {"total": 42}
    assert record.node_events == len(record.remaining_node_events) == 4
    assert [event.seq for event in record.remaining_node_events] == [1, 2, 3, 4]
    assert [event.node_run_seq for event in record.remaining_node_events] == [1, 1, 2, 2]
    running, completed = record.remaining_node_events[2:]
    assert json.loads(running.input_json) == {"values": {"total": 42}}
    assert (completed.input_json, json.loads(completed.output_json)) == (b"", {"total": 42})
    assert hub.calls["Report"] == 0
    assert hub.calls["Acknowledge"] == hub.calls["Finish"] == 1


async def test_events_of_a_waiting_execution_arrive_before_its_end(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = await hub.offer(graphs.chain(graphs.say("hello"), graphs.delay(30)))
    await hub.until(lambda: any(event.node_id == "wait" for event in attempt.node_events.values()))
    assert not attempt.finishes
    assert [line.message for line in attempt.log_lines.values()] == ["hello"]
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert attempt.dense() == (record.node_events, record.log_lines)


@pytest.mark.parametrize("start", ["fork", "spawn"])
async def test_a_graph_with_isolated_nodes_runs_in_its_own_process(
    hub: ScriptedHub, local: LocalAgent, start: str
) -> None:
    await local.start(child_start=start)
    graph = graphs.chain(
        graphs.write_file("a.txt", "hi"), graphs.delay(30), output={"size": "{{ nodes.write.output.size }}"}
    )
    attempt = await hub.offer(graph)
    await hub.until(lambda: any(event.node_id == "wait" for event in attempt.node_events.values()), 30)
    notes = list((local.home / "children").glob("*.json"))
    [worker] = [note for note in map(json.loads, (path.read_text() for path in notes)) if note["attemptId"]]
    assert worker["attemptId"] == attempt.id
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert record.metrics.memory_peak > 10_000_000
    await eventually(lambda: not (local.home / "children" / f"{worker['pid']}.json").exists())
    assert list((local.home / "work").iterdir()) == []


async def test_results_of_a_process_reach_the_hub_with_all_events(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    nodes = [graphs.say(f"line {number}", f"say{number}") for number in range(50)]
    attempt = await hub.offer(graphs.chain(graphs.write_file("a.txt", "hi"), *nodes, output={"n": 1}))
    record = await hub.finished(attempt, 30)
    assert record.outcome == apb.OUTCOME_OK
    assert attempt.dense() == (record.node_events, record.log_lines) == (104, 50)
    assert [attempt.log_lines[number + 1].message for number in range(50)] == [f"line {n}" for n in range(50)]


async def test_the_next_offer_comes_with_the_answer_to_a_finish(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    following = [hub.make_offer(graphs.short()) for _ in range(3)]
    hub.offers_with_finish = list(following)
    await hub.finished(await hub.offer(graphs.short()))
    for attempt in following:
        assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK
    assert hub.calls["GetWorkflow"] == 1, "the graph is fetched once and kept by its hash"


async def test_an_offer_pushed_twice_is_run_once(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = hub.make_offer(graphs.chain(graphs.delay(0.2)))
    await hub.push(attempt, attempt)
    await hub.push(attempt)
    await hub.finished(attempt)
    assert hub.calls["Acknowledge"] == 1
    assert not hub.declines


async def test_an_offer_beyond_the_slots_is_declined(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    first = await hub.offer(graphs.chain(graphs.delay(30)))
    await hub.until(lambda: first.status == "running")
    second = await hub.offer(graphs.short())
    await hub.until(lambda: hub.declines)
    assert hub.declines == [(second.id, "SLOT_TAKEN")]


async def test_an_offer_whose_graph_is_unknown_is_declined(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = hub.make_offer(graphs.short(), graph_sha256="0" * 64)
    await hub.push(attempt)
    await hub.until(lambda: hub.declines)
    assert hub.declines == [(attempt.id, "GRAPH_UNAVAILABLE")]


async def test_a_graph_with_an_unknown_node_type_fails_and_names_it(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = await hub.offer(graphs.chain({"id": "x", "type": "moon.land", "config": {}}))
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_FAILED
    assert record.failure.code == "GRAPH_INVALID"
    assert "moon.land" in record.failure.message


async def test_an_execution_over_its_time_fails_with_timeout(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = await hub.offer(graphs.chain(graphs.delay(30)), timeout_seconds=0.3)
    record = await hub.finished(attempt)
    assert (record.outcome, record.failure.code) == (apb.OUTCOME_FAILED, "TIMEOUT")


async def test_attached_files_reach_the_hub_before_the_result_though_an_upload_breaks(
    hub: ScriptedHub, local: LocalAgent
) -> None:
    hub.faults.cut_upload_after = 400_000
    text = "0123456789" * 80_000
    await local.start()
    attempt = await hub.offer(
        graphs.chain(
            graphs.write_file("big.txt", "{{ inputs.text }}"),
            graphs.keep_file("big.txt"),
            inputs=[{"name": "text", "type": "string"}],
        ),
        inputs_json=json.dumps({"text": text}).encode(),
    )
    await hub.until(lambda: hub.calls["FinishTold"], 30)
    names = {hub.artifact_headers[artifact_id].name: bytes(content) for artifact_id, content in hub.artifacts.items()}
    assert names["big.txt"] == text.encode()
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_OK
    assert list((local.home / "files").iterdir()) == []


async def test_node_types_are_declared_once(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    await hub.until(lambda: hub.calls["DeclareNodeTypes"] == 2)
    assert "control.start" in {json.loads(document)["type"] for document in hub.declarations}


async def test_with_a_full_disk_no_work_is_asked_for(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start(min_free_bytes=2**60)
    await hub.until(lambda: hub.calls["Beat"] >= 3)
    assert not hub.polls


async def test_an_execution_that_the_runner_cannot_start_fails_alone(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    await hub.until(lambda: hub.polled)
    work = local.home / "work"
    work.rmdir()
    work.write_text("in the way")
    record = await hub.finished(await hub.offer(graphs.short()))
    assert record.failure.code == "RUNNER_FAILED"
    work.unlink()
    work.mkdir()
    assert (await hub.finished(await hub.offer(graphs.short()))).outcome == apb.OUTCOME_OK


async def test_the_runners_secret_is_not_in_the_environment_of_executions(
    hub: ScriptedHub, agent: AgentProcess
) -> None:
    await agent.start(spare_children=1)
    await hub.until(lambda: hub.hellos)
    await eventually(lambda: len(agent.children()) >= 2)
    environments = [child.environ() for child in agent.children()]
    assert all("EXEKRA_RUNNER_MACHINE_SECRET" not in environment for environment in environments)


async def test_the_first_signal_lets_work_end_and_says_goodbye(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = await hub.offer(graphs.chain(graphs.delay(0.5)))
    await hub.until(lambda: attempt.status == "running")
    agent.terminate()
    await hub.until(lambda: not hub.polled)
    assert not attempt.finishes, "no offer can come any more while the work goes on"
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK
    assert await agent.wait() == 0
    assert hub.goodbyes == 1
    assert not hub.declines


@pytest.mark.parametrize("isolated", [False, True])
async def test_the_second_signal_stops_work_and_names_the_owner(
    hub: ScriptedHub, agent: AgentProcess, isolated: bool
) -> None:
    await agent.start()
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    attempt = await hub.offer(graphs.chain(*first, graphs.delay(50)))
    await hub.until(lambda: any(event.node_id == "wait" for event in attempt.node_events.values()), 30)
    children = agent.children()
    agent.terminate()
    await hub.until(lambda: not hub.polled)
    agent.terminate()
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert record.stopped_by == "the runner's owner"
    assert await agent.wait() == 0
    await eventually(lambda: all(gone(child) for child in children))
