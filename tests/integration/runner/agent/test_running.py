import json

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess


async def test_a_short_execution_is_told_by_one_call(hub: ScriptedHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = await hub.offer(graphs.short())
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_OK
    assert json.loads(record.output_json) == {"total": 42}
    assert record.node_events == len(record.remaining_node_events) == 4
    assert [event.seq for event in record.remaining_node_events] == [1, 2, 3, 4]
    assert [event.node_run_seq for event in record.remaining_node_events] == [1, 1, 2, 2]
    assert hub.calls["Report"] == 0
    assert hub.calls["Acknowledge"] == hub.calls["Finish"] == 1
