"""Every statement of continuations prepared on a migrated database."""

from services.scheduler.continuations import approval_repository, repository
from services.scheduler.variables import repository as variables
from tests.integration.scheduler.executions.conftest import Scheduler

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


async def test_every_statement_can_be_prepared(scheduler: Scheduler) -> None:
    names = []
    async with scheduler.core.pool.acquire() as connection:
        for module in (repository, approval_repository, variables):
            for name, value in vars(module).items():
                if name.isupper() and isinstance(value, str) and value.startswith(VERBS):
                    await connection.prepare(value)
                    names.append(name)
        for sql in approval_repository.LISTS.values():
            await connection.prepare(sql)
    assert len(names) > 20
