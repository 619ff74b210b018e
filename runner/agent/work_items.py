"""Answers what nodes ask of work queues, by way of the Hub.

Adding and taking wait for the Hub for so long as the node says. A settlement is journalled first and needs no Hub: it
is sent at once, again before the execution's next question, and at the latest before its result. Every order names its
node run, so that the Hub knows a repeat.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import work_item_service_pb2 as item_pb
from exekra.scheduler.v1 import work_queue_pb2 as queue_pb
from runner.agent import wire
from runner.agent.attempts import Held, settled_record, settlement_record
from runner.agent.journal import Journal, JournalError
from runner.agent.model import dump_json
from runner.agent.session import Session
from runner.agent.settlement import Settlement
from runner.agent.transport import HubRefusedError, Transport
from runner.agent.work import Question
from runner.nodes.base import NodeFailure

SETTLE_PATIENCE_SECONDS = 10.0
"""So long a node waits to hear what the Hub says of its settlement; then it goes on, and the Hub hears it later."""

log = structlog.get_logger("runner.work_items")


class WorkItems:
    """For all attempts of this agent. Holds nothing itself: settlements under way belong to their attempt."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self._session = session
        self._journal = journal

    async def answer(self, held: Held, question: Question) -> dict[str, Any]:
        """What the node that asks gets. Raises NodeFailure."""
        body = question.body
        if question.kind == "workItems.settle":
            return await self._settle(held, question)
        seconds = float(body["seconds"])
        run = _run_ref(held, question)
        if question.kind == "workItems.take":
            take = pb.TakeWorkItemRequest(order=item_pb.TakeItem(run=run, queue=body["queue"]))
            taken = await self._ask(held, seconds, lambda transport: transport.take_work_item(take))
            return {"item": _item(taken.item) if taken.HasField("item") else None}
        if question.kind == "workItems.add":
            items = [_new_item(item) for item in body["items"]]
            add = pb.AddWorkItemsRequest(order=item_pb.QueueItems(run=run, queue=body["queue"], items=items))
            added = await self._ask(held, seconds, lambda transport: transport.add_work_items(add))
            return {
                "items": [
                    {"id": item.id, "reference": item.reference or None, "duplicate": item.duplicate}
                    for item in added.items
                ]
            }
        raise NodeFailure("RUNNER_OUTDATED", f"This runner cannot answer {question.kind!r}. Update it.")

    async def settle_all(self, held: Held) -> None:
        """Return when the Hub has heard every settlement of the attempt, or definitely refused it."""
        for settlement in list(held.settlements.values()):
            try:
                await self._tell(held, settlement)
            except HubRefusedError as refused:
                log.warning("settlement refused", item=settlement.item_id, reason=refused.reason)

    async def _settle(self, held: Held, question: Question) -> dict[str, Any]:
        settlement = _settlement(held, question)
        held.settlements[settlement.id] = settlement
        try:
            await self._journal.commit(settlement_record(held.attempt_id, settlement))
        except JournalError as error:
            held.settlements.pop(settlement.id, None)
            raise NodeFailure("DISK_FULL", str(error), retryable=True) from None
        try:
            async with asyncio.timeout(SETTLE_PATIENCE_SECONDS):
                status = await self._tell(held, settlement)
        except HubRefusedError as refused:
            raise NodeFailure(refused.reason, refused.message) from None
        except TimeoutError:
            return {"delivered": False, "status": None}
        return {"delivered": True, "status": status}

    async def _tell(self, held: Held, settlement: Settlement) -> str:
        """Until the answer is definite; the item's status after it. Raises HubRefusedError."""
        request = pb.SettleWorkItemRequest(order=_settle_order(held, settlement))
        try:
            reply = await self._session.request(lambda transport: transport.settle_work_item(request))
        except HubRefusedError:
            self._forget(held, settlement)
            raise
        self._forget(held, settlement)
        return queue_pb.WorkItemStatus.Name(reply.status).removeprefix("WORK_ITEM_STATUS_")

    def _forget(self, held: Held, settlement: Settlement) -> None:
        if held.settlements.pop(settlement.id, None) is not None:
            self._journal.append(settled_record(held.attempt_id, settlement.id))

    async def _ask(self, held: Held, seconds: float, send: Callable[[Transport], Awaitable[Any]]) -> Any:
        try:
            async with asyncio.timeout(seconds):
                await self.settle_all(held)
                return await self._session.request(send)
        except HubRefusedError as refused:
            raise NodeFailure(refused.reason, refused.message) from None
        except TimeoutError:
            message = f"The Hub did not answer within {seconds:g} seconds. Is it reachable from this machine?"
            raise NodeFailure("HUB_UNREACHABLE", message, retryable=True) from None


def _run_ref(held: Held, question: Question) -> item_pb.NodeRunRef:
    attempt = wire.attempt_ref(held.execution_id, held.attempt_id)
    return item_pb.NodeRunRef(attempt=attempt, node_id=question.node_id, run=question.run)


def _settlement(held: Held, question: Question) -> Settlement:
    body = question.body
    return Settlement(
        id=str(uuid5(UUID(held.attempt_id), question.run)),
        item_id=body["itemId"],
        item_attempt=body["itemAttempt"],
        outcome=body["outcome"],
        output=dump_json(body.get("output")).decode(),
        code=body.get("code") or "",
        message=body.get("message") or "",
    )


def _settle_order(held: Held, settlement: Settlement) -> item_pb.SettleItem:
    return item_pb.SettleItem(
        settlement_id=settlement.id,
        attempt=wire.attempt_ref(held.execution_id, held.attempt_id),
        item_id=settlement.item_id,
        item_attempt=settlement.item_attempt,
        outcome=queue_pb.WorkItemOutcome.Value(f"WORK_ITEM_OUTCOME_{settlement.outcome}"),
        output_json=settlement.output.encode(),
        failure=queue_pb.WorkItemFailure(code=settlement.code, message=settlement.message),
    )


def _new_item(item: Mapping[str, Any]) -> queue_pb.NewWorkItem:
    message = queue_pb.NewWorkItem(
        reference=item.get("reference") or "",
        payload_json=dump_json(item.get("payload")),
        priority=item.get("priority") or 0,
    )
    for name, field in (("notBefore", message.not_before), ("deadlineAt", message.deadline_at)):
        if item.get(name):
            field.FromJsonString(item[name])
    return message


def _item(item: queue_pb.WorkItem) -> dict[str, Any]:
    """As the node that took it puts it out."""
    return {
        "id": item.id,
        "attempt": item.attempt,
        "reference": item.reference or None,
        "payload": json.loads(item.payload_json or b"null"),
        "priority": item.priority,
        "failures": item.failures,
        "createdAt": item.created_at.ToJsonString(),
        "deadlineAt": item.deadline_at.ToJsonString() if item.HasField("deadline_at") else None,
    }
