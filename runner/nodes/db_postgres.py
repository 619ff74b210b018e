"""Conversations with PostgreSQL. Parameters are sent beside the statement, converted to the types it asks for."""

import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from runner.nodes.base import NodeFailure
from runner.nodes.db_config import Answer, Parameters, PostgresConnection, lost, too_many_rows
from runner.nodes.db_parameters import numbered
from runner.nodes.db_values import json_value, postgres_value
from runner.nodes.rows import Row, unique_names
from runner.workflow.documents import Json, parse_document

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.prepared_stmt import PreparedStatement

_MAX_JSON: int = 256 * 1024 * 1024


@asynccontextmanager
async def open_postgres(
    config: PostgresConnection, tls: ssl.SSLContext | None, timeout_seconds: float
) -> AsyncIterator["PostgresSession"]:
    """A session. Raises NodeFailure DB_UNREACHABLE, DB_LOGIN_FAILED, DB_TLS_FAILED."""
    import asyncpg  # noqa: PLC0415 - half a second that executions without databases should not pay

    with _failures(config, writing=False):
        connection = await asyncpg.connect(
            host=config.host,
            port=config.port,
            user=config.username,
            password=config.password,
            database=config.database,
            ssl=tls or False,
            timeout=timeout_seconds,
            statement_cache_size=0,
            server_settings={"application_name": "exekra-runner"},
        )
    try:
        yield PostgresSession(connection, config)
    finally:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=5)


class PostgresSession:
    """See `Session`."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", config: PostgresConnection) -> None:
        self._connection = connection
        self._config = config

    async def query(self, sql: str, parameters: Parameters, max_rows: int) -> Answer:
        """See `Session`."""
        text, values = numbered(sql, parameters)
        with _failures(self._config, writing=False):
            async with self._connection.transaction(readonly=True):
                statement = await self._connection.prepare(text)
                if not statement.get_attributes():
                    await statement.fetch(*_bound(statement, values))
                    return Answer([], [])
                cursor = await statement.cursor(*_bound(statement, values))
                records = await cursor.fetch(max_rows + 1)
        if len(records) > max_rows:
            raise too_many_rows(max_rows)
        return Answer(*_rows(statement, records))

    async def execute(self, sql: str, sets: Sequence[Parameters]) -> Answer:
        """See `Session`."""
        affected = 0
        columns: Sequence[str] = []
        given: list[Row] = []
        with _failures(self._config, writing=True):
            async with self._connection.transaction():
                statement = None
                for parameters in sets:
                    text, values = numbered(sql, parameters)
                    statement = statement or await self._connection.prepare(text)
                    columns, rows = _rows(statement, await statement.fetch(*_bound(statement, values)))
                    given += rows
                    affected += _count(statement.get_statusmsg())
        return Answer(columns, given, affected)


def _bound(statement: "PreparedStatement[Any]", values: list[Any]) -> list[Any]:
    """The values in the types the statement asks for. Raises NodeFailure DB_PARAMETER_WRONG, without the value."""
    bound = []
    if len(values) != len(statement.get_parameters()):
        raise NodeFailure("DB_PARAMETER_WRONG", "Write parameters as :name, not as $1.")
    for number, (value, wanted) in enumerate(zip(values, statement.get_parameters(), strict=True), start=1):
        try:
            bound.append(postgres_value(value, wanted.name))
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            raise NodeFailure(
                "DB_PARAMETER_WRONG", f"Parameter {number} does not fit: the statement asks for {wanted.name}."
            ) from error
    return bound


def _rows(statement: "PreparedStatement[Any]", records: list[Any]) -> tuple[list[str], list[Row]]:
    attributes = statement.get_attributes()
    columns = unique_names([attribute.name for attribute in attributes])
    documents = {n for n, attribute in enumerate(attributes) if attribute.type.name in ("json", "jsonb")}
    rows = [
        dict(zip(columns, (_value(value, n in documents) for n, value in enumerate(record)), strict=True))
        for record in records
    ]
    return columns, rows


def _value(value: Any, is_document: bool) -> Json:
    if is_document and isinstance(value, str):
        return parse_document(value.encode(), max_bytes=_MAX_JSON)
    return json_value(value)


def _count(status: str | None) -> int:
    """Of `INSERT 0 3` or `UPDATE 3`; statements that change no rows say none."""
    if status is None:
        return 0
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() and not status.startswith("SELECT") else 0


@contextmanager
def _failures(config: PostgresConnection, *, writing: bool) -> Iterator[None]:
    import asyncpg  # noqa: PLC0415 - see above

    place = f"{config.database} on {config.host}:{config.port}"
    try:
        yield
    except asyncpg.PostgresError as error:
        raise _failure(error, config, writing=writing) from error
    except ssl.SSLError as error:
        raise NodeFailure("DB_TLS_FAILED", f"{place} cannot be trusted: {error}. Set 'CA file' or 'TLS'.") from error
    except asyncpg.InterfaceError as error:
        raise lost(place, writing=writing) from error
    except OSError as error:
        if writing:
            raise lost(place, writing=True) from error
        if "SSL" in str(error):
            raise NodeFailure("DB_TLS_FAILED", f"{place} does not speak TLS; set 'TLS' to off.") from error
        raise NodeFailure(
            "DB_UNREACHABLE", f"{place} cannot be reached: {error}. Check address and network.", retryable=True
        ) from error


def _failure(error: "asyncpg.PostgresError", config: PostgresConnection, *, writing: bool) -> NodeFailure:
    place = f"{config.database} on {config.host}:{config.port}"
    state = error.sqlstate or ""
    # Classes of the manual's appendix "PostgreSQL Error Codes".
    if state.startswith("28"):
        return NodeFailure("DB_LOGIN_FAILED", f"{place} refuses {config.username!r}; check user and password.")
    if state == "3D000":
        return NodeFailure("DB_NOT_FOUND", f"{config.host}:{config.port} has no database {config.database!r}.")
    if state == "25006":
        return NodeFailure("DB_READ_ONLY", "db.query only reads; use db.execute for a statement that writes.")
    if state.startswith(("08", "57P")):
        return lost(place, writing=writing)
    if state in ("", "22000"):
        # The driver's own, and its message would show the value.
        return NodeFailure("DB_PARAMETER_WRONG", "A parameter does not fit the type the statement asks for.")
    reason = str(error.args[0])
    details: dict[str, Json] = {"sqlstate": state}
    if state.startswith("23"):
        return NodeFailure("DB_CONSTRAINT", f"{place} refuses the change: {reason}.", details=details)
    if state.startswith("40") or state in ("53300", "55P03"):
        return NodeFailure("DB_BUSY", f"{place} is busy: {reason}; try again.", retryable=True, details=details)
    return NodeFailure("DB_FAILED", f"{place}: {reason}; correct the statement.", details=details)
