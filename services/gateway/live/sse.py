"""Server-sent events for one browser or program: topics in, changes out, cut when too slow or no longer allowed."""

import asyncio
import json

from aiohttp import web

from services.gateway.live.feed import Change, Reader, Topics
from services.gateway.peers import find_method, request_of
from services.gateway.routes.declaration import Call
from services.gateway.web.admission import require, session_token
from services.gateway.web.request_keys import STREAMING
from services.kit.errors import DomainError, FieldError, Kind, invalid
from services.kit.ids import is_id

HEARTBEAT_SECONDS = 15.0
WRITE_SECONDS = 10.0
"""A client whose buffers stay full this long is cut."""
RETRY_MILLISECONDS = 2_000
TOPICS = 20
STREAMS_OF_ONE = 30
"""Open streams of one person or key in this process."""
GET_EXECUTION = "exekra.scheduler.v1.ExecutionService.GetExecution"
_PERMISSIONS = {"executions": "execution:view", "runners": "runner:view", "execution": "execution:view"}


class Streams:
    """Counts open streams by credential, so that one client cannot hold them all."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def enter(self, owner: str) -> None:
        """Raises STREAMS_EXHAUSTED."""
        if self._open.get(owner, 0) >= STREAMS_OF_ONE:
            raise DomainError(
                Kind.EXHAUSTED, "STREAMS_EXHAUSTED", f"At most {STREAMS_OF_ONE} live streams at once. Close some."
            )
        self._open[owner] = self._open.get(owner, 0) + 1

    def leave(self, owner: str) -> None:
        """Gives the place back."""
        left = self._open[owner] - 1
        if left:
            self._open[owner] = left
        else:
            del self._open[owner]


def parse_topics(text: str) -> Topics:
    """`executions,runners,execution:ID`. Raises TOPIC_UNKNOWN."""
    topics = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not 1 <= len(topics) <= TOPICS:
        raise invalid("Say what to watch.", FieldError("/topics", f"Give 1 to {TOPICS} topics."))
    for topic in topics:
        kind, _, identifier = topic.partition(":")
        if kind not in _PERMISSIONS or not (is_id(identifier) if kind == "execution" else topic == kind):
            raise invalid(
                "There is no such topic.",
                FieldError("/topics", f"{topic!r} is none of executions, runners, execution:ID."),
                reason="TOPIC_UNKNOWN",
            )
    return topics


async def stream_events(call: Call, streams: Streams) -> web.StreamResponse:
    """Answers until the client leaves, falls behind, loses its right, or the gateway drains."""
    topics = parse_topics(call.query.topics)
    for topic in sorted(topics):
        await _check_topic(call, topic)
    cursor = call.request.headers.get("Last-Event-ID", "") or call.query.last_event_id
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    owner = call.caller.credential.id if call.caller.credential else ""
    streams.enter(owner)
    try:
        async with call.gateway.feed.read(topics, cursor[:500]) as reader:
            call.request[STREAMING] = True
            await response.prepare(call.request)
            await _send(response, format_opening(reader))
            await _pump(call, response, reader)
    except (TimeoutError, ConnectionError):
        if call.request.transport is not None:
            call.request.transport.abort()
    finally:
        streams.leave(owner)
    return response


async def _pump(call: Call, response: web.StreamResponse, reader: Reader) -> None:
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                change = await reader.next()
        except TimeoutError:
            if not await _still_allowed(call):
                return
            await _send(response, ": still here\n\n")
            continue
        if change is None:
            return
        await _send(response, format_event(change))


def format_opening(reader: Reader) -> str:
    """Says where the stream begins: whoever loses it before the first event resumes there."""
    head = f"id: {reader.cursor}\n" if reader.cursor else ""
    return f"retry: {RETRY_MILLISECONDS}\n{head}: connected\n\n"


def format_event(change: Change) -> str:
    """One event; the payload is JSON on one line already, or is put on one."""
    payload = change.payload
    if "\n" in payload or "\r" in payload:
        payload = json.dumps(json.loads(payload), separators=(",", ":"))
    head = f"id: {change.cursor}\n" if change.cursor else ""
    data = f'{{"topic":{json.dumps(change.topic)},"kind":{json.dumps(change.kind)},"payload":{payload}}}'
    return f"{head}event: {change.kind}\ndata: {data}\n\n"


async def _check_topic(call: Call, topic: str) -> None:
    kind, _, identifier = topic.partition(":")
    await require(call.gateway, call.caller, _PERMISSIONS[kind])
    if identifier:
        method = find_method(GET_EXECUTION)
        request = request_of(method)
        request.execution_id = identifier  # type: ignore[attr-defined]  # a GetExecutionRequest
        await call.gateway.peers.call(method, request, seconds=5.0)


async def _still_allowed(call: Call) -> bool:
    """A stream must not outlive its session or key."""
    scheme, _, key = call.request.headers.get("Authorization", "").partition(" ")
    token = key.strip() if scheme.lower() == "bearer" else session_token(call.gateway, call.request)
    return await call.gateway.identity.authenticator.find(token) is not None


async def _send(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(text.encode())
