"""SQL of dispatch: claims and the offers they make, the hold, the licence's verdict, the timers that SQL needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.scheduler.executions.model import Actor, Mode, Offer

if TYPE_CHECKING:
    from services.kit.postgres import Connection

OFFER = """execution_id, attempt_id, runner_id, epoch, registry_address, slot, workflow_id, workflow_name, version,
 graph_sha256, inputs, offer_seconds, lease_seconds, timeout_seconds, attempt_no, run_attempt, mode, draft, continued,
 actor_kind, actor_id, actor_name, trigger_id, created_at"""
CLAIM = f"SELECT {OFFER} FROM offers(ARRAY(SELECT claim($1, $2::uuid[])))"  # noqa: S608 - a constant
CLAIM_AT_ONCE = "SELECT attempt_id, found_obstacles FROM claim_at_once($1, $2)"
OFFERS = f"SELECT {OFFER} FROM offers($1::uuid[])"  # noqa: S608 - a constant
HOLD = "INSERT INTO dispatch_hold (reason, held_by) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
RELEASE = "DELETE FROM dispatch_hold RETURNING true"
READ_STATE = """SELECT h.reason, h.held_by, h.held_at, current_setting('server_version') AS database_version
 FROM (SELECT) one LEFT JOIN dispatch_hold h ON true"""
HAS_DUE = """SELECT EXISTS (SELECT FROM execution
 WHERE waiting_for IS NOT NULL AND waiting_for <> 'CONCURRENCY' AND ready_at <= now())"""
HAS_CLAIMABLE = "SELECT EXISTS (SELECT FROM execution WHERE status = 'QUEUED' AND waiting_for IS NULL)"
SAVE_VERDICT = """INSERT INTO licence_verdict (allowed, reason, message, concurrent_executions, fresh_until)
 VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
 ON CONFLICT (singleton) DO UPDATE SET allowed = excluded.allowed, reason = excluded.reason, message = excluded.message,
  concurrent_executions = excluded.concurrent_executions, fresh_until = excluded.fresh_until, asked_at = now()"""
READ_VERDICT = """SELECT allowed, reason, message, concurrent_executions,
 extract(epoch FROM fresh_until - now())::float8 AS fresh_seconds, extract(epoch FROM now() - asked_at)::float8 AS
 age_seconds
 FROM licence_verdict WHERE asked_at > now() - make_interval(secs => $1)"""
TELL_OF_LICENCE = """INSERT INTO outgoing_event (id, type, at, subject_kind, order_key, data)
 SELECT $1, $2, $3, 'license', 'license', $4::json
  WHERE EXISTS (SELECT FROM event_interest WHERE $2 LIKE pattern)
 ON CONFLICT (id) DO NOTHING"""
SAVE_TIMING = """UPDATE dispatch_timing SET silent_seconds = $1, offline_seconds = $2, offer_seconds = $3,
 interactive_offer_seconds = $4, undelivered_seconds = $5, lease_margin_seconds = $6
 WHERE (silent_seconds, offline_seconds, offer_seconds, interactive_offer_seconds, undelivered_seconds,
  lease_margin_seconds) IS DISTINCT FROM ($1, $2, $3, $4, $5, $6)"""


FROZEN = "LICENCE_FROZEN"


@dataclass(frozen=True, slots=True)
class Timing:
    """Timers that SQL needs, in seconds (03 "Leases and time")."""

    silent: float = 65.0
    offline: float = 120.0
    offer: float = 20.0
    interactive_offer: float = 5.0
    undelivered: float = 30.0
    lease_margin: float = 10.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the licence says about new executions. `concurrent_executions` is None without a limit."""

    allowed: bool
    reason: str
    message: str
    concurrent_executions: int | None
    fresh_seconds: float
    """Until it is asked for again; negative when that time has passed."""

    @property
    def frozen(self) -> bool:
        """Whether nothing may be added; what is there goes on."""
        return self.reason == FROZEN


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing may be claimed, by whom and since when."""

    reason: str
    held_by: str
    held_at: datetime


async def claim(connection: "Connection", limit: int, runners: Sequence[str] | None = None) -> list[Offer]:
    """Assigns up to `limit` ready executions to free seats, of `runners` only when given, and answers the offers."""
    return [_offer(row) for row in await connection.fetch(CLAIM, limit, runners)]


async def claim_at_once(connection: "Connection", execution_id: str, runner_id: str) -> tuple[Offer | None, list[str]]:
    """Assigns this execution to this runner now; otherwise no offer and the obstacles."""
    row = await connection.fetchrow(CLAIM_AT_ONCE, execution_id, runner_id)
    if row is None or row["attempt_id"] is None:
        return None, list(row["found_obstacles"]) if row else []
    offered = await connection.fetchrow(OFFERS, [row["attempt_id"]])
    return _offer(offered), []


async def hold(connection: "Connection", reason: str, by: str) -> bool:
    """Stops all claims. False when they were stopped already."""
    return bool(await connection.fetchval(HOLD, reason, by))


async def release(connection: "Connection") -> bool:
    """Allows claims again. False when they were allowed."""
    return bool(await connection.fetchval(RELEASE))


async def read_state(connection: "Connection") -> tuple[Hold | None, str]:
    """The hold if there is one, and the version of the database."""
    row = await connection.fetchrow(READ_STATE)
    assert row is not None
    hold = Hold(row["reason"], row["held_by"], row["held_at"]) if row["held_at"] is not None else None
    return hold, row["database_version"]


async def has_due(connection: "Connection") -> bool:
    """Something that waited for its time may go now."""
    return bool(await connection.fetchval(HAS_DUE))


async def has_claimable(connection: "Connection") -> bool:
    """Something is in the queue and not waiting for its time."""
    return bool(await connection.fetchval(HAS_CLAIMABLE))


async def save_verdict(connection: "Connection", verdict: Verdict) -> None:
    """Keeps the licence's verdict: claim reads the limit there, and it serves while the licence service is away."""
    await connection.execute(
        SAVE_VERDICT,
        verdict.allowed,
        verdict.reason,
        verdict.message,
        verdict.concurrent_executions,
        verdict.fresh_seconds,
    )


