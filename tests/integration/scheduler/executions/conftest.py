"""The scheduler's services in this process on a real Postgres, a real license service, and a scripted registry."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from exekra.scheduler.v1 import execution_service_pb2 as execution_pb
from exekra.scheduler.v1 import workflow_service_pb2 as workflow_pb
from exekra.scheduler.v1.execution_pb2 import Execution, ExecutionStatus
from exekra.scheduler.v1.execution_service_pb2_grpc import ExecutionServiceStub
from exekra.scheduler.v1.workflow_service_pb2_grpc import WorkflowServiceStub
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.compose import Core, execution_registrations, make_submissions, open_core
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.reaper import Reaper
from services.scheduler.settings import SchedulerSettings
from services.scheduler.workflows.rpc import registration as workflow_registration
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase
from tests.eventually import eventually
from tests.integration.scheduler.executions.scripted_registry import ScriptedRegistry, ScriptedRunner, registry_served

PERMISSIONS = frozenset(
    {f"execution:{verb}" for verb in ("run", "view", "stop", "resolve")}
    | {"dispatch:hold", "workflow:edit", "workflow:publish"}
)
ADA = Principal("user", "u1", "Ada", PERMISSIONS, ip="10.0.0.1")
GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "nodes": [{"id": "start", "type": "control.start", "config": {}}],
    "edges": [],
}


@dataclass
class Scheduler:
    """What a test needs of the running scheduler and of what is around it."""

    core: Core
    settings: SchedulerSettings
    database: HubDatabase
    executions: ExecutionServiceStub
    workflows: WorkflowServiceStub
    registry: ScriptedRegistry
    license: AsyncExitStack
    draining: asyncio.Event
    runners: list[ScriptedRunner] = field(default_factory=list)

    async def workflow(self, name: str = "Rates", **more: Any) -> str:
        """The id of a published workflow; `settings` and `inputs` go into its graph."""
        graph = json.dumps({**GRAPH, **more}).encode()
        created = await self.call(
            self.workflows.CreateWorkflow, workflow_pb.CreateWorkflowRequest(name=name, graph_json=graph)
        )
        workflow_id: str = created.workflow.id
        await self.call(self.workflows.PublishWorkflow, workflow_pb.PublishWorkflowRequest(workflow_id=workflow_id))
        return workflow_id

    async def runner(self, **more: Any) -> ScriptedRunner:
        """A connected runner that polls."""
        runner = ScriptedRunner(self.registry, **more)
        await runner.hello()
        self.runners.append(runner)
        return runner

    async def submit(self, workflow_id: str, **more: Any) -> Execution:
        """A new execution."""
        return (await self.create(workflow_id, **more)).execution

    async def create(self, workflow_id: str, **more: Any) -> execution_pb.CreateExecutionResponse:
        """The whole answer."""
        request = execution_pb.CreateExecutionRequest(workflow_id=workflow_id, **more)
        response: execution_pb.CreateExecutionResponse = await self.call(self.executions.CreateExecution, request)
        return response

    async def stop(self, execution: Execution, *, force: bool = False) -> Execution:
        """Asks for an end."""
        request = execution_pb.StopExecutionRequest(execution_id=execution.id, force=force)
        stopped: Execution = (await self.call(self.executions.StopExecution, request)).execution
        return stopped

    async def get(self, execution: Execution) -> Execution:
        """As it is now."""
        request = execution_pb.GetExecutionRequest(execution_id=execution.id)
        found: Execution = (await self.call(self.executions.GetExecution, request)).execution
        return found

    async def status(self, execution: Execution) -> str:
        """The status without its prefix."""
        return status_name(await self.get(execution))

    async def reaches(self, execution: Execution, status: str) -> Execution:
        """Waits for a status."""

        async def reached() -> Execution | None:
            now = await self.get(execution)
            return now if status_name(now) == status else None

        found = await eventually(reached)
        assert found is not None
        return found

    async def events(self, execution: Execution) -> list[str]:
        """The steps so far."""
        request = execution_pb.ListExecutionEventsRequest(execution_id=execution.id)
        response = await self.call(self.executions.ListExecutionEvents, request)
        return [item.event for item in response.items]

    async def call(self, method: Any, request: Any) -> Any:
        """Calls as the gateway does for Ada."""
        token = current_principal.set(ADA)
        try:
            return await call(method, request, caller="gateway")
        finally:
            current_principal.reset(token)

    async def sql(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        """Rows, as the scheduler's role sees them."""
        async with self.core.pool.acquire() as connection:
            return list(await connection.fetch(statement, *parameters))

    async def tamper(self, statement: str, *parameters: object) -> None:
        """Changes rows behind the scheduler's back: lets time pass, mostly."""
        async with self.core.pool.acquire() as connection:
            await connection.execute(statement, *parameters)

    async def reap(self) -> None:
        """One turn of the reaper."""
        await Reaper(self.core.pool, self.core.bells, self.core.courier, self.settings).run_once()

    async def let_wait_pass(self) -> None:
        """What waits for its time may go now."""
        await self.tamper("UPDATE execution SET ready_at = now() - interval '1 second' WHERE waiting_for IS NOT NULL")
        await self.core.dispatcher.run()


