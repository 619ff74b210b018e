"""How long executions and their lines are kept."""

from typing import TYPE_CHECKING

from services.scheduler.evidence import retention
from tests.conftest import HubDatabase
from tests.integration.scheduler.evidence.attempts import begin, end
from tests.integration.scheduler.evidence.test_ingest import events, lines, report, store

if TYPE_CHECKING:
    from services.kit.postgres import Pool


async def test_executions_and_logs_are_kept_as_long_as_said(pool: "Pool", hub_database: HubDatabase) -> None:
    old, young = await begin(pool), await begin(pool)
    for begun in (old, young):
        await store(pool, report(begun, node_events=events([1, 2]), log_lines=lines([1])))
    await end(pool, old, days=91)
    await end(pool, young, days=89)
    assert await retention.forget_executions(pool, 90) == 1
    assert await pool.fetchval("SELECT count(*) FROM node_run") == 1
    assert await retention.forget_logs(pool, 30) == 0
    await pool.execute("UPDATE log_block SET day = day - 31 WHERE attempt_id = $1", young.attempt_id)
    await retention.forget_logs(pool, 30)
    assert await pool.fetchval("SELECT count(*) FROM log_block WHERE attempt_id = $1", young.attempt_id) == 0
    assert await retention.ensure_log_partitions(pool) == 0
