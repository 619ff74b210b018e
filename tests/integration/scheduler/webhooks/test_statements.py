"""Every SQL constant of webhooks is understood by a migrated database."""

from types import ModuleType

import asyncpg
import pytest

from services.scheduler.webhooks.repository import hooks, inbox, rejections
from tests.conftest import MakeDatabase


@pytest.mark.parametrize("module", [hooks, inbox, rejections], ids=lambda module: module.__name__)
async def test_every_statement_can_be_prepared(module: ModuleType, make_database: MakeDatabase) -> None:
    database = await make_database(["scheduler"])
    connection = await asyncpg.connect(database.dsns["scheduler"])
    try:
        found = {
            name: value
            for name, value in vars(module).items()
            if name.isupper() and not name.startswith("_") and isinstance(value, str)
        }
        assert found
        for name, statement in found.items():
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")
    finally:
        await connection.close()
