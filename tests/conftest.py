"""Real servers for tests: one embedded Postgres and one Valkey per session, and a fresh database in milliseconds."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.kit.postgres import SCHEMAS, migrate
from services.launcher import database as hub_database
from services.launcher.ports import free_port
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from services.launcher.valkey_server import ValkeyServer

PASSWORD = "tests-only"
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


@dataclass(frozen=True)
class HubDatabase:
    """A fresh database with every schema and role. `dsns` maps a service ("scheduler", …) to its role's address."""

    name: str
    admin_dsn: str
    dsns: Mapping[str, str]


MakeDatabase = Callable[[list[str]], Awaitable[HubDatabase]]


@dataclass
class Databases:
    """Makes databases by copying a migrated template, one template for each set of services."""

    server: PostgresServer
    templates: dict[tuple[str, ...], str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    async def make(self, services: list[str]) -> HubDatabase:
        """A database in which the migrations of the named services are applied; all roles and schemas are there."""
        wanted = tuple(sorted(set(services)))
        template = self.templates.get(wanted)
        if template is None:
            template = f"template_{uuid4().hex}"
            await hub_database.create_database(self.server.dsn(), template)
            await self._prepare(template)
            for service in wanted:
                await migrate(self.server.dsn(database=template), service)
            self.templates[wanted] = template
        name = f"test_{uuid4().hex}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        self.made.append(name)
        # Who may connect is not part of a template.
        await self._prepare(name)
        return self._described(name)

    async def drop_all(self) -> None:
        """Drop what was made; sessions that are left over are ended."""
        while self.made:
            await self._run(f"DROP DATABASE {self.made.pop()} WITH (FORCE)")

    async def _prepare(self, name: str) -> None:
        dsn = self.server.dsn(database=name)
        await hub_database.prepare_roles(dsn, dict.fromkeys(SCHEMAS, PASSWORD))

    def _described(self, name: str) -> HubDatabase:
        admin = self.server.dsn(database=name)
        dsns = {service: hub_database.dsn_of_role(admin, service, PASSWORD) for service in SCHEMAS}
        return HubDatabase(name=name, admin_dsn=admin, dsns=dsns)

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.dsn())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def _databases(postgres_server: PostgresServer) -> Databases:
    return Databases(postgres_server)


@pytest.fixture
async def make_database(_databases: Databases) -> AsyncIterator[MakeDatabase]:
    """`await make_database(["scheduler"])` answers a HubDatabase of this test alone."""
    yield _databases.make
    await _databases.drop_all()


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
