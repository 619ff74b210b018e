"""PostgreSQL for a service: its pool, and its numbered forward-only migrations.

Every service has one schema and one login role; the pool's search path is that schema, so SQL names tables plainly.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

SCHEMAS = {
    "gateway": "identity",
    "scheduler": "automation",
    "registry": "registry",
    "license": "license",
    "audit": "audit",
}
"""Service to schema; the login role is `exekra_<schema>`."""

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 30.0
LOCK_SECONDS = 5
"""Nobody waits longer for a row than this; a transaction that knows better says `SET LOCAL lock_timeout`."""
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@asynccontextmanager
async def open_pool(
    dsn: str, service: str, *, minimum: int = 1, maximum: int = 10, keeps_plans: bool = False
) -> "AsyncIterator[Pool]":
    """A pool whose connections see the service's schema alone.

    `keeps_plans`: each statement is planned once for a connection and not for its values. For few statements that all
    read by keys, and run so often that planning costs more than running.

    Raises OSError or asyncpg.PostgresError when it cannot connect.
    """
    pool = await asyncpg.create_pool(
        dsn,
        min_size=minimum,
        max_size=maximum,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        reset=_keep,
        server_settings={
            "search_path": SCHEMAS[service],
            "application_name": f"exekra-{service}",
            "jit": "off",
            "lock_timeout": f"{LOCK_SECONDS}s",
            # A plan that was made while the tables were small must not read them whole once they have grown.
            **({"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"} if keeps_plans else {}),
        },
    )
    try:
        yield pool
    finally:
        await pool.close()


async def _keep(_: "Connection") -> None:
    """Saves a round trip: nothing is to undo on a returned connection, as settings and locks are the transaction's."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of `services/<service>/migrations/`."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Guards a landed migration against being edited."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationError(Exception):
    """The database cannot be brought to this version; the message says why and what to do."""


def load_migrations(service: str) -> list[Migration]:
    """In order. Raises MigrationError for a bad file name or a gap in the numbers."""
    migrations: list[Migration] = []
    folder = files(f"services.{service}") / "migrations"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".sql"):
            continue
        match = _FILE_NAME.fullmatch(entry.name)
        if match is None or int(match[1]) != len(migrations) + 1:
            raise MigrationError(f"{entry.name}: migrations are numbered 0001_name.sql upwards without a gap")
        migrations.append(Migration(number=int(match[1]), name=entry.name, sql=entry.read_text(encoding="utf-8")))
    return migrations


async def migrate(dsn: str, service: str) -> list[str]:
    """Applies what is missing, each file in its own transaction; returns their names.

    `dsn` is the administrator's, who so owns every table; a migration grants the service's role what it needs.
    Waits for another migrator (advisory lock). Raises MigrationError when the database is newer than this version or
    an applied file was edited, asyncpg.PostgresError when a statement fails (its file is then not applied).
    """
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
    try:
        return await migrate_within(connection, service)
    finally:
        await connection.close()


async def migrate_within(
    connection: "asyncpg.Connection[asyncpg.Record]", service: str, *, through: int | None = None
) -> list[str]:
    """The same on a connection of the caller's, up to the migration with the number `through`.

    Within a transaction of the caller's all of it belongs to that one, also its `search_path` and `lock_timeout`.
    """
    schema = SCHEMAS[service]
    migrations = load_migrations(service)
    await connection.execute("SELECT pg_advisory_lock(hashtext('exekra migrate ' || $1))", schema)
    # Even IF NOT EXISTS asks for CREATE on the database, which a service's role does not have.
    if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", schema):
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    await connection.execute(
        f'CREATE TABLE IF NOT EXISTS "{schema}".schema_migration ('
        "number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, "
        "applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch(f'SELECT number, sha256 FROM "{schema}".schema_migration')  # noqa: S608 - a constant
    applied = {row["number"]: row["sha256"] for row in rows}
    _check_applied(service, migrations, applied)
    pending = [migration for migration in migrations[:through] if migration.number not in applied]
    for migration in pending:
        await _apply(connection, schema, migration)
    return [migration.name for migration in pending]


def _check_applied(service: str, migrations: list[Migration], applied: dict[int, str]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, sha256 in applied.items():
        if number not in known:
            raise MigrationError(
                f"The database's {service} schema is at migration {number:04}, newer than this version of Exekra Hub. "
                "Start the version that made it, or restore a backup of the older one."
            )
        if known[number].sha256 != sha256:
            raise MigrationError(
                f"{service}/{known[number].name} was edited after it was applied; add a new file instead."
            )


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", schema: str, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f'SET LOCAL search_path TO "{schema}"')
        await connection.execute("SET LOCAL lock_timeout TO '5s'")
        await connection.execute(migration.sql)
        await connection.execute(
            f'INSERT INTO "{schema}".schema_migration (number, name, sha256) VALUES ($1, $2, $3)',  # noqa: S608 - a constant
            migration.number,
            migration.name,
            migration.sha256,
        )
