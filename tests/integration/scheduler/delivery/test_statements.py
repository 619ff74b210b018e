"""Every SQL constant of delivery is understood by Postgres."""

import importlib
import pkgutil

import asyncpg
import pytest

from services.scheduler import delivery, notifications
from services.scheduler.delivery.types import TYPES, matches
from services.scheduler.executions.lifecycle import TRANSITIONS
from tests.integration.scheduler.delivery.conftest import World

VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements() -> list[tuple[str, str]]:
    """As (name, sql)."""
    found = []
    for package in (delivery, notifications):
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            for name, value in vars(module).items():
                if name.isupper() and not name.startswith("_") and isinstance(value, str) and value.startswith(VERBS):
                    found.append((f"{info.name}.{name}", value))
    return found


async def test_every_statement_can_be_prepared(world: World) -> None:
    found = statements()
    assert len(found) > 45
    async with world.pool.acquire() as connection:
        for name, statement in found:
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")


async def test_every_step_of_an_execution_has_a_name_that_is_listed(world: World) -> None:
    for (_, event), status in TRANSITIONS.items():
        found = await world.value("SELECT execution_event_type($1, $2)", event.value, status.value)
        assert found in TYPES, (event, status)


@pytest.mark.parametrize("glob", ["*", "execution.*", "*.failed", "execution.contact_lost", "execution.contact", "*_*"])
async def test_globs_mean_the_same_in_sql_and_in_code(world: World, glob: str) -> None:
    for name in [*TYPES, "execution.contactxlost"]:
        assert await world.value("SELECT is_event_type_in($1, $2)", name, [glob]) is matches(glob, name)