async def read_verdict(connection: "Connection", usable_seconds: float) -> Verdict | None:
    """The kept verdict, unless it is older than `usable_seconds`."""
    row = await connection.fetchrow(READ_VERDICT, usable_seconds)
    if row is None:
        return None
    return Verdict(row["allowed"], row["reason"], row["message"], row["concurrent_executions"], row["fresh_seconds"])


async def tell_of_licence(connection: "Connection", identifier: str, type_: str, at: datetime, data: str) -> None:
    """An outgoing event if anybody wants it; told again, it changes nothing. `data` is JSON."""
    await connection.execute(TELL_OF_LICENCE, identifier, type_, at, data)


async def save_timing(connection: "Connection", timing: Timing) -> None:
    """Hands the settings' timers to SQL."""
    await connection.execute(
        SAVE_TIMING,
        timing.silent,
        timing.offline,
        timing.offer,
        timing.interactive_offer,
        timing.undelivered,
        timing.lease_margin,
    )


def _offer(row: Any) -> Offer:
    created_at: datetime = row["created_at"]
    return Offer(
        execution_id=str(row["execution_id"]),
        attempt_id=str(row["attempt_id"]),
        runner_id=str(row["runner_id"]),
        epoch=row["epoch"],
        registry_address=row["registry_address"],
        slot=row["slot"],
        workflow_id=str(row["workflow_id"]),
        workflow_name=row["workflow_name"],
        version=row["version"],
        graph_sha256=row["graph_sha256"],
        inputs=row["inputs"],
        offer_seconds=row["offer_seconds"],
        lease_seconds=row["lease_seconds"],
        timeout_seconds=row["timeout_seconds"],
        attempt_no=row["attempt_no"],
        run_attempt=row["run_attempt"],
        mode=Mode(row["mode"]),
        draft=row["draft"],
        continued=row["continued"],
        actor=Actor(row["actor_kind"], row["actor_id"], row["actor_name"]),
        trigger_id=str(row["trigger_id"]) if row["trigger_id"] else None,
        created_at=created_at,
    )
