"""Rows out of an archive: the schemas as migrations make them, filled with COPY, in one transaction.

Nothing of an archive is executed. Tables and columns it names must be those of the migrations it names, and these are
our own files. Either all of it is there in the end, or the database is what it was.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from services.kit.postgres import SCHEMAS, load_migrations, migrate_within
from services.launcher.backup import catalogue, contents
from services.launcher.backup.archive import ArchiveReader, Part
from services.launcher.backup.contents import Progress
from services.launcher.backup.errors import ArchiveError
from services.launcher.backup.manifest import Header, Manifest, Table

if TYPE_CHECKING:
    import asyncpg

    Database = asyncpg.Connection[asyncpg.Record]

LOCK_SECONDS: Final = 10
AFTERWARDS: Final = "restored.sql"
"""Of a service: what must change in rows that were put back. Applied when its schema is at this version."""


def require_known_migrations(header: Header) -> None:
    """Raises ArchiveError when the backup's schemas are newer than this version, or others than ours were."""
    for service in SCHEMAS:
        ours = {migration.number: migration for migration in load_migrations(service)}
        theirs = header.migrations.get(service, ())
        for number, applied in enumerate(theirs, start=1):
            known = ours.get(applied.number)
            if known is None:
                raise ArchiveError(
                    f"The backup was made by version {header.version}, whose {service} schema is newer than this one: "
                    "install that version or a later one and restore it there."
                )
            if applied.number != number or known.sha256 != applied.sha256:
                raise ArchiveError(
                    f"The backup's {service} schema was made by another {known.name} than this version's: restore it "
                    f"with version {header.version}."
                )
    if unknown := set(header.migrations) - set(SCHEMAS):
        raise ArchiveError(f"The backup has parts that this version does not know: {', '.join(sorted(unknown))}.")


@dataclass(frozen=True)
class Loader:
    """Puts one checked archive into a database."""

    connection: "Database"
    reader: ArchiveReader
    header: Header
    manifest: Manifest
    progress: Progress

    async def load(self) -> None:
        """Replaces all schemas. Call it inside a transaction.

        Raises ArchiveError for rows that do not fit, asyncpg.PostgresError for what the server refuses.
        """
        connection = self.connection
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        await connection.execute("SET LOCAL client_min_messages = warning")
        for service, schema in SCHEMAS.items():
            await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
            await connection.execute(f'CREATE SCHEMA "{schema}"')
            await connection.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO exekra_{schema}')
            await migrate_within(connection, service, through=len(self.header.migrations.get(service, ())))
        # Names are then written with their schema, whatever the migrations left behind.
        await connection.execute("SET LOCAL search_path TO pg_catalog")
        await catalogue.allow_reading(connection)
        await self._require_known_tables()
        keys = await catalogue.read_foreign_keys(connection)
        for key in keys:
            await connection.execute(key.drop)
        await self._fill()
        for key in keys:
            await connection.execute(key.make)
        for service, schema in SCHEMAS.items():
            await migrate_within(connection, service)
            afterwards = files(f"services.{service}") / AFTERWARDS
            if afterwards.is_file():
                await connection.execute(f'SET LOCAL search_path TO "{schema}"')
                await connection.execute(afterwards.read_text(encoding="utf-8"))

    async def _require_known_tables(self) -> None:
        ours = {table.path: set(table.columns) for table in await catalogue.read_tables(self.connection)}
        for table in self.header.tables:
            strange = set(table.columns) - ours.get(table.path, set())
            if table.path not in ours or strange:
                raise ArchiveError(f"The backup's table {table.path} is not one of Exekra Hub.")
        if missing := set(ours) - {table.path for table in self.header.tables}:
            raise ArchiveError(f"The backup lacks the table {min(missing)}.")

    async def _fill(self) -> None:
        for table in self.header.tables:
            name = f'"{table.schema_name}"."{table.name}"'
            await self.connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            # Migrations put first rows into some tables. Nobody may empty the audit log, which has none.
            if await self.connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})"):  # noqa: S608 - a known name
                await self.connection.execute(f"TRUNCATE {name}")
        tables = {table.path: table for table in self.header.tables}
        for path, pieces in _by_table(self.reader.parts()):
            await self._copy(tables[path], pieces)
        for table in self.header.tables:
            name = f'"{table.schema_name}"."{table.name}"'
            await self.connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        for sequence in self.manifest.sequences:
            await self.connection.execute(
                "SELECT setval(pg_get_serial_sequence(format('%I.%I', $1::text, $2::text), $3), $4)",
                sequence.schema_name,
                sequence.table,
                sequence.column,
                sequence.value,
            )

    async def _copy(self, table: Table, pieces: Iterator[Part]) -> None:
        name = f'"{table.schema_name}"."{table.name}"'
        may_write = await self.connection.fetchval("SELECT has_table_privilege($1, 'INSERT')", name)
        if not may_write:
            await self.connection.execute(f"GRANT INSERT ON {name} TO CURRENT_USER")
        said = await self.connection.copy_to_table(
            table.name,
            schema_name=table.schema_name,
            columns=table.columns,
            source=self._expanded(pieces),
        )
        if not may_write:
            await self.connection.execute(f"REVOKE INSERT ON {name} FROM CURRENT_USER")
        if said != f"COPY {self.manifest.tables[table.path].rows}":
            raise contents.damaged(f"tables/{table.path}")

    async def _expanded(self, pieces: Iterator[Part]) -> AsyncIterator[bytes]:
        for part in pieces:
            yield await asyncio.to_thread(contents.expand, part)
            self.progress(part.size)


def _by_table(parts: Iterator[Part]) -> Iterator[tuple[str, Iterator[Part]]]:
    """The pieces of each table, read as they are asked for."""
    part = next(parts, None)
    while part is not None:
        path = contents.table_of(part)
        if path is None:
            part = next(parts, None)
            continue
        rest: list[Part] = []
        yield path, _of_table(part, path, parts, rest)
        part = rest[0] if rest else None


def _of_table(part: Part, path: str, parts: Iterator[Part], rest: list[Part]) -> Iterator[Part]:
    """This part and those behind it of the same table; the first of another one is left in `rest`."""
    yield part
    for following in parts:
        if contents.table_of(following) != path:
            rest.append(following)
            return
        yield following
