"""What executions do with items, and what the Hub does when they end: each item settled once, none forgotten."""

import asyncio
from typing import Any

import pytest

from exekra.scheduler.v1 import attempt_pb2
from services.kit.errors import DomainError
from services.kit.ids import new_id
from tests.integration.scheduler.continuations.conftest import approval, suspend
from tests.integration.scheduler.queues.conftest import Queues, Taker


async def refusal(wanted: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await wanted
    return refused.value.reason


async def test_items_are_taken_in_order_and_settled_with_what_they_came_to(queues: Queues) -> None:
    queue = await queues.create()
    first, second = await queues.add(queue, {"n": 1}), await queues.add(queue, {"n": 2})
    taker = await queues.taker()
    taken = await taker.take("INVOICES")
    assert taken is not None
    assert (taken.id, taken.attempt, taken.payload_json) == (first.id, 1, b'{"n": 1}')
    assert await taker.settle(taken, output={"paid": True}) == "SUCCESSFUL"
    shown = await queues.get(first)
    assert (shown.item.output_json, shown.item.execution_id) == (b'{"paid": true}', taker.offer.attempt.execution_id)
    assert shown.attempts[0].node_id == "take"
    other = await taker.take(queue.id)
    assert other is not None
    assert other.id == second.id
    assert await taker.take(queue.id) is None
    assert await refusal(taker.take("Nothing")) == "QUEUE_NOT_FOUND"


async def test_the_same_node_run_gets_the_same_item_however_often_it_asks(queues: Queues) -> None:
    queue = await queues.create()
    for _ in range(2):
        await queues.add(queue)
    taker = await queues.taker()
    answers = await asyncio.gather(*(taker.take(queue.id, run="loop@1") for _ in range(5)))
    assert len({item.id for item in answers if item is not None}) == 1
    assert (await queues("GetQueue", queue_id=queue.id)).queue.counts.in_progress == 1
    other = await taker.take(queue.id, run="loop@2")
    assert other is not None
    assert other.id != answers[0].id  # type: ignore[union-attr]  # asserted above


async def test_an_urgent_item_goes_first_but_not_for_ever(queues: Queues) -> None:
    queue = await queues.create()
    old = await queues.add(queue, priority=1)
    await queues.scheduler.tamper("UPDATE work_item SET ready_at = now() - interval '3 hours'")
    usual, urgent = await queues.add(queue), await queues.add(queue, priority=90)
    taker = await queues.taker()
    taken = [await taker.take(queue.id) for _ in range(3)]
    assert [item.id for item in taken if item is not None] == [old.id, urgent.id, usual.id]


async def test_a_system_failure_is_tried_again_later_until_no_try_is_left(queues: Queues) -> None:
    queue = await queues.create(max_retries=1, retry_backoff_seconds=60)
    item = await queues.add(queue)
    taker = await queues.taker()
    first = await taker.take(queue.id)
    assert first is not None
    assert await taker.settle(first, "SYSTEM_FAILED", code="SERVER_AWAY") == "NEW"
    assert await taker.take(queue.id) is None
    await queues.let_time_pass("ready_at")
    second = await taker.take(queue.id)
    assert second is not None
    assert (second.id, second.attempt, second.failures) == (item.id, 2, 1)
    assert await taker.settle(second, "SYSTEM_FAILED", code="SERVER_AWAY") == "FAILED"
    assert (await queues.get(item)).item.failure.code == "SERVER_AWAY"


async def test_a_business_failure_is_never_tried_again(queues: Queues) -> None:
    queue = await queues.create(max_retries=5)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    assert await taker.settle(item, "BUSINESS_FAILED", code="NO_VAT_ID") == "BUSINESS_FAILED"
    assert await taker.take(queue.id) is None


async def test_a_settlement_counts_once_and_another_one_is_refused(queues: Queues) -> None:
    queue = await queues.create(max_retries=3)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    same = new_id()
    answers = await asyncio.gather(
        *(taker.settle(item, "SYSTEM_FAILED", settlement_id=same, code="X") for _ in range(4))
    )
    assert set(answers) == {"NEW"}
    assert (await queues.get(item)).item.failures == 1
    assert await refusal(taker.settle(item)) == "ITEM_SETTLED"


async def test_only_the_execution_that_has_an_item_settles_it(queues: Queues) -> None:
    queue = await queues.create()
    await queues.add(queue)
    taker, other = await queues.taker(), await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    assert await refusal(other.settle(item)) == "ITEM_NOT_HELD"
    pretender = Taker(queues, other.runner, taker.offer)
    assert await refusal(pretender.settle(item)) == "ITEM_NOT_HELD"
    assert await refusal(pretender.take(queue.id)) == "ATTEMPT_NOT_FOUND"
    item.attempt = 2
    assert await refusal(taker.settle(item)) == "ITEM_NOT_HELD"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (attempt_pb2.OUTCOME_OK, "NOT_SETTLED"),
        (attempt_pb2.OUTCOME_FAILED, "EXECUTION_FAILED"),
        (attempt_pb2.OUTCOME_STOPPED, "EXECUTION_STOPPED"),
    ],
)
async def test_what_an_ended_execution_did_not_settle_is_given_back(queues: Queues, outcome: int, code: str) -> None:
    queue = await queues.create(max_retries=1)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await queues.release()
    assert await queues.status(item) == "IN_PROGRESS"
    await taker.runner.finish(taker.offer, outcome)
    await queues.release()
    shown = await queues.get(item)
    assert (shown.item.failure.code, shown.item.failures) == (code, 1)
    other = await (await queues.taker()).take(queue.id)
    assert other is not None
    assert (other.id, other.attempt) == (item.id, 2)
    assert await refusal(taker.settle(item)) == "ITEM_NOT_HELD"


