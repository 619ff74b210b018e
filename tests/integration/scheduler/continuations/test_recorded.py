"""Large recorded outputs: given to the runner that needs them, and to nobody else."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from exekra.scheduler.v1 import attempt_pb2
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.continuations.fetching import Fetching
from services.scheduler.evidence.artifacts import Announcement, Artifacts
from services.scheduler.evidence.files import ArtifactFiles
from tests.integration.scheduler.continuations.conftest import delay, event
from tests.integration.scheduler.executions.conftest import Scheduler
from tests.integration.scheduler.executions.scripted_registry import ScriptedRunner, finish_record

CONTENT = b'"' + b"x" * 300_000 + b'"'


async def chunks() -> AsyncIterator[bytes]:
    yield CONTENT


async def keep(scheduler: Scheduler, runner: ScriptedRunner, offer: attempt_pb2.Offer) -> str:
    """An artifact of the attempt; answers its id."""
    artifacts = Artifacts(scheduler.core.pool, ArtifactFiles(scheduler.settings.home / "artifacts"), 2**30)
    identifier = new_id()
    announced = Announcement(
        artifact_id=identifier,
        execution_id=offer.attempt.execution_id,
        attempt_id=offer.attempt.attempt_id,
        runner_id=runner.id,
        node_id="big",
        name="big-output.json",
        media_type="application/json",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    assert await artifacts.store(announced, 0, chunks()) == (len(CONTENT), True)
    return identifier


async def read(fetching: Fetching, attempt_id: str, runner_id: str, artifact_id: str) -> bytes | str:
    try:
        return b"".join([chunk async for chunk in fetching.recorded(attempt_id, runner_id, artifact_id)])
    except DomainError as error:
        return error.reason


@pytest.mark.parametrize("same_workflow", [True, False])
async def test_a_recorded_output_is_read_by_the_attempt_that_needs_it_alone(
    scheduler: Scheduler, fetching: Fetching, same_workflow: bool
) -> None:
    runner = await scheduler.runner()
    mine = await scheduler.workflow()
    await scheduler.submit(mine if same_workflow else await scheduler.workflow("Others"))
    first = await runner.run_next()
    named, unnamed = await keep(scheduler, runner, first), await keep(scheduler, runner, first)
    await runner.finish(first)
    await scheduler.submit(mine)
    offer = await runner.run_next()
    record = finish_record(offer, attempt_pb2.OUTCOME_SUSPENDED, output=b"")
    record.suspension.CopyFrom(attempt_pb2.Suspension(waits=[delay(seconds=0.0)], variables_json=b"{}"))
    output = f'{{"spilled":{{"artifactId":"{named}","sha256":"00"}}}}'.encode()
    done = attempt_pb2.NODE_RUN_STATUS_COMPLETED
    record.remaining_node_events.append(event(1, "big", done, port="out", output_json=output))
    record.node_events = 1
    reply = await runner._call(finish=record)
    runner.registry.offers.setdefault(runner.id, []).extend(reply.offers)
    await scheduler.let_wait_pass()
    again = (await runner.run_next()).attempt.attempt_id
    expected = CONTENT if same_workflow else "ARTIFACT_NOT_FOUND"
    assert await read(fetching, again, runner.id, named) == expected
    assert await read(fetching, again, runner.id, unnamed) == "ARTIFACT_NOT_FOUND"
    assert await read(fetching, again, new_id(), named) == "ARTIFACT_NOT_FOUND"
    assert await read(fetching, first.attempt.attempt_id, runner.id, named) == "ARTIFACT_NOT_FOUND"
    assert await read(fetching, again, runner.id, "../../etc/passwd") == "ARTIFACT_NOT_FOUND"
