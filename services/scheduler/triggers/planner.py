"""Keeps the ledger filled a few minutes ahead. Any number of processes plan at once, each schedule by one of them."""

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from services.scheduler.calendars.model import stack
from services.scheduler.calendars.rules import load_rules
from services.scheduler.triggers.planning import Plan, make_plan
from services.scheduler.triggers.repository import schedules as repository

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

AHEAD_SECONDS = 120.0
"""At least so far the ledger is filled; a visit plans twice as far, so that frequent schedules are visited seldom."""
SCHEDULES_AT_ONCE = 500
ROWS_AT_ONCE = 20_000
POSTPONED_SECONDS = 600.0


class Planner:
    """`run_once` is one turn of a loop."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._zones_compared = False

    async def run_once(self) -> None:
        """Plans until the ledger reaches far enough."""
        if not self._zones_compared:
            await self._compare_zones()
            self._zones_compared = True
        while await self._is_wanted() and await self._plan_some():
            pass

    async def _is_wanted(self) -> bool:
        """One statement: all that an idle Hub asks."""
        async with self._pool.acquire() as connection:
            return await repository.is_plan_wanted(connection, AHEAD_SECONDS)

    async def _compare_zones(self) -> None:
        """Time zone data change with an installation, never within a process."""
        async with self._pool.acquire() as connection:
            changed = await repository.find_changed_zones(connection)
        for timezone in changed:
            log.info("a time zone changed its rules, its schedules are planned anew", timezone=timezone)
            replanned = SCHEDULES_AT_ONCE
            while replanned == SCHEDULES_AT_ONCE:
                async with self._pool.acquire() as connection, connection.transaction():
                    replanned = await repository.replan_zone(connection, timezone, SCHEDULES_AT_ONCE)

    async def _plan_some(self) -> bool:
        """True when there may be more to plan."""
        async with self._pool.acquire() as connection, connection.transaction():
            wanted = await repository.take_to_plan(connection, AHEAD_SECONDS, SCHEDULES_AT_ONCE)
            if not wanted:
                return False
            ids = {calendar for each in wanted for calendar in each.schedule.calendars}
            rules = await load_rules(connection, ids) if ids else {}
            plans: list[Plan] = []
            rows = 0
            for each in wanted:
                days = stack([rules[known] for known in each.schedule.calendars if known in rules])
                try:
                    plan = make_plan(
                        each.trigger_id,
                        each.schedule,
                        each.planned_until,
                        each.now,
                        timedelta(seconds=2 * AHEAD_SECONDS),
                        days,
                    )
                except Exception:
                    # One schedule that cannot be planned (its zone has gone from the time zone data) is no reason for
                    # the others to stand still. Nothing of it is lost: its plan goes on from where it ended.
                    log.exception("a schedule cannot be planned", trigger_id=each.trigger_id)
                    await repository.postpone_plan(connection, each.trigger_id, POSTPONED_SECONDS)
                    continue
                plans.append(plan)
                rows += len(plan.fires) + 1
                if rows >= ROWS_AT_ONCE:
                    break
            await repository.save_plans(connection, plans)
        return True
