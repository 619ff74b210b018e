"""SQL of runner sessions and seats, and of what the registry tells about runners."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.scheduler.executions.calls import Pause, RenewSession

if TYPE_CHECKING:
    from services.kit.postgres import Connection

UPSERT_RUNNER = """INSERT INTO runner (id, name, labels, slots) VALUES ($1, $2, $3, $4)
 ON CONFLICT (id) DO UPDATE SET name = excluded.name, labels = excluded.labels, slots = excluded.slots, deleted_at =
 NULL,
  updated_at = now()
 WHERE (runner.name, runner.labels, runner.slots, runner.deleted_at) IS DISTINCT FROM
  (excluded.name, excluded.labels, excluded.slots, NULL)"""
UPDATE_RUNNER = """INSERT INTO runner (id, name, labels, slots, enabled, draining, deleted_at)
 VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END)
 ON CONFLICT (id) DO UPDATE SET name = excluded.name, labels = excluded.labels, slots = excluded.slots,
  enabled = excluded.enabled, draining = excluded.draining, deleted_at = excluded.deleted_at, updated_at = now()"""
ADD_SEATS = """INSERT INTO seat (runner_id, slot) SELECT $1, slot FROM generate_series(0, $2::int - 1) AS slot
 ON CONFLICT DO NOTHING"""
LOCK_SESSION = """SELECT epoch, boot_id, registry_address, closed_at IS NOT NULL AS closed FROM runner_session
 WHERE runner_id = $1 FOR UPDATE"""
OPEN = """INSERT INTO runner_session (runner_id, epoch, session_id, boot_id, registry_address, capabilities,
 draining, version, paused_at, paused_by)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
 ON CONFLICT (runner_id) DO UPDATE SET epoch = excluded.epoch, session_id = excluded.session_id,
  boot_id = excluded.boot_id, registry_address = excluded.registry_address, capabilities = excluded.capabilities,
  draining = excluded.draining, version = excluded.version, paused_at = excluded.paused_at,
  paused_by = excluded.paused_by, poll_open = false, opened_at = now(), seen_at = now(),
  closed_at = NULL"""
LOCK_SEATS = "SELECT FROM seat WHERE runner_id = $1 ORDER BY slot FOR UPDATE"
LIVE_ATTEMPTS = "SELECT id FROM attempt WHERE runner_id = $1 AND ended_at IS NULL"
ADOPT = """UPDATE attempt a SET epoch = $2,
 lease_expires_at = CASE WHEN a.acknowledged_at IS NOT NULL
  THEN now() + make_interval(secs => a.lease_seconds + t.lease_margin_seconds) END
 FROM dispatch_timing t WHERE a.id = ANY ($1::uuid[]) AND a.ended_at IS NULL"""
EPOCHS = (
    "SELECT runner_id, epoch, closed_at IS NOT NULL AS closed FROM runner_session WHERE runner_id = ANY ($1::uuid[])"
)
RENEW_SESSIONS = """UPDATE runner_session n SET seen_at = now(), draining = c.draining, paused_at = c.paused_at,
  paused_by = c.paused_by
 FROM unnest($1::uuid[], $2::bigint[], $3::bool[], $4::timestamptz[], $5::text[])
  AS c (runner_id, epoch, draining, paused_at, paused_by)
 WHERE n.runner_id = c.runner_id AND n.epoch = c.epoch AND n.closed_at IS NULL"""
RENEW_LEASES = """WITH held AS (
 SELECT a.id FROM attempt a JOIN unnest($1::uuid[], $2::uuid[]) AS c (attempt_id, runner_id)
  ON a.id = c.attempt_id AND a.runner_id = c.runner_id
  WHERE a.ended_at IS NULL AND a.acknowledged_at IS NOT NULL ORDER BY a.id FOR UPDATE OF a
), renewed AS (
 UPDATE attempt a SET lease_expires_at = now() + make_interval(secs => a.lease_seconds + t.lease_margin_seconds)
  FROM held, dispatch_timing t WHERE a.id = held.id)
