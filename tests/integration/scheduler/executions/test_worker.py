"""The arq worker on a real Valkey: fast, patient with outages, and never needed."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.kit.errors import unavailable
from services.launcher.ports import free_port
from services.launcher.valkey_server import ValkeyServer
from services.scheduler.worker.bell_worker import supervise
from services.scheduler.worker.queue import QUEUE, ArqDoorbell, connect
from tests.conftest import running
from tests.eventually import eventually
from tests.integration.scheduler.executions.conftest import StartScheduler


class Counting:
    """Counts claims; answers when the last one began."""

    def __init__(self) -> None:
        self.count = 0
        self.began = 0.0
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.count += 1
        self.began = time.monotonic()
        if self.error is not None:
            error, self.error = self.error, None
            raise error


@pytest.fixture
def valkey(tmp_path: Path) -> ValkeyServer:
    """One that a test may kill."""
    return ValkeyServer(folder=tmp_path, port=free_port(), password="tests-only")


@asynccontextmanager
async def serving(valkey: ValkeyServer, tmp_path: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    with running(valkey.command(), tmp_path / "valkey.log", signal.SIGTERM) as process:
        await valkey.wait_until_ready()
        yield process


@asynccontextmanager
async def working(url: str, dispatch: Callable[[], Awaitable[object]]) -> AsyncIterator[ArqDoorbell]:
    """A supervised worker, and a doorbell to it."""
    stop = asyncio.Event()
    worker = asyncio.create_task(supervise(url, dispatch, stop))
    redis = connect(url)
    try:
        yield ArqDoorbell(redis)
    finally:
        stop.set()
        await worker
        await redis.aclose(close_connection_pool=True)


async def test_a_rung_bell_claims_within_milliseconds(valkey: ValkeyServer, tmp_path: Path) -> None:
    claims = Counting()
    async with serving(valkey, tmp_path), working(valkey.url, claims) as doorbell:
        await doorbell.ring()
        await eventually(lambda: claims.count == 1)
        delays = []
        for rings in range(2, 22):
            rung = time.monotonic()
            await doorbell.ring()
            await eventually(lambda rings=rings: claims.count == rings)  # type: ignore[misc]  # the default binds the turn
            delays.append(claims.began - rung)
    # The poll alone would take a quarter of a second on average.
    assert sorted(delays)[10] < 0.1


async def test_an_outage_during_a_job_is_retried_and_an_error_is_not(valkey: ValkeyServer, tmp_path: Path) -> None:
    claims = Counting()
    async with serving(valkey, tmp_path), working(valkey.url, claims) as doorbell:
        claims.error = ValueError("a mistake of ours")
        await doorbell.ring()
        await eventually(lambda: claims.count == 1)
        claims.error = unavailable("The database")
        await doorbell.ring()
        await eventually(lambda: claims.count == 3)
        redis = connect(valkey.url)

        async def is_empty() -> bool:
            return not await redis.zcard(QUEUE)

        await eventually(is_empty)
        await redis.aclose(close_connection_pool=True)


async def test_the_worker_outlives_redis_and_works_on_when_it_is_back(valkey: ValkeyServer, tmp_path: Path) -> None:
    claims = Counting()
    async with working(valkey.url, claims) as doorbell:
        async with serving(valkey, tmp_path) as process:
            await doorbell.ring()
            await eventually(lambda: claims.count == 1)
            process.kill()
            process.wait()
        async with serving(valkey, tmp_path):

            async def claimed() -> bool:
                await doorbell.ring()
                return claims.count > 1

            await eventually(claimed)


async def test_a_flushed_redis_changes_nothing_for_the_next_bell(valkey: ValkeyServer, tmp_path: Path) -> None:
    claims = Counting()
    async with serving(valkey, tmp_path), working(valkey.url, claims) as doorbell:
        redis = connect(valkey.url)
        await redis.flushall()
        await redis.aclose(close_connection_pool=True)
        await doorbell.ring()
        await eventually(lambda: claims.count == 1)


async def test_with_redis_gone_executions_are_claimed_in_process(
    start_scheduler: StartScheduler, valkey: ValkeyServer
) -> None:
    scheduler = await start_scheduler(redis_url=valkey.url)
    runner = await scheduler.runner(slots=5)
    workflow = await scheduler.workflow()
    executions = [await scheduler.submit(workflow) for _ in range(5)]
    offered = {(await runner.run_next()).attempt.execution_id for _ in executions}
    assert offered == {execution.id for execution in executions}


async def test_bells_reach_the_worker_through_redis(
    start_scheduler: StartScheduler, valkey: ValkeyServer, tmp_path: Path
) -> None:
    async with serving(valkey, tmp_path):
        scheduler = await start_scheduler(redis_url=valkey.url)
        runner = await scheduler.runner()
        async with working(valkey.url, scheduler.core.dispatcher.run):
            execution = await scheduler.submit(await scheduler.workflow())
            assert (await runner.offer()).attempt.execution_id == execution.id
