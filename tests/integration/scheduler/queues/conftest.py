"""Both services of work queues over real gRPC, beside the scheduler of the executions' tests."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exekra.scheduler.v1 import attempt_pb2, work_queue_pb2
from exekra.scheduler.v1 import work_item_service_pb2 as item_pb
from exekra.scheduler.v1 import work_queue_service_pb2 as pb
from exekra.scheduler.v1.work_item_service_pb2_grpc import WorkItemServiceStub
from exekra.scheduler.v1.work_queue_service_pb2_grpc import WorkQueueServiceStub
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.rpc_client import call, call_stream, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.queues.release import Release
from services.scheduler.queues.rpc import registration
from services.scheduler.queues.runner_rpc import runner_registration
from tests.eventually import eventually
from tests.integration.scheduler.executions.conftest import Scheduler, scheduler, start_scheduler
from tests.integration.scheduler.executions.scripted_registry import ScriptedRunner

__all__ = ["scheduler", "start_scheduler"]

GRACE = Principal("user", "u2", "Grace", frozenset({"queue:view", "queue:work", "queue:edit"}))


class Taker:
    """An attempt of an execution on a scripted runner, and what its nodes do with items."""

    def __init__(self, queues: "Queues", runner: ScriptedRunner, offer: attempt_pb2.Offer) -> None:
        self.queues = queues
        self.runner = runner
        self.offer = offer
        self._turns = 0

    def run(self, run: str) -> item_pb.NodeRunRef:
        return item_pb.NodeRunRef(attempt=self.offer.attempt, node_id="take", run=run)

    async def take(self, queue: str, run: str = "") -> work_queue_pb2.WorkItem | None:
        self._turns += 1
        order = item_pb.TakeItem(run=self.run(run or f"take@{self._turns}"), queue=queue)
        answer = await self.queues.ask("TakeItem", runner_id=self.runner.id, order=order)
        return answer.item if answer.HasField("item") else None

    async def settle(
        self,
        item: work_queue_pb2.WorkItem,
        outcome: str = "SUCCESSFUL",
        *,
        settlement_id: str = "",
        output: Any = None,
        code: str = "",
    ) -> str:
        order = item_pb.SettleItem(
            settlement_id=settlement_id or new_id(),
            attempt=self.offer.attempt,
            item_id=item.id,
            item_attempt=item.attempt,
            outcome=work_queue_pb2.WorkItemOutcome.Value(f"WORK_ITEM_OUTCOME_{outcome}"),
            output_json=json.dumps(output).encode(),
            failure=work_queue_pb2.WorkItemFailure(code=code, message="it broke") if code else None,
        )
        answer = await self.queues.ask("SettleItem", runner_id=self.runner.id, order=order)
        return status_name(answer.status)

    async def add(self, queue: str, *payloads: Any, run: str = "add", references: tuple[str, ...] = ()) -> Any:
        items = [
            work_queue_pb2.NewWorkItem(payload_json=json.dumps(payload).encode(), reference=reference)
            for payload, reference in zip(payloads, references or ("",) * len(payloads), strict=True)
        ]
        order = item_pb.QueueItems(run=self.run(run), queue=queue, items=items)
        return (await self.queues.ask("QueueItems", runner_id=self.runner.id, order=order)).items


class Queues:
    """Calls as the gateway does for Grace, and as the registry does for runners."""

    def __init__(self, scheduler: Scheduler, people: Any, runners: Any) -> None:
        self.scheduler = scheduler
        self._people = people
        self._runners = runners
        self._workflow = ""

    async def __call__(self, method: str, /, **fields: Any) -> Any:
        token = current_principal.set(GRACE)
        try:
            request = getattr(pb, f"{method}Request")(**fields)
            return await call(getattr(self._people, method), request, caller="gateway", seconds=30)
        finally:
            current_principal.reset(token)

    async def ask(self, method: str, /, **fields: Any) -> Any:
        request = getattr(item_pb, f"{method}Request")(**fields)
        return await call(getattr(self._runners, method), request, caller="registry", seconds=30)

    async def export(self, queue_id: str) -> list[dict[str, Any]]:
        token = current_principal.set(GRACE)
        try:
            stream = call_stream(
                self._people.ExportItems, pb.ExportItemsRequest(queue_id=queue_id), caller="gateway", seconds=30
            )
            return [json.loads(line) async for part in stream for line in part.lines.splitlines()]
        finally:
            current_principal.reset(token)

    async def create(self, name: str = "Invoices", **fields: Any) -> work_queue_pb2.WorkQueue:
        made: work_queue_pb2.WorkQueue = (await self("CreateQueue", name=name, **fields)).queue
        return made

    async def add(self, queue: work_queue_pb2.WorkQueue, payload: Any = None, **fields: Any) -> work_queue_pb2.WorkItem:
        item = work_queue_pb2.NewWorkItem(payload_json=json.dumps(payload).encode(), **fields)
        added: work_queue_pb2.WorkItem = (await self("AddItem", queue_id=queue.id, item=item)).item
        return added

    async def get(self, item: work_queue_pb2.WorkItem) -> Any:
        return await self("GetItem", queue_id=item.queue_id, item_id=item.id)

    async def status(self, item: work_queue_pb2.WorkItem) -> str:
        return status_name((await self.get(item)).item.status)

    async def taker(self) -> Taker:
        """An execution that has begun, on whichever runner got it."""
        if not self._workflow:
            self._workflow = await self.scheduler.workflow()
        runner = await self.scheduler.runner()
        await self.scheduler.submit(self._workflow)
        offers = self.scheduler.registry.offers
        await eventually(lambda: any(offers.values()))
        runner = next(each for each in self.scheduler.runners if offers.get(each.id))
        return Taker(self, runner, await runner.run_next())

    async def release(self) -> None:
        await Release(self.scheduler.core.pool).run_once()

    async def let_time_pass(self, column: str) -> None:
        """What an item waits for is over."""
        await self.scheduler.tamper(f"UPDATE work_item SET {column} = now() - interval '1 second'")


def status_name(status: int) -> str:
    return work_queue_pb2.WorkItemStatus.Name(status).removeprefix("WORK_ITEM_STATUS_")  # type: ignore[arg-type]  # a plain number


@pytest.fixture
async def queues(scheduler: Scheduler, short_folder: Path) -> AsyncIterator[Queues]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    pool, outbox = scheduler.core.pool, scheduler.core.outbox
    async with (
        grpc_server([registration(pool, outbox), runner_registration(pool)], address, drain_seconds=0.1),
        open_channel(address, caller="gateway") as people,
        open_channel(address, caller="registry") as runners,
    ):
        yield Queues(scheduler, WorkQueueServiceStub(people), WorkItemServiceStub(runners))
