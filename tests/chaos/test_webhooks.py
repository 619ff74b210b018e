"""Webhooks in an outage: everything that was answered is there once, however often it is sent."""

import asyncio
import os
import signal
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis.asyncio as redis

from tests.chaos.burst import GRAPH, SLOTS, all_ended, assert_sound
from tests.hub import HubUnderTest, hub_under_test
from tests.rest import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

COUNT = 5_000
TIMES = 3
CLIENTS = 20
WORKER_DOWN_SECONDS = 60.0
FLUSHES = 20
GIVE_UP_SECONDS = 240.0
ENDED_SECONDS = 600.0
AWAY = {502, 503, 504}
QUICK = {**GRAPH, "nodes": [node for node in GRAPH["nodes"] if node["id"] != "wait"]} | {
    "inputs": [],
    "edges": [{"id": "e1", "from": "start", "port": "out", "to": "double"}],
}
QUICK["nodes"][-1] = {**QUICK["nodes"][-1], "config": {"expression": "{{ inputs.webhook.body.number * 2 }}"}}


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries come faster than a sender may."""
    monkeypatch.setenv("EXEKRA_RATE_HOOK", "1000000")


class Senders:
    """Twenty senders that repeat what was not answered, as webhooks' senders do, and count every answer."""

    def __init__(self, hub: HubUnderTest, url: str) -> None:
        self._hub = hub
        self._url = url
        self.answers: dict[int, set[tuple[str, str]]] = {}
        self.statuses: Counter[int] = Counter()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        context = ssl.create_default_context(cafile=str(self._hub.running.authority))
        connector = aiohttp.TCPConnector(ssl=context, limit=CLIENTS)
        timeout = aiohttp.ClientTimeout(total=15)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            yield session

    async def have_answers(self, count: float) -> bool:
        """Whether so many deliveries were answered."""
        return len(self.answers) >= count

    async def send(self, numbers: list[int]) -> None:
        """Each number until it is answered."""
        rest = iter(numbers)

        async def client(session: aiohttp.ClientSession) -> None:
            for number in rest:
                await self._deliver(session, number)

        async with self.session() as session:
            await asyncio.gather(*(client(session) for _ in range(CLIENTS)))

    async def _deliver(self, session: aiohttp.ClientSession, number: int) -> None:
        until = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                async with session.post(
                    self._url, json={"number": number}, headers={"webhook-id": f"delivery {number}"}
                ) as response:
                    self.statuses[response.status] += 1
                    body: dict[str, Any] = await response.json(content_type=None)
                    if response.status in (200, 202):
                        self.answers.setdefault(number, set()).add((body["deliveryId"], body["executionId"]))
                        return
                    assert response.status in AWAY, body
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            assert time.monotonic() < until, f"delivery {number} was never answered"
            await asyncio.sleep(0.1)


async def make_senders(hub: HubUnderTest) -> tuple[str, Senders]:
    workflow_id = await hub.api.publish("Webhooks", QUICK)
    body = {"workflowId": workflow_id, "kind": "webhook", "name": "In", "auth": {"type": "none"}}
    trigger = (await hub.api.call("POST", "/triggers", body))["trigger"]
    return workflow_id, Senders(hub, trigger["url"])


async def assert_each_once(hub: HubUnderTest, workflow_id: str, senders: Senders, count: int) -> None:
    """One delivery and one execution for each number, and every answer named them."""
    assert set(senders.answers) == set(range(count))
    assert all(len(answers) == 1 for answers in senders.answers.values())
    assert len({answer for answers in senders.answers.values() for answer in answers}) == count
    rows = await hub.query(
        "SELECT count(*) AS deliveries, count(DISTINCT dedupe_id) AS ids, count(DISTINCT execution_id) AS executions "
        "FROM automation.delivery"
    )
    assert dict(rows[0]) == {"deliveries": count, "ids": count, "executions": count}
    ended = await all_ended(hub.api, workflow_id, seconds=ENDED_SECONDS)
    assert len(ended) == count
    assert [execution for execution in ended if execution["status"] != "COMPLETED"] == []
    assert sorted(execution["output"]["doubled"] for execution in ended) == [2 * number for number in range(count)]


async def test_five_thousand_deliveries_three_times_each_with_the_worker_down_and_redis_flushed(
    tmp_path: Path, intervals: Path
) -> None:
    async with hub_under_test(tmp_path, slots=SLOTS * 3) as hub:
        workflow_id, senders = await make_senders(hub)
        numbers = [number for number in range(COUNT) for _ in range(TIMES)]
        client: redis.Redis = redis.Redis.from_url((hub.running.home.secrets / "redis-url").read_text())
        worker = await hub.living("scheduler-worker")
        os.kill(worker, signal.SIGSTOP)  # down for everybody, and not restarted for a minute

        async def flush_often() -> None:
            for _ in range(FLUSHES):
                await client.flushall()
                await asyncio.sleep(WORKER_DOWN_SECONDS / FLUSHES)  # the outage itself
            os.kill(worker, signal.SIGKILL)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(flush_often())
            tasks.create_task(senders.send(numbers))
        await client.aclose()
        assert senders.statuses[202] >= COUNT
        await assert_each_once(hub, workflow_id, senders, COUNT)
        await assert_sound(hub, intervals)


@pytest.mark.parametrize("victim", ["gateway", "scheduler", "postgres", "valkey"])
async def test_a_part_killed_in_a_burst_of_deliveries_loses_and_doubles_none(
    victim: str, tmp_path: Path, intervals: Path
) -> None:
    count = 400
    async with hub_under_test(tmp_path, slots=SLOTS) as hub:
        workflow_id, senders = await make_senders(hub)

        async def kill_twice() -> None:
            for share in (0.2, 0.6):
                await eventually(partial(senders.have_answers, count * share), seconds=GIVE_UP_SECONDS)
                os.kill(await hub.living(victim), signal.SIGKILL)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kill_twice())
            tasks.create_task(senders.send([number for number in range(count) for _ in range(TIMES)]))
        await assert_each_once(hub, workflow_id, senders, count)
        await assert_sound(hub, intervals)
