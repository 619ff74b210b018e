"""Licence seats of registrations that did not come to their end."""

from collections.abc import AsyncIterator

import pytest

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rpc_client import open_channel
from services.license.model import COMMUNITY_RUNNERS
from services.registry.seats import Seats
from tests.integration.registry.conftest import Hub


@pytest.fixture
async def seats(hub: Hub) -> AsyncIterator[Seats]:
    async with open_channel(hub.settings.license_address, caller="registry") as licence:
        yield Seats(hub.pool, licence)


async def fill(hub: Hub, number: int) -> None:
    for place in range(number):
        await hub.administer("CreateRunner", name=f"r{place}")


async def test_a_seat_whose_registration_never_committed_goes_back(hub: Hub, seats: Seats):
    runner_id = new_id()
    async with hub.pool.acquire() as connection:
        await seats.plan_release(connection, runner_id, 0.0)
    await seats.acquire(runner_id)
    await fill(hub, COMMUNITY_RUNNERS - 1)
    with pytest.raises(DomainError, match="all are in use"):
        await hub.administer("CreateRunner", name="one more")
    await seats.release_due()
    await hub.administer("CreateRunner", name="one more")


async def test_a_kept_seat_does_not_go_back(hub: Hub, seats: Seats):
    runner_id = new_id()
    async with hub.pool.acquire() as connection:
        await seats.plan_release(connection, runner_id, 0.0)
        await seats.acquire(runner_id)
        assert await seats.keep(connection, runner_id)
        assert not await seats.keep(connection, runner_id)
    await seats.release_due()
    await fill(hub, COMMUNITY_RUNNERS - 1)
    with pytest.raises(DomainError, match="all are in use"):
        await hub.administer("CreateRunner", name="one more")


async def test_a_seat_whose_release_is_not_due_stays(hub: Hub, seats: Seats):
    async with hub.pool.acquire() as connection:
        await seats.plan_release(connection, new_id(), 60.0)
        await seats.release_due()
        assert await connection.fetchval("SELECT count(*) FROM seat_release") == 1
