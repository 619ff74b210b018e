"""Roles and schemas on a real server."""

from pathlib import Path

import asyncpg
import pytest

from services.kit.postgres import SCHEMAS, migrate
from services.launcher.database import dsn_of_role, prepare_roles
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from tests.conftest import PASSWORD, MakeDatabase, running


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


async def test_a_user_who_may_create_roles_is_enough(server: PostgresServer, tmp_path: Path) -> None:
    with running(server.command(), tmp_path / "log", STOP_SIGNAL):
        await server.wait_until_ready()
        superuser = await asyncpg.connect(server.dsn())
        await superuser.execute("CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'owner'")
        await superuser.execute("CREATE DATABASE theirs OWNER owner")
        await superuser.close()
        dsn = server.dsn("owner", "owner", "theirs")
        for _ in range(2):
            await prepare_roles(dsn, dict.fromkeys(SCHEMAS, PASSWORD))
        for service in ("audit", "license"):
            assert await migrate(dsn, service)
        connection = await asyncpg.connect(dsn_of_role(dsn, "audit", PASSWORD))
        assert await connection.fetchval("SELECT count(*) FROM event") == 0
        await connection.close()
