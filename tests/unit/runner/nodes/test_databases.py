import asyncio
import sqlite3

import pytest

from tests.eventually import eventually


@pytest.fixture
def connection(place):
    with sqlite3.connect(place.workdir / "a.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, total REAL, paid BLOB)")
        database.execute("INSERT INTO orders VALUES (1, 'it''s', 2.5, x'00ff'), (2, NULL, 3, NULL)")
    database.close()
    return {"type": "sqlite", "path": "a.db"}


async def rows(place, connection):
    return (await place.run("db.query", connection=connection, sql="SELECT id, name FROM orders ORDER BY id"))["rows"]


async def test_a_query_gives_rows_of_plain_values(place, connection):
    output = await place.run(
        "db.query",
        connection=connection,
        sql="SELECT *, id FROM orders WHERE id IN (:ids) OR name = :name ORDER BY id",
        parameters={"ids": [1, 2], "name": "'; DROP TABLE orders; --"},
    )
    assert output == {
        "rows": [
            {"id": 1, "name": "it's", "total": 2.5, "paid": "AP8=", "id_2": 1},
            {"id": 2, "name": None, "total": 3.0, "paid": None, "id_2": 2},
        ],
        "columns": ["id", "name", "total", "paid", "id_2"],
        "count": 2,
    }


async def test_rows_are_written_all_or_none(place, connection):
    statement = {"connection": connection, "sql": "INSERT INTO orders (id, name) VALUES (:id, :name)"}
    output = await place.run("db.execute", **statement, rows=[{"id": 3, "name": "c"}, {"id": 4, "name": "d"}])
    assert output["affected"] == 2
    failure = await place.fail("db.execute", **statement, rows=[{"id": 5, "name": "e"}, {"id": 1, "name": "f"}])
    assert (failure.code, failure.retryable) == ("DB_CONSTRAINT", False)
    assert [row["id"] for row in await rows(place, connection)] == [1, 2, 3, 4]
    assert (await place.run("db.execute", **statement, rows=[]))["affected"] == 0


async def test_a_statement_may_give_rows_back(place, connection):
    output = await place.run(
        "db.execute",
        connection=connection,
        sql="UPDATE orders SET name = :name RETURNING id",
        parameters={"name": "z"},
    )
    assert (output["affected"], output["rows"]) == (2, [{"id": 1}, {"id": 2}])


async def test_a_query_cannot_write_and_says_which_node_can(place, connection):
    failure = await place.fail("db.query", connection=connection, sql="DELETE FROM orders")
    assert failure.code == "DB_READ_ONLY"
    assert len(await rows(place, connection)) == 2


async def test_more_rows_than_allowed_fail(place, connection):
    failure = await place.fail("db.query", connection=connection, sql="SELECT * FROM orders", maxRows=1)
    assert failure.code == "TABLE_TOO_LARGE"


async def test_wrong_statements_parameters_and_files_say_so(place, connection):
    for sql, code in (
        ("SELEC", "DB_FAILED"),
        ("SELECT 1; SELECT 2", "DB_FAILED"),
        ("SELECT :gone", "DB_PARAMETER_MISSING"),
    ):
        assert (await place.fail("db.query", connection=connection, sql=sql)).code == code
    gone = {"type": "sqlite", "path": "gone.db"}
    assert (await place.fail("db.query", connection=gone, sql="SELECT 1")).code == "FILE_NOT_FOUND"
    assert (await place.fail("db.execute", connection=gone, sql="SELECT 1")).code == "FILE_NOT_FOUND"
    place.write("text.db", "no database at all, but long enough to be looked at" * 30)
    failure = await place.fail("db.query", connection={"type": "sqlite", "path": "text.db"}, sql="SELECT * FROM a")
    assert failure.code == "DB_UNREADABLE"
    with pytest.raises(ValueError, match="same name"):
        await place.run("db.execute", connection=gone, sql="SELECT :a", parameters={"a": 1}, rows=[{"a": 2}])


async def test_a_file_may_be_made(place):
    connection = {"type": "sqlite", "path": "new/a ?.db", "create": True}
    await place.run("db.execute", connection=connection, sql="CREATE TABLE orders (id INTEGER, name TEXT)")
    assert await rows(place, connection) == []
    assert place.names() == ["new/a ?.db"]


async def test_a_statement_that_does_not_end_is_interrupted(place, connection):
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    failure = await place.fail("db.query", connection=connection, sql=endless, timeoutSeconds=0.2)
    assert (failure.code, failure.retryable) == ("DB_TIMEOUT", True)


async def test_a_locked_file_is_worth_another_try(place, connection):
    other = sqlite3.connect(place.workdir / "a.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    statement = {"connection": connection, "sql": "DELETE FROM orders"}
    try:
        waiting = asyncio.ensure_future(place.run("db.execute", **statement, timeoutSeconds=20))
        failure = await place.fail("db.execute", **statement, timeoutSeconds=0.3)
        assert failure.code in ("DB_LOCKED", "DB_TIMEOUT")
    finally:
        other.execute("COMMIT")
        other.close()
    assert await eventually(waiting.done)
    assert (await waiting)["affected"] == 2