def status_name(execution: Execution) -> str:
    return ExecutionStatus.Name(execution.status).removeprefix("EXECUTION_STATUS_")


StartScheduler = Callable[..., Awaitable[Scheduler]]


@asynccontextmanager
async def scheduler_running(database: HubDatabase, folder: Path, **more: Any) -> AsyncIterator[Scheduler]:
    """All that runs in the scheduler's RPC process, without arq; `more` are settings."""
    settings = SchedulerSettings(
        home=folder,
        database_url=SecretStr(database.dsns["scheduler"]),
        scheduler_address=f"unix:{folder}/s.sock",
        license_address=f"unix:{folder}/l.sock",
        audit_address=f"unix:{folder}/a.sock",
        outbox_seconds=3_600.0,
        **more,
    )
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        core = await enter(open_core(settings))
        link_pool = await enter(open_pool(database.dsns["scheduler"], "scheduler", keeps_plans=True))
        license_pool = await enter(open_pool(database.dsns["license"], "license", maximum=2))
        license_stack = await enter(AsyncExitStack())
        await license_stack.enter_async_context(
            grpc_server(
                [license_registration(license_pool)],
                settings.license_address,
                drain_seconds=0.1,
            )
        )
        license_channel = await enter(open_channel(settings.license_address, caller="scheduler"))
        licence = Licence(core.pool, license_channel)
        submissions = make_submissions(core, licence)
        registrations = [
            workflow_registration(core.pool, core.outbox, licence.require_editing),
            *execution_registrations(core, link_pool, submissions, stop),
        ]
        await enter(grpc_server(registrations, settings.scheduler_address, drain_seconds=0.1))
        tasks = [asyncio.create_task(each()) for each in core.background(stop)[:2]]
        registry = await enter(registry_served(f"unix:{folder}/r.sock", settings.scheduler_address))
        channel = await enter(open_channel(settings.scheduler_address, caller="gateway"))
        try:
            yield Scheduler(
                core,
                settings,
                database,
                ExecutionServiceStub(channel),
                WorkflowServiceStub(channel),
                registry,
                license_stack,
                stop,
            )
        finally:
            stop.set()
            await asyncio.gather(*tasks)


@pytest.fixture
async def start_scheduler(
    make_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory, short_folder: Path
) -> AsyncIterator[StartScheduler]:
    """`await start_scheduler(offer_seconds=0.2)`: a scheduler of its own with these settings."""
    async with AsyncExitStack() as stack:

        async def start(**more: Any) -> Scheduler:
            database = await make_database(["scheduler", "license"])
            folder = short_folder / database.name[-8:]
            folder.mkdir()
            scheduler = await stack.enter_async_context(scheduler_running(database, folder, **more))
            # The database was migrated long ago: to the reaper that would look like a downtime.
            await scheduler.tamper("UPDATE hub_tick SET at = now()")
            return scheduler

        yield start


@pytest.fixture
async def scheduler(start_scheduler: StartScheduler) -> Scheduler:
    """One with the protocol's own timers."""
    return await start_scheduler()
