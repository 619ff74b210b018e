"""Breakers on a real Postgres: outcomes counted once, fires held and released without a gap, whoever is at work."""

from typing import TYPE_CHECKING

from services.kit.errors import DomainError, Kind
from services.kit.loops import FAILURES_IN_A_ROW
from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.model import Admission
from tests.conftest import HubDatabase
from tests.integration.scheduler.outcomes.breaking import (
    events,
    hold,
    make_due,
    open_breaker,
    probe_of,
    state,
    unsettled,
)
from tests.integration.scheduler.outcomes.conftest import RecordingBells
from tests.integration.scheduler.outcomes.triggers import (
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
