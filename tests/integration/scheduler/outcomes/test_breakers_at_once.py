"""Breakers while several processes look after them, and some are killed."""

import asyncio
import sys
from typing import TYPE_CHECKING

import asyncpg
import pytest

from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.model import Admission
from tests.conftest import HubDatabase
from tests.integration.scheduler.outcomes import killed_holder
from tests.integration.scheduler.outcomes.breaking import (
    hold,
    make_due,
    open_breaker,
    probe_of,
    state,
    unsettled,
)
from tests.integration.scheduler.outcomes.conftest import RecordingBells
from tests.integration.scheduler.outcomes.triggers import (
    HOLD,
    HeldFires,
    complete,
)

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


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
