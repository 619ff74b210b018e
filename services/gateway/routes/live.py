"""What happens now, as server-sent events."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from services.gateway.live.sse import Streams, stream_events
from services.gateway.routes.declaration import Call, Route
from services.gateway.transcoding.fields import ApiModel


class EventsQuery(ApiModel):
    """`executions`, `runners`, `execution:ID`, separated by commas; `lastEventId` as the header Last-Event-ID."""

    topics: Annotated[str, Field(min_length=1, max_length=2_000)]
    last_event_id: Annotated[str, Field(max_length=500)] = ""


def routes() -> tuple[Route, ...]:
    """Made anew for each gateway: the streams it counts are its own."""
    streams = Streams()

    async def events(call: Call) -> web.StreamResponse:
        return await stream_events(call, streams)

    return (
        Route(
            method="GET",
            path="/events",
            summary="Live changes as server-sent events",
            resource="live",
            permission="execution:view",
            serve=events,
            query=EventsQuery,
            media_type="text/event-stream",
        ),
    )
