"""The figures of the dashboard, each by a query whose cost is bounded however long the history is.

Live executions are counted up to a limit, which is said; what ended comes from `outcome_tally`; the age of the queue is
looked for among the executions next in line and those submitted first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.scheduler.executions.model import Failure
from services.scheduler.executions.repository.outcomes import load_failure
from services.scheduler.outcomes.failures import FailureGroup, group_failures

if TYPE_CHECKING:
    from services.kit.postgres import Connection

COUNTED = 10_000
FAILURES_SHOWN = 8
FAILURES_LOOKED_AT = 10_000
FIRES_SHOWN = 10
FIRES_LOOKED_AT = 200
"""Planned ones; a schedule that fires every second is shown once."""
RECENT_SHOWN = 10
RUNNER_STATES = ("ONLINE", "BUSY", "OFFLINE")
BUCKETS_SHOWN = 288
BUCKET_SECONDS = (300, 900, 3_600, 10_800)
LIVE = ("QUEUED", "ASSIGNED", "RUNNING", "STOPPING", "LOST")
COUNT_STATUSES = """SELECT s.status, (SELECT count(*) FROM (
  SELECT FROM execution e WHERE e.status = s.status LIMIT $2 + 1) AS counted) AS count
 FROM unnest($1::text[]) AS s (status)"""
QUEUE_AGE = """WITH RECURSIVE demands (id) AS (
  (SELECT demand_id FROM execution WHERE status = 'QUEUED' AND waiting_for IS NULL ORDER BY demand_id LIMIT 1)
  UNION ALL
  SELECT (SELECT e.demand_id FROM execution e WHERE e.status = 'QUEUED' AND e.waiting_for IS NULL
           AND e.demand_id > demands.id ORDER BY e.demand_id LIMIT 1)
    FROM demands WHERE demands.id IS NOT NULL
 ), candidates (ready_at) AS (
  SELECT head.ready_at FROM demands CROSS JOIN LATERAL (
    SELECT e.ready_at FROM execution e WHERE e.demand_id = demands.id AND e.status = 'QUEUED' AND e.waiting_for IS NULL
     ORDER BY e.dispatch_at, e.id LIMIT 1) head
  UNION ALL
  SELECT ready_at FROM (SELECT waiting_for, ready_at FROM execution WHERE status = 'QUEUED'
    ORDER BY created_at, id LIMIT 1000) AS first WHERE waiting_for IS NULL
 ) SELECT coalesce(greatest(extract(epoch FROM now() - min(ready_at)), 0), 0)::float8 FROM candidates"""
BUCKETS = """SELECT date_bin(make_interval(secs => $2), begins_at, '2000-01-01T00:00Z') AS begins, status,
 sum(count)::bigint AS count FROM outcome_tally WHERE begins_at >= $1 GROUP BY 1, 2 ORDER BY 1"""
NEXT_FIRES = """SELECT n.at, t.id AS trigger_id, t.name AS trigger_name, w.id AS workflow_id, w.name AS workflow_name
 FROM (SELECT trigger_id, min(at) AS at FROM (
   (SELECT f.trigger_id, f.due_at AS at FROM fire f
     WHERE f.outcome IS NULL AND f.due_at > now() AND f.blocked_by = '' ORDER BY f.due_at LIMIT $2)
   UNION ALL
   (SELECT s.trigger_id, s.next_at FROM schedule s WHERE s.next_at > now() ORDER BY s.next_at LIMIT $2)) AS planned
  GROUP BY trigger_id) AS n
 JOIN trigger t ON t.id = n.trigger_id JOIN workflow w ON w.id = t.workflow_id
 WHERE t.enabled AND t.deleted_at IS NULL ORDER BY n.at, t.id LIMIT $1"""
PAUSED_TRIGGERS = "SELECT count(*) FROM trigger WHERE breaker <> 'CLOSED' AND deleted_at IS NULL"
RUNNERS = """SELECT state, count(*) AS count FROM (
  SELECT CASE
    WHEN n.closed_at IS NOT NULL OR coalesce(n.seen_at <= now() - make_interval(secs => t.offline_seconds), true)
     THEN 'OFFLINE'
    WHEN EXISTS (SELECT FROM seat s WHERE s.runner_id = r.id AND s.attempt_id IS NULL AND s.slot < r.slots)
     THEN 'ONLINE'
    ELSE 'BUSY' END AS state
   FROM runner r CROSS JOIN dispatch_timing t LEFT JOIN runner_session n ON n.runner_id = r.id
  WHERE r.deleted_at IS NULL) AS states GROUP BY state"""
RECENT_FAILURES = """SELECT id, workflow_id, workflow_name, failure, failure_code, completed_at FROM execution
 WHERE fingerprint IS NOT NULL ORDER BY completed_at DESC LIMIT $1"""
NOW = "SELECT now()"


@dataclass(frozen=True, slots=True)
class StatusCount:
    """`more`: there are more than were counted."""

    status: str
    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many executions came to each end from `begins_at` on."""

    begins_at: datetime
    completed: int = 0
    failed: int = 0
    stopped: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class NextFire:
    """A schedule's next fire."""

    at: datetime
    trigger_id: str
    trigger_name: str
    workflow_id: str
    workflow_name: str


