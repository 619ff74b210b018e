"""One execution from its creation to its end, through the real services on a real Postgres."""

from tests.integration.scheduler.executions.conftest import Scheduler, status_name


async def test_execution_is_created_claimed_offered_acknowledged_and_completed(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow(inputs=[{"name": "file", "type": "string", "required": True}])
    runner = await scheduler.runner()
    execution = await scheduler.submit(workflow, inputs_json=b'{"file":"a.csv"}')
    assert status_name(execution) == "QUEUED"
    offer = await runner.offer()
    assert offer.attempt.execution_id == execution.id
    assert offer.inputs_json == b'{"file":"a.csv"}'
    assert (offer.attempt_no, offer.run_attempt, offer.version) == (1, 1, 1)
    assert await scheduler.status(execution) == "ASSIGNED"
    assert await runner.acknowledge(offer) == "OK"
    assert await scheduler.status(execution) == "RUNNING"
    assert await runner.finish(offer) == "OK"
    done = await scheduler.get(execution)
    assert status_name(done) == "COMPLETED"
    assert done.output_json == b'{"done":true}'
    assert (done.metrics.cpu_avg, done.metrics.memory_peak) == (1.5, 20)
    assert (done.attempt, done.run_attempts, done.runner_name) == (1, 1, "robot")
    assert await scheduler.events(execution) == ["SUBMIT", "CLAIM", "ACKNOWLEDGE", "FINISH_OK"]
