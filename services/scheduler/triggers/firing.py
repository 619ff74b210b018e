"""Fires what is due: outcome and execution in one transaction, many schedules at a time. Any number of processes do it.

Planning is `planner`'s; what people fire is `by_hand`'s.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from services.kit.errors import DomainError
from services.kit.translation import is_outage
from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.model import Admission
from services.scheduler.triggers.launching import Launcher, live_after
from services.scheduler.triggers.ledger import Decision, DueFire, Reason, Situation, decide
from services.scheduler.triggers.repository import firing as repository
from services.scheduler.triggers.repository.firing import Ahead, Decided, Standing
from services.scheduler.triggers.schedules import Overlap
from services.scheduler.workflows.use_cases import load_launchables

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

log = structlog.get_logger()

AT_ONCE = 500
"""Fires of one transaction: enough to spread its cost, few enough that the first ones do not wait for the last."""
AT_A_TIME = 2
STOPPED_AT_ONCE = 100
ANNOUNCED_AFTER_SECONDS = 0.5
"""Longest that an execution of a burst waits for its bell."""


class Stop(Protocol):
    """Asks for the end of an execution."""

    async def __call__(self, execution_id: str, *, force: bool, reason: str) -> object:
        """Raises EXECUTION_NOT_FOUND, ALREADY_ENDED."""
        ...


@dataclass(frozen=True, slots=True)
class _Done:
    """Fires that were decided about in one transaction, and executions that came of them."""

    decided: int = 0
    executed: int = 0


class Firing:
    """`run_once` fires all that is due and answers when to come again."""

    def __init__(self, pool: "Pool", launcher: Launcher, stop_execution: Stop) -> None:
        self._pool = pool
        self._launcher = launcher
        self._stop_execution = stop_execution
        self._unannounced = 0
        self._announce_at = 0.0

    async def run_once(self) -> float | None:
        """Seconds until the next planned fire; None when none is planned."""
        ahead = await self._look()
        if not ahead.is_due and not ahead.waits:
            return ahead.next_seconds
        try:
            await self._fire_all()
            while ahead.waits and await self._fire_waiting():
                pass
        finally:
            # Last, or every few hundred milliseconds: dispatch and runners take the processor from fires still to come.
            self._ring()
        await self._stop_previous()
        return (await self._look()).next_seconds

    async def _look(self) -> Ahead:
        async with self._pool.acquire() as connection:
            return await repository.look_ahead(connection)

    async def _fire_all(self) -> None:
        try:
            await self._drain()
        except Exception as error:
            if is_outage(error):
                raise
            log.error("a batch of fires failed, firing one by one", error=repr(error))
            await self._fire_one_by_one()

    async def _drain(self) -> None:
        """A burst is fired by several tasks: while one waits for Postgres another one prepares the next batch."""
        if await self._fire_due():
            others = [asyncio.ensure_future(self._keep_firing()) for _ in range(AT_A_TIME)]
            try:
                await asyncio.gather(*others)
            finally:
                for other in others:
                    other.cancel()
                await asyncio.gather(*others, return_exceptions=True)

    async def _keep_firing(self) -> None:
        while await self._fire_due():
            pass

    async def _fire_due(self) -> bool:
        """True when there may be more."""
        allowed = await self._launcher.licence_allows()
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await repository.take_due(connection, AT_ONCE)
            done = await self._decide(connection, taken, licence_allows=allowed)
        self._count(done)
        return done.decided > 0

    async def _fire_waiting(self) -> bool:
        """Fires what waited for an execution that has ended. True when there may be more."""
        allowed = await self._launcher.licence_allows()
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await repository.take_waiting(connection, AT_ONCE)
            done = await self._decide(connection, taken, licence_allows=allowed)
        self._count(done)
        return done.executed > 0

    async def _fire_one_by_one(self) -> None:
        """One schedule that cannot be fired must not keep the others from it: its fires say INTERNAL."""
        allowed = await self._launcher.licence_allows()
        async with self._pool.acquire() as connection:
            due = await repository.find_due(connection, AT_ONCE)
        for trigger_id in due:
            try:
                done = await self._fire_one(trigger_id, licence_allows=allowed)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("a schedule cannot be fired", trigger_id=trigger_id)
                done = await self._fire_one(trigger_id, licence_allows=allowed, obstacle=Reason.INTERNAL)
            self._count(done)

    async def _fire_one(self, trigger_id: str, *, licence_allows: bool, obstacle: Reason = Reason.NONE) -> _Done:
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await repository.take_one(connection, trigger_id)
            return await self._decide(connection, taken, licence_allows=licence_allows, obstacle=obstacle)

    async def _decide(
        self,
        connection: "Connection",
        trigger_ids: Sequence[str],
        *,
        licence_allows: bool,
        obstacle: Reason = Reason.NONE,
    ) -> _Done:
        """Decides about all due and waiting fires of locked schedules."""
        if not trigger_ids:
            return _Done()
        admissions = await admit(connection, trigger_ids)
        standings = await repository.read_standings(connection, trigger_ids)
        fires = await repository.read_fires(connection, trigger_ids)
        versions = await load_launchables(connection, list({each.workflow_id for each in standings.values()}))
        wanted: list[tuple[Standing, Decision]] = []
        settled: list[Decided] = []
        for trigger_id, due in fires.items():
            standing = standings[trigger_id]
            version = versions[standing.workflow_id]
            found = obstacle
            if not found and isinstance(version, DomainError):
                found = repository.obstacle_of(version.reason)
            if not found and not licence_allows:
                found = Reason.LICENCE_REFUSED
            for decision in judge(standing, due, held=admissions[trigger_id] is Admission.HOLD, obstacle=found):
                if decision.executes:
                    wanted.append((standing, decision))
                else:
                    settled.append(Decided(trigger_id, decision))
        launched = await self._launcher.launch(connection, wanted, versions)
        await repository.write(connection, [*settled, *launched])
        await repository.keep_live(connection, live_after(standings, launched))
        executed = sum(1 for each in launched if each.execution_id and not each.duplicate)
        return _Done(len(settled) + len(launched), executed)

    async def _stop_previous(self) -> None:
        """Asks again at each turn until they stop: the request may be lost with this process."""
        async with self._pool.acquire() as connection:
            wanted = await repository.find_to_stop(connection, STOPPED_AT_ONCE)
        for execution_id, name in wanted:
            try:
                reason = f"The schedule {name!r} fires again and stops its previous execution."
                await self._stop_execution(execution_id, force=False, reason=reason)
            except DomainError as error:
                if error.reason not in ("ALREADY_ENDED", "EXECUTION_NOT_FOUND"):
                    raise

    def _count(self, done: _Done) -> None:
        """Notes what was committed, and rings when bells have been silent for long."""
        if done.executed and not self._unannounced:
            self._announce_at = time.monotonic() + ANNOUNCED_AFTER_SECONDS
        self._unannounced += done.executed
        if self._unannounced and time.monotonic() >= self._announce_at:
            self._ring()

    def _ring(self) -> None:
        self._launcher.announce(self._unannounced)
        self._unannounced = 0


def judge(standing: Standing, due: Sequence[DueFire], *, held: bool, obstacle: Reason) -> list[Decision]:
    """Decides about all due and waiting fires of one schedule."""
    live = bool(standing.live)
    goes_on_waiting = live and standing.enabled and standing.overlap is not Overlap.ALLOW
    waiting = next((fire.fire_at for fire in due if fire.waited), None)
    situation = Situation(
        misfire=standing.misfire,
        misfire_max=standing.misfire_max,
        grace_seconds=standing.grace_seconds,
        overlap=standing.overlap,
        enabled=standing.enabled,
        held=held,
        live=live,
        waiting=waiting if goes_on_waiting else None,
        obstacle=obstacle,
    )
    return decide(situation, [fire for fire in due if not (fire.waited and goes_on_waiting)])