SELECT a.id AS attempt_id, a.execution_id, a.runner_id, a.lease_seconds, a.ended_at IS NOT NULL AS ended,
 a.acknowledged_at IS NOT NULL AS acknowledged, e.status, e.stop_force, e.contact_lost_at IS NOT NULL AS contact_lost
 FROM attempt a JOIN execution e ON e.id = a.execution_id WHERE a.id = ANY ($1::uuid[])"""
SET_POLL = """UPDATE runner_session n SET poll_open = c.open, seen_at = now(),
 capabilities = coalesce(string_to_array(nullif(c.capabilities, ''), E'\\x1f'), n.capabilities)
 FROM unnest($1::uuid[], $2::bigint[], $3::bool[], $4::text[]) AS c (runner_id, epoch, open, capabilities)
 WHERE n.runner_id = c.runner_id AND n.epoch = c.epoch AND n.closed_at IS NULL
  AND (n.poll_open <> c.open
   OR n.capabilities <> coalesce(string_to_array(nullif(c.capabilities, ''), E'\\x1f'), n.capabilities))
 RETURNING n.runner_id, n.poll_open"""
CLOSE_POLLS = """UPDATE runner_session n SET poll_open = false
 FROM unnest($1::uuid[], $2::bigint[]) AS c (runner_id, epoch) WHERE n.runner_id = c.runner_id AND n.epoch = c.epoch"""
CLOSE = """UPDATE runner_session SET poll_open = false, closed_at = CASE WHEN $3 THEN now() ELSE closed_at END
 WHERE runner_id = $1 AND epoch = $2"""
TOUCH_LINK = """INSERT INTO registry_link (address, incarnation) VALUES ($1, $2)
 ON CONFLICT (address) DO UPDATE SET incarnation = excluded.incarnation, seen_at = now()"""
INCARNATION = "SELECT incarnation FROM hub_tick"
ADDRESSES = """SELECT runner_id, registry_address FROM runner_session
 WHERE runner_id = ANY ($1::uuid[]) AND closed_at IS NULL"""
LOADS = """SELECT r.id, r.slots,
 (SELECT count(*) FROM seat s WHERE s.runner_id = r.id AND s.attempt_id IS NULL AND s.slot < r.slots) AS free,
 coalesce((SELECT array_agg(a.execution_id ORDER BY a.id) FROM attempt a WHERE a.runner_id = r.id AND a.ended_at IS
 NULL),
  '{}') AS execution_ids,
 coalesce(n.poll_open AND n.closed_at IS NULL, false) AS poll_open,
 CASE WHEN NOT n.poll_open THEN n.paused_at END AS paused_at, n.paused_by
 FROM runner r LEFT JOIN runner_session n ON n.runner_id = r.id
 WHERE r.deleted_at IS NULL AND ($1::uuid[] IS NULL OR r.id = ANY ($1::uuid[]))"""


@dataclass(frozen=True, slots=True)
class Session:
    """The latest connection of a runner."""

    epoch: int
    boot_id: str
    closed: bool


@dataclass(frozen=True, slots=True)
class HeldState:
    """How an attempt that a runner says it holds stands on the Hub."""

    attempt_id: str
    execution_id: str
    runner_id: str
    lease_seconds: float
    ended: bool
    acknowledged: bool
    status: str
    stop_force: bool
    contact_lost: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What a runner is doing now."""

    runner_id: str
    slots: int
    free: int
    execution_ids: tuple[str, ...]
    poll_open: bool
    pause: Pause | None


async def lock_session(connection: "Connection", runner_id: str) -> Session | None:
    """The runner's latest session, locked; None when it never had one."""
    row = await connection.fetchrow(LOCK_SESSION, runner_id)
    return Session(row["epoch"], row["boot_id"], row["closed"]) if row else None


async def register(connection: "Connection", runner_id: str, name: str, labels: Sequence[str], slots: int) -> None:
    """Keeps what the registry says at Hello, and makes the seats; those beyond `slots` are never offered."""
    await connection.execute(UPSERT_RUNNER, runner_id, name, sorted(labels), slots)
    await connection.execute(ADD_SEATS, runner_id, slots)


async def open_session(
    connection: "Connection",
    runner_id: str,
    *,
    epoch: int,
    session_id: str,
    boot_id: str,
    registry_address: str,
    capabilities: Sequence[str],
    draining: bool,
    version: str,
    pause: Pause | None,
) -> None:
    """Makes this connection the runner's only one; its poll is closed until it polls."""
    await connection.execute(
        OPEN,
        runner_id,
        epoch,
        session_id,
        boot_id,
        registry_address,
        sorted(capabilities),
        draining,
        version,
        *_pause_columns(pause),
    )


async def live_attempts(connection: "Connection", runner_id: str) -> list[str]:
    """What the Hub believes the runner holds; its seats are locked first."""
    await connection.execute(LOCK_SEATS, runner_id)
    return [str(row["id"]) for row in await connection.fetch(LIVE_ATTEMPTS, runner_id)]


