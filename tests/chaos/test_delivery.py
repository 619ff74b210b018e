"""Receivers that are down for an hour, slow, lying, hanging and flooding, while the Hub's own parts are killed.

Time runs 120 times faster: an hour is half a minute, the times of delivery are scaled alike. Afterwards every endpoint
has every step of every execution in its order, the well-behaved one had them soon, no address inside was touched.
"""

import asyncio
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from services.kit.outbound import AddressPolicy, AddressRefused, Outbound
from tests.chaos.burst import GRAPH, SLOTS
from tests.eventually import eventually
from tests.hub import HubUnderTest, hub_under_test
from tests.receiver import Message, Receiver, receiving

log = structlog.get_logger()
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

HOUR_SECONDS = 30.0
SCALED = {
    "EXEKRA_DELIVERY_ANSWER_SECONDS": "1",
    "EXEKRA_DELIVERY_FIRST_RETRY_SECONDS": "0.05",
    "EXEKRA_DELIVERY_LONGEST_RETRY_SECONDS": "60",
    "EXEKRA_DELIVERY_PROBE_SECONDS": "0.05",
    "EXEKRA_DELIVERY_LONGEST_PROBE_SECONDS": "2.5",
    "EXEKRA_DELIVERY_WINDOW_SECONDS": "2160",
    "EXEKRA_DELIVERY_SWEEP_SECONDS": "0.5",
    "EXEKRA_ALLOW_PRIVATE_ENDPOINTS": "127.0.0.1/32",
}
UNDISTURBED_SECONDS = 5.0
"""A well-behaved receiver has an event this soon, whatever others do, on a machine with other work."""


class Crowd:
    """Receivers of one Hub by name, and when each message was accepted."""

    def __init__(self) -> None:
        self.receivers: dict[str, Receiver] = {}
        self.tries: Counter[tuple[str, str]] = Counter()
        self.at: dict[tuple[str, int], float] = {}

    def make(self, name: str, behave: Callable[[Message, int], Any]) -> Receiver:
        """`behave` gets the message and how often it has come before."""

        def reply(message: Message) -> Any:
            key = (name, message.id)
            before = self.tries[key]
            self.tries[key] += 1
            if name == "steady":
                self.at.setdefault(message.step, time.time())
            return behave(message, before)

        self.receivers[name] = Receiver(reply=reply)
        return self.receivers[name]

    def lacking(self, steps: Mapping[str, Sequence[int]]) -> dict[str, dict[str, list[int]]]:
        """Who has not accepted exactly these steps in this order, and what they have instead."""
        found = {name: receiver.steps() for name, receiver in self.receivers.items()}
        return {
            name: {each: have.get(each, []) for each in steps if have.get(each) != steps[each]}
            for name, have in found.items()
            if have != steps
        }


async def slow(message: Message, before: int) -> int:
    """Answers some messages after the Hub has given up, twice each."""
    await asyncio.sleep(2.0 if before < 2 and is_chosen(message) else 0.05)
    return 200


def is_chosen(message: Message) -> bool:
    """One message in four, always the same ones: whoever fails every time is down, which is another receiver's part."""
    return int(message.id[-1], 16) % 4 == 0


