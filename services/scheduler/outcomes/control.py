"""What people do with a breaker: look, change its settings, let a paused trigger go on. Each change is audited."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.outcomes import announcing, repository
from services.scheduler.outcomes.model import Breaker, ReleasePolicy, Settings, State, close, hasten
from services.scheduler.outcomes.repository import Trigger
from services.scheduler.triggers.errors import trigger_not_found

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAX_THRESHOLD = 100
MAX_RELEASED = 1_000
MAX_PROBE_SECONDS = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """None leaves a setting as it is."""

    enabled: bool | None = None
    threshold: int | None = None
    probe_seconds: float | None = None
    probe_max_seconds: float | None = None
    release: ReleasePolicy | None = None
    release_max: int | None = None


class Control:
    """Breakers for people."""

    def __init__(self, pool: "Pool", outbox: Outbox) -> None:
        self._pool = pool
        self._outbox = outbox

    async def show(self, trigger_id: str) -> State:
        """Raises TRIGGER_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            known = is_id(trigger_id) and await repository.exists(connection, trigger_id)
            if not known:
                raise trigger_not_found()
            return (await repository.read(connection, [trigger_id])).get(trigger_id, State())

    async def change(self, trigger_id: str, change: SettingsChange) -> State:
        """Switching it off lets a paused trigger go on. Raises TRIGGER_NOT_FOUND, INVALID."""
        async with self._pool.acquire() as connection, connection.transaction():
            trigger, old = await _lock(connection, trigger_id)
            settings = _changed(old.settings, change)
            if settings == old.settings:
                return old
            new = hasten(replace(old, settings=settings), await repository.now(connection))
            await repository.save_settings(connection, trigger.id, settings)
            if new.probe_at != old.probe_at:
                await repository.save(connection, trigger.id, new)
            if not settings.enabled and new.breaker is not Breaker.CLOSED:
                new = await self._close(connection, trigger, new)
            await self._outbox.record(connection, "trigger.breaker_changed", _resource(trigger), _described(settings))
            return new

    async def resume(self, trigger_id: str) -> State:
        """Closes it; held fires are released by the loop. Raises TRIGGER_NOT_FOUND."""
        async with self._pool.acquire() as connection, connection.transaction():
            trigger, old = await _lock(connection, trigger_id)
            if old.breaker is Breaker.CLOSED:
                return old
            new = await self._close(connection, trigger, old)
            await self._outbox.record(connection, "trigger.resumed", _resource(trigger), {"failures": old.streak})
            return new

    async def _close(self, connection: "Connection", trigger: Trigger, old: State) -> State:
        new = close(old)
        await repository.save(connection, trigger.id, new)
        await announcing.tell(connection, trigger, old, new)
        return new


async def _lock(connection: "Connection", trigger_id: str) -> tuple[Trigger, State]:
    trigger = await repository.lock_trigger(connection, trigger_id) if is_id(trigger_id) else None
    if trigger is None:
        raise trigger_not_found()
    await repository.ensure(connection, [trigger.id])
    await repository.lock(connection, [trigger.id])
    return trigger, (await repository.read(connection, [trigger.id]))[trigger.id]


def _changed(old: Settings, change: SettingsChange) -> Settings:
    new = Settings(
        enabled=old.enabled if change.enabled is None else change.enabled,
        threshold=old.threshold if change.threshold is None else change.threshold,
        probe_seconds=old.probe_seconds if change.probe_seconds is None else change.probe_seconds,
        probe_max_seconds=old.probe_max_seconds if change.probe_max_seconds is None else change.probe_max_seconds,
        release=change.release or old.release,
        release_max=old.release_max if change.release_max is None else change.release_max,
    )
    wrong = []
    if not 1 <= new.threshold <= MAX_THRESHOLD:
        wrong.append(FieldError("/threshold", f"Give 1 to {MAX_THRESHOLD} failures."))
    if not 1 <= new.probe_seconds <= MAX_PROBE_SECONDS:
        wrong.append(FieldError("/probeSeconds", "Give one second to seven days."))
    if not new.probe_seconds <= new.probe_max_seconds <= MAX_PROBE_SECONDS:
        wrong.append(FieldError("/probeMaxSeconds", "Give at least probeSeconds and at most seven days."))
    if not 1 <= new.release_max <= MAX_RELEASED:
        wrong.append(FieldError("/releaseMax", f"Give 1 to {MAX_RELEASED:,} executions."))
    if wrong:
        raise invalid("The settings of the breaker are out of range.", *wrong)
    return new


def _described(settings: Settings) -> dict[str, object]:
    return {
        "enabled": settings.enabled,
        "threshold": settings.threshold,
        "probeSeconds": settings.probe_seconds,
        "probeMaxSeconds": settings.probe_max_seconds,
        "release": settings.release,
        "releaseMax": settings.release_max,
    }


def _resource(trigger: Trigger) -> Resource:
    return Resource("trigger", trigger.id, trigger.name)
