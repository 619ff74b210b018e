"""Executions that wait for people and times, on a real Postgres with a scripted runner."""

import asyncio
import json

import pytest

from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.scheduler.continuations.approval_model import ApprovalStatus, Decision
from services.scheduler.continuations.approvals import Approvals
from services.scheduler.continuations.fetching import Fetching
from tests.chaos.invariants import broken_invariants
from tests.integration.scheduler.continuations.conftest import approval, delay, suspend
from tests.integration.scheduler.executions.conftest import ADA, Scheduler, status_name

MAY = frozenset({"approval:decide"})
BOB = Principal("user", "u2", "bob@example.com", MAY)


async def decide(approvals: Approvals, who: Principal, decision: Decision = Decision.APPROVED, index: int = 0) -> str:
    """The decision of the open question of this place, the newest first; or why it was refused."""
    open_ones = await approvals.list(ApprovalStatus.PENDING, None, None, 10)
    return await decide_this(approvals, open_ones[index].id, who, decision)


async def decide_this(approvals: Approvals, approval_id: str, who: Principal, decision: Decision) -> str:
    token = current_principal.set(who)
    try:
        return (await approvals.decide(approval_id, decision, "")).status
    except DomainError as error:
        return error.reason
    finally:
        current_principal.reset(token)


async def test_a_suspended_execution_waits_with_its_seat_free_and_goes_on_when_a_person_decides(
    scheduler: Scheduler, approvals: Approvals, fetching: Fetching
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    assert not offer.continued
    assert await suspend(runner, offer, approval()) == "OK"
    waiting = await scheduler.get(execution)
    assert (status_name(waiting), waiting.waiting_for, waiting.run_attempts) == ("QUEUED", "APPROVAL", 0)
    assert waiting.HasField("started_at")
    other = await scheduler.submit(await scheduler.workflow("Other"))
    await runner.finish(await runner.run_next())
    assert await scheduler.status(other) == "COMPLETED", "the seat was free"
    await scheduler.let_wait_pass()
    assert await decide(approvals, BOB) == "APPROVED"
    await scheduler.core.dispatcher.run()
    again = await runner.run_next()
    assert (again.attempt_no, again.run_attempt, again.continued) == (2, 1, True)
    document = json.loads(await fetching.document(again.attempt.attempt_id, runner.id))
    assert document["recorded"]["start"] == {
        "output": {"a": 1.0}, "port": "out", "input": None, "variables": None, "decided": False,
    }  # fmt: skip
    asked = document["recorded"]["ask"]
    assert (asked["port"], asked["output"]["by"]["name"], asked["decided"]) == ("approved", "bob@example.com", True)
    assert document["variables"] == [{"v": 1}]
    await runner.finish(again)
    assert await scheduler.status(execution) == "COMPLETED"
    assert await broken_invariants(scheduler.database.admin_dsn) == {}


async def test_nobody_else_gets_the_document(scheduler: Scheduler, fetching: Fetching) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await suspend(runner, await runner.run_next(), delay(seconds=0.0))
    await scheduler.let_wait_pass()
    again = await runner.run_next()
    stranger = await scheduler.runner(name="stranger")
    for runner_id, attempt_id in ((stranger.id, again.attempt.attempt_id), (runner.id, execution.id), ("x", "y")):
        with pytest.raises(DomainError, match="no such attempt"):
            await fetching.document(attempt_id, runner_id)
    document = json.loads(await fetching.document(again.attempt.attempt_id, runner.id))
    assert document["recorded"]["nap"]["output"] == {"seconds": 0.0}


async def test_the_first_delay_wakes_it_and_the_question_stays_open(
    scheduler: Scheduler, approvals: Approvals, fetching: Fetching
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await suspend(runner, await runner.run_next(), approval(), delay(seconds=600))
    assert (await scheduler.get(execution)).waiting_for == "DELAY"
    await scheduler.let_wait_pass()
    again = await runner.run_next()
    document = json.loads(await fetching.document(again.attempt.attempt_id, runner.id))
    assert 500 < document["remainingSeconds"]["nap"] <= 600
    # An answer while another branch is at work is there when that branch has ended.
    assert await decide(approvals, BOB, Decision.REJECTED) == "REJECTED"
    await suspend(runner, again, approval())
    assert (await scheduler.get(execution)).waiting_for == ""
    await scheduler.core.dispatcher.run()
    third = await runner.run_next()
    document = json.loads(await fetching.document(third.attempt.attempt_id, runner.id))
    assert document["recorded"]["ask"]["port"] == "rejected"
    rows = await scheduler.sql("SELECT count(*) AS n FROM approval WHERE execution_id = $1", execution.id)
    assert rows[0]["n"] == 1


async def test_many_who_decide_at_once_are_one_decision(scheduler: Scheduler, approvals: Approvals) -> None:
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow())
    await suspend(runner, await runner.run_next(), approval())
    people = [Principal("user", f"p{number}", f"p{number}", MAY) for number in range(6)]
    (question,) = await approvals.list(ApprovalStatus.PENDING, None, None, 10)
    said = await asyncio.gather(
        *(decide_this(approvals, question.id, who, list(Decision)[number % 2]) for number, who in enumerate(people))
    )
    assert sorted(said)[:5] == ["ALREADY_DECIDED"] * 5


async def test_who_may_decide(scheduler: Scheduler, approvals: Approvals) -> None:
    runner = await scheduler.runner(slots=2)
    workflow = await scheduler.workflow()
    await scheduler.submit(workflow)
    await suspend(runner, await runner.run_next(), approval(deciders=["Carla@example.com"]))
    assert await decide(approvals, BOB) == "NOT_A_DECIDER"
    assert await decide(approvals, Principal("user", "u3", "carla@example.com", MAY)) == "APPROVED"
    await runner.finish(await runner.run_next())
    await scheduler.submit(workflow)
    await suspend(runner, await runner.run_next(), approval(fourEyes=True))
    assert await decide(approvals, ADA) == "NOT_A_DECIDER"
    assert await decide(approvals, BOB) == "APPROVED"
    await runner.finish(await runner.run_next())
    await scheduler.submit(workflow)
    await suspend(runner, await runner.run_next(), approval(deciders=["somebody who left"]))
    administrator = Principal("user", "u9", "root", MAY | {"user:manage"})
    assert await decide(approvals, administrator) == "APPROVED"


async def test_the_time_to_decide_is_over_and_the_default_counts_once(
    scheduler: Scheduler, approvals: Approvals
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await suspend(runner, await runner.run_next(), approval(onTimeout="approve", timeoutSeconds=0))
    assert max(await asyncio.gather(approvals.expire(), approvals.expire())) == 1
    (answered,) = await approvals.list(None, execution.id, None, 10)
    assert (answered.decision, answered.timed_out) == (Decision.APPROVED, True)
    assert await approvals.expire() == 0
    assert (await scheduler.events(execution)).count("RESUME") == 1


async def test_a_stopped_execution_takes_its_question_back(scheduler: Scheduler, approvals: Approvals) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await suspend(runner, await runner.run_next(), approval(timeoutSeconds=0))
    (asked,) = await approvals.list(ApprovalStatus.PENDING, None, None, 10)
    await scheduler.stop(execution)
    assert (await approvals.find(asked.id)).status is ApprovalStatus.CANCELLED
    assert await approvals.expire() == 0
    token = current_principal.set(BOB)
    with pytest.raises(DomainError, match="has ended"):
        await approvals.decide(asked.id, Decision.APPROVED, "")
    current_principal.reset(token)


async def test_a_stop_that_meets_a_suspension_stops(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.stop(execution)
    await suspend(runner, offer, approval())
    assert await scheduler.status(execution) == "STOPPED"


async def test_a_suspension_that_comes_too_late_changes_nothing(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    await scheduler.tamper("UPDATE attempt SET lease_expires_at = now() - interval '1 second'")
    await scheduler.reap()
    assert await scheduler.status(execution) == "LOST"
    assert await suspend(runner, offer, approval()) == "STALE_ATTEMPT"
    assert await scheduler.status(execution) == "LOST"


async def test_the_same_suspension_twice_is_one(scheduler: Scheduler, approvals: Approvals) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    offer = await runner.run_next()
    assert await suspend(runner, offer, approval()) == "OK"
    assert await suspend(runner, offer, approval()) == "DUPLICATE_OK"
    assert len(await approvals.list(None, execution.id, None, 10)) == 1


@pytest.mark.parametrize(
    "request_json", [b"", b"no json", b"[]", b'{"title":7,"deciders":"x","timeoutSeconds":"soon"}']
)
async def test_whatever_a_runner_writes_becomes_a_question(
    scheduler: Scheduler, approvals: Approvals, request_json: bytes
) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    odd = approval()
    odd.request_json = request_json
    assert await suspend(runner, await runner.run_next(), odd) == "OK"
    (asked,) = await approvals.list(None, execution.id, None, 10)
    assert (asked.title, asked.deciders, asked.on_timeout) == ("ask", (), Decision.REJECTED)


async def test_a_retry_after_a_resumed_attempt_failed_goes_on_from_the_same_place(
    scheduler: Scheduler, approvals: Approvals, fetching: Fetching
) -> None:
    runner = await scheduler.runner()
    settings = {"retry": {"maxAttempts": 2, "backoffSeconds": 1}}
    execution = await scheduler.submit(await scheduler.workflow(settings=settings))
    await suspend(runner, await runner.run_next(), approval())
    await decide(approvals, BOB)
    await scheduler.core.dispatcher.run()
    await runner.fail(await runner.run_next(), retryable=True)
    await scheduler.let_wait_pass()
    third = await runner.run_next()
    assert third.run_attempt == 2
    assert "ask" in json.loads(await fetching.document(third.attempt.attempt_id, runner.id))["recorded"]
    await runner.fail(third, retryable=True)
    assert await scheduler.status(execution) == "FAILED"
