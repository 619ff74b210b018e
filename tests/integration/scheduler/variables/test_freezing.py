"""What an execution reads of global variables is what they were when it began."""

import json
from typing import Any

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import execution_service_pb2 as execution_pb
from services.scheduler.continuations.fetching import Fetching
from tests.integration.scheduler.continuations.conftest import START
from tests.integration.scheduler.executions.conftest import Scheduler
from tests.integration.scheduler.executions.scripted_registry import ScriptedRunner, finish_record
from tests.integration.scheduler.variables.conftest import Variables
from tests.integration.scheduler.variables.test_variables import reading


async def globals_of(fetching: Fetching, runner: ScriptedRunner, offer: attempt_pb2.Offer) -> Any:
    return json.loads(await fetching.document(offer.attempt.attempt_id, runner.id))["globals"]


async def test_the_value_of_the_beginning_stays_for_the_execution(
    scheduler: Scheduler, variables: Variables, fetching: Fetching
) -> None:
    made = await variables.make("rate", 1)
    await variables.make("unread", 9)
    runner = await scheduler.runner()
    workflow = await scheduler.workflow(**reading("rate"))
    execution = await scheduler.submit(workflow)
    await variables.change(made, value_json=b"2")
    offer = await runner.run_next()
    assert offer.continued
    assert await globals_of(fetching, runner, offer) == {"rate": 2}
    await variables.change(made, value_json=b"3")
    assert await globals_of(fetching, runner, offer) == {"rate": 2}
    await runner.finish(offer)
    await scheduler.reaches(execution, "COMPLETED")


async def test_a_workflow_that_reads_none_asks_for_nothing(scheduler: Scheduler, variables: Variables) -> None:
    await variables.make("rate", 1)
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow())
    assert not (await runner.run_next()).continued


async def test_a_called_workflow_reads_them_too(scheduler: Scheduler, variables: Variables, fetching: Fetching) -> None:
    await variables.make("rate", 7)
    called = await scheduler.workflow("Called", **reading("rate"))
    nodes = [
        {"id": "start", "type": "control.start", "config": {}},
        {"id": "call", "type": "control.subworkflow", "config": {"workflowId": called}},
    ]
    edges = [{"id": "e", "from": "start", "port": "out", "to": "call"}]
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow("Caller", nodes=nodes, edges=edges))
    assert await globals_of(fetching, runner, await runner.run_next()) == {"rate": 7}


async def test_a_fork_keeps_what_was_read_and_a_new_start_reads_anew(
    scheduler: Scheduler, variables: Variables, fetching: Fetching
) -> None:
    made = await variables.make("rate", 1)
    runner = await scheduler.runner()
    nodes = [
        {"id": "start", "type": "control.start", "config": {}},
        {"id": "then", "type": "data.transform", "config": {"expression": "globals.rate"}},
    ]
    edges = [{"id": "e", "from": "start", "port": "out", "to": "then"}]
    execution = await scheduler.submit(await scheduler.workflow(nodes=nodes, edges=edges))
    offer = await runner.run_next()
    await globals_of(fetching, runner, offer)
    record = finish_record(offer, attempt_pb2.OUTCOME_OK)
    record.remaining_node_events.append(START)
    record.node_events = 1
    await runner._call(finish=record)
    await variables.change(made, value_json=b"5")
    values = []
    for from_node in ("then", ""):
        request = execution_pb.RetryExecutionRequest(execution_id=execution.id, from_node_id=from_node)
        await scheduler.call(scheduler.executions.RetryExecution, request)
        offer = await runner.run_next()
        values.append(await globals_of(fetching, runner, offer))
        await runner.finish(offer)
    assert values == [{"rate": 1}, {"rate": 5}]