async def hang_in_the_body(message: Message, before: int) -> web.StreamResponse:
    """Says 200 and then nothing more: that is an answer."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    response.force_close()
    await response.prepare(message.request)
    await response.write(b"half")
    await asyncio.sleep(4.0)
    return response


async def flood(message: Message, before: int) -> web.StreamResponse:
    """Says 200 and talks on for 64 MiB: nobody listens so long."""
    response = web.StreamResponse()
    await response.prepare(message.request)
    try:
        for _ in range(1_024):
            await response.write(b"x" * 65_536)
    except ConnectionError:
        pass  # the Hub had heard enough
    return response


@pytest.mark.parametrize("kills", [False, True], ids=["receivers alone", "parts of the Hub as well"])
async def test_nothing_is_lost_nobody_waits_for_others_and_nothing_inside_is_touched(
    tmp_path: Path, intervals: Path, monkeypatch: pytest.MonkeyPatch, kills: bool
) -> None:
    for name, value in SCALED.items():
        monkeypatch.setenv(name, value)
    crowd = Crowd()
    async with hub_under_test(tmp_path, slots=SLOTS) as hub, AsyncExitStack() as stack:
        inside = await stack.enter_async_context(receiving(host="127.0.0.2"))
        lie = {"Location": inside.url("/inside")}
        steady = crowd.make("steady", lambda message, before: 204)
        others = {
            "slow": slow,
            "liar": lambda message, before: (
                web.Response(status=307, headers=lie) if before < 2 and is_chosen(message) else 200
            ),
            "moody": lambda message, before: (500, 429, 503, 408, 200)[min(before, 4)] if is_chosen(message) else 200,
            "hanging": hang_in_the_body,
            "flooding": flood,
            "dead": lambda message, before: 200,
        }
        for name, behave in others.items():
            crowd.make(name, behave)
        for name, receiver in crowd.receivers.items():
            if name == "dead":
                async with receiving(receiver):
                    pass  # it has a port, and nobody behind it
            else:
                await stack.enter_async_context(receiving(receiver))
            await add_endpoint(hub, name, receiver.url(), private=True)
        sneaky = await add_endpoint(hub, "sneaky", f"http://localhost:{inside.port}/", private=False)
        workflow_id = await hub.api.publish("Chaos", GRAPH)
        dead_until = time.monotonic() + HOUR_SECONDS

        chance = random.Random(4545)
        accepted = []
        for number in range(40):
            body = {"workflowId": workflow_id, "inputs": {"number": number}}
            answer = await hub.api.patient("POST", "/executions", body)
            accepted.append(answer["execution"]["id"])
            if kills and number in (8, 20, 30):
                os.kill(await hub.living("scheduler-loops"), signal.SIGKILL)
            if kills and number == 25:
                os.kill(await hub.living("postgres"), signal.SIGQUIT)
            await asyncio.sleep(chance.uniform(0.0, 0.3))  # the pace of the disturbance, nothing is waited for
        for execution_id in accepted:
            assert (await hub.api.ended(execution_id, seconds=120.0))["status"] == "COMPLETED"
        steps = await history(hub)

        await eventually(lambda: steady.steps() == steps, 60.0)  # the steady endpoint has everything
        assert not crowd.receivers["dead"].came
        await eventually(lambda: time.monotonic() > dead_until, 60.0)  # the hour is over
        await stack.enter_async_context(receiving(crowd.receivers["dead"], crowd.receivers["dead"].port))
        try:
            await eventually(lambda: crowd.lacking(steps) == {}, 120.0)
        except AssertionError:
            assert crowd.lacking(steps) == {}  # who lacks what says more
        waited = await longest_wait(hub, crowd)
        log.info("endpoints have everything", kills=kills, longest_wait_of_the_steady=waited, tries=count_tries(crowd))
        assert kills or waited < UNDISTURBED_SECONDS
        parked = await hub.query("SELECT count(*) AS parked FROM automation.event_delivery WHERE status = 'PARKED'")
        assert parked[0]["parked"] == 0
        assert not inside.came
        endpoint = (await hub.api.call("GET", f"/event-endpoints/{sneaky}"))["endpoint"]
        assert "not a public address" in endpoint["lastError"]


async def test_a_name_that_changes_between_check_and_connect_reaches_nothing_inside() -> None:
    """The resolver of an attacker: a public address first, this machine the next time anybody asks."""
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def rebind(host: Any, port: Any, **more: Any) -> list[Any]:
        if host != "rebind.example":
            return await real(host, port, **more)
        asked.append(host)
        address = "192.0.2.1" if len(asked) % 2 else "127.0.0.1"
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, port))] * 2

    async with receiving() as inside:
        loop.getaddrinfo = rebind  # type: ignore[method-assign]  # of this test's own loop
        try:
            async with Outbound(AddressPolicy.parse("192.0.2.0/24")) as outbound:
                for _ in range(20):
                    with pytest.raises((AddressRefused, TimeoutError, OSError)):
                        await outbound.send(
                            "POST",
                            f"http://rebind.example:{inside.port}/",
                            headers={},
                            body=b"{}",
                            seconds=0.1,
                            most_bytes=10,
                        )
        finally:
            loop.getaddrinfo = real  # type: ignore[method-assign]
        assert len(asked) == 20
        assert not inside.came


async def add_endpoint(hub: HubUnderTest, name: str, url: str, *, private: bool) -> str:
    body = {"name": name, "url": url, "eventTypes": ["execution.*"], "allowPrivate": private}
    made = await hub.api.call("POST", "/event-endpoints", body)
    return str(made["endpoint"]["id"])


async def history(hub: HubUnderTest) -> dict[str, list[int]]:
    """For each execution its steps, as the Hub knows them."""
    rows = await hub.query(
        """SELECT execution_id::text AS id, array_agg(seq ORDER BY seq) AS steps
             FROM automation.execution_event GROUP BY execution_id"""
    )
    return {row["id"]: row["steps"] for row in rows}


async def longest_wait(hub: HubUnderTest, crowd: Crowd) -> float:
    """From a step to its arrival at the steady endpoint, in seconds; the same clock on both sides."""
    rows = await hub.query(
        "SELECT execution_id::text AS id, seq, extract(epoch FROM at)::float8 AS at FROM automation.execution_event"
    )
    return max(crowd.at[row["id"], row["seq"]] - row["at"] for row in rows)


def count_tries(crowd: Crowd) -> dict[str, int]:
    """How often each receiver was called."""
    return {name: sum(count for (at, _), count in crowd.tries.items() if at == name) for name in crowd.receivers}
