"""The loop's turn over breakers: counts outcomes, lets probes go, releases held fires. Any number of processes do it.

Each step is one transaction under the locks of the triggers it concerns; ended in the middle, it has not happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from services.kit.errors import DomainError
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.outcomes import announcing, repository
from services.scheduler.outcomes.model import Breaker, State, begin_probe, fold, give_up_probe
from services.scheduler.outcomes.release import Release, Released, Releasers
from services.scheduler.outcomes.repository import Trigger

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

log = structlog.get_logger()

OUTCOMES_AT_ONCE = 500
RELEASED_AT_ONCE = 200
"""Executions made in one transaction of a release; further ones follow in the next."""
ATTENDED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Step:
    """What became of one breaker: the executions to announce, and whether something is left to do at once."""

    execution_ids: Sequence[str] = ()
    more: bool = False


class Breakers:
    """`run_once` is one turn of a loop."""

    def __init__(self, pool: "Pool", bells: Bells, releasers: Releasers) -> None:
        self._pool = pool
        self._bells = bells
        self._releasers = releasers
        self._refused: dict[str, str] = {}

    async def run_once(self) -> None:
        """Counts what ended, then looks after every breaker that waits for something."""
        while await self._count():
            pass
        after: str | None = None
        while (after := await self._attend(after)) is not None:
            pass

    async def _count(self) -> bool:
        """True when there may be more outcomes to count."""
        async with self._pool.acquire() as connection:
            wanted = await repository.find_uncounted(connection, OUTCOMES_AT_ONCE)
            if not wanted:
                return False
            async with connection.transaction():
                await repository.forget_strangers(connection, wanted)
                triggers = await repository.try_triggers(connection, wanted)
                states = await _lock(connection, [trigger.id for trigger in triggers])
                taken = await self._fold(connection, triggers, states)
        return taken > 0

    async def _fold(self, connection: "Connection", triggers: Sequence[Trigger], states: dict[str, State]) -> int:
        """Counts the outcomes of locked breakers into `states`; answers how many there were."""
        outcomes = await repository.take_outcomes(connection, list(states))
        now = await repository.now(connection)
        for trigger in triggers:
            old = states[trigger.id]
            new = fold(old, outcomes.get(trigger.id, ()), now)
            # Of a deleted trigger the outcomes are only taken away.
            if new != old and not trigger.deleted:
                states[trigger.id] = new
                await repository.save(connection, trigger.id, new)
                await announcing.tell(connection, trigger, old, new)
        return sum(len(each) for each in outcomes.values())

    async def _attend(self, after: str | None) -> str | None:
        """Looks after one page of breakers; answers where the next page begins."""
        async with self._pool.acquire() as connection:
            page = await repository.find_busy(connection, after, ATTENDED_AT_ONCE)
            holding: set[str] = set()
            for kind, releaser in self._releasers.items():
                waiting = [each.trigger_id for each in page if each.kind == kind and each.is_probe_due]
                holding |= await releaser.find_holding(connection, waiting) if waiting else set()
        for each in page:
            # A probe that is due while nothing is held waits for the next fire: nothing to do until then.
            if each.is_probe_due and each.trigger_id not in holding:
                continue
            await self._look_after(each.trigger_id)
        return page[-1].trigger_id if len(page) == ATTENDED_AT_ONCE else None

    async def _look_after(self, trigger_id: str) -> None:
        """What keeps one trigger's fires (its licence, its workflow) must not keep those of others."""
        try:
            while await self._step(trigger_id):
                pass
        except DomainError as error:
            if self._refused.get(trigger_id) != error.reason:
                log.warning("held fires wait on", trigger=trigger_id, reason=error.reason)
            self._refused[trigger_id] = error.reason
        else:
            self._refused.pop(trigger_id, None)

    async def _step(self, trigger_id: str) -> bool:
        """One transaction for one breaker. True when it should be looked at again at once."""
        async with self._pool.acquire() as connection, connection.transaction():
            triggers = await repository.try_triggers(connection, [trigger_id])
            if not triggers:
                return False
            states = await _lock(connection, [trigger_id])
            # An outcome may have come since: it goes before any conclusion from its absence.
            await self._fold(connection, triggers, states)
            step = await self._decide(connection, triggers[0], states[trigger_id])
        if step.execution_ids:
            topics = {"executions", *(f"execution:{identifier}" for identifier in step.execution_ids)}
            self._bells.settle(Aftermath(topics=topics, dispatch=True))
        return step.more

    async def _decide(self, connection: "Connection", trigger: Trigger, state: State) -> _Step:
        now = await repository.now(connection)
        if state.breaker is Breaker.PROBING:
            if not await repository.is_live(connection, state.probe_execution_id):
                await repository.save(connection, trigger.id, give_up_probe(state, now))
            return _Step()
        if state.breaker is Breaker.OPEN:
            if not trigger.enabled or state.probe_at is None or state.probe_at > now:
                return _Step()
            released = await self._release(connection, trigger, Release(probe=True))
            if released.execution_ids:
                await repository.save(connection, trigger.id, begin_probe(state, released.execution_ids[0]))
            return _Step(released.execution_ids)
        if state.release_left is None:
            return _Step()
        maximum = min(state.release_left, RELEASED_AT_ONCE)
        wanted = Release(policy=state.settings.release, maximum=maximum, last=state.release_left <= RELEASED_AT_ONCE)
        released = await self._release(connection, trigger, wanted)
        left = max(state.release_left - len(released.execution_ids), 0) if released.more else None
        await repository.save(connection, trigger.id, replace(state, release_left=left))
        # Without progress the rest is locked elsewhere: another turn finds it free.
        return _Step(released.execution_ids, more=left is not None and bool(released.execution_ids))

    async def _release(self, connection: "Connection", trigger: Trigger, wanted: Release) -> Released:
        releaser = self._releasers.get(trigger.kind)
        return Released() if releaser is None else await releaser.release(connection, trigger.id, wanted)


async def _lock(connection: "Connection", trigger_ids: Sequence[str]) -> dict[str, State]:
    """The states of these breakers, locked; rows are made where there were none."""
    await repository.ensure(connection, trigger_ids)
    await repository.lock(connection, trigger_ids)
    return await repository.read(connection, trigger_ids)
