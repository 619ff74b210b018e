"""An arq worker that waits for an event instead of sleeping: a job starts within milliseconds, the poll is the net."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

import structlog
from arq.connections import ArqRedis
from arq.worker import Retry, Worker, func
from redis.exceptions import RedisError

from services.kit.loops import wait_for_any
from services.kit.translation import is_outage
from services.scheduler.worker.queue import FUNCTION, JOB_SECONDS, QUEUE, WAKE_CHANNEL, connect, dump_job, load_job

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

log = structlog.get_logger()

CONCURRENT_JOBS = 5
MAXIMUM_TRIES = 3
POLL_SECONDS = 0.5
RESTART_SECONDS = 1.0
LISTEN_SECONDS = 1.0


class BellWorker(Worker):
    """arq's worker with its polling loop exchanged: it looks when it is woken, and every half second anyway."""

    def __init__(self, redis: ArqRedis, dispatch: Callable[[], Awaitable[object]]) -> None:
        super().__init__(
            functions=[
                func(_job(dispatch), name=FUNCTION, timeout=JOB_SECONDS, keep_result=0, max_tries=MAXIMUM_TRIES)
            ],
            queue_name=QUEUE,
            redis_pool=redis,
            handle_signals=False,
            max_jobs=CONCURRENT_JOBS,
            max_tries=MAXIMUM_TRIES,
            job_timeout=JOB_SECONDS,
            keep_result=0,
            poll_delay=POLL_SECONDS,
            job_serializer=dump_job,
            job_deserializer=load_job,
            log_results=False,
        )
        self.wake = asyncio.Event()

    async def main(self) -> None:
        """Raises a redis error when Redis goes away: whoever runs the worker starts a new one."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self.wake.clear()
                await self._poll_iteration()
                await wait_for_any(POLL_SECONDS, self.wake)

    async def _listen(self) -> None:
        async with self.pool.pubsub() as pubsub:
            await pubsub.subscribe(WAKE_CHANNEL)
            while True:
                if await pubsub.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS):
                    self.wake.set()

    def _release_sem_dec_counter_on_complete(self) -> None:
        super()._release_sem_dec_counter_on_complete()
        self.wake.set()  # a place is free for the next job


def _job(dispatch: Callable[[], Awaitable[object]]) -> "WorkerCoroutine":
    async def dispatch_job(context: dict[str, Any]) -> None:
        try:
            await dispatch()
        except Exception as error:
            if is_outage(error):
                raise Retry(defer=2 ** context["job_try"]) from error
            raise

    return cast("WorkerCoroutine", dispatch_job)


async def supervise(url: str, dispatch: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Runs a worker until `stop`, and a new one whenever Redis was away: arq's own ends with the connection."""
    while not stop.is_set():
        redis = connect(url)
        try:
            await redis.ping()
            log.info("dispatch worker started")
            await _run_until(BellWorker(redis, dispatch), stop)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("dispatch worker waits for Redis", error=repr(error))
            await wait_for_any(RESTART_SECONDS, stop)
        except ExceptionGroup as group:
            _, others = group.split((RedisError, OSError, TimeoutError))
            if others is not None:
                raise others from None
            log.warning("dispatch worker lost Redis", error=repr(group.exceptions[0]))
            await wait_for_any(RESTART_SECONDS, stop)
        finally:
            await redis.aclose(close_connection_pool=True)


async def _run_until(worker: BellWorker, stop: asyncio.Event) -> None:
    """Drains on `stop`: no new jobs, and those at work (a second at most) are finished."""
    running = asyncio.create_task(worker.main())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        worker.allow_pick_jobs = False
        if worker.tasks:
            await asyncio.wait(list(worker.tasks.values()), timeout=JOB_SECONDS)
        if running.done():
            running.result()
    finally:
        stopping.cancel()
        running.cancel()
        for job in worker.tasks.values():
            job.cancel()
        await asyncio.gather(running, stopping, *worker.tasks.values(), return_exceptions=True)
