"""Real servers for tests: one embedded Postgres and one Valkey per session, and a fresh database in milliseconds."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.kit.postgres import SCHEMAS
from services.launcher.ports import free_port
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from services.launcher.valkey_server import ValkeyServer
from tests.databases import PASSWORD, Databases, HubDatabase, databases_on

WHOLE_SYSTEM = "tests/e2e/"


class WholeSystemTogether(LoadScopeScheduling):
    """Whole-system tests share one Hub: one process has them all where `-n` asks for several.."""

    def _split_scope(self, nodeid: str) -> str:
        return WHOLE_SYSTEM if nodeid.startswith(WHOLE_SYSTEM) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WholeSystemTogether:
    """The plugin's own groups do not hold under this pytest."""
    return WholeSystemTogether(config, log)


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A private folder with a path short enough for Unix sockets, gone after the session."""
    folder = Path(tempfile.mkdtemp(prefix="exekra-test-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(short_folder: Path) -> Iterator[PostgresServer]:
    """An embedded Postgres that lives as long as the session, without fsync."""
    sockets = short_folder / "sockets"
    sockets.mkdir(mode=0o700)
    server = PostgresServer(data=short_folder / "postgres", sockets=sockets, password=PASSWORD, throwaway=True)
    server.prepare()
    with running(server.command(), short_folder / "postgres.log", STOP_SIGNAL):
        in_own_loop(server.wait_until_ready())
        yield server


@pytest.fixture(scope="session")
def valkey_url(short_folder: Path) -> Iterator[str]:
    """The address of a Valkey that lives as long as the session; tests pick databases or key prefixes of their own."""
    server = ValkeyServer(folder=short_folder, port=free_port(), password=PASSWORD)
    with running(server.command(), short_folder / "valkey.log", 15):
        in_own_loop(server.wait_until_ready())
        yield server.url


MakeDatabase = Callable[..., Awaitable[HubDatabase]]


@pytest.fixture(scope="session")
def _databases(postgres_server: PostgresServer) -> Iterator[Databases]:
    with databases_on(postgres_server) as databases:
        yield databases


@pytest.fixture
async def make_database(_databases: Databases) -> AsyncIterator[MakeDatabase]:
    """`await make_database(["scheduler"])` answers a HubDatabase of this test's own; see `Databases.make`."""
    made = []

    async def make(services: list[str], *, alone: bool = False) -> HubDatabase:
        made.append(await _databases.make(services, alone=alone))
        return made[-1]

    yield make
    for database in made:
        _databases.drop(database)


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    """A fresh database in which all services' migrations are applied."""
    return await make_database(list(SCHEMAS))


@contextmanager
def running(command: tuple[str, ...], log: Path, stop_signal: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process of the command, stopped at the end however the body ends."""
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield process
        finally:
            process.send_signal(stop_signal)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def in_own_loop(work: Awaitable[None]) -> None:
    """Run a coroutine from a synchronous fixture without touching the loop that pytest-asyncio keeps."""

    async def run() -> None:
        await work

    with ThreadPoolExecutor(1) as executor:
        executor.submit(lambda: asyncio.run(run())).result()
