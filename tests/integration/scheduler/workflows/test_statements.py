"""Every SQL constant of workflows and evidence is understood by Postgres."""

from types import ModuleType

import asyncpg
import pytest

from services.scheduler.evidence import artifacts, changes, fleet, ingest, queries, retention
from services.scheduler.workflows import catalogue, repository, use_cases
from tests.conftest import MakeDatabase

MODULES = (artifacts, changes, fleet, ingest, queries, retention, catalogue, repository, use_cases)
VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements(module: ModuleType) -> dict[str, str]:
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str) and value.startswith(VERBS)
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
async def test_every_statement_can_be_prepared(module: ModuleType, make_database: MakeDatabase) -> None:
    database = await make_database(["scheduler"])
    connection = await asyncpg.connect(database.dsns["scheduler"])
    try:
        found = statements(module)
        assert found
        for name, statement in found.items():
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")
    finally:
        await connection.close()
