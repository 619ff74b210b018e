"""The registry's SQL, and rows to models."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from services.registry.model import Draft, Metrics, Presence, Runner

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

_RUNNER = """runner.id::text AS id, name, description, labels, slots, enabled, draining, owner_id, machine_key,
 secret_version, cloned_at IS NOT NULL AS cloned, revision, created_at, deleted_at IS NOT NULL AS deleted"""
_PRESENCE = """last_seen_at, connected_at, disconnected_at, version, platform, hostname, capabilities, metrics_at,
 cpu_percent, memory_percent, memory_used, memory_total, disk_free, disk_total"""
_JOINED = f"{_RUNNER}, {_PRESENCE} FROM runner LEFT JOIN presence ON presence.runner_id = runner.id"

GET_RUNNER = f"SELECT {_JOINED} WHERE runner.id = $1 AND deleted_at IS NULL"
LOCK_RUNNER = "SELECT FROM runner WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"
FIND_BY_KEY = f"""SELECT secret_sha256, {_JOINED}
 WHERE machine_key = $1 AND deleted_at IS NULL"""
LIST_RUNNERS = f"""SELECT {_JOINED}
 WHERE deleted_at IS NULL
   AND ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR strpos(lower(coalesce(hostname, '')), lower($1)) > 0)
   AND ($2 = '' OR $2 = ANY (labels))
   AND ($3::text IS NULL OR (lower(name), runner.id) > ($3, $4::uuid))
 ORDER BY lower(name), runner.id LIMIT $5"""
INSERT_RUNNER = """INSERT INTO runner (id, name, description, labels, slots, owner_id, machine_key, secret_sha256)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
UPDATE_RUNNER = """UPDATE runner SET name = $2, description = $3, labels = $4, slots = $5, enabled = $6, owner_id = $7,
 draining = $8, revision = revision + 1 WHERE id = $1"""
RENEW_IDENTITY = """UPDATE runner SET secret_sha256 = $2, secret_version = secret_version + 1, cloned_at = NULL
 WHERE id = $1"""
MARK_CLONED = "UPDATE runner SET cloned_at = now() WHERE id = $1 AND cloned_at IS NULL RETURNING id"
DELETE_RUNNER = "UPDATE runner SET deleted_at = now(), enabled = false, revision = revision + 1 WHERE id = $1"

LIST_UNTOLD = f"SELECT {_RUNNER} FROM runner WHERE told_revision < revision ORDER BY runner.id LIMIT 200"  # noqa: S608 - constants
MARK_TOLD = "UPDATE runner SET told_revision = greatest(told_revision, $2) WHERE id = $1"

INSERT_PAIRING = """INSERT INTO pairing_token (token_sha256, runner_id, expires_at)
 VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING expires_at"""
USE_PAIRING = """UPDATE pairing_token SET used_at = now()
 WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > now() RETURNING runner_id::text"""
DELETE_OLD_PAIRINGS = "DELETE FROM pairing_token WHERE expires_at < now() - interval '1 day'"

PLAN_SEAT_RELEASE = """INSERT INTO seat_release (runner_id, due_at) VALUES ($1, now() + make_interval(secs => $2))
 ON CONFLICT (runner_id) DO UPDATE SET due_at = excluded.due_at"""
KEEP_SEAT = "DELETE FROM seat_release WHERE runner_id = $1 RETURNING runner_id"
DUE_SEAT_RELEASES = """SELECT runner_id::text FROM seat_release WHERE due_at <= now() ORDER BY due_at LIMIT 50
 FOR UPDATE SKIP LOCKED"""

DESCRIBE_MACHINE = """INSERT INTO presence (runner_id, version, platform, hostname) VALUES ($1, $2, $3, $4)
 ON CONFLICT (runner_id) DO UPDATE SET version = $2, platform = $3, hostname = $4"""
MARK_CONNECTED = """INSERT INTO presence (runner_id, last_seen_at, connected_at, version, capabilities)
 VALUES ($1, $2, $2, $3, $4)
 ON CONFLICT (runner_id) DO UPDATE SET last_seen_at = $2, connected_at = $2, disconnected_at = NULL,
  version = $3, capabilities = $4"""
MARK_GONE = """UPDATE presence SET disconnected_at = gone.at
 FROM unnest($1::uuid[], $2::timestamptz[]) AS gone (runner_id, at)
 WHERE presence.runner_id = gone.runner_id AND presence.connected_at <= gone.at"""
HEARD_UNTIL = "SELECT max(last_seen_at) FROM presence"

_BEAT_ARRAYS = """unnest($1::uuid[], $2::timestamptz[], $3::float8[], $4::float8[], $5::bigint[], $6::bigint[],
  $7::bigint[], $8::bigint[])
  AS beat (runner_id, at, cpu_percent, memory_percent, memory_used, memory_total, disk_free, disk_total)"""
WRITE_BEATS = f"""WITH beat AS MATERIALIZED (SELECT * FROM {_BEAT_ARRAYS}),
 minutes AS (
  INSERT INTO runner_metrics
  SELECT runner_id, date_trunc('minute', at), cpu_percent, memory_percent, memory_used, memory_total, disk_free,
    disk_total
   FROM beat WHERE cpu_percent IS NOT NULL
  ON CONFLICT (runner_id, minute) DO UPDATE SET cpu_percent = excluded.cpu_percent,
   memory_percent = excluded.memory_percent, memory_used = excluded.memory_used, memory_total = excluded.memory_total,
   disk_free = excluded.disk_free, disk_total = excluded.disk_total),
 seen AS (
  UPDATE presence SET last_seen_at = greatest(last_seen_at, beat.at),
   metrics_at = CASE WHEN beat.cpu_percent IS NULL THEN metrics_at ELSE beat.at END,
   cpu_percent = coalesce(beat.cpu_percent, presence.cpu_percent),
   memory_percent = coalesce(beat.memory_percent, presence.memory_percent),
   memory_used = coalesce(beat.memory_used, presence.memory_used),
   memory_total = coalesce(beat.memory_total, presence.memory_total),
   disk_free = coalesce(beat.disk_free, presence.disk_free),
   disk_total = coalesce(beat.disk_total, presence.disk_total)
   FROM beat WHERE presence.runner_id = beat.runner_id)
 SELECT {_RUNNER} FROM runner JOIN beat ON beat.runner_id = runner.id"""  # noqa: S608 - constants
