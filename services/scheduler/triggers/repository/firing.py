"""SQL that takes due fires, reads how their triggers stand, and writes what became of them.

Whoever decides about fires of a schedule holds the lock of its row, taken without waiting: any number of processes
share the due ones, and no two decide about one schedule at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.scheduler.triggers.ledger import Decision, DueFire, Outcome, Reason
from services.scheduler.triggers.schedules import Misfire, Overlap

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

_LIVE = "e.status IN ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING')"
_HAS_LIVE = f"EXISTS (SELECT FROM execution e WHERE e.id = ANY (s.live_executions) AND {_LIVE})"
# Before everything overdue is in the ledger (next_at has passed), the misfire policy would judge a part of it.
TAKE_DUE = """SELECT s.trigger_id::text AS trigger_id FROM fire f JOIN schedule s ON s.trigger_id = f.trigger_id
 WHERE f.outcome IS NULL AND f.due_at <= now() AND (s.next_at IS NULL OR s.next_at > now())
 ORDER BY f.due_at LIMIT $1 FOR UPDATE OF s SKIP LOCKED"""
TAKE_WAITING = f"""SELECT s.trigger_id::text AS trigger_id FROM fire f JOIN schedule s ON s.trigger_id = f.trigger_id
 JOIN trigger t ON t.id = s.trigger_id
 WHERE f.outcome = 'QUEUED' AND (s.overlap = 'ALLOW' OR NOT t.enabled OR NOT {_HAS_LIVE})
 LIMIT $1 FOR UPDATE OF s SKIP LOCKED"""  # noqa: S608 - a constant
TAKE_ONE = "SELECT s.trigger_id::text AS trigger_id FROM schedule s WHERE s.trigger_id = $1 FOR UPDATE SKIP LOCKED"
FIND_DUE = """SELECT DISTINCT f.trigger_id::text AS trigger_id
 FROM fire f JOIN schedule s ON s.trigger_id = f.trigger_id
 WHERE f.outcome IS NULL AND f.due_at <= now() AND (s.next_at IS NULL OR s.next_at > now()) LIMIT $1"""
STATES = f"""SELECT t.id::text AS id, t.name, t.workflow_id::text AS workflow_id, t.inputs, t.priority, t.labels,
  coalesce(t.dedupe_key, '') AS dedupe_key, t.timeout_seconds, t.queue_timeout_seconds,
  t.enabled AND t.deleted_at IS NULL AS enabled, s.timezone, s.misfire_policy, s.misfire_max, s.grace_seconds,
  s.overlap, CASE WHEN s.overlap = 'ALLOW' THEN '{{}}' ELSE ARRAY (
   SELECT e.id::text FROM execution e WHERE e.id = ANY (s.live_executions) AND {_LIVE}) END AS live
  FROM trigger t JOIN schedule s ON s.trigger_id = t.id WHERE t.id = ANY ($1::uuid[])"""  # noqa: S608 - a constant
FIRES = """SELECT trigger_id::text AS trigger_id, fire_at, extract(epoch FROM now() - due_at)::float8 AS late_seconds,
  blocked_by <> '' AS blocked, false AS waited FROM fire
  WHERE trigger_id = ANY ($1::uuid[]) AND outcome IS NULL AND due_at <= now()
 UNION ALL
 SELECT trigger_id::text, fire_at, extract(epoch FROM now() - due_at)::float8, false, true FROM fire
  WHERE trigger_id = ANY ($1::uuid[]) AND outcome = 'QUEUED'
 ORDER BY fire_at"""
HELD = """SELECT trigger_id::text AS trigger_id, fire_at, extract(epoch FROM now() - due_at)::float8 AS late_seconds,
  false AS blocked, true AS waited FROM fire WHERE trigger_id = $1 AND outcome = 'HELD' ORDER BY fire_at"""
HOLDING = "SELECT DISTINCT trigger_id::text AS id FROM fire WHERE trigger_id = ANY ($1::uuid[]) AND outcome = 'HELD'"
WRITE = """UPDATE fire f SET outcome = p.outcome, reason = p.reason, execution_id = p.execution_id,
  merged_into = p.merged_into, decided_at = clock_timestamp()
 FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[])
   AS p (trigger_id, fire_at, outcome, reason, execution_id, merged_into)
 WHERE f.trigger_id = p.trigger_id AND f.fire_at = p.fire_at
   AND (f.outcome IS NULL OR f.outcome IN ('HELD', 'QUEUED', 'MISSED'))"""
KEEP_LIVE = """UPDATE schedule s SET live_executions = p.live::uuid[]
 FROM unnest($1::uuid[], $2::text[]) AS p (trigger_id, live) WHERE s.trigger_id = p.trigger_id"""
LOOK_AHEAD = """SELECT (SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM fire WHERE outcome IS NULL
  ORDER BY due_at LIMIT 1) AS next_seconds, EXISTS (SELECT FROM fire WHERE outcome = 'QUEUED') AS waits"""
TO_STOP = """SELECT e.id::text AS id, t.name FROM fire f JOIN schedule s ON s.trigger_id = f.trigger_id
 JOIN trigger t ON t.id = f.trigger_id JOIN execution e ON e.id = ANY (s.live_executions)
 WHERE f.outcome = 'QUEUED' AND f.reason = 'STOPPING_PREVIOUS' AND e.status IN ('QUEUED', 'ASSIGNED', 'RUNNING')
 LIMIT $1"""
FORGET = """DELETE FROM fire WHERE (trigger_id, fire_at) IN (
  SELECT trigger_id, fire_at FROM fire
   WHERE decided_at < now() - make_interval(days => $1) AND outcome NOT IN ('HELD', 'QUEUED') LIMIT $2)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule whose row is locked: what its executions are made of, its rules, and which of them live."""

    id: str
    name: str
    workflow_id: str
    inputs: bytes
    priority: int
    labels: Sequence[str]
    dedupe_key: str
    timeout_seconds: float
    queue_timeout_seconds: float
    enabled: bool
    timezone: str
    misfire: Misfire
    misfire_max: int
    grace_seconds: float
    overlap: Overlap
    live: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the execution that came of it, if one did."""

    trigger_id: str
    decision: Decision
    execution_id: str | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """Seconds until the next planned fire is due (None: none is planned), and whether a QUEUED one waits."""

    next_seconds: float | None
    waits: bool

    @property
    def is_due(self) -> bool:
        """True when something is due now."""
        return self.next_seconds is not None and self.next_seconds <= 0


