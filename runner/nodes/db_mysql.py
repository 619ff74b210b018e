"""Conversations with MySQL and MariaDB. The driver escapes parameters by the rules of the connection."""

import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

from runner.nodes.base import NodeFailure
from runner.nodes.db_config import Answer, MysqlConnection, Parameters, lost, too_many_rows
from runner.nodes.db_parameters import MYSQL, listed
from runner.nodes.db_values import json_value
from runner.nodes.rows import Row, unique_names

if TYPE_CHECKING:
    import aiomysql

# Numbers of the MySQL reference, "Server Error Message Reference" and "Client Error Message Reference".
_LOGIN: Final = frozenset({1044, 1045, 1698})
_NO_DATABASE: Final = 1049
_BUSY: Final = frozenset({1040, 1203, 1205, 1213})
_READ_ONLY: Final = 1792
_UNREACHABLE: Final = frozenset({2002, 2003, 2005})
_LOST: Final = frozenset({0, 1053, 1927, 2006, 2013, 2014})


@asynccontextmanager
async def open_mysql(
    config: MysqlConnection, tls: ssl.SSLContext | None, timeout_seconds: float
) -> AsyncIterator["MysqlSession"]:
    """A session. Raises NodeFailure DB_UNREACHABLE, DB_LOGIN_FAILED, DB_NOT_FOUND."""
    import aiomysql  # noqa: PLC0415 - half a second that executions without databases should not pay
    from pymysql.constants import CLIENT  # noqa: PLC0415 - see above

    class Connection(aiomysql.Connection):  # type: ignore[misc]  # the driver has no types
        """Before it shows who it is: the driver goes on in the clear where a server offers no TLS."""

        async def _request_authentication(self) -> None:
            if tls is not None and not self.server_capabilities & CLIENT.SSL:
                place = f"{config.database} on {config.host}:{config.port}"
                raise NodeFailure("DB_TLS_FAILED", f"{place} offers no TLS. Set it up there, or 'TLS' to off.")
            await super()._request_authentication()

    with _failures(config, writing=False):
        connection = Connection(
            host=config.host,
            port=config.port,
            user=config.username,
            password=config.password,
            db=config.database,
            charset="utf8mb4",
            connect_timeout=timeout_seconds,
            ssl=tls,
            program_name="exekra-runner",
        )
        # The driver always asks for it: a text could then hold several statements, and a query leave its transaction.
        connection.client_flag &= ~CLIENT.MULTI_STATEMENTS
        await connection._connect()  # noqa: SLF001 - what `aiomysql.connect` does, which takes no such wish
    try:
        yield MysqlSession(connection, config)
    finally:
        # Without a farewell, which a server that is gone would never answer.
        connection.close()


class MysqlSession:
    """See `Session`."""

    def __init__(self, connection: "aiomysql.Connection", config: MysqlConnection) -> None:
        self._connection = connection
        self._config = config

    async def query(self, sql: str, parameters: Parameters, max_rows: int) -> Answer:
        """See `Session`. Rows are fetched from the server as they are read, never all at once."""
        from aiomysql import SSCursor  # noqa: PLC0415 - see above

        text, values = _rendered(sql, parameters)
        with _failures(self._config, writing=False):
            await self._connection.query("START TRANSACTION READ ONLY")
            cursor = await self._connection.cursor(SSCursor)
            await cursor.execute(text, values)
            columns, rows = _rows(cursor, await cursor.fetchmany(max_rows + 1))
        if len(rows) > max_rows:
            raise too_many_rows(max_rows)
        return Answer(columns, rows)

    async def execute(self, sql: str, sets: Sequence[Parameters]) -> Answer:
        """See `Session`."""
        affected = 0
        columns: list[str] = []
        given: list[Row] = []
        with _failures(self._config, writing=True):
            await self._connection.begin()
            cursor = await self._connection.cursor()
            for parameters in sets:
                text, values = _rendered(sql, parameters)
                await cursor.execute(text, values)
                affected += max(cursor.rowcount, 0) if cursor.description is None else 0
                columns, rows = _rows(cursor, await cursor.fetchall() if cursor.description else [])
                given += rows
            await self._connection.commit()
        return Answer(columns, given, affected)


def _rendered(sql: str, parameters: Parameters) -> tuple[str, tuple[Any, ...]]:
    # The driver fills in by %s, so that every other percent sign is doubled.
    text, values = listed(sql.replace("%", "%%"), parameters, MYSQL, "%s")
    return text, tuple(values)


def _rows(cursor: Any, found: Sequence[Sequence[Any]]) -> tuple[list[str], list[Row]]:
    columns = unique_names([column[0] for column in cursor.description or ()])
    return columns, [dict(zip(columns, map(json_value, row), strict=True)) for row in found]


@contextmanager
def _failures(config: MysqlConnection, *, writing: bool) -> Iterator[None]:
    from pymysql import err  # noqa: PLC0415 - see above

    place = f"{config.database} on {config.host}:{config.port}"
    try:
        yield
    except err.IntegrityError as error:
        raise NodeFailure("DB_CONSTRAINT", f"{place} refuses the change: {error.args[-1]}.") from error
    except err.MySQLError as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else -1
        raise _failure(number, str(error.args[-1] if error.args else error), config, writing=writing) from error
    except ssl.SSLError as error:
        raise NodeFailure("DB_TLS_FAILED", f"{place} cannot be trusted: {error}. Set 'CA file' or 'TLS'.") from error
    except OSError as error:
        raise lost(place, writing=writing) from error


def _failure(number: int, reason: str, config: MysqlConnection, *, writing: bool) -> NodeFailure:
    place = f"{config.database} on {config.host}:{config.port}"
    if number in _LOGIN:
        return NodeFailure("DB_LOGIN_FAILED", f"{place} refuses {config.username!r}; check user and password.")
    if number == _NO_DATABASE:
        return NodeFailure("DB_NOT_FOUND", f"{config.host}:{config.port} has no database {config.database!r}.")
    if number == _READ_ONLY:
        return NodeFailure("DB_READ_ONLY", "db.query only reads; use db.execute for a statement that writes.")
    if number in _BUSY:
        return NodeFailure("DB_BUSY", f"{place} is busy: {reason}; try again.", retryable=True)
    if number in _UNREACHABLE:
        return NodeFailure(
            "DB_UNREACHABLE", f"{place} cannot be reached: {reason}. Check address, network and TLS.", retryable=True
        )
    if number in _LOST:
        return lost(place, writing=writing)
    return NodeFailure("DB_FAILED", f"{place}: {reason}; correct the statement.", details={"number": number})