LIST_METRICS = """SELECT minute AS metrics_at, cpu_percent, memory_percent, memory_used, memory_total, disk_free,
  disk_total
 FROM runner_metrics WHERE runner_id = $1 AND ($2::timestamptz IS NULL OR minute >= $2)
  AND ($3::timestamptz IS NULL OR minute < $3) ORDER BY minute DESC LIMIT $4"""
DELETE_OLD_METRICS = "DELETE FROM runner_metrics WHERE minute < now() - make_interval(days => $1)"


async def get_runner(connection: "Connection", runner_id: str, *, lock: bool = False) -> Runner | None:
    """One that is not deleted; `lock` holds its row until the transaction ends."""
    if lock:
        await connection.fetchrow(LOCK_RUNNER, runner_id)
    row = await connection.fetchrow(GET_RUNNER, runner_id)
    return _runner(row) if row else None


async def find_by_key(connection: "Connection", machine_key: str) -> tuple[Runner, bytes] | None:
    """The runner with this machine key, and its secret's SHA-256."""
    row = await connection.fetchrow(FIND_BY_KEY, machine_key)
    return (_runner(row), row["secret_sha256"]) if row else None


async def list_runners(
    connection: "Connection", query: str, label: str, after: tuple[str, str] | None, limit: int
) -> list[Runner]:
    """By name, after the runner with this lower-case name and id."""
    name, runner_id = after or (None, None)
    rows = await connection.fetch(LIST_RUNNERS, query, label, name, runner_id, limit)
    return [_runner(row) for row in rows]


async def insert_runner(connection: "Connection", runner: Draft) -> None:
    """Raises asyncpg.UniqueViolationError when the name is taken."""
    await connection.execute(
        INSERT_RUNNER,
        runner.id,
        runner.name,
        runner.description,
        list(runner.labels),
        runner.slots,
        runner.owner_id,
        runner.machine_key,
        runner.secret_sha256,
    )


async def update_runner(connection: "Connection", runner: Runner) -> None:
    """Writes what administrators may change. Raises asyncpg.UniqueViolationError when the name is taken."""
    await connection.execute(
        UPDATE_RUNNER,
        runner.id,
        runner.name,
        runner.description,
        list(runner.labels),
        runner.slots,
        runner.enabled,
        runner.owner_id,
        runner.draining,
    )


async def list_untold(connection: "Connection") -> list[Runner]:
    """Runners of whose latest revision the scheduler has not been told, deleted ones too."""
    return [_runner(row) for row in await connection.fetch(LIST_UNTOLD)]


async def write_beats(connection: "Connection", beats: Sequence[tuple[str, datetime, Metrics | None]]) -> list[Runner]:
    """Writes the latest heartbeat of each runner in one statement; answers the runners as they stand now."""
    columns = list(zip(*(_beat_row(*beat) for beat in beats), strict=True))
    return [_runner(row) for row in await connection.fetch(WRITE_BEATS, *columns)]


async def list_metrics(
    connection: "Connection", runner_id: str, since: datetime | None, until: datetime | None, limit: int
) -> list[Metrics]:
    """One entry a minute, oldest first; the newest `limit` of them."""
    rows = await connection.fetch(LIST_METRICS, runner_id, since, until, limit)
    return [_metrics(row) for row in reversed(rows)]


def _beat_row(runner_id: str, at: datetime, metrics: Metrics | None) -> tuple[object, ...]:
    if metrics is None:
        return (runner_id, at, None, None, None, None, None, None)
    return (
        runner_id,
        at,
        metrics.cpu_percent,
        metrics.memory_percent,
        metrics.memory_used,
        metrics.memory_total,
        metrics.disk_free,
        metrics.disk_total,
    )


def _runner(row: "asyncpg.Record") -> Runner:
    return Runner(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        labels=tuple(row["labels"]),
        slots=row["slots"],
        enabled=row["enabled"],
        draining=row["draining"],
        owner_id=row["owner_id"],
        machine_key=row["machine_key"],
        secret_version=row["secret_version"],
        cloned=row["cloned"],
        revision=row["revision"],
        created_at=row["created_at"],
        deleted=row["deleted"],
        # A machine that authenticated has a row before its first session is noted.
        presence=_presence(row) if row.get("connected_at") is not None else None,
    )


def _presence(row: "asyncpg.Record") -> Presence:
    return Presence(
        last_seen_at=row["last_seen_at"],
        connected_at=row["connected_at"],
        disconnected_at=row["disconnected_at"],
        version=row["version"],
        platform=row["platform"],
        hostname=row["hostname"],
        capabilities=tuple(row["capabilities"]),
        metrics=_metrics(row) if row["metrics_at"] is not None else None,
    )


def _metrics(row: "asyncpg.Record") -> Metrics:
    return Metrics(
        at=row["metrics_at"],
        cpu_percent=row["cpu_percent"],
        memory_percent=row["memory_percent"],
        memory_used=row["memory_used"],
        memory_total=row["memory_total"],
        disk_free=row["disk_free"],
        disk_total=row["disk_total"],
    )
