"""Ends what is over: offers, leases, run times, queue times. Any number of processes may reap; each row is judged
locked.

An outage of the Hub's own is no fault of the work: a gap in the ticks, a silent registry or a clock that jumped
moves the
leases instead of ending them.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from services.scheduler.executions import decisions
from services.scheduler.executions.batch import note
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.interventions import stop_pushes
from services.scheduler.executions.model import Change, Push, Work
from services.scheduler.executions.offers import Courier
from services.scheduler.executions.repository import outcomes, queries, timers

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool
    from services.scheduler.settings import SchedulerSettings

log = structlog.get_logger()

CLOCK_JUMP_SECONDS = 5.0
SHOWN_RUNNERS = 20

Find = Callable[["Connection"], Awaitable[list[str]]]


class Reaper:
    """`run_once` is one turn of a loop."""

    def __init__(self, pool: "Pool", bells: Bells, courier: Courier, settings: "SchedulerSettings") -> None:
        self._pool = pool
        self._bells = bells
        self._courier = courier
        self._settings = settings
        self._clocks: tuple[float, float] | None = None
        self._next_tidy = 0.0

    async def run_once(self) -> None:
        """Ticks, forgives outages, then ends what is over."""
        if not await self._tick():
            return
        await self._expire(timers.find_offers_over, decisions.expire_offer)
        await self._expire(timers.find_leases_over, decisions.expire_lease)
        await self._expire_executions(self._find_deadlines_over, decisions.meet_deadline)
        await self._leave_queues()
        if time.monotonic() >= self._next_tidy:
            self._next_tidy = time.monotonic() + self._settings.tick_seconds
            await self._expire_executions(timers.find_contact_changes, decisions.note_contact)
            async with self._pool.acquire() as connection:
                await timers.release_dedupe(connection)

    async def _tick(self) -> bool:
        """False while another process ticks: it reaps as well."""
        settings = self._settings
        async with self._pool.acquire() as connection, connection.transaction():
            seen = await timers.lock_tick(connection)
            if seen is None:
                return False
            gap, now = seen
            jumped = self._clock_jumped(now)
            if gap > settings.downtime_seconds or jumped:
                count = await timers.extend_all(connection, settings.downtime_grace_seconds)
                log.warning("the Hub was away or a clock jumped, leases extended", gap_seconds=gap, attempts=count)
            if gap >= settings.tick_seconds or gap < 0:
                await timers.tick(connection)
            await timers.extend_silent(
                connection, settings.downtime_grace_seconds, settings.downtime_seconds, settings.registry_gone_seconds
            )
        return True

    def _clock_jumped(self, now: float) -> bool:
        """Compares the server's clock with this process's own, which never jumps, since the last turn."""
        monotonic = time.monotonic()
        before, self._clocks = self._clocks, (now, monotonic)
        if before is None:
            return False
        return abs((now - before[0]) - (monotonic - before[1])) > CLOCK_JUMP_SECONDS

    async def _find_deadlines_over(self, connection: "Connection") -> list[str]:
        return await timers.find_deadlines_over(connection, self._settings.deadline_grace_seconds)

    async def _expire(self, find: Find, decide: Callable[[Work], Change | None]) -> None:
        """For timers of attempts."""
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                attempts = await find(connection)
                works = await outcomes.lock_work(connection, attempts)
                aftermath, pushes = await self._apply(connection, works.values(), decide)
            await self._settle(aftermath, pushes)
            if len(attempts) < timers.BATCH or not aftermath.topics:
                return

    async def _expire_executions(self, find: Find, decide: Callable[[Work], Change | None]) -> None:
        """For timers of executions."""
        async with self._pool.acquire() as connection, connection.transaction():
            executions = await find(connection)
            grace = self._settings.deadline_grace_seconds
            works = await outcomes.lock_work(connection, executions=executions, deadline_grace_seconds=grace)
            chosen = [works[execution] for execution in executions if execution in works]
            aftermath, pushes = await self._apply(connection, chosen, decide)
        await self._settle(aftermath, pushes)

    async def _leave_queues(self) -> None:
        async with self._pool.acquire() as connection:
            executions = await timers.find_queues_over(connection)
        for execution_id in executions:
            async with self._pool.acquire() as connection, connection.transaction():
                reasons = await queries.pending_reasons(connection, execution_id)
                possible = await queries.is_possible(connection, execution_id)
                obstacles: list[dict[str, object]] = [
                    {"runner": reason.runner, "codes": [obstacle.code for obstacle in reason.obstacles]}
                    for reason in reasons[:SHOWN_RUNNERS]
                ]
                works = await outcomes.lock_work(connection, executions=[execution_id])
                chosen = [works[execution_id]] if execution_id in works else []
                decide = partial(decisions.leave_queue, obstacles=obstacles, possible=possible)
                aftermath, pushes = await self._apply(connection, chosen, decide)
            await self._settle(aftermath, pushes)

    async def _apply(
        self, connection: "Connection", works: Iterable[Work], decide: Callable[[Work], Change | None]
    ) -> tuple[Aftermath, list[Push]]:
        aftermath = Aftermath()
        judged = [(work, change) for work in works if (change := decide(work)) is not None]
        changes = [change for _, change in judged]
        await outcomes.apply_changes(connection, changes)
        for work, change in judged:
            note(aftermath, change)
            log.info(
                "a timer ended a step", execution=work.execution_id, step=change.event.value, status=change.status.value
            )
        ended = [work for work, change in judged if change.attempt_end is not None]
        if await outcomes.unpark(connection, ended):
            aftermath.dispatch = True
        pushes = await stop_pushes(connection, [work for work, _ in judged], changes)
        return aftermath, pushes

    async def _settle(self, aftermath: Aftermath, pushes: list[Push]) -> None:
        self._bells.settle(aftermath)
        await self._courier.instruct(pushes)