async def test_a_word_that_comes_late_counts_while_nobody_took_the_item_since(queues: Queues) -> None:
    queue = await queues.create(max_retries=1)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await taker.runner.finish(taker.offer)
    await queues.release()
    same = new_id()
    assert await taker.settle(item, settlement_id=same) == "SUCCESSFUL"
    assert await taker.settle(item, settlement_id=same) == "SUCCESSFUL"
    assert (await queues.get(item)).attempts[0].late
    assert await refusal(taker.take(queue.id)) == "ATTEMPT_NOT_FOUND"


async def lose(taker: Taker) -> None:
    """The runner restarts after it had begun."""
    taker.runner.boot_id = new_id()
    held = attempt_pb2.HeldAttempt(attempt=taker.offer.attempt, phase=attempt_pb2.ATTEMPT_PHASE_BEGUN, alive=False)
    await taker.runner.hello([held])


async def test_an_item_of_a_lost_execution_waits_for_a_person(queues: Queues) -> None:
    queue = await queues.create(max_retries=3)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await lose(taker)
    await queues.release()
    assert await queues.status(item) == "LOST"
    assert await (await queues.taker()).take(queue.id) is None
    resolved = await queues(
        "ResolveItem", queue_id=queue.id, item_id=item.id, outcome="WORK_ITEM_OUTCOME_SUCCESSFUL", comment="Seen."
    )
    assert resolved.item.status == 3
    assert await refusal(taker.settle(item, "BUSINESS_FAILED", code="X")) == "ITEM_SETTLED"


async def test_the_journal_of_a_lost_execution_settles_its_item(queues: Queues) -> None:
    queue = await queues.create()
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await lose(taker)
    await queues.release()
    assert await taker.settle(item) == "SUCCESSFUL"


async def test_a_queue_may_have_lost_items_done_again(queues: Queues) -> None:
    queue = await queues.create(max_retries=1, on_lost="WORK_ITEM_LOSS_POLICY_RETRY")
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await lose(taker)
    await queues.release()
    assert await queues.status(item) == "NEW"
    assert (await queues.get(item)).item.failure.code == "EXECUTION_LOST"