async def adopt(connection: "Connection", attempts: Sequence[str], epoch: int) -> None:
    """Takes live attempts over into a new session, with a fresh lease."""
    if attempts:
        await connection.execute(ADOPT, attempts, epoch)


async def read_epochs(connection: "Connection", runners: Sequence[str]) -> dict[str, int]:
    """The epoch of each runner's open session."""
    rows = await connection.fetch(EPOCHS, runners)
    return {str(row["runner_id"]): row["epoch"] for row in rows if not row["closed"]}


async def renew_sessions(connection: "Connection", renewals: Sequence[tuple[str, tuple[int, RenewSession]]]) -> None:
    """Runner, epoch and words of each heartbeat: the sessions were seen now."""
    if renewals:
        rows = [(runner, epoch, beat.draining, *_pause_columns(beat.pause)) for runner, (epoch, beat) in renewals]
        await connection.execute(RENEW_SESSIONS, *(list(column) for column in zip(*rows, strict=True)))


async def renew_leases(connection: "Connection", held: Sequence[tuple[str, str]]) -> dict[str, HeldState]:
    """Renews the leases of (attempt, runner) pairs that are live and acknowledged; answers how each of them stands."""
    if not held:
        return {}
    rows = await connection.fetch(RENEW_LEASES, *(list(column) for column in zip(*held, strict=True)))
    return {
        str(row["attempt_id"]): HeldState(
            attempt_id=str(row["attempt_id"]),
            execution_id=str(row["execution_id"]),
            runner_id=str(row["runner_id"]),
            lease_seconds=row["lease_seconds"],
            ended=row["ended"],
            acknowledged=row["acknowledged"],
            status=row["status"],
            stop_force=row["stop_force"],
            contact_lost=row["contact_lost"],
        )
        for row in rows
    }


async def set_polls(connection: "Connection", polls: Sequence[tuple[str, int, bool, Sequence[str]]]) -> set[str]:
    """(runner, epoch, open, capabilities) of each poll; one without capabilities keeps those there are.

    Answers the runners that may be offered more than before: they did not poll, or can do something else now.
    """
    if not polls:
        return set()
    rows = [(runner, epoch, is_open, "\x1f".join(sorted(names))) for runner, epoch, is_open, names in polls]
    changed = await connection.fetch(SET_POLL, *(list(column) for column in zip(*rows, strict=True)))
    return {str(row["runner_id"]) for row in changed if row["poll_open"]}


async def close_polls(connection: "Connection", sessions: Iterable[tuple[str, int]]) -> None:
    """Nothing is offered in these sessions (runner, epoch) until their runners poll again."""
    await connection.execute(CLOSE_POLLS, *(list(column) for column in zip(*sorted(sessions), strict=True)))


async def close_session(connection: "Connection", runner_id: str, epoch: int, *, goodbye: bool) -> None:
    """The stream is gone; after a goodbye the runner is offline at once."""
    await connection.execute(CLOSE, runner_id, epoch, goodbye)


async def update_runner(
    connection: "Connection",
    runner_id: str,
    *,
    name: str,
    labels: Sequence[str],
    slots: int,
    enabled: bool,
    draining: bool,
    deleted: bool,
) -> None:
    """Keeps what the registry changed."""
    await connection.execute(UPDATE_RUNNER, runner_id, name, sorted(labels), slots, enabled, draining, deleted)
    await connection.execute(ADD_SEATS, runner_id, slots)


async def touch_link(connection: "Connection", address: str, incarnation: str) -> None:
    """A registry process is there now."""
    await connection.execute(TOUCH_LINK, address, incarnation)


async def read_incarnation(connection: "Connection") -> str:
    """Changes when the Hub's data was restored or promoted."""
    return str(await connection.fetchval(INCARNATION))


async def find_addresses(connection: "Connection", runners: Sequence[str]) -> dict[str, str]:
    """The registry process that holds each runner's streams; runners without a session are missing."""
    if not runners:
        return {}
    rows = await connection.fetch(ADDRESSES, runners)
    return {str(row["runner_id"]): row["registry_address"] for row in rows}


async def read_loads(connection: "Connection", runners: Sequence[str] | None) -> list[Load]:
    """What these runners, or all, are doing now."""
    return [
        Load(
            str(row["id"]),
            row["slots"],
            row["free"],
            tuple(map(str, row["execution_ids"])),
            row["poll_open"],
            Pause(row["paused_at"], row["paused_by"]) if row["paused_at"] else None,
        )
        for row in await connection.fetch(LOADS, runners)
    ]


def _pause_columns(pause: Pause | None) -> tuple[datetime | None, str]:
    return (pause.since, pause.by) if pause else (None, "")
