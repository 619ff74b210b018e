"""A registry in this process: real Postgres, real license and audit services, a scripted scheduler, TLS for runners."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from exekra.audit.v1.audit_service_pb2 import AuditEvent
from exekra.registry.v1 import runner_admin_service_pb2 as admin_pb
from exekra.registry.v1.runner_admin_service_pb2_grpc import RunnerAdminServiceStub
from exekra.registry.v1.session_service_pb2_grpc import SessionServiceStub
from services.audit.__main__ import registration as audit_registration
from services.audit.checkpoints import CheckpointFile
from services.audit.model import Filters
from services.audit.settings import AuditSettings
from services.audit.use_cases import AuditLog
from services.kit.clock import Clock, SystemClock
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.launcher.authority import ServerTls, ensure_tls
from services.launcher.ports import free_port
from services.registry.compose import compose
from services.registry.settings import RegistrySettings
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase
from tests.integration.registry.scripted_runner import ScriptedRunner, channel_to
from tests.integration.registry.scripted_scheduler import ScriptedScheduler, scheduler_served

ADMIN = Principal("user", "u1", "Ada", frozenset({"runner:view", "runner:manage"}), ip="10.0.0.1")


class AdjustableClock:
    """The machine's clock, some seconds ahead."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)


@dataclass
class Hub:
    """What a test needs of the running registry and of what is around it."""

    settings: RegistrySettings
    scheduler: ScriptedScheduler
    pool: "asyncpg.Pool[asyncpg.Record]"
    audit: AuditLog
    admin: Any
    push: Any
    ca: bytes
    clock: "AdjustableClock"
    stack: AsyncExitStack
    schedulers: AsyncExitStack = field(default_factory=AsyncExitStack)
    registries: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start_scheduler(self) -> None:
        """Serves the scripted scheduler."""
        await self.schedulers.enter_async_context(scheduler_served(self.scheduler, self.settings.scheduler_address))

    async def stop_scheduler(self) -> None:
        """Breaks every connection to it."""
        await self.schedulers.aclose()

    async def start_registry(self) -> None:
        """Runs the registry."""
        await self.registries.enter_async_context(registry_running(self.settings, self.clock))

    async def stop_registry(self) -> None:
        """Drains and ends it, as SIGTERM does."""
        await self.registries.aclose()

    async def administer(self, method: str, **fields: Any) -> Any:
        """Calls RunnerAdminService as an administrator."""
        token = current_principal.set(ADMIN)
        try:
            request = getattr(admin_pb, f"{method}Request")(**fields)
            return await call(getattr(self.admin, method), request, caller="gateway")
        finally:
            current_principal.reset(token)

    async def new_runner(self, name: str = "runner-1", **fields: Any) -> tuple[str, ScriptedRunner]:
        """A registered runner: its id, and the machine that holds its secret."""
        created = await self.administer("CreateRunner", name=name, **fields)
        machine = await self.machine(created.machine_key, created.machine_secret)
        return created.runner.id, machine

    async def machine(self, key: str, secret: str, boot_id: str = "boot-1") -> ScriptedRunner:
        """Another machine, on a connection of its own."""
        channel = await self.stack.enter_async_context(channel_to(self.settings.runner_address, self.ca))
        return ScriptedRunner(channel, key, secret, boot_id)

    async def actions(self) -> list[str]:
        """Audit actions that this registry has recorded, oldest first, pushed or not yet."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch("SELECT event FROM outbox ORDER BY id")
            links = await self.audit.list_events(Filters(), None, 1_000)
        waiting = [AuditEvent.FromString(row["event"]) for row in rows]
        pushed = {link.event.id: link.event.action for link in reversed(links)}
        return list((pushed | {event.id: event.action for event in waiting}).values())


async def eventually(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The condition's first true answer; it may be a coroutine function. Fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if isinstance(answer, Awaitable):
                answer = await answer
            if answer:
                return answer
            await asyncio.sleep(0.01)


@asynccontextmanager
async def registry_running(settings: RegistrySettings, clock: Clock) -> AsyncIterator[None]:
    """The whole registry process, in this one."""
    stop = asyncio.Event()
    async with (
        compose(settings, stop, clock) as parts,
        asyncio.TaskGroup() as tasks,
        grpc_server(parts.registrations, settings.registry_address, drain_seconds=1),
    ):
        for background in parts.background:
            tasks.create_task(background())
        try:
            yield
        finally:
            stop.set()


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["registry", "license", "audit"])


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ServerTls:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def settings(database: HubDatabase, tls: ServerTls, tmp_path: Path) -> RegistrySettings:
    return RegistrySettings(
        home=tmp_path,
        database_url=SecretStr(database.dsns["registry"]),
        scheduler_address=f"unix:{tmp_path}/scheduler.sock",
        registry_address=f"unix:{tmp_path}/registry.sock",
        license_address=f"unix:{tmp_path}/license.sock",
        audit_address=f"unix:{tmp_path}/audit.sock",
        runner_listen=f"127.0.0.1:{free_port()}",
        tls_certificate=tls.certificate,
        tls_key=tls.key,
        ca_certificate=tls.authority,
        presence_seconds=0.05,
        ping_seconds=0.5,
        link_wait_seconds=5.0,
        drain_seconds=1.0,
    )


@pytest.fixture
async def surroundings(
    settings: RegistrySettings, database: HubDatabase, tmp_path: Path
) -> "AsyncIterator[tuple[AuditLog, asyncpg.Pool[asyncpg.Record]]]":
    """The license and audit services, and a pool that sees the registry's tables."""
    async with (
        open_pool(database.dsns["audit"], "audit") as audit_pool,
        open_pool(database.dsns["license"], "license") as license_pool,
        open_pool(database.dsns["registry"], "registry") as pool,
    ):
        audit = AuditLog(audit_pool, CheckpointFile(tmp_path / "audit"), SystemClock(), AuditSettings())
        async with (
            grpc_server([audit_registration(audit)], settings.audit_address, drain_seconds=0),
            grpc_server(
                [license_registration(license_pool)],
                settings.license_address,
                drain_seconds=0,
            ),
        ):
            yield audit, pool


@pytest.fixture
def scheduler() -> ScriptedScheduler:
    return ScriptedScheduler()


@pytest.fixture
async def hub(
    settings: RegistrySettings,
    scheduler: ScriptedScheduler,
    surroundings: "tuple[AuditLog, asyncpg.Pool[asyncpg.Record]]",
    tls: ServerTls,
) -> AsyncIterator[Hub]:
    audit, pool = surroundings
    async with (
        open_channel(settings.registry_address, caller="gateway") as gateway,
        open_channel(settings.registry_address, caller="scheduler") as pusher,
        AsyncExitStack() as stack,
    ):
        hub = Hub(
            settings=settings,
            scheduler=scheduler,
            pool=pool,
            audit=audit,
            admin=RunnerAdminServiceStub(gateway),
            push=SessionServiceStub(pusher),
            ca=tls.authority.read_bytes(),
            clock=AdjustableClock(),
            stack=stack,
        )
        await hub.start_scheduler()
        await hub.start_registry()
        yield hub
        await hub.stop_registry()
        await hub.stop_scheduler()
