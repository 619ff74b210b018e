"""A long history: what the dashboard, failure groups, lists and the forecast cost beside millions of executions.

`python -m tests.bench.history [EXECUTIONS]` fills a database of its own (an embedded Postgres in a temporary folder)
with ninety days of work and ten thousand schedules, and calls the functions that serve people.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table

from services.kit.postgres import SCHEMAS, migrate, open_pool
from services.launcher import database as hub_database
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from services.scheduler.executions.repository import queries
from services.scheduler.outcomes.dashboard import read_dashboard
from services.scheduler.outcomes.failures import group_failures
from services.scheduler.outcomes.forecast import forecast
from services.scheduler.outcomes.tally import Tally
from tests.conftest import PASSWORD, running

if TYPE_CHECKING:
    from services.kit.postgres import Connection

EXECUTIONS = 5_000_000
DAYS = 90
QUEUED = 20_000
WORKFLOWS = 200
RUNNERS = 50
SCHEDULES = 10_000
STEPS = 200_000
SAMPLES = 40

FILL_FLEET = """
INSERT INTO workflow (id, name, latest_version, published_version, creator_kind, creator_id, creator_name)
 SELECT md5('w' || n)::uuid, 'Workflow ' || n, 1, 1, 'user', 'u', 'Ada' FROM generate_series(1, {workflows}) n;
INSERT INTO workflow_version (workflow_id, version, graph, sha256, canonical_sha256, creator_kind, creator_id,
 creator_name, published_at)
 SELECT md5('w' || n)::uuid, 1,
  '{{"schemaVersion": 1, "nodes": [{{"id": "s", "type": "control.start"}}], "edges": []}}',
  encode(sha256(n::text::bytea), 'hex'), encode(sha256(n::text::bytea), 'hex'), 'user', 'u', 'Ada', now()
  FROM generate_series(1, {workflows}) n;
INSERT INTO runner (id, name, slots) SELECT md5('r' || n)::uuid, 'Runner ' || n, 2 FROM generate_series(1, {runners}) n;
INSERT INTO runner_session (runner_id, epoch, session_id, boot_id, registry_address, poll_open)
 SELECT id, 1, id, 'b', 'unix:', true FROM runner;
INSERT INTO seat (runner_id, slot) SELECT id, slot FROM runner CROSS JOIN generate_series(0, 1) slot;
INSERT INTO trigger (id, kind, workflow_id, name, enabled, creator_kind, creator_id, creator_name)
 SELECT md5('t' || n)::uuid, 'SCHEDULE', md5('w' || 1 + n % {workflows})::uuid, 'Schedule ' || n, true, 'user',
  'u', 'Ada' FROM generate_series(1, {schedules}) n;
INSERT INTO schedule (trigger_id, cron, anchor_at, timezone, misfire_policy, misfire_max, grace_seconds, overlap,
 next_at) SELECT id, '0 * * * *', now(), 'UTC', 'ONCE', 1, 60, 'ALLOW',
  date_trunc('hour', now()) + make_interval(hours => 1 + (random() * 23)::int) FROM trigger;
"""
FILL_EXECUTIONS = """
INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode, status, event, inputs,
 failure, failure_code, fingerprint, lease_seconds, runner_id, actor_kind, actor_name, created_at, ready_at,
 dispatch_at, assigned_at, started_at, completed_at)
SELECT gen_random_uuid(), md5('w' || 1 + n % {workflows})::uuid, 'Workflow ' || 1 + n % {workflows}, 1,
 repeat('0', 64), 1, 'SCHEDULED', status, 'FINISH', '{{"file": "in.csv"}}',
 CASE WHEN status = 'FAILED' THEN convert_to('{{"code": "HTTP_STATUS", "message": "The server answered ' || n % 40
  || '", "nodeId": "n1", "retryable": false, "details": {{}}}}', 'UTF8') END,
 CASE WHEN status = 'FAILED' THEN 'HTTP_STATUS' END, CASE WHEN status = 'FAILED' THEN left(md5((n % 40)::text), 16) END,
 60, CASE WHEN status <> 'QUEUED' THEN md5('r' || 1 + n % {runners})::uuid END, 'user', 'Ada', at, at, at,
 CASE WHEN status <> 'QUEUED' THEN at + interval '1 second' END,
 CASE WHEN status <> 'QUEUED' THEN at + interval '2 seconds' END,
 CASE WHEN status <> 'QUEUED' THEN at + make_interval(secs => 2 + random() * 60) END
FROM (SELECT n, at, CASE WHEN n > {executions} - {queued} THEN 'QUEUED' WHEN chance < 0.92 THEN 'COMPLETED'
   WHEN chance < 0.98 THEN 'FAILED' WHEN chance < 0.99 THEN 'STOPPED' ELSE 'LOST' END AS status
  FROM (SELECT n, now() - interval '{days} days' * ({executions} - n) / {executions} AS at, random() AS chance
   FROM generate_series({first}, {last}) n OFFSET 0) AS drawn) AS made"""
FILL_TALLY = """INSERT INTO outcome_tally
 SELECT date_bin('5 minutes', completed_at, '2000-01-01T00:00Z'), status, count(*) FROM execution
  WHERE completed_at IS NOT NULL GROUP BY 1, 2"""
FILL_STEPS = """INSERT INTO execution_event (execution_id, seq, event, from_status, to_status, at)
 SELECT gen_random_uuid(), 1, 'FINISH_OK', 'RUNNING', CASE WHEN n % 6 = 0 THEN 'COMPLETED' ELSE 'RUNNING' END,
  now() - interval '1 second' * n FROM generate_series(1, $1::integer) n"""
BATCH = 250_000


class Sample(NamedTuple):
    """Milliseconds of a call; `cpu` is what this process and the server's used, whatever else the machine does."""

    cpu: float
    p50: float
    p95: float


