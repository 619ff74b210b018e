"""What the database says of itself: tables, sequences, foreign keys, rights. SQL and rows only."""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.kit.postgres import SCHEMAS
from services.launcher.backup.manifest import AppliedMigration, Sequence, Table

if TYPE_CHECKING:
    from services.kit.postgres import Connection

# Migrations make this one; the header carries what it says.
MIGRATIONS_TABLE: Final = "schema_migration"

# A partitioned table stands for its partitions. Those come last: reading one keeps its old days from being dropped.
TABLES: Final = """SELECT n.nspname AS schema_name, c.relname AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> $2
 GROUP BY n.nspname, c.relname, c.relkind ORDER BY c.relkind = 'p', n.nspname, c.relname"""
SEQUENCES: Final = """SELECT n.nspname AS schema_name, t.relname AS table, a.attname AS column, q.last_value AS value
  FROM pg_sequences q JOIN pg_class s ON s.oid = format('%I.%I', q.schemaname, q.sequencename)::regclass
  JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
 WHERE q.schemaname = ANY($1::text[]) AND q.last_value IS NOT NULL ORDER BY n.nspname, t.relname, a.attname"""
TRANSACTION_COLUMNS: Final = """SELECT n.nspname AS schema_name, c.relname AS table, a.attname AS column
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND a.attnum > 0 AND a.atttypid = 'xid8'::regtype"""
APPLIED: Final = "SELECT number, name, sha256 FROM {schema}.schema_migration ORDER BY number"
FOREIGN_KEYS: Final = """SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,
       pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
   AND connamespace = ANY(SELECT oid FROM pg_namespace WHERE nspname = ANY($1::text[]))"""
# The audit log's owner may not even read some of it until it says so: an owner can, and only an owner.
UNREADABLE: Final = """SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'SELECT')"""

_NAMES: Final = list(SCHEMAS.values())


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as SQL that drops it and makes it again. From our own database, never from an archive."""

    drop: str
    make: str


async def read_tables(connection: "Connection") -> tuple[Table, ...]:
    """All tables of all services, partitioned ones last."""
    rows = await connection.fetch(TABLES, _NAMES, MIGRATIONS_TABLE)
    return tuple(Table(**row) for row in rows)


async def read_sequences(connection: "Connection") -> tuple[Sequence, ...]:
    """All that have been used."""
    return tuple(Sequence(**row) for row in await connection.fetch(SEQUENCES, _NAMES))


async def read_transaction_columns(connection: "Connection") -> set[tuple[str, str]]:
    """(`schema.table`, column) of each column that holds a transaction id."""
    rows = await connection.fetch(TRANSACTION_COLUMNS, _NAMES)
    return {(f"{row['schema_name']}.{row['table']}", row["column"]) for row in rows}


async def read_migrations(connection: "Connection") -> dict[str, tuple[AppliedMigration, ...]]:
    """Service to what was applied. A schema that was never migrated is left out."""
    applied = {}
    for service, schema in SCHEMAS.items():
        if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.{MIGRATIONS_TABLE}"):
            rows = await connection.fetch(APPLIED.format(schema=schema))
            applied[service] = tuple(AppliedMigration(**row) for row in rows)
    return applied


async def read_foreign_keys(connection: "Connection") -> Rows[ForeignKey]:
    """All of them."""
    return [
        ForeignKey(
            drop=f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}",
            make=f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['name']} {row['definition']}",
        )
        for row in await connection.fetch(FOREIGN_KEYS, _NAMES)
    ]


async def allow_reading(connection: "Connection") -> None:
    """Gives the owner the right to read what it owns. Raises asyncpg.PostgresError for anybody else."""
    for row in await connection.fetch(UNREADABLE, _NAMES):
        await connection.execute(f"GRANT SELECT ON {row['table']} TO CURRENT_USER")
