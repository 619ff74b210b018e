"""Schedules: a hundred thousand enabled, thousands due at the same second, on a whole Hub with its runner at work.

Schedules are stored by SQL (as the API would), the rest is the product: planned, fired, decided, counted.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.bench.spine import TWO_NODES
from tests.hub import HubUnderTest
from tests.rest import eventually

SCHEDULES = 100_000
DUE = 5_000
WORKFLOWS = 50
LEAD_SECONDS = 20.0
"""From the end of planning to the measured second, at least."""

STORE_TRIGGERS = """INSERT INTO trigger (id, kind, workflow_id, name, enabled, inputs, creator_kind, creator_id,
  creator_name)
 SELECT new_id(), 'SCHEDULE', ($1::uuid[])[1 + n % cardinality($1::uuid[])], $2 || n, true, '{"number": 21}', 'user',
  '', 'bench' FROM generate_series(1, $3) AS n"""
STORE_SCHEDULES = """INSERT INTO schedule (trigger_id, cron, anchor_at, timezone, misfire_policy, misfire_max,
  grace_seconds, overlap, next_at)
 SELECT t.id, coalesce($2, format('%s %s * * *', (random() * 59)::int, mod($3 + 2 + (random() * 20)::int, 24))), now(),
  'Europe/Berlin', 'ONCE', 1, 60, CASE WHEN random() < 0.5 THEN 'ALLOW' ELSE 'SKIP' END, now()
  FROM trigger t WHERE t.name LIKE $1 || '%'"""
STORE_EXECUTIONS = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode,
  lease_seconds, trigger_id, actor_kind)
 SELECT new_id(), gen_random_uuid(), 'floor', 1, '', 0, 'SCHEDULED', 60, gen_random_uuid(), 'trigger'
  FROM generate_series(1, $1)"""
UNPLANNED = "SELECT count(*) AS n FROM automation.schedule WHERE next_at <= now()"
DECIDED = "SELECT count(*) AS n FROM automation.fire WHERE fire_at = '{}' AND outcome IS NOT NULL"
LATENESS = """SELECT count(*) FILTER (WHERE outcome = 'FIRED') AS fired, count(*) AS rows,
  count(DISTINCT execution_id) AS executions,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY late) AS p50, percentile_disc(0.99) WITHIN GROUP (ORDER BY late) AS p99,
  max(late) AS worst
  FROM (SELECT *, extract(epoch FROM decided_at - due_at)::float8 AS late
          FROM automation.fire WHERE fire_at = '{}') f"""
UNENDED = "SELECT count(*) AS n FROM automation.execution WHERE completed_at IS NULL"
OURS = "SELECT id FROM automation.trigger WHERE name LIKE '{}%'"
MADE = """SELECT count(*) AS n, count(DISTINCT trigger_id) AS triggers FROM automation.execution
 WHERE trigger_id IN (SELECT id FROM automation.trigger WHERE name LIKE '{}%')"""


async def measure_schedules(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """The figure itself."""
    return {"schedules": await measure(hub, SCHEDULES, DUE)}


async def measure_growth(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """The figure at a quarter, as it is, and at four times its size."""
    figures = {}
    for name, factor in (("1x", 0.25), ("4x", 1), ("16x", 4)):
        figures[name] = await measure(hub, int(SCHEDULES * factor), int(DUE * factor))
    return figures


async def measure(hub: HubUnderTest, schedules: int, due: int) -> dict[str, float]:
    """Seconds that fires are late, when `due` of `schedules` are due at the same second; and how fast they are planned.

    Raises RuntimeError when one fired twice or not at all.
    """
    workflows = [await hub.api.publish(f"Schedules {time.time_ns()}", TWO_NODES) for _ in range(WORKFLOWS)]
    mark = f"bench {time.time_ns()} "
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2 + schedules // 60_000)
    began = time.perf_counter()
    await _store(hub, workflows, mark + "due ", due, f"{at.minute} * * * *", at)
    await _store(hub, workflows, mark + "other ", schedules - due, None, at)

    async def is_planned() -> bool:
        return bool((await hub.query(UNPLANNED))[0]["n"] == 0)

    await eventually(is_planned, seconds=600, what="every schedule is planned")
    planned_seconds = time.perf_counter() - began
    left = (at - datetime.now(UTC)).total_seconds()
    if left < LEAD_SECONDS:
        raise RuntimeError(f"planning ended {left:.0f} s before the measured second; measure with more time ahead")
    await asyncio.sleep(left)  # the clock itself is what is waited for

    async def all_decided() -> bool:
        return bool((await hub.query(DECIDED.format(at)))[0]["n"] == due)

    await eventually(all_decided, seconds=120, what="every due fire is decided")
    seen_seconds = (datetime.now(UTC) - at).total_seconds()
    found = (await hub.query(LATENESS.format(at)))[0]
    made = (await hub.query(MADE.format(mark)))[0]
    if not found["fired"] == found["rows"] == found["executions"] == made["n"] == made["triggers"] == due:
        raise RuntimeError(f"{due} due: {dict(found)}, {dict(made)}")
    await _remove(hub, mark)
    floor_seconds = await _floor(hub, due)

    async def all_ended() -> bool:
        return bool((await hub.query(UNENDED))[0]["n"] == 0)

    await eventually(all_ended, seconds=600, what="every execution has ended")
    return {
        "schedules": schedules,
        "due": due,
        "late_seconds_p50": found["p50"],
        "late_seconds_p99": found["p99"],
        "late_seconds_max": found["worst"],
        "all_seen_seconds": seen_seconds,
        "floor_seconds": floor_seconds,
        "planned_per_second": schedules / planned_seconds,
    }


async def _store(
    hub: HubUnderTest, workflows: list[str], name: str, count: int, cron: str | None, at: datetime
) -> None:
    connection = await asyncpg.connect(hub.admin_dsn, server_settings={"search_path": "automation"})
    try:
        async with connection.transaction():
            await connection.execute(STORE_TRIGGERS, workflows, name, count)
            await connection.execute(STORE_SCHEDULES, name, cron, at.hour)
    finally:
        await connection.close()


async def _floor(hub: HubUnderTest, count: int) -> float:
    """Seconds Postgres takes to store as many executions with their history in one statement, then forgets them."""
    connection = await asyncpg.connect(hub.admin_dsn, server_settings={"search_path": "automation"})
    try:
        transaction = connection.transaction()
        await transaction.start()
        began = time.perf_counter()
        await connection.execute(STORE_EXECUTIONS, count)
        seconds = time.perf_counter() - began
        await transaction.rollback()
        return seconds
    finally:
        await connection.close()


async def _remove(hub: HubUnderTest, mark: str) -> None:
    """So that the next measurement meets its own schedules alone."""
    await hub.query(f"UPDATE automation.schedule SET next_at = NULL WHERE trigger_id IN ({OURS.format(mark)})")
