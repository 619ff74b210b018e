"""Waiting for an execution's end."""

from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from services.client import Hub, NotEndedError, NotFound
from services.client.resources import waiting
from tests.unit.client.conftest import Server
from tests.unit.client.test_events import streaming

EXECUTION_ID = "019a0000-0000-7000-8000-000000000002"


def executions(server: Server, *answers: Any, stream: Any = None) -> None:
    """What looking finds, one after the other; `stream` answers the live events."""
    left = list(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/api/events":
            if stream is None:
                return web.json_response({"reason": "STREAMS_EXHAUSTED"}, status=403)
            response: web.StreamResponse = await stream(request)
            return response
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, int):
            return web.json_response({"detail": "away"}, status=found)
        return web.json_response({"execution": {"id": EXECUTION_ID, "status": found}})

    server.answers = [answer]


async def test_the_live_stream_ends_the_waiting_at_once(
    server: Server, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "FIRST_LOOK_SECONDS", 30.0)
    executions(server, "RUNNING", "COMPLETED", stream=streaming(1, hang=True))
    started = monotonic()
    assert (await hub.executions.wait_for(EXECUTION_ID)).status == "COMPLETED"
    assert monotonic() - started < 10


async def test_without_a_stream_it_looks_now_and_then(server: Server, hub: Hub) -> None:
    executions(server, "QUEUED", "RUNNING", "FAILED")
    assert (await hub.executions.wait_for(EXECUTION_ID)).status == "FAILED"


async def test_a_hub_that_restarts_meanwhile_is_waited_for(server: Server, hub: Hub) -> None:
    executions(server, "RUNNING", 503, 503, 503, 503, "COMPLETED")
    assert (await hub.executions.wait_for(EXECUTION_ID)).ended


async def test_patience_ends_as_told_and_what_is_not_there_is_not_waited_for(server: Server, hub: Hub) -> None:
    executions(server, "RUNNING")
    with pytest.raises(NotEndedError, match="not ended"):
        await hub.executions.wait_for(EXECUTION_ID, seconds=0.2)
    executions(server, 404)
    with pytest.raises(NotFound):
        await hub.executions.wait_for(EXECUTION_ID)
