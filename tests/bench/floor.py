"""The floor: what PostgreSQL alone does for the same durable hand-over, claim and complete by `SKIP LOCKED`.

It runs on the very server the Hub uses, in a database of its own, so the ratio to it holds on any machine.
"""

import asyncio
import time

import asyncpg

CONNECTIONS = 10
ROWS = 4_000

SCHEMA = """CREATE TABLE job (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'QUEUED', runner text);
CREATE INDEX ON job (id) WHERE status = 'QUEUED'"""
FILL = "INSERT INTO job (id) SELECT generate_series(1, $1)"
CLAIM = """UPDATE job SET status = 'RUNNING', runner = $1
 WHERE id = (SELECT id FROM job WHERE status = 'QUEUED' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"""
COMPLETE = "UPDATE job SET status = 'COMPLETED' WHERE id = $1 AND status = 'RUNNING'"
COMMIT_PROBE = "UPDATE job SET runner = 'probe' WHERE id = 1"


async def measure_floor(admin_dsn: str) -> dict[str, float]:
    """Claims and completions a second on ten connections, and the median milliseconds of a commit."""
    admin = await asyncpg.connect(admin_dsn)
    name = f"exekra_floor_{time.time_ns()}"
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        setup = await asyncpg.connect(admin_dsn, database=name)
        await setup.execute(SCHEMA)
        await setup.execute(FILL, ROWS)
        commits = []
        for _ in range(100):
            began = time.perf_counter()
            await setup.execute(COMMIT_PROBE)
            commits.append((time.perf_counter() - began) * 1e3)
        await setup.close()
        connections = await asyncio.gather(*(asyncpg.connect(admin_dsn, database=name) for _ in range(CONNECTIONS)))
        began = time.perf_counter()
        counts = await asyncio.gather(*(_drain(connection, str(n)) for n, connection in enumerate(connections)))
        seconds = time.perf_counter() - began
        await asyncio.gather(*(connection.close() for connection in connections))
        if sum(counts) != ROWS:
            raise RuntimeError(f"the floor completed {sum(counts)} of {ROWS} rows")
        return {"claims_per_second": ROWS / seconds, "commit_ms_p50": sorted(commits)[len(commits) // 2]}
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def _drain(connection: "asyncpg.Connection[asyncpg.Record]", runner: str) -> int:
    claim, complete = await connection.prepare(CLAIM), await connection.prepare(COMPLETE)
    done = 0
    while (row := await claim.fetchval(runner)) is not None:
        await complete.fetch(row)
        done += 1
    return done
