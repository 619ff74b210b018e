"""Periodic work of the registry: presence, telling the scheduler, seats, sweeping silent streams, clearing old rows."""

import asyncio
import time
from typing import TYPE_CHECKING

from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.errors import unavailable
from services.kit.idempotency import DELETE_OLD
from services.registry import repository
from services.registry.link import Link
from services.registry.model import Runner
from services.registry.streams import Directory

if TYPE_CHECKING:
    from services.kit.postgres import Pool

TELL_SECONDS = 5.0
RELEASE_SECONDS = 10.0
SWEEP_SECONDS = 5.0
CLEAR_SECONDS = 3_600.0
AUDIT_SECONDS = 5.0


async def tell_scheduler(pool: "Pool", link: Link, seconds: float) -> None:
    """Tells the scheduler each runner's latest revision. Raises UNAVAILABLE while it is away; it is told later then."""
    async with pool.acquire() as connection:
        untold = await repository.list_untold(connection)
    await asyncio.gather(*(link.call(_update(runner), seconds=seconds) for runner in untold))
    if untold:
        async with pool.acquire() as connection:
            await connection.executemany(repository.MARK_TOLD, [(runner.id, runner.revision) for runner in untold])


async def sweep_silent(directory: Directory, offline_seconds: float) -> None:
    """Ends the streams of runners that have not been heard of for so long: their machines are gone without a word."""
    for session in directory:
        if time.monotonic() - session.heard_at > offline_seconds:
            session.end(unavailable("The runner"))


async def clear_old(pool: "Pool", metrics_days: int) -> None:
    """Deletes what is kept for a time only."""
    async with pool.acquire() as connection:
        await connection.execute(repository.DELETE_OLD_METRICS, metrics_days)
        await connection.execute(repository.DELETE_OLD_PAIRINGS)
        await connection.execute(DELETE_OLD)


def _update(runner: Runner) -> dispatch.RunnerCall:
    update = dispatch.UpdateRunner(
        runner_name=runner.name,
        labels=runner.labels,
        slots=runner.slots,
        enabled=runner.enabled,
        draining=runner.draining,
        deleted=runner.deleted,
    )
    return dispatch.RunnerCall(runner_id=runner.id, update_runner=update)
