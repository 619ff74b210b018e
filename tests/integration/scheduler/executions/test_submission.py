"""Accepting work exactly once, or refusing it with the field and the reason."""

import asyncio

import asyncpg
import pytest

from exekra.audit.v1.audit_service_pb2 import AuditEvent
from exekra.scheduler.v1 import execution_service_pb2 as execution_pb
from exekra.scheduler.v1.execution_pb2 import (
    EXECUTION_MODE_INTERACTIVE,
    EXECUTION_STATUS_FAILED,
    EXECUTION_STATUS_QUEUED,
)
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.executions.interventions import Interventions
from tests.chaos.invariants import broken_invariants
from tests.integration.scheduler.executions.conftest import Scheduler, status_name


async def audited(scheduler: Scheduler) -> list[str]:
    events = [
        AuditEvent.FromString(row["event"]) for row in await scheduler.sql("SELECT event FROM outbox ORDER BY id")
    ]
    return [event.action for event in events if not event.action.startswith("workflow.")]


async def test_fifty_parallel_submissions_of_one_dedupe_key_make_one_execution(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    answers = await asyncio.gather(*(scheduler.create(workflow, dedupe_key="order 7") for _ in range(50)))
    assert len({answer.execution.id for answer in answers}) == 1
    assert sorted(answer.duplicate for answer in answers) == [False] + [True] * 49
    assert (await scheduler.sql("SELECT count(*) AS n FROM execution"))[0]["n"] == 1


async def test_a_dedupe_key_is_free_again_after_the_end_and_held_while_lost(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    first = await scheduler.submit(workflow, dedupe_key="k")
    await runner.finish(await runner.run_next())
    second = await scheduler.create(workflow, dedupe_key="k")
    assert (second.duplicate, second.execution.id != first.id) == (False, True)
    await runner.run_next()
    await scheduler.tamper("UPDATE attempt SET lease_expires_at = now() WHERE ended_at IS NULL")
    await scheduler.reap()
    assert await scheduler.status(second.execution) == "LOST"
    assert (await scheduler.create(workflow, dedupe_key="k")).execution.id == second.execution.id
    await scheduler.tamper("UPDATE execution SET completed_at = now() - interval '25 hours' WHERE status = 'LOST'")
    await scheduler.reap()
    assert not (await scheduler.create(workflow, dedupe_key="k")).duplicate


async def test_the_same_dedupe_key_of_another_workflow_is_another_execution(scheduler: Scheduler) -> None:
    first = await scheduler.create(await scheduler.workflow("A"), dedupe_key="k")
    second = await scheduler.create(await scheduler.workflow("B"), dedupe_key="k")
    assert not first.duplicate
    assert not second.duplicate


async def test_an_idempotency_key_answers_the_first_execution_again(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    key = {"idempotency_key": "once", "body_sha256": "a" * 64}
    first, second = await scheduler.create(workflow, **key), await scheduler.create(workflow, **key)
    assert (first.execution.id, first.duplicate) == (second.execution.id, second.duplicate)
    with pytest.raises(DomainError) as caught:
        await scheduler.create(workflow, idempotency_key="once", body_sha256="b" * 64)
    assert caught.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert (await audited(scheduler)).count("execution.created") == 1


@pytest.mark.parametrize(
    ("more", "reason", "pointer"),
    [
        ({"inputs_json": b"{}"}, "INPUTS_INVALID", "/inputs/file"),
        ({"inputs_json": b"nonsense"}, "INPUTS_INVALID", "/inputs"),
        ({"priority": 101}, "INVALID", "/priority"),
        ({"priority": -1}, "INVALID", "/priority"),
        ({"runner_id": "me"}, "INVALID", "/runnerId"),
        ({"mode": EXECUTION_MODE_INTERACTIVE}, "INVALID", "/runnerId"),
        ({"timeout_seconds": -1.0}, "INVALID", "/timeoutSeconds"),
        ({"dedupe_key": "\x00"}, "INVALID", "/dedupeKey"),
    ],
)
async def test_bad_requests_name_their_field(
    scheduler: Scheduler, more: dict[str, object], reason: str, pointer: str
) -> None:
    workflow = await scheduler.workflow(inputs=[{"name": "file", "type": "string", "required": True}])
    with pytest.raises(DomainError) as caught:
        await scheduler.create(workflow, **more)
    assert caught.value.reason == reason
    assert [field.pointer for field in caught.value.fields] == [pointer]


async def test_unknown_workflows_and_executions_answer_alike(scheduler: Scheduler) -> None:
    with pytest.raises(DomainError, match="no such workflow"):
        await scheduler.create(new_id())
    for identifier in (new_id(), "x"):
        with pytest.raises(DomainError, match="no such execution"):
            await scheduler.call(
                scheduler.executions.GetExecution, execution_pb.GetExecutionRequest(execution_id=identifier)
            )


async def test_an_interactive_execution_is_assigned_in_its_own_submission(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    execution = await scheduler.submit(workflow, mode=EXECUTION_MODE_INTERACTIVE, runner_id=runner.id)
    assert status_name(execution) == "ASSIGNED"
    offer = await runner.run_next()
    assert offer.interactive
    assert 4.0 < offer.offer_seconds <= 5.0
    await runner.finish(offer)
    assert await scheduler.status(execution) == "COMPLETED"


async def test_an_interactive_execution_that_cannot_begin_leaves_only_an_audit_row(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    await scheduler.submit(workflow, mode=EXECUTION_MODE_INTERACTIVE, runner_id=runner.id)
    with pytest.raises(DomainError) as caught:
        await scheduler.submit(workflow, mode=EXECUTION_MODE_INTERACTIVE, runner_id=runner.id)
    assert caught.value.reason == "RUNNER_UNAVAILABLE"
    assert [obstacle["code"] for obstacle in caught.value.facts["obstacles"]] == ["BUSY"]
    with pytest.raises(DomainError, match="not connected"):
        await scheduler.submit(workflow, mode=EXECUTION_MODE_INTERACTIVE, runner_id=new_id())
    assert (await scheduler.sql("SELECT count(*) AS n FROM execution"))[0]["n"] == 1
    assert await audited(scheduler) == ["execution.created", "execution.refused", "execution.refused"]


async def test_an_interactive_execution_its_runner_declines_fails_at_once(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(), mode=EXECUTION_MODE_INTERACTIVE, runner_id=runner.id)
    await runner.decline(await runner.offer(), "POLICY")
    failed = await scheduler.get(execution)
    assert (status_name(failed), failed.failure.code) == ("FAILED", "RUNNER_DECLINED")


async def test_two_interactive_submissions_for_one_seat_give_one_execution(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    answers = await asyncio.gather(
        *(scheduler.submit(workflow, mode=EXECUTION_MODE_INTERACTIVE, runner_id=runner.id) for _ in range(8)),
        return_exceptions=True,
    )
    assert len([each for each in answers if not isinstance(each, BaseException)]) == 1
    reasons = {each.reason for each in answers if isinstance(each, DomainError)}
    assert reasons == {"RUNNER_UNAVAILABLE"}
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_retry_makes_a_new_execution_with_the_same_inputs(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    first = await scheduler.submit(await scheduler.workflow(), inputs_json=b'{"a":1}', priority=70)
    request = execution_pb.RetryExecutionRequest(execution_id=first.id, idempotency_key="r", body_sha256="a")
    with pytest.raises(DomainError, match="still"):
        await scheduler.call(scheduler.executions.RetryExecution, request)
    await runner.fail(await runner.run_next())
    again = (await scheduler.call(scheduler.executions.RetryExecution, request)).execution
    repeated = (await scheduler.call(scheduler.executions.RetryExecution, request)).execution
    assert (again.retry_of, again.inputs_json, again.priority) == (first.id, b'{"a":1}', 70)
    assert repeated.id == again.id
    assert (await audited(scheduler))[-1] == "execution.retried"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_the_licences_verdict_outlives_the_license_service(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    await scheduler.submit(workflow)
    await scheduler.license.aclose()
    await scheduler.submit(workflow)
    limit = (await scheduler.sql("SELECT concurrent_executions FROM licence_verdict"))[0]["concurrent_executions"]
    assert limit >= 1


async def test_every_intervention_leaves_its_audit_row_in_the_same_transaction(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    execution = await scheduler.submit(workflow)
    await scheduler.stop(execution)
    await scheduler.call(scheduler.executions.HoldDispatch, execution_pb.HoldDispatchRequest(reason="x"))
    await scheduler.call(scheduler.executions.HoldDispatch, execution_pb.HoldDispatchRequest(reason="y"))
    await scheduler.call(scheduler.executions.ReleaseDispatch, execution_pb.ReleaseDispatchRequest())
    assert await audited(scheduler) == ["execution.created", "execution.stopped", "dispatch.held", "dispatch.released"]
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_stop_that_cannot_write_its_audit_row_changes_nothing(scheduler: Scheduler) -> None:
    execution = await scheduler.submit(await scheduler.workflow())
    core = scheduler.core

    class Refusing:
        async def record(self, *_: object, **__: object) -> None:
            raise asyncpg.ReadOnlySQLTransactionError

    interventions = Interventions(core.pool, core.bells, core.courier, Refusing())  # type: ignore[arg-type]  # fails on purpose
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await interventions.stop(execution.id, force=False, reason="")
    assert await scheduler.status(execution) == "QUEUED"


async def test_lists_filter_and_page_newest_first(scheduler: Scheduler) -> None:
    alpha, beta = await scheduler.workflow("Alpha"), await scheduler.workflow("Beta")
    made = [await scheduler.submit(alpha if number % 2 else beta) for number in range(7)]
    runner = await scheduler.runner()
    failed = await runner.run_next()
    await runner.fail(failed)

    async def found(**more: object) -> list[str]:
        ids: list[str] = []
        cursor = ""
        while True:
            request = execution_pb.ListExecutionsRequest(limit=2, cursor=cursor, **more)  # type: ignore[arg-type]  # filters
            page = await scheduler.call(scheduler.executions.ListExecutions, request)
            ids += [item.id for item in page.items]
            cursor = page.next_cursor
            if not cursor:
                return ids

    newest_first = [each.id for each in reversed(made)]
    assert await found() == newest_first
    assert await found(workflow_id=alpha) == [each for each in newest_first if each in {m.id for m in made[1::2]}]
    assert await found(statuses=[EXECUTION_STATUS_FAILED]) == [failed.attempt.execution_id]
    assert failed.attempt.execution_id not in await found(statuses=[EXECUTION_STATUS_QUEUED])
    assert failed.attempt.execution_id in await found(runner_id=runner.id)
    assert await found(query="alp") == await found(workflow_id=alpha)
    assert made[3].id in await found(query=made[3].id[:23])
    with pytest.raises(DomainError, match="cursor"):
        await scheduler.call(
            scheduler.executions.ListExecutions, execution_pb.ListExecutionsRequest(cursor="bm9uc2Vuc2U")
        )


async def test_history_pages_by_number(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.finish(await runner.run_next())
    request = execution_pb.ListExecutionEventsRequest(execution_id=execution.id, limit=3)
    first = await scheduler.call(scheduler.executions.ListExecutionEvents, request)
    request.cursor = first.next_cursor
    rest = await scheduler.call(scheduler.executions.ListExecutionEvents, request)
    assert [item.seq for item in (*first.items, *rest.items)] == [1, 2, 3, 4]
    assert rest.next_cursor == ""
