"""What happens now: server-sent events, and the figures of the dashboard."""

import asyncio
import time
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.gateway.live.sse import Streams, stream_events
from services.gateway.peers import find_method, request_of
from services.gateway.routes.declaration import Call, Route
from services.gateway.transcoding.enums import numbers, words
from services.gateway.transcoding.fields import ApiModel
from services.kit.paging import MAXIMUM_LIMIT

RECENT_FAILURES = 10
FRESH_SECONDS = 2.0
"""One look at the services serves everybody's dashboard for so long."""
CALL_SECONDS = 5.0
LIST_EXECUTIONS = find_method("exekra.scheduler.v1.ExecutionService.ListExecutions")
LIST_RUNNERS = find_method("exekra.registry.v1.RunnerAdminService.ListRunners")
LIVE = ("QUEUED", "ASSIGNED", "RUNNING", "STOPPING", "LOST")
RUNNER_PAGES = 10


class EventsQuery(ApiModel):
    """`executions`, `runners`, `execution:ID`, separated by commas; `lastEventId` as the header Last-Event-ID."""

    topics: Annotated[str, Field(min_length=1, max_length=2_000)]
    last_event_id: Annotated[str, Field(max_length=500)] = ""


class Count(ApiModel):
    """`more` tells that there are more than were counted."""

    status: str
    count: int
    more: bool


class RunnerCount(ApiModel):
    """Runners in one state."""

    state: str
    count: int


class RecentFailure(ApiModel):
    """An execution that failed lately."""

    id: str
    workflow_id: str
    workflow_name: str
    code: str
    message: str


class Dashboard(ApiModel):
    """Executions that are not over by status, runners by state, and the latest failures."""

    executions: list[Count]
    runners: list[RunnerCount]
    recent_failures: list[RecentFailure]


class Look:
    """Collects a dashboard, at most once every few seconds whoever asks."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._dashboard: Dashboard | None = None
        self._lock = asyncio.Lock()

    async def dashboard(self, call: Call) -> Dashboard:
        """All figures in parallel. Raises UNAVAILABLE while a service is away."""
        async with self._lock:
            if self._dashboard is None or time.monotonic() - self._at > FRESH_SECONDS:
                async with asyncio.TaskGroup() as tasks:
                    counts = [tasks.create_task(_count(call, status)) for status in LIVE]
                    runners = tasks.create_task(_runners(call))
                    failures = tasks.create_task(_failures(call))
                self._dashboard = Dashboard(
                    executions=[count.result() for count in counts],
                    runners=runners.result(),
                    recent_failures=failures.result(),
                )
                self._at = time.monotonic()
            return self._dashboard


async def _count(call: Call, status: str) -> Count:
    reply = await _list_executions(call, status, MAXIMUM_LIMIT)
    return Count(status=status, count=len(reply.items), more=bool(reply.next_cursor))


async def _failures(call: Call) -> list[RecentFailure]:
    reply = await _list_executions(call, "FAILED", RECENT_FAILURES)
    return [
        RecentFailure(
            id=execution.id,
            workflow_id=execution.workflow_id,
            workflow_name=execution.workflow_name,
            code=execution.failure.code,
            message=execution.failure.message,
        )
        for execution in reply.items
    ]


async def _list_executions(call: Call, status: str, limit: int) -> Any:
    request: Any = request_of(LIST_EXECUTIONS)
    request.statuses.append(numbers(request.DESCRIPTOR.fields_by_name["statuses"].enum_type)[status])
    request.limit = limit
    return await call.gateway.peers.call(LIST_EXECUTIONS, request, seconds=CALL_SECONDS)


async def _runners(call: Call) -> list[RunnerCount]:
    request: Any = request_of(LIST_RUNNERS)
    request.limit = MAXIMUM_LIMIT
    counts = {"ONLINE": 0, "BUSY": 0, "OFFLINE": 0}
    for _ in range(RUNNER_PAGES):
        reply = await call.gateway.peers.call(LIST_RUNNERS, request, seconds=CALL_SECONDS)
        for runner in reply.items:
            state = words(runner.DESCRIPTOR.fields_by_name["state"].enum_type)[runner.state]
            if state is not None:
                counts[state] += 1
        if not reply.next_cursor:
            break
        request.cursor = reply.next_cursor
    return [RunnerCount(state=state, count=count) for state, count in counts.items()]


def routes() -> tuple[Route, ...]:
    """Made anew for each gateway: the streams it counts and the look it keeps are its own."""
    streams, look = Streams(), Look()

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
        Route(
            method="GET",
            path="/dashboard",
            summary="What runs, what waits, what failed lately",
            resource="live",
            permission="execution:view",
            serve=look.dashboard,
            response=Dashboard,
        ),
    )
