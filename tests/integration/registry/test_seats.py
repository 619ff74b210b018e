"""Licence seats of registrations that did not come to their end. No registry runs here: its loop would be first."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rpc_client import open_channel
from services.license.model import COMMUNITY_RUNNERS
from services.registry.seats import Seats
from services.registry.settings import RegistrySettings


@pytest.fixture
def pool(surroundings: tuple[Any, Any]) -> Any:
    return surroundings[1]


@pytest.fixture
async def seats(pool: Any, settings: RegistrySettings) -> AsyncIterator[Seats]:
    async with open_channel(settings.license_address, caller="registry") as licence:
        yield Seats(pool, licence)


async def fill(seats: Seats, number: int) -> None:
    for _ in range(number):
        await seats.acquire(new_id())


async def test_a_seat_whose_registration_never_committed_goes_back(pool: Any, seats: Seats):
    runner_id = new_id()
    async with pool.acquire() as connection:
        await seats.plan_release(connection, runner_id, 0.0)
    await seats.acquire(runner_id)
    await fill(seats, COMMUNITY_RUNNERS - 1)
    with pytest.raises(DomainError, match="all are in use"):
        await fill(seats, 1)
    await seats.release_due()
    await fill(seats, 1)


async def test_a_kept_seat_does_not_go_back(pool: Any, seats: Seats):
    runner_id = new_id()
    async with pool.acquire() as connection:
        await seats.plan_release(connection, runner_id, 0.0)
        await seats.acquire(runner_id)
        assert await seats.keep(connection, runner_id)
        assert not await seats.keep(connection, runner_id)
    await seats.release_due()
    await fill(seats, COMMUNITY_RUNNERS - 1)
    with pytest.raises(DomainError, match="all are in use"):
        await fill(seats, 1)


async def test_a_seat_whose_release_is_not_due_stays(pool: Any, seats: Seats):
    async with pool.acquire() as connection:
        await seats.plan_release(connection, new_id(), 60.0)
        await seats.release_due()
        assert await connection.fetchval("SELECT count(*) FROM seat_release") == 1
