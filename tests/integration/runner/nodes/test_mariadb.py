"""db.query and db.execute against a real MariaDB, which continuous integration must have."""

import os

import pytest
import pytest_asyncio

from tests.integration.runner.nodes.mariadb_server import INSTALLER, PROGRAM, running_mariadb

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not (PROGRAM and INSTALLER) and not os.environ.get("CI"), reason="there is no mariadbd on this machine"
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with running_mariadb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def connection(server):
    await server.run(
        "CREATE DATABASE shop CHARACTER SET utf8mb4",
        "CREATE TABLE shop.shop (id int PRIMARY KEY AUTO_INCREMENT, at datetime(6), day date, price decimal(30, 10),"
        " name varchar(100), extra json, data longblob, span time(6), weight double, ok tinyint(1), bits bit(8))",
    )
    yield server.config("shop")
    await server.run("DROP DATABASE shop")


ROW = {
    "id": 1,
    "at": "2026-01-31T10:00:00.123456",
    "day": "2026-01-31",
    "price": 12.5,
    "name": "50 % 'of' \\ \"ü😀\" \n; -- x",
    "extra": '{"a": [1, "x"]}',
    "span": 5400.0,
    "weight": 0.1,
    "ok": 1,
}
INSERT = (
    "INSERT INTO shop (id, at, day, price, name, extra, span, weight, ok)"
    " VALUES (:id, :at, :day, :price, :name, :extra, SEC_TO_TIME(:span), :weight, :ok)"
)
COLUMNS = ", ".join(ROW)


async def test_values_of_all_kinds_go_in_and_come_out_as_json(place, connection):
    empty = dict.fromkeys(ROW) | {"id": 2}
    output = await place.run("db.execute", connection=connection, sql=INSERT, rows=[ROW, empty])
    assert (output["affected"], output["rows"]) == (2, [])
    sql = f"SELECT {COLUMNS} FROM shop WHERE id IN (:one, :two) AND (name IS NULL OR name LIKE '50 %') ORDER BY id"
    output = await place.run("db.query", connection=connection, sql=sql, parameters={"one": 1, "two": 2})
    assert output["rows"] == [ROW, empty]


async def test_bytes_bits_and_exact_numbers_lose_nothing(place, connection, server):
    await server.run("INSERT INTO shop.shop (data, bits, price) VALUES (x'00ff', b'101', 0.1234567891)")
    sql = "SELECT data, bits, price, CAST(2.50 AS decimal(30,20)) AS exact, 18446744073709551615 AS big FROM shop"
    [row] = (await place.run("db.query", connection=connection, sql=sql))["rows"]
    assert row == {"data": "AP8=", "bits": "BQ==", "price": 0.1234567891, "exact": 2.5, "big": 18446744073709551615}


async def test_rows_that_a_statement_returns_are_given_back(place, connection):
    sql = "INSERT INTO shop (name) VALUES (:name) RETURNING id, name"
    output = await place.run("db.execute", connection=connection, sql=sql, rows=[{"name": "a"}, {"name": "b"}])
    assert output["rows"] == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


async def test_rows_are_written_all_or_none(place, connection):
    failure = await place.fail("db.execute", connection=connection, sql=INSERT, rows=[ROW, ROW | {"id": 2}, ROW])
    assert failure.code == "DB_CONSTRAINT"
    count = await place.run("db.query", connection=connection, sql="SELECT count(*) AS n FROM shop")
    assert count["rows"] == [{"n": 0}]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM shop", "DB_READ_ONLY"),
        ("SELEC", "DB_FAILED"),
        ("SELECT 1; SELECT 2", "DB_FAILED"),
        ("COMMIT; DELETE FROM shop", "DB_FAILED"),
        ("SELECT * FROM nothing", "DB_FAILED"),
        ("SELECT * FROM seq_1_to_11", "TABLE_TOO_LARGE"),
    ],
)
async def test_what_goes_wrong_is_told(place, connection, sql, code):
    assert (await place.fail("db.query", connection=connection, sql=sql, maxRows=10)).code == code


async def test_parameters_are_never_sql(place, connection, server):
    await server.run("INSERT INTO shop.shop (name) VALUES ('a')")
    for name in ("x' OR '1'='1", "x\\' OR 1=1 -- ", '" OR ""="', "%s", "a\x00' OR 1=1 #"):
        found = await place.run(
            "db.query", connection=connection, sql="SELECT id FROM shop WHERE name = :name", parameters={"name": name}
        )
        assert found["rows"] == []


async def test_a_statement_that_takes_too_long_is_given_up(place, connection):
    failure = await place.fail("db.query", connection=connection, sql="SELECT SLEEP(60)", timeoutSeconds=0.5)
    assert failure.code == "DB_TIMEOUT"


async def test_logins_databases_and_servers_without_tls_say_so(place, connection):
    wrong = {"password": "other"}, {"database": "none"}, {"tls": "verify"}
    codes = [(await place.fail("db.query", connection=connection | each, sql="SELECT 1")).code for each in wrong]
    assert codes == ["DB_LOGIN_FAILED", "DB_NOT_FOUND", "DB_TLS_FAILED"]


async def test_a_row_that_somebody_else_holds_is_worth_another_try(place, connection, server):
    await server.run("INSERT INTO shop.shop (id, name) VALUES (1, 'a')", "SET GLOBAL innodb_lock_wait_timeout = 1")
    async with server.opened() as other:
        cursor = await other.cursor()
        await cursor.execute("START TRANSACTION")
        await cursor.execute("UPDATE shop.shop SET name = 'b'")
        failure = await place.fail("db.execute", connection=connection, sql="DELETE FROM shop", rows=[{}])
        await other.rollback()
    assert (failure.code, failure.retryable) == ("DB_BUSY", True)
