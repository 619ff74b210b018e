"""Live events: the format, and going on after a break."""

import asyncio
import json
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from services.client import Event, Forbidden, Hub, Problem
from services.client import events as client_events
from services.client.events import EventParser
from tests.unit.client.conftest import Server

STREAM = (
    "retry: 10\n: connected\n\n"
    'id: 1\nevent: execution.changed\ndata: {"topic":"executions","kind":"execution.changed","payload":{"n":"é"}}\n\n'
    ": still here\n\n"
    'id: 2\r\ndata: {"topic":"runners",\r\ndata: "kind":"runner.changed","payload":null}\r\n\r\n'
)
EVENTS = [Event("1", "execution.changed", "executions", {"n": "é"}), Event("2", "runner.changed", "runners", None)]


@given(st.lists(st.integers(0, len(STREAM.encode())), max_size=10))
def test_however_the_bytes_arrive_the_events_are_the_same(cuts: list[int]) -> None:
    data, parser = STREAM.encode(), EventParser()
    places = [0, *sorted(cuts), len(data)]
    events = [event for a, b in pairwise(places) for event in parser.feed(data[a:b])]
    assert events == EVENTS
    assert (parser.last_id, parser.retry_seconds) == ("2", 0.01)


def streaming(*numbers: int, hang: bool = False) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in numbers:
            data = {"topic": "executions", "kind": "execution.changed", "payload": number}
            await response.write(f"id: {number}\ndata: {json.dumps(data)}\n\n".encode())
        if hang:
            await asyncio.sleep(60)
        return response

    return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_events, "FIRST_PAUSE_SECONDS", 0.01)


async def test_a_broken_stream_goes_on_after_the_last_event(server: Server, hub: Hub) -> None:
    server.answers = [streaming(1, 2), None, (503, {}, {}), streaming(3, hang=True)]
    seen: list[Any] = []
    async with aclosing(hub.watch("executions", "runners", after="0")) as events:
        async for event in events:
            seen.append(event.payload)
            if event.payload == 3:
                break
    assert seen == [1, 2, 3]
    assert server.asked[0][1] == "/api/events?topics=executions,runners"
    assert server.headers[0]["Last-Event-ID"] == "0"
    assert server.headers[-1]["Last-Event-ID"] == "2"


async def test_a_refusal_and_what_is_no_stream_end_it(server: Server, hub: Hub) -> None:
    server.answers = [(403, {"reason": "PERMISSION_MISSING"}, {})]
    with pytest.raises(Forbidden):
        _ = [event async for event in hub.watch("runners")]
    server.answers = [{}]
    with pytest.raises(Problem, match="no stream"):
        _ = [event async for event in hub.watch("runners")]
