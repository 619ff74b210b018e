"""How attempts end, and every answer a runner can get."""

import asyncio
import contextlib

import pytest

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from exekra.scheduler.v1 import execution_service_pb2 as execution_pb
from exekra.scheduler.v1.execution_pb2 import EXECUTION_STATUS_COMPLETED, Execution
from services.kit.errors import DomainError
from services.kit.ids import new_id
from tests.chaos.invariants import broken_invariants
from tests.integration.scheduler.executions.conftest import Scheduler, status_name
from tests.integration.scheduler.executions.scripted_registry import answer_name, finish_record, held

RETRY_LOST = {"onLost": "retry", "retry": {"maxAttempts": 2, "backoffSeconds": 1}}
LEASE_OVER = "UPDATE attempt SET lease_expires_at = now() - interval '1 second' WHERE ended_at IS NULL"


async def test_a_failure_is_data_on_the_execution(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    assert await runner.fail(await runner.run_next()) == "OK"
    failed = await scheduler.get(execution)
    assert status_name(failed) == "FAILED"
    assert (failed.failure.code, failed.failure.node_id) == ("BOOM", "n1")


async def test_a_retryable_failure_is_tried_again_after_its_backoff(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow(settings={"retry": {"maxAttempts": 2, "backoffSeconds": 60}})
    runner = await scheduler.runner()
    execution = await scheduler.submit(workflow)
    await runner.fail(await runner.run_next(), retryable=True)
    waiting = await scheduler.get(execution)
    assert (status_name(waiting), waiting.waiting_for) == ("QUEUED", "RETRY_BACKOFF")
    assert not waiting.HasField("failure")
    await scheduler.let_wait_pass()
    again = await runner.run_next()
    assert (again.attempt_no, again.run_attempt) == (2, 2)
    assert await runner.fail(again, retryable=True) == "OK"
    assert await scheduler.status(execution) == "FAILED"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_repeated_finish_answers_DUPLICATE_OK_and_another_result_is_stale(scheduler: Scheduler) -> None:  # noqa: N802
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    assert await runner.finish(offer) == "OK"
    assert await runner.finish(offer) == "DUPLICATE_OK"
    assert await runner.fail(offer) == "STALE_ATTEMPT"
    assert await scheduler.status(execution) == "COMPLETED"


async def test_the_same_finish_twice_in_one_batch_is_applied_once(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    record = finish_record(await runner.run_next())
    replies = await scheduler.registry.batch([(runner.id, runner.epoch, {"finish": record})] * 2)
    assert [answer_name(reply) for reply in replies] == ["OK", "DUPLICATE_OK"]
    assert await scheduler.events(execution) == ["SUBMIT", "CLAIM", "ACKNOWLEDGE", "FINISH_OK"]


async def test_another_runner_may_not_speak_for_an_attempt(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    other = await scheduler.runner(name="thief")
    assert await other.finish(offer) == "FORBIDDEN"
    assert await other.acknowledge(offer) == "FORBIDDEN"
    assert await other.decline(offer) == "FORBIDDEN"
    assert await scheduler.status(execution) == "RUNNING"


async def test_an_unknown_attempt_is_forbidden(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    offer = attempt_pb2.Offer(attempt=attempt_pb2.AttemptRef(execution_id=new_id(), attempt_id=new_id()))
    assert await runner.acknowledge(offer) == "FORBIDDEN"
    assert await runner.finish(offer) == "FORBIDDEN"


async def test_calls_of_an_older_session_are_stale_and_change_nothing(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    runner.epoch -= 1
    assert await runner.finish(offer) == "STALE_SESSION"
    assert answer_name(await runner.beat(held(offer))) == "STALE_SESSION"
    assert answer_name(await runner.poll()) == "STALE_SESSION"
    assert await scheduler.status(execution) == "RUNNING"
    runner.epoch += 1
    assert await runner.finish(offer) == "OK"


async def test_a_lost_execution_is_completed_by_its_late_finish(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.tamper(LEASE_OVER)
    await scheduler.reap()
    lost = await scheduler.get(execution)
    assert (status_name(lost), lost.failure.code) == ("LOST", "LOST")
    assert await runner.finish(offer) == "LATE_ACCEPTED"
    late = await scheduler.get(execution)
    assert (status_name(late), late.late, late.HasField("failure")) == ("COMPLETED", True, False)
    assert await runner.finish(offer) == "DUPLICATE_OK"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_late_failure_makes_a_lost_execution_failed(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.tamper(LEASE_OVER)
    await scheduler.reap()
    assert await runner.fail(offer) == "LATE_ACCEPTED"
    failed = await scheduler.get(execution)
    assert (status_name(failed), failed.late, failed.failure.code) == ("FAILED", True, "BOOM")


async def test_a_late_success_ends_an_execution_that_waits_for_its_repetition(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(settings=RETRY_LOST))
    offer = await runner.run_next()
    assert offer.lease_seconds == 100.0
    await scheduler.tamper(LEASE_OVER)
    await scheduler.tamper("UPDATE runner SET enabled = false")
    await scheduler.reap()
    assert await scheduler.status(execution) == "QUEUED"
    assert await runner.finish(offer) == "LATE_ACCEPTED"
    assert await scheduler.status(execution) == "COMPLETED"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_late_finish_of_an_older_attempt_is_stale_and_a_success_is_never_overwritten(
    scheduler: Scheduler,
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow(settings=RETRY_LOST))
    first = await runner.run_next()
    await scheduler.tamper(LEASE_OVER)
    await scheduler.reap()
    await scheduler.let_wait_pass()
    second = await runner.run_next()
    assert await runner.finish(first) == "STALE_ATTEMPT"
    assert await runner.finish(second, output=b"2") == "OK"
    assert await runner.fail(first) == "STALE_ATTEMPT"
    done = await scheduler.get(execution)
    assert (status_name(done), done.output_json) == ("COMPLETED", b"2")
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_stop_of_a_running_execution_is_pushed_repeated_and_confirmed_by_the_runner(
    scheduler: Scheduler,
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    stopping = await scheduler.stop(execution)
    assert (status_name(stopping), stopping.stopped_by.name) == ("STOPPING", "Ada")
    orders = [attempt_pb2.AttemptOrder.Name(each.order) for each in scheduler.registry.instructions[runner.id]]
    assert orders == ["ATTEMPT_ORDER_STOP"]
    beat = await runner.beat(held(offer))
    assert beat.instructions[0].order == attempt_pb2.ATTEMPT_ORDER_STOP
    assert status_name(await scheduler.stop(execution, force=True)) == "STOPPING"
    beat = await runner.beat(held(offer))
    assert beat.instructions[0].order == attempt_pb2.ATTEMPT_ORDER_STOP_NOW
    assert await runner.finish(offer, attempt_pb2.OUTCOME_STOPPED) == "OK"
    assert await scheduler.status(execution) == "STOPPED"
    with pytest.raises(DomainError, match="ended already"):
        await scheduler.stop(execution)


async def test_a_success_that_meets_a_stop_is_a_success(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.stop(execution)
    assert await runner.finish(offer) == "OK"
    assert await scheduler.status(execution) == "COMPLETED"


async def test_a_stop_before_the_acknowledgement_makes_it_stale(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.offer()
    assert status_name(await scheduler.stop(execution)) == "STOPPED"
    assert await runner.acknowledge(offer) == "STALE_ATTEMPT"
    next_one = await scheduler.submit(await scheduler.workflow("Other"))
    assert (await runner.run_next()).attempt.execution_id == next_one.id


async def test_stop_and_finish_at_the_same_time_agree_on_one_end(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner(slots=20)
    executions = [await scheduler.submit(workflow) for _ in range(20)]
    offers = [await runner.run_next() for _ in executions]

    async def stop(execution: Execution) -> None:
        with contextlib.suppress(DomainError):  # it may have ended already
            await scheduler.stop(execution)

    await asyncio.gather(*(runner.finish(offer) for offer in offers), *(stop(each) for each in executions))
    for execution in executions:
        await scheduler.reaches(execution, "COMPLETED")
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_a_person_resolves_a_lost_execution_and_only_that(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    request = execution_pb.ResolveExecutionRequest(
        execution_id=execution.id, status=EXECUTION_STATUS_COMPLETED, note="the file is there"
    )
    with pytest.raises(DomainError, match="only a LOST one"):
        await scheduler.call(scheduler.executions.ResolveExecution, request)
    await scheduler.tamper(LEASE_OVER)
    await scheduler.reap()
    resolved = (await scheduler.call(scheduler.executions.ResolveExecution, request)).execution
    assert status_name(resolved) == "COMPLETED"
    assert (await scheduler.events(execution))[-1] == "RESOLVE_COMPLETED"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_evidence_of_a_stale_attempt_is_kept(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow(settings=RETRY_LOST))
    first = await runner.run_next()
    await scheduler.tamper(LEASE_OVER)
    await scheduler.reap()
    await scheduler.let_wait_pass()
    await runner.run_next()
    line = attempt_pb2.LogLine(seq=1, level=attempt_pb2.LOG_LEVEL_INFO, message="I did it")
    reply = await scheduler.registry.call(
        runner.id, runner.epoch, report=attempt_pb2.ReportBatch(attempt=first.attempt, log_lines=[line])
    )
    assert (reply.log_seq, answer_name(reply)) == (1, "OK")


async def test_a_call_that_cannot_be_stored_does_not_harm_its_neighbours(scheduler: Scheduler) -> None:
    runner = await scheduler.runner(slots=2)
    workflow = await scheduler.workflow()
    good, bad = await scheduler.submit(workflow), await scheduler.submit(workflow)
    offers = [await runner.run_next(), await runner.run_next()]
    by_execution = {offer.attempt.execution_id: offer for offer in offers}
    poisoned = finish_record(by_execution[bad.id])
    poisoned.node_events = 2**62
    poisoned.metrics.memory_avg = 2**62
    poisoned.stopped_by = "\x00"
    poisoned.digest = "\x00"
    garbled = pb.Acknowledge(attempt=attempt_pb2.AttemptRef(execution_id="x", attempt_id="'; DROP TABLE seat"))
    replies = await scheduler.registry.batch(
        [
            (runner.id, runner.epoch, {"acknowledge": garbled}),
            (runner.id, runner.epoch, {"finish": poisoned}),
            (runner.id, runner.epoch, {"finish": finish_record(by_execution[good.id])}),
        ]
    )
    assert answer_name(replies[0]) == "FORBIDDEN"
    assert answer_name(replies[2]) == "OK"
    assert await scheduler.status(good) == "COMPLETED"
