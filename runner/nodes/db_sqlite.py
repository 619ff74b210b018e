"""Conversations with SQLite files, in threads. A statement that is cancelled is interrupted, not left running."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from runner.nodes.base import NodeFailure
from runner.nodes.db_config import Answer, Parameters, too_many_rows
from runner.nodes.db_parameters import SQLITE, listed
from runner.nodes.db_values import json_value
from runner.nodes.paths import check_target, file_errors
from runner.nodes.rows import Row, unique_names

T = TypeVar("T")


@asynccontextmanager
async def open_sqlite(path: Path, timeout_seconds: float, *, create: bool) -> AsyncIterator["SqliteSession"]:
    """A session on the file. Raises NodeFailure FILE_NOT_FOUND unless it may be created."""
    if create:
        check_target(path, "replace")
    else:
        with file_errors(path):
            path.open("rb").close()
    address = f"file:{quote(str(path))}?mode={'rwc' if create else 'rw'}"
    with _failures(path):
        connection = sqlite3.connect(
            address, uri=True, timeout=timeout_seconds, isolation_level=None, check_same_thread=False
        )
    try:
        yield SqliteSession(connection, path)
    finally:
        connection.close()


class SqliteSession:
    """See `Session`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def query(self, sql: str, parameters: Parameters, max_rows: int) -> Answer:
        """See `Session`."""
        return await self._in_thread(lambda: self._query(sql, parameters, max_rows))

    async def execute(self, sql: str, sets: Sequence[Parameters]) -> Answer:
        """See `Session`."""
        return await self._in_thread(lambda: self._execute(sql, sets))

    def _query(self, sql: str, parameters: Parameters, max_rows: int) -> Answer:
        text, values = listed(sql, parameters, SQLITE, "?")
        with _failures(self._path):
            self._connection.execute("PRAGMA query_only = ON")
            cursor = self._connection.execute(text, values)
            columns, rows = _rows(cursor, max_rows + 1)
        if len(rows) > max_rows:
            raise too_many_rows(max_rows)
        return Answer(columns, rows)

    def _execute(self, sql: str, sets: Sequence[Parameters]) -> Answer:
        affected = 0
        columns: list[str] = []
        given: list[Row] = []
        with _failures(self._path):
            # Writing is announced at once: two that begin by reading could never both go on.
            self._connection.execute("BEGIN IMMEDIATE")
            for parameters in sets:
                text, values = listed(sql, parameters, SQLITE, "?")
                cursor = self._connection.execute(text, values)
                columns, rows = _rows(cursor)
                given += rows
                affected += max(cursor.rowcount, 0)
            self._connection.execute("COMMIT")
        return Answer(columns, given, affected)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._connection.interrupt()
            await asyncio.wait([task])
            # Retrieved, so that nobody reports it as lost: it was interrupted on purpose.
            task.exception()
            raise


def _rows(cursor: sqlite3.Cursor, most: int | None = None) -> tuple[list[str], list[Row]]:
    if cursor.description is None:
        return [], []
    columns = unique_names([column[0] for column in cursor.description])
    found = cursor.fetchall() if most is None else cursor.fetchmany(most)
    return columns, [dict(zip(columns, map(json_value, row), strict=True)) for row in found]


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        raise _failure(error, path) from error


def _failure(error: Exception, path: Path) -> NodeFailure:
    reason = str(error)
    match error:
        case sqlite3.IntegrityError():
            return NodeFailure("DB_CONSTRAINT", f"{path} refuses the change: {reason}.")
        case sqlite3.OperationalError() if "locked" in reason or "busy" in reason:
            return NodeFailure("DB_LOCKED", f"{path} is in use by another program; try again.", retryable=True)
        case sqlite3.OperationalError() if "readonly" in reason:
            return NodeFailure(
                "DB_READ_ONLY", f"{path} may only be read here: use db.execute, and check who may write the file."
            )
        case sqlite3.DatabaseError() if "not a database" in reason:
            return NodeFailure("DB_UNREADABLE", f"{path} is no SQLite database; check the path.")
    return NodeFailure("DB_FAILED", f"{path}: {reason}; correct the statement or its parameters.")
