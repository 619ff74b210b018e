"""What is kept for how long: functions for the loops process, each bounded in time and repeatable."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from services.scheduler.evidence.artifacts import LOCK_CONTENT
from services.scheduler.evidence.files import ArtifactFiles

if TYPE_CHECKING:
    from services.kit.postgres import Pool

BATCH = 500
TURN_SECONDS = 60.0
UNFINISHED_SECONDS = 7 * 24 * 3600
LOG_DAYS_AHEAD = 7

ENSURE_LOG_DAYS = "SELECT ensure_log_days($1)"
DROP_LOG_DAYS = "SELECT drop_log_days($1)"
OLD_EXECUTIONS = """SELECT id FROM execution WHERE created_at < $1 AND completed_at < $1
 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED"""
DELETE_NODE_RUNS = """DELETE FROM node_run USING attempt a
 WHERE a.execution_id = ANY($1::uuid[]) AND node_run.attempt_id = a.id"""
DELETE_EVIDENCE = "DELETE FROM attempt_evidence WHERE execution_id = ANY($1::uuid[])"
DELETE_EVENTS = "DELETE FROM execution_event WHERE execution_id = ANY($1::uuid[])"
DELETE_ATTEMPTS = "DELETE FROM attempt WHERE execution_id = ANY($1::uuid[])"
DELETE_CONTINUATIONS = "DELETE FROM continuation WHERE execution_id = ANY($1::uuid[])"
DELETE_APPROVALS = "DELETE FROM approval WHERE execution_id = ANY($1::uuid[])"
DELETE_EXECUTIONS = "DELETE FROM execution WHERE id = ANY($1::uuid[])"
OLD_ARTIFACTS = """SELECT id, sha256 FROM artifact
 WHERE NOT EXISTS (SELECT FROM execution e WHERE e.id = artifact.execution_id)
    OR (stored_at IS NULL AND created_at < now() - make_interval(secs => $1))
 LIMIT $2"""
# A backup that is being made holds it shared: what its snapshot names stays on the disk until it is copied.
MAY_REMOVE = "SELECT pg_try_advisory_xact_lock(hashtext('exekra artifacts'))"
DELETE_ARTIFACT = "DELETE FROM artifact WHERE id = $1"
CONTENT_USED = "SELECT EXISTS (SELECT FROM artifact WHERE sha256 = $1)"


async def ensure_log_partitions(pool: "Pool") -> int:
    """Makes the log partitions of the coming days; answers how many. Run it at start and every hour."""
    made: int = await pool.fetchval(ENSURE_LOG_DAYS, LOG_DAYS_AHEAD)
    return made


async def forget_logs(pool: "Pool", keep_days: int) -> int:
    """Drops log partitions older than so many days; answers how many."""
    dropped: int = await pool.fetchval(DROP_LOG_DAYS, datetime.now(UTC).date() - timedelta(days=keep_days))
    return dropped


async def forget_executions(pool: "Pool", keep_days: float) -> int:
    """Deletes ended executions older than so many days with all their rows, 500 a transaction; answers how many."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    return await _repeated(lambda: _forget_some_executions(pool, before))


async def forget_artifacts(pool: "Pool", files: ArtifactFiles) -> int:
    """Removes artifacts whose execution is gone or whose upload never ended; answers how many.

    Content is removed with the last row that names it, and not while a backup is made.
    """
    removed = await _repeated(lambda: _forget_some_artifacts(pool, files))
    await asyncio.to_thread(_discard_unfinished, files)
    return removed


async def _repeated(forget_some: Callable[[], Awaitable[int]]) -> int:
    """Batch after batch until there is nothing left or the turn is long enough; the next turn goes on."""
    deadline = time.monotonic() + TURN_SECONDS
    forgotten = 0
    while True:
        count = await forget_some()
        forgotten += count
        if count < BATCH or time.monotonic() > deadline:
            return forgotten


async def _forget_some_executions(pool: "Pool", before: datetime) -> int:
    async with pool.acquire() as connection, connection.transaction():
        ids = [row["id"] for row in await connection.fetch(OLD_EXECUTIONS, before, BATCH)]
        if ids:
            for statement in (
                DELETE_NODE_RUNS,
                DELETE_EVIDENCE,
                DELETE_EVENTS,
                DELETE_ATTEMPTS,
                DELETE_CONTINUATIONS,
                DELETE_APPROVALS,
                DELETE_EXECUTIONS,
            ):
                await connection.execute(statement, ids)
    return len(ids)


async def _forget_some_artifacts(pool: "Pool", files: ArtifactFiles) -> int:
    rows = await pool.fetch(OLD_ARTIFACTS, float(UNFINISHED_SECONDS), BATCH)
    for row in rows:
        async with pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(MAY_REMOVE):
                return 0
            await connection.execute(LOCK_CONTENT, row["sha256"])
            await connection.execute(DELETE_ARTIFACT, row["id"])
            if not await connection.fetchval(CONTENT_USED, row["sha256"]):
                await asyncio.to_thread(files.remove, row["sha256"])
    return len(rows)


def _discard_unfinished(files: ArtifactFiles) -> None:
    for artifact_id in list(files.unfinished(time.time() - UNFINISHED_SECONDS)):
        files.discard(artifact_id)
