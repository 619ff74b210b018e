"""Every statement about triggers fits the migrated database, for the role that runs it."""

import importlib
import pkgutil

from services.scheduler.executions.repository import bulk
from services.scheduler.triggers import repository
from tests.integration.scheduler.triggers.conftest import Desk

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


async def test_every_statement_can_be_prepared(desk: Desk) -> None:
    modules = [
        importlib.import_module(f"{repository.__name__}.{info.name}")
        for info in pkgutil.iter_modules(repository.__path__)
    ]
    names = []
    async with desk.core.pool.acquire() as connection:
        for module in [*modules, bulk]:
            for name, value in vars(module).items():
                if name.isupper() and isinstance(value, str) and value.startswith(VERBS):
                    await connection.prepare(value)
                    names.append(name)
    assert len(names) > 40
