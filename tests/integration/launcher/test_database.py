"""Roles and schemas on a real server."""

import asyncpg
import pytest

from services.kit.postgres import SCHEMAS
from services.launcher.database import prepare_roles
from tests.conftest import PASSWORD, MakeDatabase


async def test_each_role_sees_its_own_schema_alone(make_database: MakeDatabase) -> None:
    database = await make_database([])
    for service, schema in SCHEMAS.items():
        connection = await asyncpg.connect(database.dsns[service])
        try:
            assert await connection.fetchval("SELECT current_schema()") == schema
            for name in SCHEMAS.values():
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"CREATE TABLE {name}.mine (id integer)")
                may_enter = "SELECT has_schema_privilege($1, 'USAGE')"
                assert await connection.fetchval(may_enter, name) is (name == schema)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("CREATE TABLE public.everybodys (id integer)")
        finally:
            await connection.close()


async def test_preparing_roles_twice_changes_nothing_and_corrects_a_password(make_database: MakeDatabase) -> None:
    database = await make_database([])
    await prepare_roles(database.admin_dsn, dict.fromkeys(SCHEMAS, PASSWORD))
    connection = await asyncpg.connect(database.dsns["audit"])
    await connection.close()


async def test_databases_of_two_tests_are_apart(make_database: MakeDatabase) -> None:
    first, second = await make_database([]), await make_database([])
    connection = await asyncpg.connect(first.admin_dsn)
    await connection.execute("CREATE TABLE only_here (id integer)")
    await connection.close()
    connection = await asyncpg.connect(second.admin_dsn)
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    await connection.close()
