"""WorkQueueService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import work_queue_service_pb2 as pb
from exekra.scheduler.v1 import work_queue_service_pb2_grpc
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import answer_once, key_of
from services.kit.identity import acting_principal
from services.kit.ids import is_id
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.executions.messages import timestamp
from services.scheduler.executions.model import Actor
from services.scheduler.queues import item_repository, items, library, reading, repository
from services.scheduler.queues.errors import queue_field_invalid, reference_taken
from services.scheduler.queues.item_repository import ItemFilter
from services.scheduler.queues.messages import (
    added_message,
    counts_message,
    export_line,
    handling_message,
    item_message,
    new_item,
    optional_instant,
    outcome_number,
    outcome_of,
    queue_message,
    statuses_of,
)
from services.scheduler.queues.model import ItemOutcome

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_ITEMS = 1_000
DEFAULT_HOURS = 24
MAXIMUM_HOURS = 90 * 24
SHOWN_FAILURES = 10
SHOWN_HANDLINGS = 100
EXPORT_BATCH = 100
EXPORT_BYTES = 1024 * 1024


class WorkQueueServicer(work_queue_service_pb2_grpc.WorkQueueServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", outbox: Outbox) -> None:
        self._pool = pool
        self._outbox = outbox

    # -- queues -------------------------------------------------------------------------------------------------------

    async def CreateQueue(self, request: pb.CreateQueueRequest, context: Any) -> pb.CreateQueueResponse:
        draft = reading.whole_draft(request)

        async def create(connection: "Connection") -> pb.CreateQueueResponse:
            queue = await library.create_queue(
                connection, self._outbox, draft, unique_references=request.unique_references
            )
            return pb.CreateQueueResponse(queue=queue_message(queue, {}))

        return await answer_once(self._pool, key_of(request), pb.CreateQueueResponse, create)

    async def GetQueue(self, request: pb.GetQueueRequest, context: Any) -> pb.GetQueueResponse:
        async with self._pool.acquire() as connection:
            queue = await library.get_queue(connection, request.queue_id)
            counts = await repository.count_items(connection, [queue.id])
        return pb.GetQueueResponse(queue=queue_message(queue, counts[queue.id]))

    async def ListQueues(self, request: pb.ListQueuesRequest, context: Any) -> pb.ListQueuesResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (cursor[0], cursor[1]) if cursor else None
        async with self._pool.acquire() as connection:
            found = await repository.list_queues(connection, request.query, after, limit + 1)
            shown = found[:limit]
            counts = await repository.count_items(connection, [queue.id for queue in shown])
        return pb.ListQueuesResponse(
            items=[queue_message(queue, counts[queue.id]) for queue in shown],
            next_cursor=encode_cursor(shown[-1].name.lower(), shown[-1].id) if len(found) > limit else "",
        )

    async def UpdateQueue(self, request: pb.UpdateQueueRequest, context: Any) -> pb.UpdateQueueResponse:
        draft = reading.partial_draft(request)
        async with self._pool.acquire() as connection, connection.transaction():
            queue = await library.update_queue(connection, self._outbox, request.queue_id, draft, request.if_match)
            counts = await repository.count_items(connection, [queue.id])
        return pb.UpdateQueueResponse(queue=queue_message(queue, counts[queue.id]))

    async def DeleteQueue(self, request: pb.DeleteQueueRequest, context: Any) -> pb.DeleteQueueResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_queue(connection, self._outbox, request.queue_id, force=request.force)
        return pb.DeleteQueueResponse()

    async def GetQueueStatistics(
        self, request: pb.GetQueueStatisticsRequest, context: Any
    ) -> pb.GetQueueStatisticsResponse:
        hours = request.hours or DEFAULT_HOURS
        if not 1 <= hours <= MAXIMUM_HOURS:
            raise queue_field_invalid("/hours", f"Give a number from 1 to {MAXIMUM_HOURS}.")
        async with self._pool.acquire() as connection:
            queue = await library.get_queue(connection, request.queue_id)
            known = await repository.statistics(connection, queue.id, hours, SHOWN_FAILURES)
        return pb.GetQueueStatisticsResponse(
            counts=counts_message(known.counts),
            ready=known.ready,
            oldest_waiting_at=timestamp(known.oldest_waiting_at),
            hours=hours,
            handled=known.handled,
            mean_handling_seconds=known.mean_handling_seconds,
            failures=[
                pb.WorkItemFailureCount(
                    outcome=outcome_number(each.outcome),
                    code=each.code,
                    count=each.count,
                    last_at=timestamp(each.last_at),
                )
                for each in known.failures
            ],
        )

    # -- items --------------------------------------------------------------------------------------------------------

    async def AddItem(self, request: pb.AddItemRequest, context: Any) -> pb.AddItemResponse:
        item = new_item(request.item, "")

        async def add(connection: "Connection") -> pb.AddItemResponse:
            queue = await library.get_queue(connection, request.queue_id)
            await items.check_payloads(queue, [("/payload", item.payload)])
            [added] = await items.add_items(connection, self._outbox, queue, [item], _person())
            if added.duplicate:
                raise reference_taken(added.reference, added.id)
            return pb.AddItemResponse(item=item_message(await items.get_item(connection, queue.id, added.id)))

        return await answer_once(self._pool, key_of(request), pb.AddItemResponse, add)

    async def AddItems(self, request: pb.AddItemsRequest, context: Any) -> pb.AddItemsResponse:
        if not 1 <= len(request.items) <= MAXIMUM_ITEMS:
            raise queue_field_invalid("/items", f"Give 1 to {MAXIMUM_ITEMS} items.")
        new = [new_item(item, f"/items/{index}") for index, item in enumerate(request.items)]

        async def add(connection: "Connection") -> pb.AddItemsResponse:
            queue = await library.get_queue(connection, request.queue_id)
            payloads = [(f"/items/{index}/payload", item.payload) for index, item in enumerate(new)]
            await items.check_payloads(queue, payloads)
            added = await items.add_items(connection, self._outbox, queue, new, _person())
            duplicates = sum(item.duplicate for item in added)
            return pb.AddItemsResponse(
                items=[added_message(item) for item in added], added=len(added) - duplicates, duplicates=duplicates
            )

        return await answer_once(self._pool, key_of(request), pb.AddItemsResponse, add)

    async def ListItems(self, request: pb.ListItemsRequest, context: Any) -> pb.ListItemsResponse:
        limit = clamp_limit(request.limit)
        if request.execution_id and not is_id(request.execution_id):
            raise queue_field_invalid("/executionId", "Give the id of an execution.")
        wanted = ItemFilter(
            statuses=statuses_of(request.statuses),
            reference=request.reference,
            execution_id=request.execution_id or None,
            since=optional_instant(request, "from", "/from"),
            until=optional_instant(request, "to", "/to"),
        )
        async with self._pool.acquire() as connection:
            queue = await library.get_queue(connection, request.queue_id)
            found = await item_repository.list_items(connection, queue.id, wanted, _after(request.cursor), limit + 1)
        shown = found[:limit]
        cursor = encode_cursor(shown[-1].created_at.isoformat(), shown[-1].id) if len(found) > limit else ""
        return pb.ListItemsResponse(items=[item_message(item) for item in shown], next_cursor=cursor)

    async def GetItem(self, request: pb.GetItemRequest, context: Any) -> pb.GetItemResponse:
        async with self._pool.acquire() as connection:
            item = await items.get_item(connection, *_ids(request))
            handlings = await item_repository.handlings(connection, item.id, SHOWN_HANDLINGS)
        return pb.GetItemResponse(
            item=item_message(item), attempts=[handling_message(handling) for handling in handlings]
        )

    async def ChangeItem(self, request: pb.ChangeItemRequest, context: Any) -> pb.ChangeItemResponse:
        wanted = reading.postponement(request)
        async with self._pool.acquire() as connection, connection.transaction():
            queue = await library.get_queue(connection, request.queue_id)
            item = await items.change_item(connection, self._outbox, queue, _ids(request)[1], wanted)
        return pb.ChangeItemResponse(item=item_message(item))

    async def RetryItem(self, request: pb.RetryItemRequest, context: Any) -> pb.RetryItemResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            queue = await library.get_queue(connection, request.queue_id)
            item = await items.retry_item(connection, self._outbox, queue, _ids(request)[1])
        return pb.RetryItemResponse(item=item_message(item))

    async def ResolveItem(self, request: pb.ResolveItemRequest, context: Any) -> pb.ResolveItemResponse:
        outcome = outcome_of(request.outcome)
        if outcome not in (ItemOutcome.SUCCESSFUL, ItemOutcome.BUSINESS_FAILED):
            raise queue_field_invalid("/outcome", 'Give "successful" or "businessFailed".')
        comment = reading.text(request.comment, "/comment")
        async with self._pool.acquire() as connection, connection.transaction():
            queue = await library.get_queue(connection, request.queue_id)
            successful = outcome is ItemOutcome.SUCCESSFUL
            item = await items.resolve_item(
                connection, self._outbox, queue, _ids(request)[1], comment, successful=successful
            )
        return pb.ResolveItemResponse(item=item_message(item))

    async def DeleteItem(self, request: pb.DeleteItemRequest, context: Any) -> pb.DeleteItemResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            queue = await library.get_queue(connection, request.queue_id)
            await items.delete_item(connection, self._outbox, queue, _ids(request)[1])
        return pb.DeleteItemResponse()

    async def ExportItems(self, request: pb.ExportItemsRequest, context: Any) -> AsyncIterator[pb.ExportItemsResponse]:
        statuses = statuses_of(request.statuses)
        async with self._pool.acquire() as connection:
            queue = await library.get_queue(connection, request.queue_id)
        after, lines = None, b""
        while True:
            async with self._pool.acquire() as connection:
                found = await item_repository.export(connection, queue.id, statuses, after, EXPORT_BATCH)
            for item in found:
                lines += export_line(item)
                if len(lines) >= EXPORT_BYTES:
                    yield pb.ExportItemsResponse(lines=lines)
                    lines = b""
            if len(found) < EXPORT_BATCH:
                break
            after = found[-1].id
        if lines:
            yield pb.ExportItemsResponse(lines=lines)


def _person() -> Actor:
    principal = acting_principal()
    return Actor(principal.kind, principal.id, principal.name)


def _ids(request: Any) -> tuple[str, str]:
    """Queue and item. Raises ITEM_NOT_FOUND for what is no id."""
    return reading.item_ids(request.queue_id, request.item_id)


def _after(cursor: str) -> tuple[datetime, str] | None:
    position = decode_cursor(cursor, "text", "id")
    if position is None:
        return None
    try:
        at = datetime.fromisoformat(position[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor before.")) from None
    return at, position[1]


def registration(pool: "Pool", outbox: Outbox) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        work_queue_service_pb2_grpc.add_WorkQueueServiceServicer_to_server,
        WorkQueueServicer(pool, outbox),
        pb.DESCRIPTOR.services_by_name["WorkQueueService"],
    )
