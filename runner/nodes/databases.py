"""SQL: a query that reads, a statement that writes. What a database is asked stands in `db_*.py`."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.db_config import Connection, MysqlConnection, ServerConnection, Session, SqliteConnection
from runner.nodes.db_mysql import open_mysql
from runner.nodes.db_postgres import open_postgres
from runner.nodes.db_sqlite import open_sqlite
from runner.nodes.paths import resolve_path
from runner.nodes.rows import Row
from runner.nodes.tables import table_output
from runner.nodes.tls import client_tls

ROW_LIMIT: Final = 1_000_000
CONNECT_SECONDS: Final = 15.0


class StatementConfig(NodeConfig):
    """What both nodes need."""

    connection: Connection = Field(title="Database", description="SQLite file, PostgreSQL or MySQL server.")
    sql: str = Field(
        min_length=1,
        max_length=1_000_000,
        title="SQL",
        description="One statement; values go in as :name. A list fits IN (:ids), for PostgreSQL = ANY(:ids).",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, title="Parameters", description="Name → value for each :name of the statement."
    )
    timeout_seconds: float = Field(
        default=60, gt=0, le=86_400, title="Timeout", description="Seconds for the connection and the statement."
    )


class QueryConfig(StatementConfig):
    """Config of db.query."""

    max_rows: int = Field(default=100_000, ge=1, le=ROW_LIMIT, title="Most rows", description="More is a failure.")


class Query(NodeType[QueryConfig]):
    """db.query: output `{rows, columns, count}`. The database itself refuses to write, which makes it repeatable."""

    type = "db.query"
    title = "Query database"
    help = "Reads rows from a database by an SQL query with parameters."
    icon = "database-search"
    config = QueryConfig
    example: ClassVar[dict[str, Any]] = {
        "connection": {"type": "sqlite", "path": "orders.db"},
        "sql": "SELECT id, total FROM orders WHERE customer = :customer",
        "parameters": {"customer": "Keller"},
    }
    code_fields = frozenset({"sql"})
    repeatable = True

    async def run(self, config: QueryConfig, context: NodeContext) -> Result:
        """Connect, ask, close. Raises NodeFailure DB_*, TABLE_TOO_LARGE."""
        async with _session(config, context, writing=False) as session:
            answer = await session.query(config.sql, config.parameters, config.max_rows)
        return Result(table_output(answer.rows, [*answer.columns]))


class ExecuteConfig(StatementConfig):
    """Config of db.execute."""

    rows: list[Row] | None = Field(
        default=None,
        max_length=ROW_LIMIT,
        title="Rows",
        description="Run once for each row, its columns being parameters too; all or nothing.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if same := sorted(self.parameters.keys() & {name for row in self.rows or () for name in row}):
            raise ValueError(f"columns and parameters of the same name: {', '.join(same[:5])}")
        return self


class Execute(NodeType[ExecuteConfig]):
    """db.execute: output `{affected, rows, columns, count}`; rows are what a RETURNING gives."""

    type = "db.execute"
    title = "Change database"
    help = "Runs an SQL statement that writes, once or for each row of a table, all or nothing."
    icon = "database-edit"
    config = ExecuteConfig
    example: ClassVar[dict[str, Any]] = {
        "connection": {
            "type": "postgres",
            "host": "db.example.com",
            "database": "shop",
            "username": "{{ credentials.shop.username }}",
            "password": "{{ credentials.shop.password }}",
        },
        "sql": "INSERT INTO orders (id, total) VALUES (:id, :total)",
        "rows": "{{ nodes.read.output.rows }}",
    }
    code_fields = frozenset({"sql"})

    async def run(self, config: ExecuteConfig, context: NodeContext) -> Result:
        """Connect, run in one transaction, close. Raises NodeFailure DB_*."""
        sets = [config.parameters] if config.rows is None else [{**config.parameters, **row} for row in config.rows]
        async with _session(config, context, writing=True) as session:
            answer = await session.execute(config.sql, sets)
        return Result(table_output(answer.rows, [*answer.columns], affected=answer.affected))


@asynccontextmanager
async def _session(config: StatementConfig, context: NodeContext, *, writing: bool) -> AsyncIterator[Session]:
    """A session with the config's database; it ends with the block, or when its time is over."""
    try:
        async with asyncio.timeout(config.timeout_seconds), _opened(config, context, writing=writing) as session:
            yield session
    except TimeoutError as error:
        after = "; nothing was changed unless the answer was on its way: look before you try again" if writing else ""
        raise NodeFailure(
            "DB_TIMEOUT",
            f"The database did not answer within {config.timeout_seconds:g} s{after}.",
            retryable=not writing,
        ) from error


@asynccontextmanager
async def _opened(config: StatementConfig, context: NodeContext, *, writing: bool) -> AsyncIterator[Session]:
    connection = config.connection
    connect_seconds = min(CONNECT_SECONDS, config.timeout_seconds)
    if isinstance(connection, SqliteConnection):
        path = resolve_path(context, connection.path)
        async with open_sqlite(path, config.timeout_seconds, create=writing and connection.create) as sqlite:
            yield sqlite
        return
    tls = await asyncio.to_thread(_tls, connection, context)
    if isinstance(connection, MysqlConnection):
        async with open_mysql(connection, tls, connect_seconds) as mysql:
            yield mysql
    else:
        async with open_postgres(connection, tls, connect_seconds) as postgres:
            yield postgres


def _tls(connection: ServerConnection, context: NodeContext) -> ssl.SSLContext | None:
    if connection.tls == "off":
        return None
    return client_tls(context, connection.ca_file, verify=connection.tls == "verify")


NODES = (Query, Execute)
