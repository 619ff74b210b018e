"""SQL of breakers: who is paused, the locks under which that is decided, outcomes not counted yet.

`trigger.breaker` repeats `trigger_breaker.breaker` for whoever reads triggers; both are written by `save` alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.scheduler.outcomes.model import Breaker, Outcome, ReleasePolicy, Result, Settings, State

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_STATE = """b.trigger_id, b.enabled, b.threshold, b.probe_seconds, b.probe_max_seconds, b.release, b.release_max,
 b.breaker, b.streak, b.fingerprint, b.last_execution_id, b.opened_at, b.probe_at, b.probe_delay_seconds,
 b.probe_execution_id, b.release_left"""
PAUSED = "SELECT id FROM trigger WHERE id = ANY ($1::uuid[]) AND breaker <> 'CLOSED' ORDER BY id"
LOCK = """SELECT trigger_id FROM trigger_breaker WHERE trigger_id = ANY ($1::uuid[])
 ORDER BY trigger_id FOR NO KEY UPDATE"""
READ = f"SELECT {_STATE} FROM trigger_breaker b WHERE b.trigger_id = ANY ($1::uuid[])"  # noqa: S608 - a constant
ENSURE = "INSERT INTO trigger_breaker (trigger_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
LOCK_TRIGGER = """SELECT id, kind, name, workflow_id, enabled, false AS deleted FROM trigger
 WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"""
EXISTS = "SELECT EXISTS (SELECT FROM trigger WHERE id = $1 AND deleted_at IS NULL)"
TRY_TRIGGERS = """SELECT id, kind, name, workflow_id, enabled, deleted_at IS NOT NULL AS deleted FROM trigger
 WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"""
UNCOUNTED = """SELECT DISTINCT trigger_id FROM
 (SELECT trigger_id FROM trigger_outcome ORDER BY id LIMIT $1) AS oldest"""
TAKE = """WITH taken AS (DELETE FROM trigger_outcome WHERE trigger_id = ANY ($1::uuid[])
 RETURNING id, trigger_id, execution_id, result, fingerprint) SELECT * FROM taken ORDER BY id"""
SAVE = """WITH saved AS (
 UPDATE trigger_breaker SET breaker = $2, streak = $3, fingerprint = $4, last_execution_id = $5, opened_at = $6,
  probe_at = $7, probe_delay_seconds = $8, probe_execution_id = $9, release_left = $10, updated_at = now()
  WHERE trigger_id = $1)
 UPDATE trigger SET breaker = $2 WHERE id = $1 AND breaker <> $2"""
SAVE_SETTINGS = """UPDATE trigger_breaker SET enabled = $2, threshold = $3, probe_seconds = $4, probe_max_seconds = $5,
 release = $6, release_max = $7, updated_at = now() WHERE trigger_id = $1"""
FORGET_STRANGERS = """DELETE FROM trigger_outcome o WHERE o.trigger_id = ANY ($1::uuid[])
 AND NOT EXISTS (SELECT FROM trigger t WHERE t.id = o.trigger_id)"""
BUSY = """SELECT b.trigger_id, t.kind, b.breaker FROM trigger_breaker b JOIN trigger t ON t.id = b.trigger_id
 WHERE (b.breaker <> 'CLOSED' OR b.release_left IS NOT NULL) AND t.deleted_at IS NULL
  AND ((b.breaker = 'CLOSED' AND t.enabled) OR (b.breaker = 'OPEN' AND b.probe_at <= now() AND t.enabled)
       OR (b.breaker = 'PROBING' AND NOT EXISTS (
            SELECT FROM execution e WHERE e.id = b.probe_execution_id AND e.completed_at IS NULL)))
  AND ($1::uuid IS NULL OR b.trigger_id > $1)
 ORDER BY b.trigger_id LIMIT $2"""
IS_LIVE = "SELECT EXISTS (SELECT FROM execution WHERE id = $1 AND completed_at IS NULL)"
NOW = "SELECT now()"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the breaker needs to know of a locked trigger."""

    id: str
    kind: str
    name: str
    workflow_id: str
    enabled: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """A breaker that waits for a turn of the loop."""

    trigger_id: str
    kind: str
    breaker: Breaker

    @property
    def is_probe_due(self) -> bool:
        """The next held fire may go."""
        return self.breaker is Breaker.OPEN


async def find_paused(connection: "Connection", trigger_ids: Sequence[str]) -> list[str]:
    """Those of the triggers that are not CLOSED, sorted."""
    return [str(row["id"]) for row in await connection.fetch(PAUSED, trigger_ids)]


async def lock(connection: "Connection", trigger_ids: Sequence[str]) -> None:
    """Nobody else decides about these breakers until the transaction ends. Lock their triggers before."""
    await connection.fetch(LOCK, trigger_ids)


