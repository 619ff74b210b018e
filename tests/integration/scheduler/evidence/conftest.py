"""A scheduler database and a pool of its role."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from services.kit.postgres import open_pool
from tests.conftest import HubDatabase, MakeDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["scheduler"], alone=True)


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool
