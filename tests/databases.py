"""Fresh databases for tests: copies of a migrated template that are made, and dropped, while other tests run.

Owns neither the server nor what is in the template (the services' migrations).
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from services.kit.postgres import SCHEMAS, migrate
from services.launcher import database as hub_database
from services.launcher.postgres_server import PostgresServer

T = TypeVar("T")

PASSWORD = "tests-only"
CLOSE_SECONDS = 100.0
TURNS = 5
ROLES = ", ".join(hub_database.role_of(service) for service in SCHEMAS)
# Roles belong to the server: a Hub that ran on it may have given them passwords of its own.
LET_ROLES_IN = ";".join(f"ALTER ROLE {hub_database.role_of(service)} PASSWORD '{PASSWORD}'" for service in SCHEMAS)


@dataclass(frozen=True)
class HubDatabase:
    """A fresh database with every schema and role. `dsns` maps a service ("scheduler", …) to its role's address."""

    name: str
    admin_dsn: str
    dsns: Mapping[str, str]


class Databases:
    """Makes databases in a loop of its own, one ahead of each kind that was asked for: copying takes a server longer
    than many a test takes.
    """

    def __init__(self, server: PostgresServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._copying, self._dropping = _Lane(server), _Lane(server)
        self._taking = asyncio.Lock()
        self._templates: dict[bool, str] = {}
        self._ahead: dict[bool, asyncio.Task[str]] = {}
        self._drops: list[asyncio.Task[None]] = []

    async def make(self, services: Iterable[str], *, alone: bool = False) -> HubDatabase:
        """A database of all roles and schemas; in which all services' migrations are applied, if any is named.

        `alone`: nothing is copied or dropped beside it meanwhile. A transaction anywhere on the server, and a copy is
        one, holds up those who read only what no open transaction can still add to.
        """
        name = await asyncio.wrap_future(self._there(self._take(migrated=bool(list(services)), alone=alone)))
        admin = self._server.dsn(database=name)
        dsns = {service: hub_database.dsn_of_role(admin, service, PASSWORD) for service in SCHEMAS}
        return HubDatabase(name=name, admin_dsn=admin, dsns=dsns)

    def drop(self, database: HubDatabase) -> None:
        """Soon; sessions that are left over are ended."""
        statement = f"DROP DATABASE {database.name} WITH (FORCE)"
        self._loop.call_soon_threadsafe(
            lambda: self._drops.append(self._loop.create_task(self._dropping.run(statement)))
        )

    def close(self) -> None:
        """Waits for what is under way. Raises what went wrong with a drop."""
        self._there(self._close()).result(CLOSE_SECONDS)

    def _there(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _take(self, *, migrated: bool, alone: bool) -> str:
        async with self._taking:
            ahead = self._ahead.pop(migrated, None)
            name = await (ahead or self._copy(migrated=migrated))
            await self._copying.run(LET_ROLES_IN)
            if alone:
                await asyncio.gather(*self._ahead.values(), *self._drops)
            else:
                self._ahead[migrated] = self._loop.create_task(self._copy(migrated=migrated))
            self._drops = [drop for drop in self._drops if not drop.done() or drop.exception()]
            return name

    async def _copy(self, *, migrated: bool) -> str:
        if migrated not in self._templates:
            self._templates[migrated] = await self._template(migrated=migrated)
        name = f"test_{uuid4().hex}"
        template = self._templates[migrated]
        await self._copying.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        # Who may connect is not part of a template.
        await self._copying.run(
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {ROLES}"
        )
        return name

    async def _template(self, *, migrated: bool) -> str:
        name = f"template_{uuid4().hex}"
        await hub_database.create_database(self._server.dsn(), name)
        dsn = self._server.dsn(database=name)
        await hub_database.prepare_roles(dsn, dict.fromkeys(SCHEMAS, PASSWORD))
        for service in SCHEMAS if migrated else ():
            await migrate(dsn, service)
        return name

    async def _close(self) -> None:
        await asyncio.gather(*self._ahead.values(), *self._drops)
        await self._copying.close()
        await self._dropping.close()


class _Lane:
    """One connection of the superuser that runs one statement after the other."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def run(self, statement: str) -> None:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._server.dsn())
            for turn in reversed(range(TURNS)):
                try:
                    await self._connection.execute(statement)
                except asyncpg.ObjectInUseError:  # the server waits five seconds for those who leave a database
                    if not turn:
                        raise
                else:
                    return

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


@contextmanager
def databases_on(server: PostgresServer) -> Iterator[Databases]:
    """Databases on this server, which is left as it is: it is thrown away with all of them."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="databases")
    thread.start()
    try:
        databases = Databases(server, loop)
        yield databases
        databases.close()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
