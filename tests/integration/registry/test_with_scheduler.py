"""The registry and the scheduler as processes of their own: one execution through both, and each killed on the way."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exekra.registry.v1 import runner_admin_service_pb2 as admin_pb
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.registry.v1.runner_admin_service_pb2_grpc import RunnerAdminServiceStub
from exekra.scheduler.v1 import attempt_pb2, execution_pb2
from exekra.scheduler.v1 import execution_service_pb2 as execution
from exekra.scheduler.v1 import workflow_service_pb2 as workflow
from exekra.scheduler.v1.execution_service_pb2_grpc import ExecutionServiceStub
from exekra.scheduler.v1.workflow_service_pb2_grpc import WorkflowServiceStub
from services.audit.__main__ import registration as audit_registration
from services.audit.checkpoints import CheckpointFile
from services.audit.settings import AuditSettings
from services.audit.use_cases import AuditLog
from services.kit.clock import SystemClock
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.launcher.authority import ServerTls
from services.launcher.ports import free_port
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase
from tests.integration.registry.conftest import eventually
from tests.integration.registry.scripted_runner import ScriptedRunner, channel_to, ending, read

GRAPH = b'{"schemaVersion": 1, "nodes": [{"id": "start", "type": "control.start", "config": {}}], "edges": []}'
PERMISSIONS = "workflow:edit workflow:view workflow:publish execution:run execution:view runner:manage runner:view"
ADA = Principal("user", "u1", "Ada", frozenset(PERMISSIONS.split()))


@dataclass
class Processes:
    """Both services, as processes that a test may kill."""

    environment: dict[str, str]
    database: HubDatabase
    runner_address: str
    ca: bytes
    gateway: dict[str, Any]
    stack: AsyncExitStack

    async def start(self, service: str) -> asyncio.subprocess.Process:
        environment = {**self.environment, "EXEKRA_DATABASE_URL": self.database.dsns[service]}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", f"services.{service}", env=environment)
        self.stack.push_async_callback(stop, process)
        return process

    async def ask(self, method: Any, request: Any) -> Any:
        """As Ada, through what would be the gateway; waits for a service that is starting."""
        token = current_principal.set(ADA)
        try:
            async with asyncio.timeout(60):
                while True:
                    try:
                        return await call(method, request, caller="gateway")
                    except DomainError as error:
                        if error.reason != "UNAVAILABLE":
                            raise
                        await asyncio.sleep(0.05)
        finally:
            current_principal.reset(token)

    async def published_workflow(self) -> str:
        stub = self.gateway["workflows"]
        created = await self.ask(stub.CreateWorkflow, workflow.CreateWorkflowRequest(name="w", graph_json=GRAPH))
        identifier: str = created.workflow.id
        await self.ask(stub.PublishWorkflow, workflow.PublishWorkflowRequest(workflow_id=identifier))
        return identifier

    async def execute(self, workflow_id: str) -> str:
        request = execution.CreateExecutionRequest(workflow_id=workflow_id)
        response = await self.ask(self.gateway["executions"].CreateExecution, request)
        identifier: str = response.execution.id
        return identifier

    async def status(self, execution_id: str) -> str:
        request = execution.GetExecutionRequest(execution_id=execution_id)
        response = await self.ask(self.gateway["executions"].GetExecution, request)
        return execution_pb2.ExecutionStatus.Name(response.execution.status).removeprefix("EXECUTION_STATUS_")

    async def machine(self) -> ScriptedRunner:
        created = await self.ask(self.gateway["runners"].CreateRunner, admin_pb.CreateRunnerRequest(name="r"))
        channel = await self.stack.enter_async_context(channel_to(self.runner_address, self.ca))
        return ScriptedRunner(channel, created.machine_key, created.machine_secret)


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        # A process that is still importing does not handle the signal yet.
        assert await process.wait() in (0, -signal.SIGTERM)


@asynccontextmanager
async def neighbours(database: HubDatabase, home: Path) -> AsyncIterator[None]:
    """The license and audit services, in this process."""
    async with (
        open_pool(database.dsns["audit"], "audit") as audit_pool,
        open_pool(database.dsns["license"], "license") as license_pool,
    ):
        audit = AuditLog(audit_pool, CheckpointFile(home / "audit"), SystemClock(), AuditSettings())
        async with (
            grpc_server([audit_registration(audit)], f"unix:{home}/audit.sock", drain_seconds=0),
            grpc_server(
                [license_registration(license_pool)],
                f"unix:{home}/license.sock",
                drain_seconds=0,
            ),
        ):
            yield


@pytest.fixture
async def processes(make_database: MakeDatabase, tls: ServerTls, tmp_path: Path) -> AsyncIterator[Processes]:
    database = await make_database(["registry", "license", "audit", "scheduler"])
    runner_address = f"127.0.0.1:{free_port()}"
    names = ("scheduler", "registry", "license", "audit")
    environment = {
        **os.environ,
        **{f"EXEKRA_{name.upper()}_ADDRESS": f"unix:{tmp_path}/{name}.sock" for name in names},
        "EXEKRA_HOME": str(tmp_path),
        "EXEKRA_REDIS_URL": "none",
        "EXEKRA_RUNNER_LISTEN": runner_address,
        "EXEKRA_TLS_CERTIFICATE": str(tls.certificate),
        "EXEKRA_TLS_KEY": str(tls.key),
        "EXEKRA_CA_CERTIFICATE": str(tls.authority),
        "EXEKRA_LOG_LEVEL": "warning",
        "EXEKRA_DRAIN_SECONDS": "1",
        "EXEKRA_VAULT_KEY": "5" * 64,
    }
    async with (
        neighbours(database, tmp_path),
        open_channel(f"unix:{tmp_path}/scheduler.sock", caller="gateway") as scheduler,
        open_channel(f"unix:{tmp_path}/registry.sock", caller="gateway") as registry,
        AsyncExitStack() as stack,
    ):
        gateway = {
            "workflows": WorkflowServiceStub(scheduler),
            "executions": ExecutionServiceStub(scheduler),
            "runners": RunnerAdminServiceStub(registry),
        }
        yield Processes(environment, database, runner_address, tls.authority.read_bytes(), gateway, stack)


async def connect(runner: ScriptedRunner, **hello: Any) -> Any:
    """Says Hello as an agent does, again and again; answers the open poll stream."""
    async with asyncio.timeout(60):
        while True:
            try:
                runner.metadata = ()
                await runner.hello(**hello)
                return await runner.poll()
            except DomainError as error:
                if error.reason != "UNAVAILABLE":
                    raise
                await asyncio.sleep(0.05)


async def offered(runner: ScriptedRunner, polls: Any) -> attempt_pb2.Offer:
    """The next offer; polls again and again as agents do, for a bell may be missed."""

    async def poll_again() -> None:
        while True:
            await asyncio.sleep(0.5)
            await polls.write(pb.PollRequest(epoch=runner.epoch, free_slots=1, capabilities=["browser"]))

    polling = asyncio.create_task(poll_again())
    try:
        offer: attempt_pb2.Offer = (await read(polls)).offers[0]
    finally:
        polling.cancel()
    return offer


async def finish(runner: ScriptedRunner, attempt: attempt_pb2.AttemptRef) -> int:
    record = attempt_pb2.FinishRecord(
        attempt=attempt, outcome=attempt_pb2.OUTCOME_OK, output_json=b"{}", digest="0" * 64
    )
    record.finished_at.GetCurrentTime()
    record.began_at.GetCurrentTime()
    answer = await runner.call(runner.stub.Finish, pb.FinishRequest(epoch=runner.epoch, record=record))
    return int(answer.answer)


async def test_an_execution_goes_through_both_services(processes: Processes):
    await processes.start("scheduler")
    await processes.start("registry")
    workflow_id = await processes.published_workflow()
    runner = await processes.machine()
    polls = await connect(runner)
    execution_id = await processes.execute(workflow_id)
    offer = await offered(runner, polls)
    assert offer.attempt.execution_id == execution_id
    stream = runner.stub.GetWorkflow(pb.GetWorkflowRequest(graph_sha256=offer.graph_sha256), metadata=runner.metadata)
    assert b"control.start" in (await read(stream)).chunk
    acknowledge = pb.AcknowledgeRequest(attempt=offer.attempt, epoch=runner.epoch)
    assert (await runner.acknowledge(acknowledge)).answer == attempt_pb2.ANSWER_OK
    assert await processes.status(execution_id) == "RUNNING"
    assert await finish(runner, offer.attempt) == attempt_pb2.ANSWER_OK
    assert await finish(runner, offer.attempt) == attempt_pb2.ANSWER_DUPLICATE_OK
    assert await processes.status(execution_id) == "COMPLETED"


async def test_a_finish_survives_the_scheduler_s_sudden_death(processes: Processes):
    scheduler = await processes.start("scheduler")
    await processes.start("registry")
    workflow_id = await processes.published_workflow()
    runner = await processes.machine()
    polls = await connect(runner)
    execution_id = await processes.execute(workflow_id)
    offer = await offered(runner, polls)
    acknowledge = pb.AcknowledgeRequest(attempt=offer.attempt, epoch=runner.epoch)
    await runner.acknowledge(acknowledge)
    scheduler.kill()
    await scheduler.wait()
    finishing = asyncio.create_task(finish(runner, offer.attempt))
    await processes.start("scheduler")
    assert await finishing == attempt_pb2.ANSWER_OK
    assert await processes.status(execution_id) == "COMPLETED"


async def test_a_runner_goes_on_after_the_registry_s_sudden_death(processes: Processes):
    await processes.start("scheduler")
    registry = await processes.start("registry")
    workflow_id = await processes.published_workflow()
    runner = await processes.machine()
    polls = await connect(runner)
    execution_id = await processes.execute(workflow_id)
    offer = await offered(runner, polls)
    await runner.acknowledge(pb.AcknowledgeRequest(attempt=offer.attempt, epoch=runner.epoch))
    registry.kill()
    await registry.wait()
    assert (await ending(polls)).reason == "UNAVAILABLE"
    await processes.start("registry")
    held = attempt_pb2.HeldAttempt(attempt=offer.attempt, phase=attempt_pb2.ATTEMPT_PHASE_BEGUN, alive=True)
    await connect(runner, attempts=[held])
    assert runner.epoch == 2
    assert await finish(runner, offer.attempt) == attempt_pb2.ANSWER_OK
    assert await processes.status(execution_id) == "COMPLETED"


async def test_a_registry_that_is_told_to_stop_ends_the_streams_and_exits_well(processes: Processes):
    await processes.start("scheduler")
    registry = await processes.start("registry")
    runner = await processes.machine()
    polls = await connect(runner)
    registry.send_signal(signal.SIGTERM)
    assert (await ending(runner.heartbeat)).reason == "UNAVAILABLE"
    # The poll may come after its session has ended.
    assert (await ending(polls)).reason in ("UNAVAILABLE", "STALE_SESSION")
    assert await asyncio.wait_for(registry.wait(), 60) == 0


async def test_work_that_waited_is_offered_when_a_runner_comes(processes: Processes):
    await processes.start("scheduler")
    workflow_id = await processes.published_workflow()
    execution_id = await processes.execute(workflow_id)
    await processes.start("registry")
    runner = await processes.machine()
    offer = await offered(runner, await connect(runner))
    assert offer.attempt.execution_id == execution_id

    async def assigned() -> bool:
        return await processes.status(execution_id) == "ASSIGNED"

    await eventually(assigned)
