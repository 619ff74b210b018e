"""Forgets what need not be kept: idempotency keys after a day, logs, executions, items, deliveries after theirs."""

from typing import TYPE_CHECKING

from services.kit import idempotency
from services.scheduler.evidence import retention as evidence
from services.scheduler.evidence.compose import artifact_folder
from services.scheduler.evidence.files import ArtifactFiles
from services.scheduler.queues.release import forget_items
from services.scheduler.webhooks.retention import forget_deliveries, forget_rejections

if TYPE_CHECKING:
    from services.kit.postgres import Pool
    from services.scheduler.settings import SchedulerSettings


class Retention:
    """`run_once` is one turn of a loop; each step is a few short transactions."""

    def __init__(self, pool: "Pool", settings: "SchedulerSettings") -> None:
        self._pool = pool
        self._settings = settings
        self._files = ArtifactFiles(artifact_folder(settings.home))

    async def run_once(self) -> None:
        """Makes room for the logs of the days to come, and deletes what is old enough."""
        await evidence.ensure_log_partitions(self._pool)
        async with self._pool.acquire() as connection:
            await connection.execute(idempotency.DELETE_OLD)
        await evidence.forget_logs(self._pool, self._settings.keep_logs_days)
        await evidence.forget_executions(self._pool, self._settings.keep_executions_days)
        await forget_items(self._pool, self._settings.keep_executions_days)
        await evidence.forget_artifacts(self._pool, self._files)
        await forget_deliveries(self._pool, self._settings.keep_deliveries_days)
        await forget_rejections(self._pool, self._settings.keep_deliveries_days)
