"""SQL of work queues against the code: every statement prepared, the transition table in both, steps refused."""

import itertools

import asyncpg
import pytest

from services.scheduler.queues import handling_repository, item_repository, repository
from services.scheduler.queues.lifecycle import TRANSITIONS, ItemEvent, ItemStatus
from tests.integration.scheduler.executions.conftest import Scheduler
from tests.integration.scheduler.queues.conftest import Queues

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


async def test_every_statement_can_be_prepared(scheduler: Scheduler) -> None:
    names = []
    async with scheduler.core.pool.acquire() as connection:
        for module in (repository, item_repository, handling_repository):
            for name, value in vars(module).items():
                if name.isupper() and not name.startswith("_") and isinstance(value, str) and value.startswith(VERBS):
                    await connection.prepare(value)
                    names.append(name)
    assert len(names) > 35


async def test_sql_holds_the_same_transition_table(scheduler: Scheduler) -> None:
    cells = list(itertools.product(ItemStatus, ItemEvent))
    rows = await scheduler.sql(
        "SELECT next_item_status(status, event) AS next FROM unnest($1::text[], $2::text[]) AS cell (status, event)",
        [status for status, _ in cells],
        [event for _, event in cells],
    )
    assert [row["next"] for row in rows] == [TRANSITIONS.get(cell) for cell in cells]


async def test_a_step_outside_the_table_is_refused_by_the_database(queues: Queues) -> None:
    item = await queues.add(await queues.create())
    for status, event in (("SUCCESSFUL", "SUCCEED"), ("IN_PROGRESS", "RETRY")):
        with pytest.raises(asyncpg.CheckViolationError, match="no transition"):
            await queues.scheduler.tamper(
                "UPDATE work_item SET status = $2, event = $3 WHERE id = $1", item.id, status, event
            )
    assert await queues.status(item) == "NEW"
