"""Event endpoints: who is told of what, the log of it, replay. All by the scheduler's EventEndpointService."""

from functools import partial

from services.gateway.routes import event_shapes as shapes
from services.gateway.routes.declaration import Route
from services.gateway.routes.shapes import WholeListQuery
from services.gateway.routes.workflows import pass_if_match

SERVICE = "exekra.scheduler.v1.EventEndpointService"
TEST_SECONDS = 25.0
"""A receiver may take its time."""
REPLAY_SECONDS = 20.0

route = partial(Route, resource="event endpoints")

ROUTES = (
    route(
        method="GET",
        path="/event-endpoints",
        summary="List event endpoints",
        permission="event:view",
        rpc=f"{SERVICE}.ListEventEndpoints",
        query=WholeListQuery,
        response=shapes.EventEndpoints,
    ),
    route(
        method="POST",
        path="/event-endpoints",
        summary="Create an event endpoint; its secret is shown this once",
        permission="event:manage",
        rpc=f"{SERVICE}.CreateEventEndpoint",
        request=shapes.CreateEventEndpoint,
        response=shapes.EventEndpointSecret,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/event-endpoints/{endpoint_id}",
        summary="Show an event endpoint",
        permission="event:view",
        rpc=f"{SERVICE}.GetEventEndpoint",
        response=shapes.EventEndpointAnswer,
        etag_of=lambda reply: reply.endpoint.etag,
    ),
    route(
        method="PATCH",
        path="/event-endpoints/{endpoint_id}",
        summary="Change an event endpoint, or disable it",
        permission="event:manage",
        rpc=f"{SERVICE}.UpdateEventEndpoint",
        request=shapes.ChangeEventEndpoint,
        response=shapes.EventEndpointAnswer,
        prepare=pass_if_match,
        etag_of=lambda reply: reply.endpoint.etag,
    ),
    route(
        method="DELETE",
        path="/event-endpoints/{endpoint_id}",
        summary="Delete an event endpoint; what was still to be sent is forgotten",
        permission="event:manage",
        rpc=f"{SERVICE}.DeleteEventEndpoint",
        status=204,
    ),
    route(
        method="POST",
        path="/event-endpoints/{endpoint_id}/rotate",
        summary="Make a new secret; the old one signs beside it for a while",
        permission="event:manage",
        rpc=f"{SERVICE}.RotateEventEndpoint",
        request=shapes.RotateEventEndpoint,
        response=shapes.EventEndpointSecret,
    ),
    route(
        method="POST",
        path="/event-endpoints/{endpoint_id}/test",
        summary="Send a test event now and show what came of it",
        permission="event:manage",
        rpc=f"{SERVICE}.TestEventEndpoint",
        response=shapes.EventTestAnswer,
        seconds=TEST_SECONDS,
    ),
    route(
        method="GET",
        path="/event-endpoints/{endpoint_id}/deliveries",
        summary="List what an endpoint was sent",
        permission="event:view",
        rpc=f"{SERVICE}.ListEventDeliveries",
        query=shapes.EventDeliveryQuery,
        response=shapes.EventDeliveryPage,
    ),
    route(
        method="GET",
        path="/event-endpoints/{endpoint_id}/deliveries/{delivery_id}",
        summary="Show a delivery with its body and every try",
        permission="event:view",
        rpc=f"{SERVICE}.GetEventDelivery",
        response=shapes.EventDeliveryAnswer,
    ),
    route(
        method="POST",
        path="/event-endpoints/{endpoint_id}/replay",
        summary="Send events again, by id, status or span",
        permission="event:manage",
        rpc=f"{SERVICE}.ReplayEventDeliveries",
        request=shapes.ReplayEvents,
        response=shapes.Replayed,
        status=202,
        seconds=REPLAY_SECONDS,
        creates=True,
    ),
    route(
        method="GET",
        path="/event-types",
        summary="List the types of events",
        permission="event:view",
        rpc=f"{SERVICE}.ListEventTypes",
        query=WholeListQuery,
        response=shapes.EventTypeList,
    ),
)
