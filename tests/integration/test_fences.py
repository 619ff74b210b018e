"""Each service keeps to its own schema: the database refuses everything else, whatever the code does."""

import asyncpg
import pytest

from services.kit.postgres import SCHEMAS
from tests.conftest import HubDatabase

REFUSED = asyncpg.InsufficientPrivilegeError
LIST_TABLES = """SELECT relnamespace::regnamespace::text AS schema, oid::regclass::text AS name,
 (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1)
  AS field
 FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text = ANY ($1) ORDER BY 2"""
LIST_FUNCTIONS = """SELECT pronamespace::regnamespace::text AS schema, oid::regprocedure::text AS name
 FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ($1) ORDER BY 2"""
EXCLUDED_FROM_HISTORY = ("UPDATE {table} SET {field} = {field}", "DELETE FROM {table}", "TRUNCATE {table}")


async def _rows(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement, list(SCHEMAS.values())))
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SCHEMAS)
async def test_a_role_neither_reads_nor_writes_another_services_tables(database: HubDatabase, service: str) -> None:
    tables = await _rows(database.admin_dsn, LIST_TABLES)
    assert {table["schema"] for table in tables} == set(SCHEMAS.values())
    foreign = [table for table in tables if table["schema"] != SCHEMAS[service]]
    connection = await asyncpg.connect(database.dsns[service])
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = current_user AND rolsuper") == 0
        for table in foreign:
            for statement in (
                f"SELECT FROM {table['name']}",
                f"INSERT INTO {table['name']} DEFAULT VALUES",
                *(each.format(table=table["name"], field=table["field"]) for each in EXCLUDED_FROM_HISTORY),
            ):
                with pytest.raises(REFUSED):
                    await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SCHEMAS)
async def test_a_role_sees_no_other_schema_and_runs_none_of_its_functions(database: HubDatabase, service: str) -> None:
    functions = await _rows(database.admin_dsn, LIST_FUNCTIONS)
    connection = await asyncpg.connect(database.dsns[service])
    try:
        for schema in set(SCHEMAS.values()) - {SCHEMAS[service]}:
            assert not await connection.fetchval("SELECT has_schema_privilege($1, 'USAGE, CREATE')", schema)
        assert not await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
        assert not await connection.fetchval("SELECT has_database_privilege(current_database(), 'CREATE')")
        for function in functions:
            if function["schema"] != SCHEMAS[service]:
                # Whoever may not use the schema cannot name the function.
                with pytest.raises(REFUSED):
                    await connection.execute(f"DROP FUNCTION {function['name']}")
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SCHEMAS)
async def test_a_role_cannot_become_another_one(database: HubDatabase, service: str) -> None:
    connection = await asyncpg.connect(database.dsns[service])
    try:
        own = await connection.fetchval("SELECT current_user")
        others = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'exekra%' AND rolname <> $1", own
        )
        assert len(others) >= len(SCHEMAS) - 1
        for other in others:
            with pytest.raises(REFUSED):
                await connection.execute(f"SET ROLE {other['rolname']}")
    finally:
        await connection.close()


async def test_the_audit_log_is_only_ever_appended_to(database: HubDatabase) -> None:
    tables = [table for table in await _rows(database.admin_dsn, LIST_TABLES) if table["schema"] == SCHEMAS["audit"]]
    logs = [table for table in tables if table["name"].startswith(("audit.event", "audit.audit_event", "audit.log"))]
    assert logs, [table["name"] for table in tables]
    connection = await asyncpg.connect(database.dsns["audit"])
    try:
        for table in logs:
            for statement in EXCLUDED_FROM_HISTORY:
                with pytest.raises(REFUSED):
                    await connection.execute(statement.format(table=table["name"], field=table["field"]))
            with pytest.raises(REFUSED):
                await connection.execute(f"DROP TABLE {table['name']}")
            with pytest.raises(REFUSED):
                await connection.execute(f"ALTER TABLE {table['name']} DISABLE TRIGGER ALL")
    finally:
        await connection.close()
