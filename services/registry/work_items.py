"""Passes what executions do with work items on to the scheduler; keeps nothing."""

from typing import Any

import grpc.aio

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import work_item_service_pb2 as scheduler_pb
from exekra.scheduler.v1 import work_item_service_pb2_grpc
from services.kit.rpc_client import call

CALL_SECONDS = 8.0


class WorkItems:
    """For all runners of this process. Raises what the scheduler raises."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = work_item_service_pb2_grpc.WorkItemServiceStub(scheduler)

    async def add(self, runner_id: str, request: pb.AddWorkItemsRequest) -> pb.AddWorkItemsResponse:
        """All or none."""
        order = scheduler_pb.QueueItemsRequest(runner_id=runner_id, order=request.order)
        answer = await self._call(self._stub.QueueItems, order)
        return pb.AddWorkItemsResponse(items=answer.items)

    async def take(self, runner_id: str, request: pb.TakeWorkItemRequest) -> pb.TakeWorkItemResponse:
        """The next item, if there is one."""
        order = scheduler_pb.TakeItemRequest(runner_id=runner_id, order=request.order)
        answer = await self._call(self._stub.TakeItem, order)
        return pb.TakeWorkItemResponse(item=answer.item if answer.HasField("item") else None)

    async def settle(self, runner_id: str, request: pb.SettleWorkItemRequest) -> pb.SettleWorkItemResponse:
        """Where the item stands then."""
        order = scheduler_pb.SettleItemRequest(runner_id=runner_id, order=request.order)
        answer = await self._call(self._stub.SettleItem, order)
        return pb.SettleWorkItemResponse(status=answer.status)

    async def _call(self, method: Any, request: Any) -> Any:
        return await call(method, request, caller="registry", seconds=CALL_SECONDS)
