"""WorkItemService over gRPC: what the registry passes on from runners. See the proto for what a repeat does."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import hashlib
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import work_item_service_pb2 as pb
from exekra.scheduler.v1 import work_item_service_pb2_grpc, work_queue_pb2
from runner.workflow.documents import DocumentError, parse_document
from services.kit.ids import is_id
from services.kit.rpc_server import Registration
from services.scheduler.queues.errors import item_not_held, queue_field_invalid
from services.scheduler.queues.handling import Handlings, NodeRun, Settlement
from services.scheduler.queues.messages import added_message, item_message, new_item, outcome_of, status_number
from services.scheduler.queues.model import Ending, ItemFailure, ItemOutcome
from services.scheduler.queues.schemas import MAXIMUM_PAYLOAD_BYTES

if TYPE_CHECKING:
    from services.kit.postgres import Pool

MAXIMUM_ITEMS = 1_000
MAXIMUM_RUN = 500
MAXIMUM_CODE = 100
MAXIMUM_MESSAGE = 2_000


class WorkItemServicer(work_item_service_pb2_grpc.WorkItemServiceServicer):
    """The runner's id comes from the registry, everything else from the runner and may be anything."""

    def __init__(self, handlings: Handlings) -> None:
        self._handlings = handlings

    async def QueueItems(self, request: pb.QueueItemsRequest, context: Any) -> pb.QueueItemsResponse:
        order = request.order
        if not 1 <= len(order.items) <= MAXIMUM_ITEMS:
            raise queue_field_invalid("/items", f"Give 1 to {MAXIMUM_ITEMS} items.")
        single = len(order.items) == 1
        items = [new_item(item, "" if single else f"/items/{index}") for index, item in enumerate(order.items)]
        digest = hashlib.sha256(order.SerializeToString(deterministic=True)).hexdigest()
        added = await self._handlings.add(order.queue, _node_run(request.runner_id, order.run), items, digest)
        return pb.QueueItemsResponse(items=[added_message(item) for item in added])

    async def TakeItem(self, request: pb.TakeItemRequest, context: Any) -> pb.TakeItemResponse:
        order = request.order
        item = await self._handlings.take(order.queue, _node_run(request.runner_id, order.run))
        return pb.TakeItemResponse(item=item_message(item) if item else None)

    async def SettleItem(self, request: pb.SettleItemRequest, context: Any) -> pb.SettleItemResponse:
        status = await self._handlings.settle(_settlement(request.runner_id, request.order))
        return pb.SettleItemResponse(status=status_number(status))


def _node_run(runner_id: str, run: pb.NodeRunRef) -> NodeRun:
    if not 1 <= len(run.run) <= MAXIMUM_RUN or "\x00" in run.run or "\x00" in run.node_id:
        raise queue_field_invalid("/run", f"Give 1 to {MAXIMUM_RUN} characters.")
    return NodeRun(runner_id, run.attempt.attempt_id, run.node_id, run.run)


def _settlement(runner_id: str, order: pb.SettleItem) -> Settlement:
    ids = (runner_id, order.attempt.execution_id, order.attempt.attempt_id, order.item_id, order.settlement_id)
    if not all(map(is_id, ids)):
        raise item_not_held()
    outcome = outcome_of(order.outcome)
    if outcome is None or outcome is ItemOutcome.LOST:
        raise queue_field_invalid("/outcome", "Say how the handling ended.")
    failure = None
    if outcome is not ItemOutcome.SUCCESSFUL:
        failure = _failure(order.failure)
    return Settlement(
        runner_id=runner_id,
        execution_id=order.attempt.execution_id,
        attempt_id=order.attempt.attempt_id,
        item_id=order.item_id,
        attempt_no=order.item_attempt,
        ending=Ending(outcome, failure, _output(order.output_json), order.settlement_id),
    )


def _failure(failure: work_queue_pb2.WorkItemFailure) -> ItemFailure:
    return ItemFailure(_clean(failure.code, MAXIMUM_CODE) or "FAILED", _clean(failure.message, MAXIMUM_MESSAGE))


def _clean(text: str, most: int) -> str:
    return text.replace("\x00", "\ufffd")[:most]


def _output(data: bytes) -> bytes:
    try:
        parse_document(data or b"null", max_bytes=MAXIMUM_PAYLOAD_BYTES)
    except DocumentError as error:
        raise queue_field_invalid("/output" + error.pointer, error.message) from None
    return data


def runner_registration(pool: "Pool") -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        work_item_service_pb2_grpc.add_WorkItemServiceServicer_to_server,
        WorkItemServicer(Handlings(pool)),
        pb.DESCRIPTOR.services_by_name["WorkItemService"],
    )
