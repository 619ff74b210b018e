"""Many executions by one request: each by itself, and what is refused holds nothing up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from exekra.audit.v1.audit_service_pb2 import AuditEvent
from exekra.scheduler.v1 import execution_service_pb2 as pb
from exekra.scheduler.v1.execution_pb2 import EXECUTION_STATUS_COMPLETED, EXECUTION_STATUS_FAILED
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.executions.interventions import Interventions
from tests.integration.scheduler.executions import conftest
from tests.integration.scheduler.executions.conftest import ADA, Scheduler

STOP, RETRY, RESOLVE = pb.BULK_ACTION_STOP, pb.BULK_ACTION_RETRY, pb.BULK_ACTION_RESOLVE
DONE, POSSIBLE, REFUSED = pb.BULK_OUTCOME_DONE, pb.BULK_OUTCOME_POSSIBLE, pb.BULK_OUTCOME_REFUSED


async def act(scheduler: Scheduler, action: "pb.BulkAction.ValueType", **more: Any) -> pb.ActOnExecutionsResponse:
    request = pb.ActOnExecutionsRequest(action=action, **more)
    answer: pb.ActOnExecutionsResponse = await scheduler.call(scheduler.executions.ActOnExecutions, request)
    return answer


async def queued(scheduler: Scheduler, workflow: str, count: int) -> list[str]:
    return [(await scheduler.submit(workflow)).id for _ in range(count)]


async def audited(scheduler: Scheduler, action: str) -> list[str]:
    rows = await scheduler.sql("SELECT event FROM outbox ORDER BY id")
    events = [AuditEvent.FromString(row["event"]) for row in rows]
    return [event.resource_id for event in events if event.action == action]


@asynccontextmanager
async def acting_as(monkeypatch: pytest.MonkeyPatch, *permissions: str) -> AsyncIterator[None]:
    monkeypatch.setattr(conftest, "ADA", replace(ADA, permissions=frozenset(permissions)))
    yield


async def test_what_can_be_stopped_is_and_the_others_say_why_not(scheduler: Scheduler) -> None:
    first, second = await queued(scheduler, await scheduler.workflow(), 2)
    await act(scheduler, STOP, ids=[second])
    unknown = new_id()
    answer = await act(scheduler, STOP, ids=[first, second, unknown, first], reason="a wrong file")
    assert [(item.execution_id, item.outcome, item.reason) for item in answer.items] == [
        (first, DONE, ""),
        (second, REFUSED, "ALREADY_ENDED"),
        (unknown, REFUSED, "EXECUTION_NOT_FOUND"),
    ]
    assert (answer.matched, answer.is_whole, answer.done, answer.refused) == (3, True, 1, 2)
    assert await audited(scheduler, "execution.stopped") == [second, first]


async def test_a_filter_is_worked_off_in_parts_and_finds_only_what_the_action_is_for(scheduler: Scheduler) -> None:
    workflow, other = await scheduler.workflow("Mine"), await scheduler.workflow("Other")
    mine = await queued(scheduler, workflow, 5)
    await queued(scheduler, other, 1)
    await act(scheduler, STOP, ids=mine[:1])
    wanted = pb.ExecutionFilter(workflow_id=workflow)
    seen: list[str] = []
    cursor, counts = "", []
    while True:
        answer = await act(scheduler, STOP, filter=wanted, limit=2, cursor=cursor)
        seen += [item.execution_id for item in answer.items]
        counts.append((answer.matched, answer.done))
        cursor = answer.next_cursor
        if not cursor:
            break
    assert seen == mine[:0:-1]
    assert counts[0] == (4, 2)
    live = await scheduler.sql("SELECT workflow_id FROM execution WHERE status = 'QUEUED'")
    assert [str(row["workflow_id"]) for row in live] == [other]
    nothing = await act(scheduler, STOP, filter=pb.ExecutionFilter(statuses=[EXECUTION_STATUS_FAILED]))
    assert (nothing.matched, list(nothing.items)) == (0, [])


async def test_a_dry_run_tells_what_would_be_done_and_does_nothing(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    first, second = await queued(scheduler, workflow, 2)
    await act(scheduler, STOP, ids=[second])
    listed = await act(scheduler, STOP, ids=[first, second, new_id()], dry_run=True)
    assert [(item.outcome, item.reason) for item in listed.items] == [
        (POSSIBLE, ""),
        (REFUSED, "ALREADY_ENDED"),
        (REFUSED, "EXECUTION_NOT_FOUND"),
    ]
    found = await act(scheduler, STOP, filter=pb.ExecutionFilter(workflow_id=workflow), dry_run=True)
    assert ([item.execution_id for item in found.items], found.matched, found.done) == ([first], 1, 0)
    assert len(await scheduler.sql("SELECT FROM execution WHERE status = 'QUEUED'")) == 1


async def test_a_repeated_retry_begins_nothing_twice_and_answers_the_same(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    ids = await queued(scheduler, workflow, 3)
    await act(scheduler, STOP, ids=ids)
    request = {"ids": ids, "idempotency_key": "again", "body_sha256": "b"}
    first = await act(scheduler, RETRY, **request)
    assert await act(scheduler, RETRY, **request) == first
    assert first.done == len({item.retried_as for item in first.items}) == 3
    assert len(await scheduler.sql("SELECT FROM execution WHERE retry_of IS NOT NULL")) == 3
    assert len(await audited(scheduler, "execution.retried")) == 3
    with pytest.raises(DomainError) as refused:
        await act(scheduler, RETRY, **{**request, "body_sha256": "c"})
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_what_an_outage_left_untried_is_done_by_the_repeat(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = await scheduler.workflow()
    ids = await queued(scheduler, workflow, 3)
    stop, calls = Interventions.stop, 0

    async def cut_off(self: Interventions, execution_id: str, *, force: bool, reason: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionResetError
        return await stop(self, execution_id, force=force, reason=reason)

    monkeypatch.setattr(Interventions, "stop", cut_off)
    request = {"filter": pb.ExecutionFilter(workflow_id=workflow), "idempotency_key": "k", "body_sha256": "b"}
    broken = await act(scheduler, STOP, **request)
    assert [item.reason for item in broken.items] == ["", "NOT_TRIED", "NOT_TRIED"]
    later = await scheduler.submit(workflow)
    whole = await act(scheduler, STOP, **request)
    assert (sorted(item.execution_id for item in whole.items), whole.done) == (sorted(ids), 3)
    assert await scheduler.status(later) == "QUEUED"


async def test_two_requests_of_one_key_at_the_same_time_are_not_both_begun(scheduler: Scheduler) -> None:
    ids = await queued(scheduler, await scheduler.workflow(), 4)
    request = {"ids": ids, "idempotency_key": "twins", "body_sha256": "b"}
    results = await asyncio.gather(*(act(scheduler, STOP, **request) for _ in range(2)), return_exceptions=True)
    refused = [error for error in results if isinstance(error, DomainError)]
    assert all(error.reason == "IDEMPOTENCY_IN_PROGRESS" for error in refused)
    assert len(await audited(scheduler, "execution.stopped")) == 4


async def test_only_lost_executions_are_resolved(scheduler: Scheduler) -> None:
    workflow = await scheduler.workflow()
    runner = await scheduler.runner()
    lost = await scheduler.submit(workflow)
    await runner.run_next()
    await scheduler.tamper("UPDATE attempt SET lease_expires_at = now() WHERE ended_at IS NULL")
    await scheduler.reap()
    assert await scheduler.status(lost) == "LOST"
    found = await act(scheduler, RESOLVE, filter=pb.ExecutionFilter(), status=EXECUTION_STATUS_COMPLETED, note="seen")
    assert [(item.execution_id, item.status) for item in found.items] == [(lost.id, EXECUTION_STATUS_COMPLETED)]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"ids": [new_id()], "filter": pb.ExecutionFilter()},
        {"ids": ["no id"]},
        {"ids": [new_id() for _ in range(201)]},
        {"filter": pb.ExecutionFilter(workflow_id="no id")},
        {"filter": pb.ExecutionFilter(), "cursor": "made up"},
        {"action": RESOLVE, "ids": [new_id()]},
        {"action": pb.BULK_ACTION_UNSPECIFIED, "ids": [new_id()]},
    ],
)
async def test_what_cannot_be_meant_is_refused(scheduler: Scheduler, request_: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        await act(scheduler, **{"action": STOP, **request_})
    assert refused.value.reason == "INVALID"


async def test_many_need_the_permission_that_one_needs(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await queued(scheduler, await scheduler.workflow(), 1)
    async with acting_as(monkeypatch, "execution:view", "execution:run"):
        with pytest.raises(DomainError) as refused:
            await act(scheduler, STOP, ids=ids)
    assert refused.value.reason == "PERMISSION_MISSING"
