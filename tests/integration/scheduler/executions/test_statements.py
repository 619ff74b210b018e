"""SQL against the code: the transition table in both, every statement prepared, every step checked again by trigger."""

import importlib
import itertools
import pkgutil

import asyncpg
import pytest

from services.scheduler.executions import repository, ringer
from services.scheduler.executions.lifecycle import TRANSITIONS, Event, Status
from services.scheduler.executions.repository import queries
from tests.chaos.invariants import broken_invariants
from tests.integration.scheduler.executions.conftest import Scheduler


def statements() -> list[tuple[str, str]]:
    """Every constant of the repositories that is a statement, as (name, sql)."""
    found = [("NOTIFY", ringer.NOTIFY)]
    for info in pkgutil.iter_modules(repository.__path__):
        module = importlib.import_module(f"{repository.__name__}.{info.name}")
        for name, value in vars(module).items():
            verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
            if name.isupper() and isinstance(value, str) and value.startswith(verbs):
                found.append((f"{info.name}.{name}", value))
    return found


async def test_every_statement_can_be_prepared(scheduler: Scheduler) -> None:
    names = []
    async with scheduler.core.pool.acquire() as connection:
        for name, sql in statements():
            await connection.prepare(sql)
            names.append(name)
    assert len(names) > 50


@pytest.mark.parametrize("chosen", [(), ("workflow_id",), ("query",), ("after", "statuses"), tuple(queries.FILTERS)])
async def test_every_list_can_be_prepared(scheduler: Scheduler, chosen: tuple[str, ...]) -> None:
    values = {"query": "abc", "after": (None, None)}
    wanted = queries.Filter(**{name: values.get(name, "x") for name in chosen if name != "id_range"})  # type: ignore[arg-type]  # only their presence counts
    sql, _ = queries.assemble(wanted)
    async with scheduler.core.pool.acquire() as connection:
        await connection.prepare(sql)


async def test_sql_holds_the_same_transition_table(scheduler: Scheduler) -> None:
    cells = list(itertools.product(Status, Event))
    rows = await scheduler.sql(
        "SELECT next_status(status, event) AS next FROM unnest($1::text[], $2::text[]) AS cell (status, event)",
        [status for status, _ in cells],
        [event for _, event in cells],
    )
    assert [row["next"] for row in rows] == [TRANSITIONS.get(cell) for cell in cells]


async def test_a_step_outside_the_table_is_refused_by_the_database(scheduler: Scheduler) -> None:
    execution = await scheduler.submit(await scheduler.workflow())
    for status, event in (("COMPLETED", "FINISH_OK"), ("RUNNING", "CLAIM")):
        with pytest.raises(asyncpg.CheckViolationError, match="no transition"):
            await scheduler.tamper(
                "UPDATE execution SET status = $2, event = $3 WHERE id = $1", execution.id, status, event
            )
    assert await scheduler.status(execution) == "QUEUED"


async def test_one_live_attempt_and_one_seat_are_enforced_by_the_database(scheduler: Scheduler) -> None:
    runner = await scheduler.runner()
    execution = await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    with pytest.raises(asyncpg.UniqueViolationError):
        await scheduler.tamper(
            """INSERT INTO attempt (id, execution_id, attempt_no, run_attempt, runner_id, slot, epoch, offer_expires_at,
                lease_seconds) SELECT new_id(), execution_id, 2, 2, runner_id, slot, epoch, now(), 1 FROM attempt
                WHERE execution_id = $1""",
            execution.id,
        )


@pytest.mark.parametrize("step", ["claim(1)", "claim_at_once($1, new_id())", "lock_work('{}', ARRAY[$1::uuid])"])
async def test_no_step_of_dispatch_reads_all_executions_however_few_there_were_at_its_plan(
    scheduler: Scheduler, step: str
) -> None:
    execution = await scheduler.submit(await scheduler.workflow())
    await scheduler.runner()
    values = [execution.id] if "$1" in step else []
    async with scheduler.core.pool.acquire() as connection, connection.transaction():
        await connection.fetch(f"SELECT * FROM {step}", *values)
        scanned = await connection.fetch(
            "SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND relname IN ('execution', 'attempt')"
        )
    assert [row["relname"] for row in scanned] == []


async def test_ids_made_by_sql_are_uuid_version_7_and_sort_by_time(scheduler: Scheduler) -> None:
    first, second = [(await scheduler.sql("SELECT new_id() AS id, pg_sleep(0.002)"))[0]["id"] for _ in range(2)]
    assert (first.version, second.version) == (7, 7)
    assert str(first) < str(second)


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        ("UPDATE seat SET attempt_id = NULL", "every live attempt has its seat"),
        ("UPDATE seat SET attempt_id = new_id()", "a seat holds the live attempt of its place"),
        ("UPDATE attempt SET ended = 'OK', ended_at = now()", "status agrees with the live attempt"),
        ("UPDATE attempt SET attempt_no = 2", "attempt numbers are dense"),
        ("UPDATE execution_event SET event = 'LOSE' WHERE seq = 2", "every historical step is in the table"),
        ("DELETE FROM execution_event WHERE seq = 2", "histories have no gap and end at the status"),
        ("UPDATE attempt SET lease_expires_at = now() - interval '61 seconds'", "no lease ended a minute ago"),
        ("DELETE FROM outbox", "every start, stop and retry has its audit row"),
    ],
)
async def test_the_invariants_see_the_damage(scheduler: Scheduler, damage: str, name: str) -> None:
    runner = await scheduler.runner()
    await scheduler.submit(await scheduler.workflow())
    await runner.run_next()
    assert await broken_invariants(scheduler.database.admin_dsn) == {}
    await scheduler.tamper(damage)
    assert name in await broken_invariants(scheduler.database.admin_dsn)
