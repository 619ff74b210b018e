"""db.query and db.execute against a real PostgreSQL. MySQL's driver is held to its failures where nobody answers."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from services.launcher.ports import free_port
from tests.conftest import PASSWORD


@pytest.fixture
async def connection(postgres_server):
    address = urlsplit(postgres_server.dsn())
    query = parse_qs(address.query)
    admin = await asyncpg.connect(postgres_server.dsn())
    await admin.execute("DROP TABLE IF EXISTS shop")
    await admin.execute(
        "CREATE TABLE shop (id int PRIMARY KEY, at timestamptz, day date, price numeric(20, 10), tags text[],"
        " extra jsonb, data bytea, span interval, key uuid, ok bool)"
    )
    yield {
        "type": "postgres",
        "host": address.hostname or query["host"][0],
        "port": address.port or int(query.get("port", ["5432"])[0]),
        "database": address.path[1:],
        "username": address.username,
        "password": PASSWORD,
        "tls": "off",
    }
    await admin.execute("DROP TABLE shop")
    await admin.close()


ROW = {
    "id": 1,
    "at": "2026-01-31T10:00:00+00:00",
    "day": "2026-01-31",
    "price": 12.5,
    "tags": ["ü", None],
    "extra": {"a": [1, "x"]},
    "data": "AP8=",
    "span": 90.0,
    "key": "0198a8f0-0000-7000-8000-000000000001",
    "ok": True,
}
INSERT = (
    "INSERT INTO shop VALUES (:id, :at, :day, :price, :tags, :extra, :data, :span, :key, :ok) RETURNING id -- :no\n"
)


async def test_values_of_all_kinds_go_in_and_come_out_as_json(place, connection):
    empty = dict.fromkeys(ROW) | {"id": 2}
    output = await place.run("db.execute", connection=connection, sql=INSERT, rows=[ROW, empty])
    assert (output["affected"], output["rows"]) == (2, [{"id": 1}, {"id": 2}])
    output = await place.run(
        "db.query",
        connection=connection,
        sql="SELECT * FROM shop WHERE id = ANY(:ids) ORDER BY id",
        parameters={"ids": [1, 2, 3]},
    )
    assert output["rows"] == [ROW, empty]


async def test_exact_numbers_are_never_rounded(place, connection):
    sql = "SELECT 0.12345678901234567890 AS exact, 2.50 AS price, 7.0 AS whole, 'NaN'::float8 AS nan"
    rows = (await place.run("db.query", connection=connection, sql=sql))["rows"]
    assert rows == [{"exact": "0.12345678901234567890", "price": 2.5, "whole": 7, "nan": "nan"}]


async def test_rows_are_written_all_or_none(place, connection):
    rows = [ROW, ROW | {"id": 2}, ROW]
    failure = await place.fail("db.execute", connection=connection, sql=INSERT, rows=rows)
    assert (failure.code, failure.details) == ("DB_CONSTRAINT", {"sqlstate": "23505"})
    count = await place.run("db.query", connection=connection, sql="SELECT count(*) AS n FROM shop")
    assert count["rows"] == [{"n": 0}]


@pytest.mark.parametrize(
    ("sql", "parameters", "code"),
    [
        ("DELETE FROM shop", {}, "DB_READ_ONLY"),
        ("SELEC", {}, "DB_FAILED"),
        ("SELECT 1; SELECT 2", {}, "DB_FAILED"),
        ("SELECT 1 / 0", {}, "DB_FAILED"),
        ("SELECT :a::int", {"a": "geheim"}, "DB_PARAMETER_WRONG"),
        ("SELECT :a::int", {"a": 2**40}, "DB_PARAMETER_WRONG"),
        ("SELECT $1::int", {}, "DB_PARAMETER_WRONG"),
        ("SELECT * FROM generate_series(1, 11)", {}, "TABLE_TOO_LARGE"),
    ],
)
async def test_what_goes_wrong_is_told_without_values(place, connection, sql, parameters, code):
    failure = await place.fail("db.query", connection=connection, sql=sql, parameters=parameters, maxRows=10)
    assert failure.code == code
    assert "geheim" not in failure.message


async def test_a_statement_that_takes_too_long_is_given_up(place, connection):
    failure = await place.fail("db.query", connection=connection, sql="SELECT pg_sleep(60)", timeoutSeconds=0.5)
    assert (failure.code, failure.retryable) == ("DB_TIMEOUT", True)


async def test_logins_databases_tls_and_addresses_that_are_wrong_say_so(place, connection):
    for change, code in (
        ({"password": "geheim"}, "DB_LOGIN_FAILED"),
        ({"database": "gone"}, "DB_NOT_FOUND"),
        ({"host": "127.0.0.1", "port": free_port()}, "DB_UNREACHABLE"),
    ):
        failure = await place.fail("db.query", connection=connection | change, sql="SELECT 1")
        assert failure.code == code
        assert "geheim" not in failure.message


async def test_a_server_that_does_not_encrypt_is_refused_unless_that_is_wanted(place, connection):
    async def answer_no(reader, writer):
        await reader.readexactly(8)
        writer.write(b"N")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer_no, "127.0.0.1", 0)
    async with server:
        here = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "tls": "verify"}
        failure = await place.fail("db.query", connection=connection | here, sql="SELECT 1")
    assert failure.code == "DB_TLS_FAILED"


async def test_a_mysql_server_that_is_not_there_is_worth_another_try(place):
    connection = {"type": "mysql", "host": "127.0.0.1", "port": free_port(), "database": "a", "username": "b"}
    failure = await place.fail("db.query", connection=connection, sql="SELECT 1")
    assert (failure.code, failure.retryable) == ("DB_UNREACHABLE", True)
