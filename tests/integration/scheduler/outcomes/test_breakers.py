"""Breakers on a real Postgres: outcomes counted once, fires held and released without a gap, whoever is at work."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from services.kit.errors import DomainError, Kind
from services.kit.loops import FAILURES_IN_A_ROW
from services.scheduler.outcomes import announcing, repository
from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.model import Admission
from tests.conftest import HubDatabase
from tests.integration.scheduler.outcomes import killed_holder
from tests.integration.scheduler.outcomes.conftest import RecordingBells
from tests.integration.scheduler.outcomes.triggers import (
    HOLD,
    HeldFires,
    add_trigger,
    complete,
    fail,
    run,
    step,
    submit,
)

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


async def state(connection: "Connection", trigger_id: str) -> str:
    """The breaker, after checking that both tables say the same."""
    row = await connection.fetchrow(
        """SELECT t.breaker, b.breaker AS kept FROM trigger t LEFT JOIN trigger_breaker b ON b.trigger_id = t.id
         WHERE t.id = $1""",
        trigger_id,
    )
    assert row is not None
    assert row["breaker"] == (row["kept"] or "CLOSED")
    breaker: str = row["breaker"]
    return breaker


async def open_breaker(connection: "Connection", breakers: Breakers) -> str:
    trigger_id = await add_trigger(connection)
    for _ in range(5):
        await fail(connection, await submit(connection, trigger_id))
    await breakers.run_once()
    assert await state(connection, trigger_id) == "OPEN"
    return trigger_id


async def hold(connection: "Connection", trigger_id: str, count: int = 1) -> None:
    async with connection.transaction():
        assert (await admit(connection, [trigger_id]))[trigger_id] is Admission.HOLD
        for _ in range(count):
            await connection.execute(HOLD, trigger_id)


async def make_due(connection: "Connection", trigger_id: str) -> None:
    await connection.execute("UPDATE trigger_breaker SET probe_at = now() WHERE trigger_id = $1", trigger_id)


async def probe_of(connection: "Connection", trigger_id: str) -> str:
    found = await connection.fetchval(
        "SELECT probe_execution_id FROM trigger_breaker WHERE trigger_id = $1 AND breaker = 'PROBING'", trigger_id
    )
    assert found is not None
    return str(found)


async def unsettled(connection: "Connection") -> int:
    count: int = await connection.fetchval("SELECT count(*) FROM held WHERE NOT settled")
    return count


async def events(connection: "Connection", kind: str) -> list[dict[str, Any]]:
    rows = await connection.fetch("SELECT data FROM outgoing_event WHERE type = $1 ORDER BY seq", kind)
    return [json.loads(row["data"]) for row in rows]


async def test_five_equal_failures_pause_the_trigger_and_what_differs_only_in_numbers_is_equal(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await add_trigger(connection)
    for number in range(5):
        assert (await admit(connection, [trigger_id]))[trigger_id] is Admission.FIRE
        await fail(connection, await submit(connection, trigger_id), f"Order {number}78 in /tmp/{number}/in.csv failed")
        await breakers.run_once()
    assert await state(connection, trigger_id) == "OPEN"
    assert (await admit(connection, [trigger_id]))[trigger_id] is Admission.HOLD


async def test_different_failures_and_successes_between_do_not_pause_it(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await add_trigger(connection)
    for number in range(12):
        execution_id = await submit(connection, trigger_id)
        if number % 4 == 3:
            await complete(connection, execution_id)
        else:
            await fail(connection, execution_id, "Boom" if number % 2 else "Bang")
    await breakers.run_once()
    assert await state(connection, trigger_id) == "CLOSED"


async def test_being_lost_stopped_or_never_run_is_not_the_workflows_failure(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await add_trigger(connection)
    failure = {"code": "X", "message": "", "nodeId": "", "retryable": False, "details": {}}
    for _ in range(6):
        lost, stopped, late, exhausted = [await submit(connection, trigger_id) for _ in range(4)]
        await run(connection, lost)
        await step(connection, lost, "LOSE", "LOST", failure={**failure, "code": "LOST"})
        await step(connection, stopped, "STOP", "STOPPED")
        await step(connection, late, "QUEUE_TIMEOUT", "FAILED", failure={**failure, "code": "QUEUE_TIMEOUT"})
        await step(connection, exhausted, "CLAIM", "ASSIGNED")
        await step(connection, exhausted, "EXHAUST", "FAILED", failure=failure)
        await step(connection, lost, "RESOLVE_FAILED", "FAILED", failure=failure)
    await breakers.run_once()
    assert await state(connection, trigger_id) == "CLOSED"


async def test_executions_that_end_well_leave_no_row_behind(connection: "Connection", breakers: Breakers) -> None:
    trigger_id = await add_trigger(connection)
    for owner in (trigger_id, None):
        await complete(connection, await submit(connection, owner))
    await fail(connection, await submit(connection, None))
    assert await connection.fetchval("SELECT count(*) FROM trigger_outcome") == 0
    await fail(connection, await submit(connection, trigger_id))
    await complete(connection, await submit(connection, trigger_id))
    assert await connection.fetchval("SELECT count(*) FROM trigger_outcome") == 2
    await breakers.run_once()
    assert await connection.fetchval("SELECT count(*) FROM trigger_outcome") == 0
    assert await connection.fetchval("SELECT streak FROM trigger_breaker WHERE trigger_id = $1", trigger_id) == 0


async def test_outcomes_of_what_is_no_trigger_do_not_stand_in_the_way(
    connection: "Connection", breakers: Breakers
) -> None:
    await fail(connection, await submit(connection, "00000000-0000-7000-8000-000000000000"))
    await breakers.run_once()
    assert await connection.fetchval("SELECT count(*) FROM trigger_outcome") == 0


async def test_a_probe_goes_when_it_is_due_and_its_success_releases_the_rest(
    connection: "Connection", breakers: Breakers, bells: RecordingBells
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id, 4)
    await breakers.run_once()
    assert await unsettled(connection) == 4
    await make_due(connection, trigger_id)
    await breakers.run_once()
    assert (await state(connection, trigger_id), await unsettled(connection)) == ("PROBING", 3)
    probe = await probe_of(connection, trigger_id)
    assert [f"execution:{probe}" in each.topics and each.dispatch for each in bells.rung] == [True]
    await breakers.run_once()
    assert await unsettled(connection) == 3
    await complete(connection, probe)
    await breakers.run_once()
    assert (await state(connection, trigger_id), await unsettled(connection)) == ("CLOSED", 0)
    made = await connection.fetchval("SELECT count(*) FROM held WHERE execution_id IS NOT NULL")
    assert made == 4
    assert await connection.fetchval("SELECT release_left FROM trigger_breaker") is None


async def test_a_probe_that_fails_opens_it_again_for_twice_as_long(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id, 2)
    await make_due(connection, trigger_id)
    await breakers.run_once()
    await fail(connection, await probe_of(connection, trigger_id))
    await breakers.run_once()
    assert (await state(connection, trigger_id), await unsettled(connection)) == ("OPEN", 1)
    assert await connection.fetchval("SELECT probe_delay_seconds FROM trigger_breaker") == 600


async def test_a_probe_that_is_due_with_nothing_held_waits_for_the_next_fire(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await make_due(connection, trigger_id)
    await breakers.run_once()
    assert await state(connection, trigger_id) == "OPEN"
    await hold(connection, trigger_id)
    await breakers.run_once()
    assert await state(connection, trigger_id) == "PROBING"


async def test_a_probe_whose_execution_is_gone_is_repeated(connection: "Connection", breakers: Breakers) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id)
    await make_due(connection, trigger_id)
    await breakers.run_once()
    await connection.execute("DELETE FROM execution WHERE id = $1", await probe_of(connection, trigger_id))
    await breakers.run_once()
    assert await state(connection, trigger_id) == "OPEN"


async def test_at_most_as_many_as_allowed_are_released_and_the_rest_is_settled(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await connection.execute("UPDATE trigger_breaker SET release_max = 450")
    await hold(connection, trigger_id, 500)
    await make_due(connection, trigger_id)
    await breakers.run_once()
    await complete(connection, await probe_of(connection, trigger_id))
    await breakers.run_once()
    assert await unsettled(connection) == 0
    assert await connection.fetchval("SELECT count(*) FROM held WHERE execution_id IS NOT NULL") == 451


async def test_what_keeps_one_triggers_fires_does_not_keep_those_of_others(
    connection: "Connection", pool: "Pool", bells: RecordingBells, breakers: Breakers
) -> None:
    first, second = sorted([await open_breaker(connection, breakers) for _ in range(2)])
    for trigger_id in (first, second):
        await hold(connection, trigger_id)
        await make_due(connection, trigger_id)

    class Refusing(HeldFires):
        async def release(self, connection, trigger_id, wanted):
            if trigger_id == first:
                raise DomainError(Kind.PAYMENT, "LICENCE_REFUSED", "")
            return await super().release(connection, trigger_id, wanted)

    for _ in range(FAILURES_IN_A_ROW):
        await Breakers(pool, bells, {"SCHEDULE": Refusing()}).run_once()  # type: ignore[arg-type]
    assert [await state(connection, trigger_id) for trigger_id in (first, second)] == ["OPEN", "PROBING"]
    await breakers.run_once()
    assert await state(connection, first) == "PROBING"


async def test_a_deleted_trigger_is_not_paused_by_what_it_left_running(
    connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await add_trigger(connection)
    running = [await submit(connection, trigger_id) for _ in range(5)]
    await connection.execute("UPDATE trigger SET deleted_at = now(), enabled = false")
    for execution_id in running:
        await fail(connection, execution_id)
    await breakers.run_once()
    assert await state(connection, trigger_id) == "CLOSED"
    assert await connection.fetchval("SELECT count(*) FROM trigger_outcome") == 0


async def test_disabled_triggers_neither_probe_nor_release(connection: "Connection", breakers: Breakers) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id, 2)
    await make_due(connection, trigger_id)
    await connection.execute("UPDATE trigger SET enabled = false")
    await breakers.run_once()
    assert await unsettled(connection) == 2


async def test_it_tells_once_that_it_paused_and_once_that_it_goes_on(
    connection: "Connection", breakers: Breakers, hub_database: HubDatabase
) -> None:
    await connection.execute(
        """INSERT INTO event_interest (pattern) SELECT '%' WHERE NOT EXISTS (SELECT FROM event_interest)"""
    )
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id, 100)
    for _ in range(2):
        await make_due(connection, trigger_id)
        await breakers.run_once()
        await fail(connection, await probe_of(connection, trigger_id))
        await breakers.run_once()
    await make_due(connection, trigger_id)
    await breakers.run_once()
    await complete(connection, await probe_of(connection, trigger_id))
    await breakers.run_once()
    [paused] = await events(connection, "trigger.paused")
    [resumed] = await events(connection, "trigger.resumed")
    assert paused["trigger"] == {**resumed["trigger"], "id": trigger_id, "kind": "schedule", "name": "Nightly"}
    assert (paused["failures"], paused["failure"]["code"]) == (5, "HTTP_STATUS")
    assert resumed["by"]["kind"] == "system"


async def test_several_loops_at_once_let_exactly_one_probe_go_and_release_each_fire_once(
    connection: "Connection", pool: "Pool", breakers: Breakers, bells: RecordingBells
) -> None:
    trigger_ids = [await open_breaker(connection, breakers) for _ in range(4)]
    for trigger_id in trigger_ids:
        await hold(connection, trigger_id, 20)
        await make_due(connection, trigger_id)
    many = [Breakers(pool, bells, {"SCHEDULE": HeldFires()}) for _ in range(4)]  # type: ignore[arg-type]
    await asyncio.gather(*(each.run_once() for each in many))
    assert await unsettled(connection) == 4 * 19
    for trigger_id in trigger_ids:
        await complete(connection, await probe_of(connection, trigger_id))
    await asyncio.gather(*(each.run_once() for each in many))
    await breakers.run_once()
    assert await unsettled(connection) == 0
    assert await connection.fetchval("SELECT count(DISTINCT execution_id) FROM held") == 80


async def test_fires_held_while_others_release_are_never_forgotten(pool: "Pool", breakers: Breakers) -> None:
    async with pool.acquire() as connection:
        trigger_id = await open_breaker(connection, breakers)
    going = True

    async def arrive() -> tuple[int, int]:
        fired = held = 0
        while going or fired == 0:
            async with pool.acquire() as connection, connection.transaction():
                if (await admit(connection, [trigger_id]))[trigger_id] is Admission.HOLD:
                    await connection.execute(HOLD, trigger_id)
                    held += 1
                else:
                    fired += 1
        return fired, held

    arrivals = [asyncio.create_task(arrive()) for _ in range(4)]
    async with pool.acquire() as connection:
        await make_due(connection, trigger_id)
        while await state(connection, trigger_id) != "PROBING":
            await breakers.run_once()
        await complete(connection, await probe_of(connection, trigger_id))
        while await state(connection, trigger_id) != "CLOSED":
            await breakers.run_once()
        going = False
        counts = await asyncio.gather(*arrivals)
        await breakers.run_once()
        held = sum(each[1] for each in counts)
        assert held > 0
        assert await connection.fetchval("SELECT count(*) FROM held") == held
        assert await unsettled(connection) == 0


async def test_a_process_killed_between_its_decision_and_its_commit_leaves_nothing_and_blocks_nobody(
    connection: "Connection", breakers: Breakers, hub_database: HubDatabase
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        killed_holder.__name__,
        hub_database.dsns["scheduler"],
        trigger_id,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert (await process.stdout.readline()).strip() == b"HOLD"
    finally:
        process.kill()
        await process.wait()
    await hold(connection, trigger_id)
    await make_due(connection, trigger_id)
    await breakers.run_once()
    assert await state(connection, trigger_id) == "PROBING"
    assert await connection.fetchval("SELECT count(*) FROM held") == 1


async def test_a_loop_killed_in_the_middle_of_a_release_has_released_nothing(
    connection: "Connection", pool: "Pool", breakers: Breakers, bells: RecordingBells
) -> None:
    trigger_id = await open_breaker(connection, breakers)
    await hold(connection, trigger_id, 3)
    await make_due(connection, trigger_id)

    class Dying(HeldFires):
        async def release(self, connection, trigger_id, wanted):
            await super().release(connection, trigger_id, wanted)
            await connection.close()
            raise ConnectionResetError

    with pytest.raises((ConnectionResetError, asyncpg.InterfaceError)):
        await Breakers(pool, bells, {"SCHEDULE": Dying()}).run_once()  # type: ignore[arg-type]
    assert (await state(connection, trigger_id), await unsettled(connection)) == ("OPEN", 3)
    await breakers.run_once()
    assert (await state(connection, trigger_id), await unsettled(connection)) == ("PROBING", 2)


async def test_every_statement_can_be_prepared(connection: "Connection") -> None:
    statements = [
        value
        for module in (announcing, repository)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]
    assert len(statements) > 15
    for statement in statements:
        await connection.prepare(statement)
