"""SQL of schedules and of their plan: the rows of the ledger that are still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.scheduler.triggers.planning import Plan
from services.scheduler.triggers.schedules import Misfire, Overlap, Schedule
from services.scheduler.triggers.zones import fingerprint

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

COLUMNS = """s.cron, s.interval_seconds, s.at, s.anchor_at, s.timezone, s.starts_at, s.ends_at, s.jitter_seconds,
 s.misfire_policy, s.misfire_max, s.grace_seconds, s.overlap, s.calendars::text[] AS calendars"""
NOW = "SELECT now()"
INSERT = """INSERT INTO schedule (trigger_id, cron, interval_seconds, at, anchor_at, timezone, starts_at, ends_at,
 jitter_seconds, misfire_policy, misfire_max, grace_seconds, overlap, calendars, next_at, zone_data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::uuid[], CASE WHEN $15 THEN now() END, $16)"""
LOCK = f"SELECT {COLUMNS} FROM schedule s WHERE s.trigger_id = $1 FOR UPDATE"  # noqa: S608 - a constant
UPDATE = """UPDATE schedule SET cron = $2, interval_seconds = $3, at = $4, anchor_at = $5, timezone = $6,
 starts_at = $7, ends_at = $8, jitter_seconds = $9, misfire_policy = $10, misfire_max = $11, grace_seconds = $12,
 overlap = $13, calendars = $14::uuid[] WHERE trigger_id = $1"""
FORGET_PLAN = "DELETE FROM fire WHERE trigger_id = $1 AND outcome IS NULL AND fire_at > now()"
BEGIN_PLAN = "UPDATE schedule SET planned_until = now(), next_at = now(), zone_data = $2 WHERE trigger_id = $1"
END_PLAN = "UPDATE schedule SET next_at = NULL WHERE trigger_id = $1"
SETTLE_WAITING = """UPDATE fire SET outcome = 'SKIPPED', reason = 'DISABLED', decided_at = now()
 WHERE trigger_id = $1 AND outcome IN ('HELD', 'QUEUED')"""
READ_LIVE = """UPDATE schedule SET live_executions = ARRAY (
  SELECT id FROM (SELECT e.id, e.status FROM execution e WHERE e.trigger_id = $1
                   ORDER BY e.created_at DESC, e.id DESC LIMIT 100) AS latest
   WHERE status IN ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING'))
 WHERE trigger_id = $1"""
DESCRIBE = f"""SELECT s.trigger_id::text AS trigger_id, {COLUMNS}, s.next_at, now() AS now,
  (SELECT min(f.fire_at) FROM fire f
    WHERE f.trigger_id = s.trigger_id AND f.outcome IS NULL AND f.blocked_by = '') AS planned_at
  FROM schedule s WHERE s.trigger_id = ANY ($1::uuid[])"""  # noqa: S608 - a constant

TO_PLAN = f"""SELECT s.trigger_id::text AS trigger_id, {COLUMNS}, s.planned_until, now() AS now
 FROM schedule s WHERE s.next_at < now() + make_interval(secs => $1) ORDER BY s.next_at LIMIT $2
 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - a constant
IS_PLAN_WANTED = "SELECT EXISTS (SELECT FROM schedule WHERE next_at < now() + make_interval(secs => $1))"
INSERT_FIRES = """INSERT INTO fire (trigger_id, fire_at, due_at, blocked_by)
 SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[]) ON CONFLICT DO NOTHING"""
INSERT_SPANS = """INSERT INTO fire (trigger_id, fire_at, due_at, span_until, instants, outcome, reason, decided_at)
 SELECT p.*, 'MISSED', 'COMPACTED', now()
   FROM unnest($1::uuid[], $2::timestamptz[], $2::timestamptz[], $3::timestamptz[], $4::integer[]) AS p
 ON CONFLICT DO NOTHING"""
SAVE_PLANS = """UPDATE schedule s SET planned_until = p.planned_until, next_at = p.next_at, zone_data = p.zone_data
 FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[]) AS p (id, planned_until, next_at, zone_data)
 WHERE s.trigger_id = p.id"""
POSTPONE = "UPDATE schedule SET next_at = now() + make_interval(secs => $2) WHERE trigger_id = $1"
KNOWN_ZONES = "SELECT DISTINCT timezone, zone_data FROM schedule WHERE next_at IS NOT NULL"
CHANGED_IN_ZONE = """SELECT trigger_id FROM schedule WHERE timezone = $1 AND zone_data <> $2 AND next_at IS NOT NULL
 LIMIT $3 FOR UPDATE SKIP LOCKED"""
REPLAN = "SELECT replan_schedules($1)"
MARK_ZONE = "UPDATE schedule SET zone_data = $2 WHERE trigger_id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class ToPlan:
    """A locked schedule whose plan comes to its end."""

    trigger_id: str
    schedule: Schedule
    planned_until: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Described:
    """A schedule and its next fire: `planned_at` in the ledger, else the first one later than `look_after`, if any."""

    schedule: Schedule
    planned_at: datetime | None
    look_after: datetime | None


async def now(connection: "Connection") -> datetime:
    """The transaction's time, by the only clock that decides."""
    at: datetime = await connection.fetchval(NOW)
    return at


async def insert(connection: "Connection", trigger_id: str, new: Schedule, *, enabled: bool) -> None:
    """Stores the details; the plan is made by the loop within a second."""
    await connection.execute(INSERT, trigger_id, *_values(new), enabled, fingerprint(new.timezone))


async def lock(connection: "Connection", trigger_id: str) -> Schedule:
    """Nobody plans or fires it until the transaction ends."""
    row = await connection.fetchrow(LOCK, trigger_id)
    if row is None:
        raise LookupError("a trigger of the kind SCHEDULE has no schedule")
    return _schedule(row)


async def update(connection: "Connection", trigger_id: str, new: Schedule) -> None:
    """Of a locked schedule."""
    await connection.execute(UPDATE, trigger_id, *_values(new))


async def plan_anew(connection: "Connection", trigger_id: str, timezone: str, *, enabled: bool) -> None:
    """Forgets what is to come of a locked schedule and begins from now; disabled, it ends and what waits is skipped."""
    await connection.execute(FORGET_PLAN, trigger_id)
    if enabled:
        await connection.execute(BEGIN_PLAN, trigger_id, fingerprint(timezone))
    else:
        await connection.execute(END_PLAN, trigger_id)
        await connection.execute(SETTLE_WAITING, trigger_id)


async def read_live(connection: "Connection", trigger_id: str) -> None:
    """Looks which of its executions live: nobody kept the list while overlap was allowed."""
    await connection.execute(READ_LIVE, trigger_id)


async def describe(connection: "Connection", trigger_ids: Sequence[str]) -> Mapping[str, Described]:
    """Details by trigger."""
    rows = await connection.fetch(DESCRIBE, list(trigger_ids))
    return {
        row["trigger_id"]: Described(
            _schedule(row), row["planned_at"], row["now"] if row["next_at"] is not None else None
        )
        for row in rows
    }


async def is_plan_wanted(connection: "Connection", horizon_seconds: float) -> bool:
    """Whether `take_to_plan` may find something."""
    wanted: bool = await connection.fetchval(IS_PLAN_WANTED, horizon_seconds)
    return wanted


async def take_to_plan(connection: "Connection", horizon_seconds: float, limit: int) -> list[ToPlan]:
    """Schedules with an instant before the horizon that is not in the ledger, the most urgent first; locked."""
    rows = await connection.fetch(TO_PLAN, horizon_seconds, limit)
    return [ToPlan(row["trigger_id"], _schedule(row), row["planned_until"], row["now"]) for row in rows]


async def save_plans(connection: "Connection", plans: Sequence[Plan]) -> None:
    """Writes the planned fires of locked schedules; those that are in the ledger stay as they are."""
    fires = [(plan.trigger_id, each) for plan in plans for each in plan.fires]
    if fires:
        await connection.execute(
            INSERT_FIRES,
            [trigger_id for trigger_id, _ in fires],
            [each.fire_at for _, each in fires],
            [each.due_at for _, each in fires],
            [each.blocked_by for _, each in fires],
        )
    spans = [(plan.trigger_id, plan.span) for plan in plans if plan.span is not None]
    if spans:
        await connection.execute(
            INSERT_SPANS,
            [trigger_id for trigger_id, _ in spans],
            [span.first for _, span in spans],
            [span.last for _, span in spans],
            [span.instants for _, span in spans],
        )
    await connection.execute(
        SAVE_PLANS,
        [plan.trigger_id for plan in plans],
        [plan.planned_until for plan in plans],
        [plan.next_at for plan in plans],
        [fingerprint(plan.timezone) for plan in plans],
    )


async def postpone_plan(connection: "Connection", trigger_id: str, seconds: float) -> None:
    """Looks at a locked schedule again after so long."""
    await connection.execute(POSTPONE, trigger_id, seconds)


async def find_changed_zones(connection: "Connection") -> list[str]:
    """Zones by which schedules were planned under other rules than this process knows."""
    rows = await connection.fetch(KNOWN_ZONES)
    changed = [row["timezone"] for row in rows if row["zone_data"] != fingerprint(row["timezone"])]
    return list(dict.fromkeys(changed))


async def replan_zone(connection: "Connection", timezone: str, limit: int) -> int:
    """Has planned anew some of the schedules planned under other rules of this zone; answers how many."""
    rules = fingerprint(timezone)
    ids = [row["trigger_id"] for row in await connection.fetch(CHANGED_IN_ZONE, timezone, rules, limit)]
    await connection.execute(REPLAN, ids)
    await connection.execute(MARK_ZONE, ids, rules)
    return len(ids)


def _values(schedule: Schedule) -> tuple[object, ...]:
    return (
        schedule.cron,
        schedule.interval_seconds,
        schedule.at,
        schedule.anchor_at,
        schedule.timezone,
        schedule.starts_at,
        schedule.ends_at,
        schedule.jitter_seconds,
        schedule.misfire,
        schedule.misfire_max,
        schedule.grace_seconds,
        schedule.overlap,
        list(schedule.calendars),
    )


def _schedule(row: "asyncpg.Record") -> Schedule:
    return Schedule(
        cron=row["cron"],
        interval_seconds=row["interval_seconds"],
        at=row["at"],
        anchor_at=row["anchor_at"],
        timezone=row["timezone"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        jitter_seconds=row["jitter_seconds"],
        misfire=Misfire(row["misfire_policy"]),
        misfire_max=row["misfire_max"],
        grace_seconds=row["grace_seconds"],
        overlap=Overlap(row["overlap"]),
        calendars=tuple(row["calendars"]),
    )
