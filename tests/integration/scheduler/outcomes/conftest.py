"""A scheduler database with a place for held fires, and the loop that looks after breakers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from services.kit.postgres import open_pool
from services.scheduler.executions.calls import Aftermath
from services.scheduler.outcomes.breakers import Breakers
from tests.conftest import HubDatabase, MakeDatabase
from tests.integration.scheduler.outcomes.triggers import HeldFires, add_held_table

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


@dataclass
class RecordingBells:
    """What would have been rung."""

    rung: list[Aftermath] = field(default_factory=list)

    def settle(self, aftermath: Aftermath) -> None:
        self.rung.append(aftermath)


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    database = await make_database(["scheduler"], alone=True)
    await add_held_table(database)
    return database


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool


@pytest.fixture
async def connection(pool: "Pool") -> "AsyncIterator[Connection]":
    async with pool.acquire() as connection:
        yield connection


@pytest.fixture
def bells() -> RecordingBells:
    return RecordingBells()


@pytest.fixture
def breakers(pool: "Pool", bells: RecordingBells) -> Breakers:
    return Breakers(pool, bells, {"SCHEDULE": HeldFires()})  # type: ignore[arg-type]  # the part of bells that is used