async def test_an_item_that_is_held_too_long_is_lost(queues: Queues) -> None:
    queue = await queues.create(lease_seconds=60)
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id, run="same")
    assert item is not None
    await queues.let_time_pass("lease_expires_at")
    await queues.release()
    assert (await queues.get(item)).item.failure.code == "LEASE_OVER"
    assert await refusal(taker.take(queue.id, run="same")) == "ITEM_RELEASED"
    assert await taker.settle(item) == "SUCCESSFUL"


async def test_an_execution_that_waits_for_a_person_keeps_its_item(queues: Queues) -> None:
    queue = await queues.create()
    await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await suspend(taker.runner, taker.offer, approval())
    await queues.release()
    assert await queues.status(item) == "IN_PROGRESS"
    execution_id = taker.offer.attempt.execution_id
    await queues.scheduler.tamper(
        "UPDATE execution SET event = 'RESUME', waiting_for = NULL, ready_at = now() WHERE id = $1", execution_id
    )
    await queues.scheduler.core.dispatcher.run()
    again = Taker(queues, taker.runner, await taker.runner.run_next())
    assert again.offer.attempt.execution_id == execution_id
    await queues.release()
    assert await again.settle(item) == "SUCCESSFUL"


async def test_what_waits_too_long_expires_and_what_is_postponed_waits(queues: Queues) -> None:
    queue = await queues.create()
    expiring, postponed = await queues.add(queue), await queues.add(queue)
    deadline = expiring.created_at
    await queues.scheduler.tamper(
        "UPDATE work_item SET deadline_at = $2 WHERE id = $1", expiring.id, deadline.ToDatetime()
    )
    later = deadline
    later.FromSeconds(deadline.seconds + 3_600)
    await queues("ChangeItem", queue_id=queue.id, item_id=postponed.id, not_before=later)
    taker = await queues.taker()
    assert await taker.take(queue.id) is None
    await queues.release()
    assert await queues.status(expiring) == "EXPIRED"
    await queues.let_time_pass("ready_at")
    taken = await taker.take(queue.id)
    assert taken is not None
    assert taken.id == postponed.id


async def test_executions_add_items_once_however_often_they_ask(queues: Queues) -> None:
    queue = await queues.create(unique_references=True)
    taker = await queues.taker()
    first = await taker.add(queue.name, {"n": 1}, {"n": 2}, references=("a", "a"))
    again = await taker.add(queue.name, {"n": 1}, {"n": 2}, references=("a", "a"))
    assert [item.duplicate for item in first] == [False, True]
    assert [item.id for item in first] == [item.id for item in again]
    [item] = (await queues("ListItems", queue_id=queue.id)).items
    assert (item.created_by.kind, item.created_by.id) == ("execution", taker.offer.attempt.execution_id)


async def test_five_hundred_items_and_four_takers_of_which_one_dies(queues: Queues) -> None:
    queue = await queues.create(max_retries=1, on_lost="WORK_ITEM_LOSS_POLICY_RETRY")
    new = [{"payload_json": str(number).encode()} for number in range(500)]
    await queues("AddItems", queue_id=queue.id, items=new)
    takers = [await queues.taker() for _ in range(4)]
    settled: list[str] = []

    async def work(taker: Taker, most: int) -> None:
        for _ in range(most):
            item = await taker.take(queue.id)
            if item is None:
                return
            await taker.settle(item)
            settled.append(item.id)

    async def die(taker: Taker) -> None:
        await work(taker, 40)
        assert await taker.take(queue.id) is not None
        await lose(taker)

    await asyncio.gather(die(takers[0]), *(work(taker, 500) for taker in takers[1:]))
    await queues.release()
    await queues.let_time_pass("ready_at")
    await work(takers[1], 500)
    counts = (await queues("GetQueue", queue_id=queue.id)).queue.counts
    assert (counts.successful, counts.new, counts.in_progress, counts.lost) == (500, 0, 0, 0)
    assert len(settled) == len(set(settled)) == 500
