"""The queue between those who ring and the worker that claims: an arq queue on Redis with JSON jobs.

Redis is only a bell. A job carries nothing; losing or doubling it changes latency alone.
"""

import json
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

from services.kit.ids import new_id

QUEUE = "exekra:dispatch"
WAKE_CHANNEL = "exekra:dispatch:wake"
FUNCTION = "dispatch"
JOB_SECONDS = 10
EXPIRES_SECONDS = 60
"""A bell older than this says nothing new: the reconciler has been there many times."""
CONNECT_SECONDS = 1.0
SOCKET_SECONDS = 5.0
HEALTH_CHECK_SECONDS = 15


def dump_job(job: dict[str, Any]) -> bytes:
    """A job as JSON."""
    return json.dumps(job, separators=(",", ":"), default=str).encode()


def load_job(data: bytes) -> dict[str, Any]:
    """The job that `dump_job` wrote."""
    job: dict[str, Any] = json.loads(data)
    return job


def connect(url: str) -> ArqRedis:
    """Connects when first used. Close it with `aclose(close_connection_pool=True)`."""
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=SOCKET_SECONDS,
        health_check_interval=HEALTH_CHECK_SECONDS,
    )
    return ArqRedis(
        pool_or_conn=pool,
        job_serializer=dump_job,
        job_deserializer=load_job,
        default_queue_name=QUEUE,
        expires_extra_ms=EXPIRES_SECONDS * 1000,
    )


class ArqDoorbell:
    """Asks the workers to claim by one job, and wakes one that waits."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def ring(self) -> None:
        """Raises redis.RedisError or OSError while Redis cannot be reached."""
        await self._redis.enqueue_job(FUNCTION, _job_id=new_id())
        await self._redis.publish(WAKE_CHANNEL, b"")
