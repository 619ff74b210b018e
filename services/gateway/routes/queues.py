"""Work queues, their items and what became of them. All by the scheduler's WorkQueueService."""

from functools import partial

from aiohttp import web

from exekra.scheduler.v1 import work_queue_service_pb2
from services.gateway.peers import find_method
from services.gateway.routes import queue_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.workflows import pass_if_match
from services.gateway.transcoding.enums import numbers
from services.gateway.web.request_keys import STREAMING

SERVICE = "exekra.scheduler.v1.WorkQueueService"
EXPORT = find_method(f"{SERVICE}.ExportItems")
EXPORT_SECONDS = 3_600.0
BULK_BYTES = 8 * 1024 * 1024
BULK_SECONDS = 30.0

route = partial(Route, resource="queues")


async def export_items(call: Call) -> web.StreamResponse:
    """All items in the order in which they were added, one JSON object a line."""
    request = work_queue_service_pb2.ExportItemsRequest(queue_id=call.id("queue_id"))
    table = numbers(request.DESCRIPTOR.fields_by_name["statuses"].enum_type)
    request.statuses.extend(table[status] for status in call.query.status)  # type: ignore[misc]  # numbers of that enum
    response = web.StreamResponse(
        headers={"Content-Disposition": 'attachment; filename="items.jsonl"', "Content-Type": "application/jsonl"}
    )
    async for part in call.gateway.peers.stream(EXPORT, request, seconds=EXPORT_SECONDS):
        if not response.prepared:
            call.request[STREAMING] = True
            await response.prepare(call.request)
        await response.write(part.lines)
    if not response.prepared:
        await response.prepare(call.request)
    await response.write_eof()
    return response


ROUTES = (
    route(
        method="GET",
        path="/queues",
        summary="List work queues",
        permission="queue:view",
        rpc=f"{SERVICE}.ListQueues",
        query=shapes.QueueQuery,
        response=shapes.QueuePage,
    ),
    route(
        method="POST",
        path="/queues",
        summary="Create a work queue",
        permission="queue:edit",
        rpc=f"{SERVICE}.CreateQueue",
        request=shapes.CreateQueue,
        response=shapes.QueueAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/queues/{queue_id}",
        summary="Show a work queue",
        permission="queue:view",
        rpc=f"{SERVICE}.GetQueue",
        response=shapes.QueueAnswer,
        etag_of=lambda reply: reply.queue.etag,
    ),
    route(
        method="PATCH",
        path="/queues/{queue_id}",
        summary="Change a work queue",
        permission="queue:edit",
        rpc=f"{SERVICE}.UpdateQueue",
        request=shapes.ChangeQueue,
        response=shapes.QueueAnswer,
        prepare=pass_if_match,
        etag_of=lambda reply: reply.queue.etag,
    ),
    route(
        method="DELETE",
        path="/queues/{queue_id}",
        summary="Delete a work queue with all its items",
        permission="queue:edit",
        rpc=f"{SERVICE}.DeleteQueue",
        query=shapes.DeleteQueueQuery,
        status=204,
        seconds=BULK_SECONDS,
    ),
    route(
        method="GET",
        path="/queues/{queue_id}/statistics",
        summary="Count a queue's items, handlings and failures",
        permission="queue:view",
        rpc=f"{SERVICE}.GetQueueStatistics",
        query=shapes.StatisticsQuery,
        response=shapes.QueueStatistics,
    ),
    route(
        method="GET",
        path="/queues/{queue_id}/items",
        summary="List the items of a queue",
        permission="queue:view",
        rpc=f"{SERVICE}.ListItems",
        query=shapes.ItemQuery,
        response=shapes.ItemPage,
    ),
    route(
        method="POST",
        path="/queues/{queue_id}/items",
        summary="Add an item",
        permission="queue:work",
        rpc=f"{SERVICE}.AddItem",
        request=shapes.AddItem,
        response=shapes.ItemAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="POST",
        path="/queues/{queue_id}/items/bulk",
        summary="Add up to 1,000 items, all or none",
        permission="queue:work",
        rpc=f"{SERVICE}.AddItems",
        request=shapes.AddItems,
        response=shapes.AddedItems,
        status=201,
        creates=True,
        body_limit=BULK_BYTES,
        seconds=BULK_SECONDS,
    ),
    route(
        method="GET",
        path="/queues/{queue_id}/items/export",
        summary="Download the items of a queue as lines of JSON",
        permission="queue:view",
        serve=export_items,
        query=shapes.ItemExportQuery,
        media_type="application/jsonl",
    ),
    route(
        method="GET",
        path="/queues/{queue_id}/items/{item_id}",
        summary="Show an item with its handlings",
        permission="queue:view",
        rpc=f"{SERVICE}.GetItem",
        response=shapes.ItemDetail,
    ),
    route(
        method="PATCH",
        path="/queues/{queue_id}/items/{item_id}",
        summary="Postpone an item that waits, or change its priority or deadline",
        permission="queue:work",
        rpc=f"{SERVICE}.ChangeItem",
        request=shapes.ChangeItem,
        response=shapes.ItemAnswer,
    ),
    route(
        method="DELETE",
        path="/queues/{queue_id}/items/{item_id}",
        summary="Delete an item that is not in progress",
        permission="queue:work",
        rpc=f"{SERVICE}.DeleteItem",
        status=204,
    ),
    route(
        method="POST",
        path="/queues/{queue_id}/items/{item_id}/retry",
        summary="Have a failed, lost or expired item tried again",
        permission="queue:work",
        rpc=f"{SERVICE}.RetryItem",
        response=shapes.ItemAnswer,
    ),
    route(
        method="POST",
        path="/queues/{queue_id}/items/{item_id}/resolve",
        summary="Say what became of a lost item",
        permission="queue:work",
        rpc=f"{SERVICE}.ResolveItem",
        request=shapes.ResolveItem,
        response=shapes.ItemAnswer,
    ),
)
