"""SQL of what time does: the tick that tells downtime, what is over, and the leases that an outage extends."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LOCK_TICK = """SELECT extract(epoch FROM now() - at)::float8 AS gap, extract(epoch FROM now())::float8 AS now
 FROM hub_tick FOR UPDATE SKIP LOCKED"""
TICK = "UPDATE hub_tick SET at = now()"
EXTEND_ALL = """WITH live AS (SELECT id FROM attempt WHERE ended_at IS NULL ORDER BY id FOR UPDATE)
UPDATE attempt a SET offer_expires_at = greatest(a.offer_expires_at, now() + make_interval(secs => t.offer_seconds +
$1)),
  lease_expires_at = CASE WHEN a.acknowledged_at IS NOT NULL
   THEN greatest(a.lease_expires_at, now() + make_interval(secs => a.lease_seconds + $1)) END
 FROM live, dispatch_timing t WHERE a.id = live.id RETURNING a.id"""
EXTEND_SILENT = """WITH live AS (
 SELECT a.id FROM registry_link l JOIN runner_session n ON n.registry_address = l.address
  JOIN attempt a ON a.runner_id = n.runner_id AND a.ended_at IS NULL
  WHERE l.seen_at < now() - make_interval(secs => $2) AND l.seen_at > now() - make_interval(secs => $3)
   AND coalesce(a.lease_expires_at - make_interval(secs => a.lease_seconds), a.offer_expires_at)
    < now() + make_interval(secs => $1 / 2)
  ORDER BY a.id FOR UPDATE OF a)
UPDATE attempt a SET offer_expires_at = greatest(a.offer_expires_at, now() + make_interval(secs => t.offer_seconds +
$1)),
  lease_expires_at = CASE WHEN a.acknowledged_at IS NOT NULL
   THEN greatest(a.lease_expires_at, now() + make_interval(secs => a.lease_seconds + $1)) END
 FROM live, dispatch_timing t WHERE a.id = live.id RETURNING a.id"""
OFFERS_OVER = """SELECT id FROM attempt WHERE ended_at IS NULL AND acknowledged_at IS NULL AND offer_expires_at <= now()
 ORDER BY offer_expires_at LIMIT $1"""
LEASES_OVER = """SELECT id FROM attempt WHERE ended_at IS NULL AND acknowledged_at IS NOT NULL AND lease_expires_at
 <= now()
 ORDER BY lease_expires_at LIMIT $1"""
DEADLINES_OVER = """SELECT id FROM execution WHERE status = 'RUNNING' AND deadline_at <= now() - make_interval(secs
 => $2)
 ORDER BY deadline_at LIMIT $1"""
QUEUES_OVER = """SELECT id FROM execution WHERE status = 'QUEUED' AND queue_deadline_at <= now()
 ORDER BY queue_deadline_at LIMIT $1"""
CONTACT_CHANGED = """SELECT e.id FROM execution e JOIN runner_session n ON n.runner_id = e.runner_id CROSS JOIN
 dispatch_timing t
 WHERE e.status IN ('RUNNING', 'STOPPING') AND CASE WHEN e.contact_lost_at IS NULL
  THEN n.seen_at < now() - make_interval(secs => t.offline_seconds)
  ELSE n.seen_at > now() - make_interval(secs => t.silent_seconds) END LIMIT $1"""
RELEASE_DEDUPE = """UPDATE execution SET dedupe_held = false
 WHERE status = 'LOST' AND dedupe_held AND completed_at < now() - interval '24 hours'"""

BATCH = 100
"""So many are expired in one transaction; the rest follows at once."""


async def lock_tick(connection: "Connection") -> tuple[float, float] | None:
    """Seconds since the last tick, and the server's time; None while another process is at it."""
    row = await connection.fetchrow(LOCK_TICK)
    return (row["gap"], row["now"]) if row else None


async def tick(connection: "Connection") -> None:
    """The Hub is up now."""
    await connection.execute(TICK)


async def extend_all(connection: "Connection", grace_seconds: float) -> int:
    """After the Hub was down: nobody could renew, so every lease and offer begins anew with some grace."""
    return len(await connection.fetch(EXTEND_ALL, grace_seconds))


async def extend_silent(
    connection: "Connection", grace_seconds: float, silent_seconds: float, gone_seconds: float
) -> int:
    """The same for runners whose registry process is silent."""
    return len(await connection.fetch(EXTEND_SILENT, grace_seconds, silent_seconds, gone_seconds))


async def find_offers_over(connection: "Connection") -> list[str]:
    """Attempts whose offer nobody answered."""
    return [str(row["id"]) for row in await connection.fetch(OFFERS_OVER, BATCH)]


async def find_leases_over(connection: "Connection") -> list[str]:
    """Attempts that were not renewed in time."""
    return [str(row["id"]) for row in await connection.fetch(LEASES_OVER, BATCH)]


async def find_deadlines_over(connection: "Connection", grace_seconds: float) -> list[str]:
    """Executions that run longer than they may."""
    return [str(row["id"]) for row in await connection.fetch(DEADLINES_OVER, BATCH, grace_seconds)]


async def find_queues_over(connection: "Connection") -> list[str]:
    """Executions that waited too long."""
    return [str(row["id"]) for row in await connection.fetch(QUEUES_OVER, BATCH)]


async def find_contact_changes(connection: "Connection") -> list[str]:
    """Executions whose runner fell silent or speaks again, which their history does not say yet."""
    return [str(row["id"]) for row in await connection.fetch(CONTACT_CHANGED, BATCH)]


async def release_dedupe(connection: "Connection") -> None:
    """A LOST execution gives its deduplication key up after a day."""
    await connection.execute(RELEASE_DEDUPE)
