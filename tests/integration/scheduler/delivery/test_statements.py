"""Every SQL constant of delivery is understood by Postgres."""

import importlib
import pkgutil

import asyncpg
import pytest

from services.scheduler import delivery
from tests.integration.scheduler.delivery.conftest import World

VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements() -> list[tuple[str, str]]:
    """As (name, sql)."""
    found = []
    for info in pkgutil.iter_modules(delivery.__path__):
        module = importlib.import_module(f"{delivery.__name__}.{info.name}")
        for name, value in vars(module).items():
            if name.isupper() and not name.startswith("_") and isinstance(value, str) and value.startswith(VERBS):
                found.append((f"{info.name}.{name}", value))
    return found


async def test_every_statement_can_be_prepared(world: World) -> None:
    found = statements()
    assert len(found) > 30
    async with world.pool.acquire() as connection:
        for name, statement in found:
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")