@dataclass(frozen=True, slots=True)
class RecentFailure:
    """An execution that failed lately."""

    id: str
    workflow_id: str
    workflow_name: str
    failure: Failure
    at: datetime


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What a person sees first. `runners` counts them by state."""

    as_of: datetime
    executions: Sequence[StatusCount]
    runners: Mapping[str, int]
    queue_age_seconds: float
    bucket_seconds: int
    buckets: Sequence[Bucket]
    next_fires: Sequence[NextFire]
    failures: Sequence[FailureGroup]
    recent_failures: Sequence[RecentFailure]
    paused_triggers: int

    @property
    def total(self) -> Bucket:
        """Of all buckets."""
        return Bucket(
            self.as_of,
            sum(each.completed for each in self.buckets),
            sum(each.failed for each in self.buckets),
            sum(each.stopped for each in self.buckets),
            sum(each.lost for each in self.buckets),
        )

    @property
    def success_rate(self) -> float | None:
        """Completed out of completed and failed; None when neither happened."""
        total = self.total
        judged = total.completed + total.failed
        return total.completed / judged if judged else None


async def read_dashboard(connection: "Connection", hours: int) -> Dashboard:
    """The figures now, with what ended in the last hours."""
    now: datetime = await connection.fetchval(NOW)
    counts = await connection.fetch(COUNT_STATUSES, list(LIVE), COUNTED)
    since = now - timedelta(hours=hours)
    failures = await group_failures(connection, since, now, None, FAILURES_SHOWN, FAILURES_LOOKED_AT)
    return Dashboard(
        as_of=now,
        executions=[StatusCount(row["status"], min(row["count"], COUNTED), row["count"] > COUNTED) for row in counts],
        runners=await _runners(connection),
        queue_age_seconds=await connection.fetchval(QUEUE_AGE),
        bucket_seconds=bucket_seconds(hours),
        buckets=await _buckets(connection, now, hours),
        next_fires=[
            NextFire(
                row["at"], str(row["trigger_id"]), row["trigger_name"], str(row["workflow_id"]), row["workflow_name"]
            )
            for row in await connection.fetch(NEXT_FIRES, FIRES_SHOWN, FIRES_LOOKED_AT)
        ],
        failures=failures.groups,
        recent_failures=await _recent_failures(connection),
        paused_triggers=await connection.fetchval(PAUSED_TRIGGERS),
    )


async def _runners(connection: "Connection") -> dict[str, int]:
    found = {row["state"]: row["count"] for row in await connection.fetch(RUNNERS)}
    return {state: found.get(state, 0) for state in RUNNER_STATES}


async def _recent_failures(connection: "Connection") -> list[RecentFailure]:
    return [
        RecentFailure(
            str(row["id"]),
            str(row["workflow_id"]),
            row["workflow_name"],
            load_failure(row["failure"]) or Failure(row["failure_code"] or "", ""),
            row["completed_at"],
        )
        for row in await connection.fetch(RECENT_FAILURES, RECENT_SHOWN)
    ]


def bucket_seconds(hours: int) -> int:
    """The shortest buckets that are not too many to draw."""
    return next((each for each in BUCKET_SECONDS if hours * 3_600 <= each * BUCKETS_SHOWN), BUCKET_SECONDS[-1])


async def _buckets(connection: "Connection", now: datetime, hours: int) -> list[Bucket]:
    """Every bucket of the span, empty ones too."""
    width = bucket_seconds(hours)
    span = timedelta(seconds=width)
    epoch = datetime(2000, 1, 1, tzinfo=now.tzinfo)
    latest = epoch + (now - epoch) // span * span
    begins = [latest - span * place for place in reversed(range(hours * 3_600 // width))]
    counts: dict[datetime, dict[str, int]] = {}
    for row in await connection.fetch(BUCKETS, begins[0], float(width)):
        counts.setdefault(row["begins"], {})[row["status"].lower()] = row["count"]
    return [Bucket(begin, **counts.get(begin, {})) for begin in begins]
