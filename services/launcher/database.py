"""The Hub's database from outside: it exists, and every service has a role and a schema that nobody else may enter.

Works on the embedded server and on any Postgres whose user may create roles. Tables inside the schemas are the
services' own migrations.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from services.kit.postgres import SCHEMAS

DATABASE: Final = "exekra"
# Serialises launchers that prepare one external database at the same moment. The number is "exekra" in ASCII.
PREPARE_LOCK: Final = 0x656B72617861


def role_of(service: str) -> str:
    """The login role of a service. It owns nothing: migrations run as the administrator and grant what it needs."""
    return f"exekra_{SCHEMAS[service]}"


def dsn_of_role(dsn: str, service: str, password: str) -> str:
    """The address `dsn` with its user exchanged for the service's role. Passwords are URL-safe by making."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role_of(service)}:{password}@{host}"))


async def create_database(dsn: str, name: str = DATABASE) -> None:
    """Create the database on the server at `dsn` unless it exists."""
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8')
    finally:
        await connection.close()


async def prepare_roles(dsn: str, passwords: Mapping[str, str]) -> None:
    """Create or correct the role and the schema of each service in the database at `dsn`.

    `passwords` maps services to their roles' passwords. Repeating changes nothing. The user of `dsn` needs
    CREATEROLE and must own the database (or be superuser).
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", PREPARE_LOCK)
            await connection.execute("SET LOCAL client_min_messages = warning")
            await _close_to_everybody(connection)
            for service, password in passwords.items():
                await _prepare_role(connection, service, password)
    finally:
        await connection.close()


async def _close_to_everybody(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")


async def _prepare_role(connection: "asyncpg.Connection[asyncpg.Record]", service: str, password: str) -> None:
    role, schema = role_of(service), SCHEMAS[service]
    known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    # Utility statements take no parameters: let the server quote the one value that is not ours.
    secret = await connection.fetchval("SELECT quote_literal($1::text)", password)
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    await connection.execute(f"{'ALTER' if known else 'CREATE'} ROLE {role} LOGIN PASSWORD {secret}")
    await connection.execute(f"ALTER ROLE {role} SET search_path = {schema}")
    await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
