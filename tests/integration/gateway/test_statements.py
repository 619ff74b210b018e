"""Every SQL constant fits the migrated schema, and the service's role may run it."""

import asyncpg
import pytest

from services.gateway.identity import credentials_repository, repository
from services.gateway.installation import repository as installation_repository
from services.kit.postgres import SCHEMAS
from tests.conftest import HubDatabase

STATEMENTS = {
    f"{module.__name__}.{name}": value
    for module in (repository, credentials_repository, installation_repository)
    for name, value in vars(module).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


async def test_every_statement_is_prepared_by_the_services_own_role(database: HubDatabase) -> None:
    connection = await asyncpg.connect(database.dsns["gateway"], server_settings={"search_path": SCHEMAS["gateway"]})
    for name, statement in STATEMENTS.items():
        try:
            await connection.prepare(statement)
        except asyncpg.PostgresError as error:
            pytest.fail(f"{name}: {error}")
    await connection.close()


async def test_the_role_owns_nothing_and_cannot_change_the_schema(database: HubDatabase) -> None:
    connection = await asyncpg.connect(database.dsns["gateway"])
    for statement in ("DROP TABLE identity.user_account", "CREATE TABLE identity.x (i int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()