async def fill(connection: "Connection", executions: int) -> None:
    """Rows as the product leaves them, without going its way; indexes are built afterwards."""
    sizes = {"workflows": WORKFLOWS, "runners": RUNNERS, "schedules": SCHEDULES, "executions": executions}
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(FILL_FLEET.format(**sizes))
    await connection.execute("INSERT INTO demand (labels, capabilities, mode) VALUES ('{}', '{}', 'SCHEDULED')")
    indexes = await connection.fetch(
        """SELECT indexname, indexdef FROM pg_indexes
         WHERE schemaname = 'automation' AND tablename = 'execution' AND indexname <> 'execution_pkey'"""
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    for first in range(1, executions + 1, BATCH):
        last = min(first + BATCH - 1, executions)
        await connection.execute(
            FILL_EXECUTIONS.format(**sizes, days=DAYS, queued=QUEUED, first=first, last=last), timeout=3_600
        )
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=3_600)
    await connection.execute(FILL_TALLY, timeout=3_600)
    await connection.execute("VACUUM ANALYZE", timeout=3_600)


async def sampled(connection: "Connection", call: Callable[[], Awaitable[Any]]) -> Sample:
    """After three calls that do not count."""
    for _ in range(3):
        await call()
    server = psutil.Process(connection.get_server_pid())
    took, busy = [], _cpu_seconds(server)
    for _ in range(SAMPLES):
        began = time.perf_counter()
        await call()
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    cpu = (_cpu_seconds(server) - busy) * 1e3 / SAMPLES
    return Sample(cpu, took[len(took) // 2], took[int(len(took) * 0.95)])


def _cpu_seconds(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system + time.process_time())


async def measure(dsn: str) -> dict[str, Sample]:
    """By what was called."""
    async with open_pool(dsn, "scheduler", maximum=2) as pool, pool.acquire() as connection:
        now = datetime.now(UTC)
        workflow_id = str(await connection.fetchval("SELECT id FROM workflow ORDER BY name LIMIT 1"))
        hourly = [now.replace(minute=0, second=0) + timedelta(hours=1 + n) for n in range(50)]
        minutely = [now + timedelta(minutes=n) for n in range(50)]
        day, quarter = timedelta(days=1), timedelta(days=90)
        failed = queries.Filter(statuses=["FAILED"], workflow_id=workflow_id)
        figures = {
            "dashboard, 24 h": await sampled(connection, lambda: read_dashboard(connection, 24)),
            "dashboard, 30 days": await sampled(connection, lambda: read_dashboard(connection, 720)),
            "failure groups, 24 h": await sampled(
                connection, lambda: group_failures(connection, now - day, now, None, 50)
            ),
            "failure groups, 90 days": await sampled(
                connection, lambda: group_failures(connection, now - quarter, now, None, 50)
            ),
            "list, newest": await sampled(connection, lambda: queries.find(connection, queries.Filter(), 50)),
            "list, failed of a workflow": await sampled(connection, lambda: queries.find(connection, failed, 50)),
            "forecast, 50 hourly fires": await sampled(connection, lambda: forecast(connection, workflow_id, hourly)),
            "forecast, 50 fires a minute apart": await sampled(
                connection, lambda: forecast(connection, workflow_id, minutely)
            ),
        }
        await connection.execute(FILL_STEPS, STEPS)
        began = time.perf_counter()
        await Tally(pool).run_once()
        took = (time.perf_counter() - began) * 1e3
        figures[f"tally of {STEPS:,} steps"] = Sample(took, took, took)
        return figures


async def main(executions: int, folder: Path) -> None:
    """Fills, measures, prints."""
    sockets = folder / "sockets"
    sockets.mkdir(mode=0o700)
    server = PostgresServer(data=folder / "postgres", sockets=sockets, password=PASSWORD, throwaway=True)
    await asyncio.to_thread(server.prepare)
    with running(server.command(), folder / "postgres.log", STOP_SIGNAL):
        await server.wait_until_ready()
        await hub_database.create_database(server.dsn(), "history")
        admin_dsn = server.dsn(database="history")
        await hub_database.prepare_roles(admin_dsn, dict.fromkeys(SCHEMAS, PASSWORD))
        await migrate(admin_dsn, "scheduler")
        admin = await asyncpg.connect(admin_dsn, server_settings={"search_path": "automation"})
        began = time.perf_counter()
        await fill(admin, executions)
        await admin.close()
        table = Table("call", "CPU ms", "p50 ms", "p95 ms", title=f"{executions:,} executions, {SCHEDULES:,} schedules")
        filled = time.perf_counter() - began
        for name, sample in (await measure(hub_database.dsn_of_role(admin_dsn, "scheduler", PASSWORD))).items():
            table.add_row(name, *(f"{figure:,.1f}" for figure in sample))
        console = Console()
        console.print(table)
        console.print(f"filled in {filled:,.0f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="exekra-history-", dir="/tmp") as name:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else EXECUTIONS, Path(name)))
