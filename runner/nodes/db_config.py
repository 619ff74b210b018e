"""Which database a node talks to, and what a conversation with one can do. Owns no driver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeFailure
from runner.nodes.fields import Secret
from runner.nodes.rows import Row

Parameters = Mapping[str, Any]
"""Name → JSON value; `:name` in the statement stands for it."""


class SqliteConnection(NodeConfig):
    """A file of SQLite."""

    type: Literal["sqlite"] = Field(default="sqlite", title="Database", description="A file on the runner's machine.")
    path: str = Field(title="File", description="Path of the database.")
    create: bool = Field(default=False, title="Create", description="Make the file when it is missing (db.execute).")


class ServerConnection(NodeConfig):
    """What databases behind a network have in common."""

    host: str = Field(min_length=1, title="Host", description="Name or address of the server.")
    database: str = Field(min_length=1, title="Database", description="Its name on the server.")
    username: str = Field(min_length=1, title="User", description="May be an expression on credentials.")
    password: Secret = Field(default="", title="Password", description="Use an expression on credentials.")
    tls: Literal["verify", "unverified", "off"] = Field(
        default="verify",
        title="TLS",
        description="Encrypted with the server's certificate checked, encrypted only, or in the open.",
    )
    ca_file: str | None = Field(
        default=None, min_length=1, title="CA file", description="PEM of the authority that signed the certificate."
    )


class PostgresConnection(ServerConnection):
    """A PostgreSQL server."""

    type: Literal["postgres"] = Field(
        default="postgres", title="Database", description="A server that speaks PostgreSQL."
    )
    port: int = Field(default=5432, ge=1, le=65_535, title="Port", description="Where the server listens.")


class MysqlConnection(ServerConnection):
    """A MySQL or MariaDB server."""

    type: Literal["mysql"] = Field(default="mysql", title="Database", description="A MySQL or MariaDB server.")
    port: int = Field(default=3306, ge=1, le=65_535, title="Port", description="Where the server listens.")


Connection = Annotated[SqliteConnection | PostgresConnection | MysqlConnection, Field(discriminator="type")]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows a statement gave, and how many it changed (None where that has no meaning)."""

    columns: Sequence[str]
    rows: list[Row]
    affected: int | None = None


class Session(Protocol):
    """One connection, used by one node run. Errors of the database come as NodeFailure DB_*."""

    async def query(self, sql: str, parameters: Parameters, max_rows: int) -> Answer:
        """Rows of a statement that may not write. Raises TABLE_TOO_LARGE beyond `max_rows`."""
        ...

    async def execute(self, sql: str, sets: Sequence[Parameters]) -> Answer:
        """Run the statement once for each set of parameters, in one transaction: all or nothing."""
        ...


def too_many_rows(max_rows: int) -> NodeFailure:
    """The failure for a query that gives more than was allowed."""
    return NodeFailure(
        "TABLE_TOO_LARGE", f"The query gives more than {max_rows:,} rows; narrow it, or raise 'Most rows'."
    )


def lost(place: str, *, writing: bool) -> NodeFailure:
    """The failure for a connection that broke. While writing, nobody knows whether the change was made."""
    advice = "it is not known whether the change was made: look before you try again" if writing else "try again"
    return NodeFailure("DB_CONNECTION_LOST", f"The connection to {place} broke; {advice}.", retryable=not writing)
