"""EventEndpointService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf.message import Message

from exekra.scheduler.v1 import event_endpoint_pb2
from exekra.scheduler.v1 import event_endpoint_service_pb2 as pb
from exekra.scheduler.v1.event_endpoint_service_pb2_grpc import (
    EventEndpointServiceServicer,
    add_EventEndpointServiceServicer_to_server,
)
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import answer_once, key_of
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.kit.sealing import Binding
from services.scheduler.delivery import replays, repository
from services.scheduler.delivery.errors import delivery_not_found
from services.scheduler.delivery.messages import (
    attempt_message,
    changed_draft,
    delivery_message,
    endpoint_message,
    new_draft,
    replay_of,
    statuses_of,
)
from services.scheduler.delivery.model import ROTATION_SECONDS
from services.scheduler.delivery.payload import build_body
from services.scheduler.delivery.sender import Sender
from services.scheduler.delivery.types import TYPES
from services.scheduler.delivery.use_cases import Endpoints, draft_of, resource

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

ResponseT = TypeVar("ResponseT", bound=Message)
LONGEST_ROTATION: Final = 30 * 24 * 3600.0
TESTS_AT_ONCE: Final = 5
MAXIMUM_IDS: Final = 1_000


class EventEndpointServicer(EventEndpointServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", endpoints: Endpoints, sender: Sender, window_seconds: float) -> None:
        self._pool = pool
        self._endpoints = endpoints
        self._sender = sender
        self._window_seconds = window_seconds
        self._testing = asyncio.Semaphore(TESTS_AT_ONCE)

    async def ListEventEndpoints(
        self, request: pb.ListEventEndpointsRequest, context: Any
    ) -> pb.ListEventEndpointsResponse:
        async with self._pool.acquire() as connection:
            found = await repository.list_endpoints(connection)
        return pb.ListEventEndpointsResponse(items=[endpoint_message(endpoint) for endpoint in found])

    async def GetEventEndpoint(self, request: pb.GetEventEndpointRequest, context: Any) -> pb.GetEventEndpointResponse:
        async with self._pool.acquire() as connection:
            found = await self._endpoints.get(connection, request.endpoint_id)
        return pb.GetEventEndpointResponse(endpoint=endpoint_message(found))

    async def CreateEventEndpoint(
        self, request: pb.CreateEventEndpointRequest, context: Any
    ) -> pb.CreateEventEndpointResponse:
        async def create(connection: "Connection") -> pb.CreateEventEndpointResponse:
            endpoint, secret = await self._endpoints.create(connection, new_draft(request))
            return pb.CreateEventEndpointResponse(endpoint=endpoint_message(endpoint), secret=secret)

        return await self._once(request, pb.CreateEventEndpointResponse, create)

    async def UpdateEventEndpoint(
        self, request: pb.UpdateEventEndpointRequest, context: Any
    ) -> pb.UpdateEventEndpointResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            old = await self._endpoints.get(connection, request.endpoint_id, locked=True)
            draft = changed_draft(draft_of(old), request)
            new = await self._endpoints.update(connection, old, draft, request.if_match)
        return pb.UpdateEventEndpointResponse(endpoint=endpoint_message(new))

    async def DeleteEventEndpoint(
        self, request: pb.DeleteEventEndpointRequest, context: Any
    ) -> pb.DeleteEventEndpointResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await self._endpoints.delete(connection, request.endpoint_id)
        return pb.DeleteEventEndpointResponse()

    async def RotateEventEndpoint(
        self, request: pb.RotateEventEndpointRequest, context: Any
    ) -> pb.RotateEventEndpointResponse:
        overlap = request.overlap_seconds if request.HasField("overlap_seconds") else ROTATION_SECONDS
        if not 0 <= overlap <= LONGEST_ROTATION:
            raise invalid(
                "The overlap is out of range.", FieldError("/overlapSeconds", f"Give 0 to {LONGEST_ROTATION:.0f}.")
            )
        async with self._pool.acquire() as connection, connection.transaction():
            endpoint, secret = await self._endpoints.rotate(connection, request.endpoint_id, overlap)
        return pb.RotateEventEndpointResponse(endpoint=endpoint_message(endpoint), secret=secret)

    async def TestEventEndpoint(
        self, request: pb.TestEventEndpointRequest, context: Any
    ) -> pb.TestEventEndpointResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            endpoint = await self._endpoints.get(connection, request.endpoint_id)
            await self._endpoints.outbox.record(connection, "event_endpoint.tested", resource(endpoint))
        async with self._testing:
            delivery, attempt = await replays.send_test(self._pool, self._sender, endpoint)
        return pb.TestEventEndpointResponse(delivery=delivery_message(delivery), attempt=attempt_message(attempt))

    async def ReplayEventDeliveries(
        self, request: pb.ReplayEventDeliveriesRequest, context: Any
    ) -> pb.ReplayEventDeliveriesResponse:
        wanted = replay_of(request)
        if len(wanted.delivery_ids) > MAXIMUM_IDS or not all(map(is_id, wanted.delivery_ids)):
            raise invalid("These are no deliveries.", FieldError("/deliveryIds", f"Give at most {MAXIMUM_IDS} ids."))

        async def send_again(connection: "Connection") -> pb.ReplayEventDeliveriesResponse:
            endpoint = await self._endpoints.get(connection, request.endpoint_id)
            count, more = await replays.replay(connection, endpoint.id, wanted, self._window_seconds)
            await self._endpoints.outbox.record(
                connection, "event_endpoint.replayed", resource(endpoint), {"count": count}
            )
            return pb.ReplayEventDeliveriesResponse(replayed=count, more=more)

        return await self._once(request, pb.ReplayEventDeliveriesResponse, send_again)

    async def ListEventDeliveries(
        self, request: pb.ListEventDeliveriesRequest, context: Any
    ) -> pb.ListEventDeliveriesResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "number")
        statuses = [str(status) for status in statuses_of(request.statuses)] or None
        async with self._pool.acquire() as connection:
            endpoint = await self._endpoints.get(connection, request.endpoint_id)
            found = await repository.deliveries(
                connection,
                endpoint.id,
                statuses,
                request.event_type,
                request.subject_id,
                cursor[0] if cursor else None,
                limit + 1,
            )
        items = found[:limit]
        return pb.ListEventDeliveriesResponse(
            items=[delivery_message(delivery) for delivery in items],
            next_cursor=encode_cursor(items[-1].event.seq) if len(found) > limit else "",
        )

    async def GetEventDelivery(self, request: pb.GetEventDeliveryRequest, context: Any) -> pb.GetEventDeliveryResponse:
        async with self._pool.acquire() as connection:
            endpoint = await self._endpoints.get(connection, request.endpoint_id)
            if not is_id(request.delivery_id):
                raise delivery_not_found()
            delivery = await repository.delivery(connection, endpoint.id, request.delivery_id)
            if delivery is None:
                raise delivery_not_found()
            return pb.GetEventDeliveryResponse(
                delivery=delivery_message(delivery),
                body_json=await build_body(connection, delivery.event),
                attempts=[attempt_message(each) for each in await repository.attempts(connection, delivery.id)],
            )

    async def ListEventTypes(self, request: pb.ListEventTypesRequest, context: Any) -> pb.ListEventTypesResponse:
        items = [event_endpoint_pb2.EventType(name=name, description=text) for name, text in TYPES.items()]
        return pb.ListEventTypesResponse(items=items)

    async def _once(
        self, request: Any, response_type: type[ResponseT], change: Callable[["Connection"], Awaitable[ResponseT]]
    ) -> ResponseT:
        """Does the change in one transaction; a repeat under the same Idempotency-Key gets the first answer.

        The kept answer is sealed, as it may hold a secret.
        """
        key, sealer = key_of(request), self._endpoints.sealer
        binding = Binding("idempotency_key", f"{key.owner} {key.key}", 1)
        return await answer_once(
            self._pool,
            key,
            response_type,
            change,
            keep=lambda response: sealer.seal(response.SerializeToString(), binding),
            read=lambda kept: response_type.FromString(sealer.open(kept, binding)),
        )


def registration(pool: "Pool", endpoints: Endpoints, sender: Sender, window_seconds: float) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        add_EventEndpointServiceServicer_to_server,
        EventEndpointServicer(pool, endpoints, sender, window_seconds),
        pb.DESCRIPTOR.services_by_name["EventEndpointService"],
    )