async def ensure(connection: "Connection", trigger_ids: Sequence[str]) -> None:
    """Each has a row from now on."""
    await connection.execute(ENSURE, trigger_ids)


async def lock_trigger(connection: "Connection", trigger_id: str) -> Trigger | None:
    """Waits for whoever changes it. None when it is unknown or deleted."""
    row = await connection.fetchrow(LOCK_TRIGGER, trigger_id)
    return _trigger(row) if row else None


async def exists(connection: "Connection", trigger_id: str) -> bool:
    """Whether there is such a trigger."""
    return bool(await connection.fetchval(EXISTS, trigger_id))


async def try_triggers(connection: "Connection", trigger_ids: Sequence[str]) -> list[Trigger]:
    """Locks those that nobody else has locked, deleted ones as well."""
    return [_trigger(row) for row in await connection.fetch(TRY_TRIGGERS, trigger_ids)]


async def read(connection: "Connection", trigger_ids: Sequence[str]) -> dict[str, State]:
    """The states there are rows of; every other trigger has the defaults."""
    return {str(row["trigger_id"]): _state(row) for row in await connection.fetch(READ, trigger_ids)}


async def find_uncounted(connection: "Connection", limit: int) -> list[str]:
    """Triggers among the oldest `limit` outcomes that were not counted yet."""
    return [str(row["trigger_id"]) for row in await connection.fetch(UNCOUNTED, limit)]


async def take_outcomes(connection: "Connection", trigger_ids: Sequence[str]) -> dict[str, list[Outcome]]:
    """Removes the outcomes of locked breakers, in the order in which they ended."""
    taken: dict[str, list[Outcome]] = {}
    for row in await connection.fetch(TAKE, trigger_ids):
        outcome = Outcome(str(row["execution_id"]), Result(row["result"]), row["fingerprint"])
        taken.setdefault(str(row["trigger_id"]), []).append(outcome)
    return taken


async def save(connection: "Connection", trigger_id: str, state: State) -> None:
    """Writes the state of a locked breaker; its settings stay."""
    await connection.execute(
        SAVE,
        trigger_id,
        state.breaker,
        state.streak,
        state.fingerprint,
        state.last_execution_id,
        state.opened_at,
        state.probe_at,
        state.probe_delay_seconds,
        state.probe_execution_id,
        state.release_left,
    )


async def save_settings(connection: "Connection", trigger_id: str, settings: Settings) -> None:
    """Writes the settings of a locked breaker."""
    await connection.execute(
        SAVE_SETTINGS,
        trigger_id,
        settings.enabled,
        settings.threshold,
        settings.probe_seconds,
        settings.probe_max_seconds,
        settings.release,
        settings.release_max,
    )


async def forget_strangers(connection: "Connection", trigger_ids: Sequence[str]) -> None:
    """Drops outcomes of what is no trigger: nobody would ever count them."""
    await connection.execute(FORGET_STRANGERS, trigger_ids)


async def find_busy(connection: "Connection", after: str | None, limit: int) -> list[Busy]:
    """Breakers after this id with a probe due, a probe that ended unheard, or fires to release."""
    return [
        Busy(str(row["trigger_id"]), row["kind"], Breaker(row["breaker"]))
        for row in await connection.fetch(BUSY, after, limit)
    ]


async def is_live(connection: "Connection", execution_id: str | None) -> bool:
    """Whether the execution has yet to end."""
    return bool(await connection.fetchval(IS_LIVE, execution_id))


async def now(connection: "Connection") -> datetime:
    """The database's time: the transaction's."""
    at: datetime = await connection.fetchval(NOW)
    return at


def _trigger(row: Any) -> Trigger:
    return Trigger(
        str(row["id"]), row["kind"], row["name"], str(row["workflow_id"]), row["enabled"], deleted=row["deleted"]
    )


def _state(row: Any) -> State:
    settings = Settings(
        enabled=row["enabled"],
        threshold=row["threshold"],
        probe_seconds=row["probe_seconds"],
        probe_max_seconds=row["probe_max_seconds"],
        release=ReleasePolicy(row["release"]) if row["release"] else None,
        release_max=row["release_max"],
    )
    return State(
        settings=settings,
        breaker=Breaker(row["breaker"]),
        streak=row["streak"],
        fingerprint=row["fingerprint"],
        last_execution_id=_text(row["last_execution_id"]),
        opened_at=row["opened_at"],
        probe_at=row["probe_at"],
        probe_delay_seconds=row["probe_delay_seconds"],
        probe_execution_id=_text(row["probe_execution_id"]),
        release_left=row["release_left"],
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def sorted_ids(trigger_ids: Iterable[str]) -> list[str]:
    """Each once, in the order in which rows are locked."""
    return sorted(set(trigger_ids))
