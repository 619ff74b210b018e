import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs, hanging_nodes
from tests.integration.runner.agent.attempts import Attempt
from tests.integration.runner.agent.hub import SECRET, ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess
from tests.integration.runner.agent.waiting import eventually, gone, read_pids


@pytest.fixture
async def hanging(
    hub: ScriptedHub, agent: AgentProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Attempt, list[psutil.Process]]]:
    """An execution that hears nothing, with its process, its daemon and that one's child."""
    monkeypatch.setenv("PYTHONPATH", hanging_nodes.install(tmp_path / "nodes"))
    await agent.start()
    attempt = await hub.offer(graphs.chain(graphs.hang(str(tmp_path / "pids"))))
    processes = await read_pids(tmp_path / "pids")
    yield attempt, processes
    # An agent that is killed leaves daemons to the next one, and there is none.
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


async def test_a_soft_stop_kills_the_tree_of_what_does_not_listen(
    hub: ScriptedHub, hanging: tuple[Attempt, list[psutil.Process]]
) -> None:
    attempt, processes = hanging
    began = time.monotonic()
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert time.monotonic() - began >= 0.9, "the soft stop's time had to pass first"
    await eventually(lambda: all(gone(process) for process in processes))


async def test_a_forced_stop_kills_at_once(hub: ScriptedHub, hanging: tuple[Attempt, list[psutil.Process]]) -> None:
    attempt, processes = hanging
    began = time.monotonic()
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP_NOW)
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_STOPPED
    assert time.monotonic() - began < 0.9
    await eventually(lambda: all(gone(process) for process in processes))


async def test_no_process_of_an_execution_inherits_the_runner_s_secret(
    agent: AgentProcess, hanging: tuple[Attempt, list[psutil.Process]]
) -> None:
    _, processes = hanging
    started = {*agent.children(), *processes}
    assert len(started) >= 4, "fork server, execution, its daemon and that one's child"
    assert psutil.Process(agent.pid).environ()["EXEKRA_RUNNER_MACHINE_SECRET"] == SECRET
    for process in started:
        assert SECRET not in process.environ().values(), process


async def test_a_killed_agent_takes_its_processes_with_it_and_the_next_one_its_daemons(
    hub: ScriptedHub, agent: AgentProcess, hanging: tuple[Attempt, list[psutil.Process]]
) -> None:
    attempt, (worker, daemon, grandchild) = hanging
    children = agent.children()
    await agent.kill()
    await eventually(lambda: all(gone(child) for child in children if child not in (daemon, grandchild)))
    assert gone(worker)
    assert not gone(daemon), "a daemon that left the session survives its agent"
    assert not gone(grandchild)
    await agent.start()
    await hub.until(lambda: len(hub.hellos) == 2)
    assert gone(daemon), "and was gone before Hello"
    assert gone(grandchild)
    assert attempt.hello_phases == [(apb.ATTEMPT_PHASE_BEGUN, False)]


async def test_a_process_that_dies_is_a_failure_with_its_signal(
    hub: ScriptedHub, hanging: tuple[Attempt, list[psutil.Process]]
) -> None:
    attempt, (worker, daemon, grandchild) = hanging
    worker.kill()
    record = await hub.finished(attempt)
    assert (record.outcome, record.failure.code) == (apb.OUTCOME_FAILED, "EXECUTION_CRASHED")
    assert "signal 9" in record.failure.message
    await eventually(lambda: gone(daemon) and gone(grandchild))


async def test_an_inline_execution_stops_softly(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = await hub.offer(graphs.chain(graphs.delay(50)))
    await hub.until(lambda: attempt.node_events)
    await hub.order(attempt, apb.ATTEMPT_ORDER_STOP)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert record.stopped_by == ""
    assert attempt.node_events[record.node_events].status == apb.NODE_RUN_STATUS_STOPPED


@pytest.mark.parametrize("isolated", [False, True])
async def test_a_runner_that_is_not_heard_stops_itself_and_tells_no_failure(
    hub: ScriptedHub, agent: AgentProcess, tmp_path: Path, isolated: bool
) -> None:
    hub.faults.silent_beats = True
    await agent.start(intervals_file=tmp_path / "intervals", spare_children=1)
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    # Long enough for it to begin on a busy machine: what ends before has nothing to tell.
    attempt = await hub.offer(graphs.chain(*first, graphs.delay(50)), lease_seconds=4.0)
    await hub.until(lambda: hub.beats and any(not a.alive for a in hub.beats[-1].attempts))
    await hub.until(lambda: '"end"' in (tmp_path / "intervals").read_text())
    assert not attempt.finishes
    hub.faults.silent_beats = False
    await hub.until(lambda: attempt.hello_phases == [(apb.ATTEMPT_PHASE_BEGUN, False)])
    await hub.until(lambda: not hub.beats[-1].attempts)
    assert not attempt.finishes, "only the Hub may say what became of it"


async def test_answered_heartbeats_keep_an_execution_alive_beyond_its_first_lease(
    hub: ScriptedHub, agent: AgentProcess
) -> None:
    await agent.start()
    attempt = await hub.offer(graphs.chain(graphs.delay(2.5)), lease_seconds=1.2)
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK


@pytest.mark.parametrize("isolated", [False, True])
async def test_work_done_before_the_self_stop_counts(hub: ScriptedHub, agent: AgentProcess, isolated: bool) -> None:
    """A result that was reached within the lease is told, however late the Hub hears it."""
    await agent.start()
    first = [graphs.write_file("a.txt", "hi")] if isolated else []
    attempt = await hub.offer(graphs.chain(*first, graphs.delay(1)), lease_seconds=30)
    await hub.until(lambda: attempt.node_events)
    await hub.stop()
    await hub.start(int(hub.address.rpartition(":")[2]))
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK
