"""The embedded Postgres as it meets the world: killed, left behind, moved to another version, run by root or not."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from services.launcher.account import Account, choose_account, existing_account, may_execute, namespaced
from services.launcher.errors import LaunchRefusedError
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer, binary
from services.launcher.processes import identify
from tests.conftest import running
from tests.eventually import eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")


@contextmanager
def started(server: PostgresServer) -> Iterator[subprocess.Popen[bytes]]:
    server.prepare()
    with running(server.command(), server.data.with_suffix(".log"), STOP_SIGNAL) as process:
        yield process


async def query(server: PostgresServer, sql: str) -> object:
    await server.wait_until_ready()
    connection = await asyncpg.connect(server.dsn())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_what_was_committed_is_there_after_a_kill(server: PostgresServer) -> None:
    with started(server) as process:
        await query(server, "CREATE TABLE kept AS SELECT 7 AS number")
        process.kill()
        process.wait()
    with started(server):
        assert await query(server, "SELECT number FROM kept") == 7


async def test_a_wrong_password_is_refused(server: PostgresServer) -> None:
    with started(server):
        await server.wait_until_ready()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn(password="guess"))


async def test_it_listens_on_no_network_address(server: PostgresServer) -> None:
    with started(server):
        assert await query(server, "SHOW listen_addresses") == ""
        assert (server.sockets / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


async def test_a_pid_file_whose_number_belongs_to_another_process_is_stale(
    server: PostgresServer, tmp_path: Path
) -> None:
    with running(("sleep", "60"), tmp_path / "log", signal.SIGTERM) as somebody:
        (server.data / "postmaster.pid").write_text(f"{somebody.pid}\n{server.data}\n0\n5432\n")
        with started(server):
            assert await query(server, "SELECT 1") == 1
        assert somebody.poll() is None


async def test_a_server_that_was_left_behind_is_stopped_first(server: PostgresServer) -> None:
    with started(server) as left_behind:
        await query(server, "CREATE TABLE kept AS SELECT 7 AS number")
        waiting = asyncio.create_task(asyncio.to_thread(left_behind.wait))
        await asyncio.to_thread(server.prepare)
        assert await waiting in (0, None)
        with started(server):
            assert await query(server, "SELECT number FROM kept") == 7


def test_a_data_directory_of_another_version_is_refused_untouched(server: PostgresServer) -> None:
    (server.data / "PG_VERSION").write_text("15\n")
    before = sorted(server.data.iterdir())
    with pytest.raises(LaunchRefusedError, match=r"written by Postgres 15 .* brings 18"):
        server.prepare()
    assert sorted(server.data.iterdir()) == before


async def test_an_interrupted_first_start_is_begun_again(tmp_path: Path, short_folder: Path) -> None:
    unfinished = tmp_path / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = PostgresServer(tmp_path / "postgres", short_folder, "password", throwaway=True)
    server.prepare()
    assert not unfinished.exists()
    assert (server.data / "global").is_dir()


def test_a_folder_that_holds_something_else_is_not_taken(tmp_path: Path, short_folder: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "holiday.jpg").touch()
    with pytest.raises(LaunchRefusedError, match="is no data directory"):
        PostgresServer(tmp_path / "postgres", short_folder, "password").prepare()
    assert (tmp_path / "postgres" / "holiday.jpg").exists()


async def test_it_dies_with_the_process_that_started_it(server: PostgresServer, tmp_path: Path) -> None:
    program = (
        "import signal, subprocess, sys\n"
        "from pathlib import Path\n"
        "from services.launcher.postgres_server import PostgresServer\n"
        "server = PostgresServer(Path(sys.argv[1]), Path(sys.argv[2]), 'x', throwaway=True)\n"
        "print(subprocess.Popen(server.command(), stderr=subprocess.DEVNULL).pid, flush=True)\n"
        "signal.pause()\n"
    )
    log = tmp_path / "parent.log"
    command = (sys.executable, "-c", program, str(server.data), str(server.sockets))
    with running(command, log, signal.SIGKILL):
        await server.wait_until_ready()
        pid = int(log.read_text())
    await eventually(lambda: identify(pid) is None)


@as_root
@pytest.mark.parametrize("way", [namespaced, existing_account], ids=["user namespace", "existing account"])
async def test_root_runs_it_both_ways_on_the_same_data(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch, way: Callable[[], Account | None]
) -> None:
    with started(server):
        await query(server, "CREATE TABLE kept AS SELECT 7 AS number")
    chosen = way()
    assert chosen is not None
    if not may_execute(chosen, binary("postgres")):
        pytest.skip("this checkout stands in a folder that is closed to the account")
    monkeypatch.setattr("services.launcher.postgres_server.choose_account", lambda _: chosen)
    with started(server):
        assert await query(server, "SELECT number FROM kept") == 7
        assert server.data.stat().st_uid == chosen.owner


@as_root
def test_root_without_namespaces_in_a_closed_folder_is_told_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.launcher.account.namespaced", lambda: None)
    program = tmp_path / "closed" / "postgres"
    program.parent.mkdir(mode=0o700)
    program.touch(mode=0o755)
    with pytest.raises(LaunchRefusedError, match=r"may not enter .*/opt.*EXEKRA_DATABASE_URL"):
        choose_account(program)