async def take_due(connection: "Connection", limit: int) -> list[str]:
    """Locks schedules of the fires that are due longest; answers their triggers."""
    return _unique(await connection.fetch(TAKE_DUE, limit))


async def take_waiting(connection: "Connection", limit: int) -> list[str]:
    """Locks schedules whose QUEUED fire need not wait any longer."""
    return _unique(await connection.fetch(TAKE_WAITING, limit))


async def take_one(connection: "Connection", trigger_id: str) -> list[str]:
    """Locks this one; empty when somebody else holds it."""
    return _unique(await connection.fetch(TAKE_ONE, trigger_id))


async def find_due(connection: "Connection", limit: int) -> list[str]:
    """Triggers with due fires; nothing is locked."""
    return _unique(await connection.fetch(FIND_DUE, limit))


async def read_standings(connection: "Connection", trigger_ids: Sequence[str]) -> Mapping[str, Standing]:
    """How the locked ones stand."""
    return {row["id"]: _standing(row) for row in await connection.fetch(STATES, list(trigger_ids))}


async def read_fires(connection: "Connection", trigger_ids: Sequence[str]) -> Mapping[str, list[DueFire]]:
    """Their due and QUEUED fires, oldest first."""
    return _by_trigger(await connection.fetch(FIRES, list(trigger_ids)))


async def read_held(connection: "Connection", trigger_id: str) -> list[DueFire]:
    """Its HELD fires, oldest first."""
    return _by_trigger(await connection.fetch(HELD, trigger_id)).get(trigger_id, [])


async def find_holding(connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
    """Those that hold fires."""
    return {row["id"] for row in await connection.fetch(HOLDING, list(trigger_ids))}


async def write(connection: "Connection", decided: Sequence[Decided]) -> None:
    """Writes the outcomes; a row that is final already stays as it is."""
    outcomes = [Outcome.DUPLICATE if each.duplicate else each.decision.outcome for each in decided]
    await connection.execute(
        WRITE,
        [each.trigger_id for each in decided],
        [each.decision.fire_at for each in decided],
        outcomes,
        [each.decision.reason for each in decided],
        [each.execution_id for each in decided],
        [each.decision.merged_into for each in decided],
    )


async def keep_live(connection: "Connection", live: Mapping[str, Sequence[str]]) -> None:
    """Remembers the executions that live, by trigger."""
    if live:
        await connection.execute(KEEP_LIVE, list(live), ["{" + ",".join(ids) + "}" for ids in live.values()])


async def look_ahead(connection: "Connection") -> Ahead:
    """One statement: all that an idle Hub asks."""
    row = await connection.fetchrow(LOOK_AHEAD)
    assert row is not None
    return Ahead(row["next_seconds"], row["waits"])


async def find_to_stop(connection: "Connection", limit: int) -> list[tuple[str, str]]:
    """Executions that a waiting fire wants stopped, with the names of their triggers."""
    return [(row["id"], row["name"]) for row in await connection.fetch(TO_STOP, limit)]


async def forget(connection: "Connection", days: int, limit: int) -> int:
    """Deletes rows decided so long ago; answers how many."""
    status: str = await connection.execute(FORGET, days, limit)
    return int(status.rpartition(" ")[2])


def obstacle_of(reason: str) -> Reason:
    """The ledger's word for a refusal to launch."""
    return Reason(reason) if reason in Reason.__members__ else Reason.WORKFLOW_UNUSABLE


def _unique(rows: Sequence["asyncpg.Record"]) -> list[str]:
    return list(dict.fromkeys(row["trigger_id"] for row in rows))


def _by_trigger(rows: Sequence["asyncpg.Record"]) -> dict[str, list[DueFire]]:
    fires: dict[str, list[DueFire]] = {}
    for row in rows:
        fire = DueFire(row["fire_at"], row["late_seconds"], blocked=row["blocked"], waited=row["waited"])
        fires.setdefault(row["trigger_id"], []).append(fire)
    return fires


def _standing(row: "asyncpg.Record") -> Standing:
    return Standing(
        id=row["id"],
        name=row["name"],
        workflow_id=row["workflow_id"],
        inputs=row["inputs"],
        priority=row["priority"],
        labels=tuple(row["labels"]),
        dedupe_key=row["dedupe_key"],
        timeout_seconds=row["timeout_seconds"],
        queue_timeout_seconds=row["queue_timeout_seconds"],
        enabled=row["enabled"],
        timezone=row["timezone"],
        misfire=Misfire(row["misfire_policy"]),
        misfire_max=row["misfire_max"],
        grace_seconds=row["grace_seconds"],
        overlap=Overlap(row["overlap"]),
        live=tuple(row["live"]),
    )
