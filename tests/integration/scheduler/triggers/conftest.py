"""TriggerService's servicer and the turns of the schedules' loop on a real Postgres with a real license service."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from exekra.scheduler.v1 import trigger_service_pb2 as pb
from exekra.scheduler.v1.trigger_pb2 import Misfire, ScheduleSpec, Trigger
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.compose import Core, make_submissions, open_core
from services.scheduler.executions.interventions import Interventions
from services.scheduler.executions.licence import Licence
from services.scheduler.settings import SchedulerSettings
from services.scheduler.triggers.by_hand import ByHand
from services.scheduler.triggers.compose import make_firing, make_launcher
from services.scheduler.triggers.firing import Firing
from services.scheduler.triggers.kinds import TriggerKind
from services.scheduler.triggers.launching import Launcher
from services.scheduler.triggers.model import Kind
from services.scheduler.triggers.planner import Planner
from services.scheduler.triggers.rpc import TriggerServicer
from services.scheduler.triggers.schedule_kind import ScheduleKind
from services.scheduler.webhooks.compose import webhook_kind
from services.scheduler.workflows import library, publishing
from services.scheduler.workflows.graphs import read_text
from services.scheduler.workflows.model import NewWorkflow
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase

PERMISSIONS = frozenset({"trigger:view", "trigger:edit", "execution:run", "workflow:edit", "workflow:publish"})
ADA = Principal("user", "u1", "Ada", PERMISSIONS)
GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "nodes": [{"id": "start", "type": "control.start", "config": {}}],
    "edges": [],
}
LEDGER = "SELECT * FROM fire WHERE trigger_id = $1 AND outcome IS NOT NULL ORDER BY fire_at"
BEHIND = """UPDATE schedule SET planned_until = now() - make_interval(secs => $2), next_at = now()
 WHERE trigger_id = $1"""
VAULT_KEY = "5a" * 32


@dataclass
class Desk:
    """One process' parts: people's calls, and the turns of its loop."""

    core: Core
    service: TriggerServicer
    planner: Planner
    firing: Firing
    launcher: Launcher
    interventions: Interventions
    database: HubDatabase

    async def workflow(self, name: str = "Rates", *, publish: bool = True, **more: Any) -> str:
        """The id of a workflow; `inputs` and `settings` go into its graph."""
        graph = await read_text(json.dumps({**GRAPH, **more}).encode())
        async with self.core.pool.acquire() as connection, connection.transaction():
            workflow = await library.create_workflow(connection, self.core.outbox, NewWorkflow(name=name, graph=graph))
        if publish:
            await publishing.publish_workflow(self.core.pool, self.core.outbox, workflow.id, 0, "")
        return workflow.id

    async def create(self, workflow_id: str, **more: Any) -> Trigger:
        """A schedule that fires each minute unless told otherwise; `schedule` is a ScheduleSpec."""
        spec = more.pop("schedule", None) or minutely()
        request = pb.CreateTriggerRequest(workflow_id=workflow_id, name="Nightly", schedule=spec, **more)
        return (await self.service.CreateTrigger(request, None)).trigger

    async def turn(self) -> None:
        """One turn of the loop."""
        await self.planner.run_once()
        await self.firing.run_once()

    async def let_pass(self, trigger: Trigger, minutes: float) -> None:
        """As if nobody had planned or fired for so long."""
        await self.sql("DELETE FROM fire WHERE trigger_id = $1 AND outcome IS NULL", trigger.id)
        await self.sql(BEHIND, trigger.id, minutes * 60.0)

    async def ledger(self, trigger: Trigger) -> list[asyncpg.Record]:
        """Decided rows, oldest first."""
        return await self.sql(LEDGER, trigger.id)

    async def outcomes(self, trigger: Trigger) -> list[str]:
        """`OUTCOME REASON` of the decided rows."""
        return [f"{row['outcome']} {row['reason']}".strip() for row in await self.ledger(trigger)]

    async def executions(self, trigger: Trigger) -> list[asyncpg.Record]:
        """Of this trigger, oldest first."""
        return await self.sql("SELECT * FROM execution WHERE trigger_id = $1 ORDER BY created_at, id", trigger.id)

    async def planned(self, trigger: Trigger) -> list[datetime]:
        """Instants that are still to come."""
        rows = await self.sql(
            "SELECT fire_at FROM fire WHERE trigger_id = $1 AND outcome IS NULL ORDER BY 1", trigger.id
        )
        return [row["fire_at"] for row in rows]

    async def sql(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        """Rows, as the scheduler's role sees them."""
        async with self.core.pool.acquire() as connection:
            return list(await connection.fetch(statement, *parameters))


def minutely(policy: Misfire = Misfire(), **more: Any) -> ScheduleSpec:  # noqa: B008 - a message is not changed
    """Each minute; an hour late counts as in time unless told otherwise."""
    given = Misfire(grace_seconds=3_600)
    given.MergeFrom(policy)
    return ScheduleSpec(**{"cron": "* * * * *", "timezone": "UTC", "misfire": given, **more})


OpenDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def open_desk(make_database: MakeDatabase, short_folder: Path) -> AsyncIterator[OpenDesk]:
    """`await open_desk(database)`: another process on the same database."""
    token = current_principal.set(ADA)
    async with AsyncExitStack() as stack:

        async def enter(database: HubDatabase | None = None) -> Desk:
            database = database or await make_database(["scheduler", "license"])
            folder = short_folder / database.name[-8:]
            settings = SchedulerSettings(
                home=folder,
                database_url=SecretStr(database.dsns["scheduler"]),
                license_address=f"unix:{folder}/l.sock",
                audit_address=f"unix:{folder}/a.sock",
                vault_key=SecretStr(VAULT_KEY),
            )
            if not folder.exists():
                folder.mkdir()
                pool = await stack.enter_async_context(open_pool(database.dsns["license"], "license", maximum=2))
                registrations = [license_registration(pool)]
                await stack.enter_async_context(grpc_server(registrations, settings.license_address, drain_seconds=0.1))
            core = await stack.enter_async_context(open_core(settings))
            channel = await stack.enter_async_context(open_channel(settings.license_address, caller="scheduler"))
            licence = Licence(core.pool, channel)
            launcher = make_launcher(core, licence)
            by_hand = ByHand(core.pool, core.outbox, make_submissions(core, licence), launcher)
            kinds: dict[Kind, TriggerKind] = {Kind.SCHEDULE: ScheduleKind(), Kind.WEBHOOK: webhook_kind(settings)}
            return Desk(
                core,
                TriggerServicer(core.pool, core.outbox, kinds, by_hand, licence),
                Planner(core.pool),
                make_firing(core, launcher),
                launcher,
                Interventions(core.pool, core.bells, core.courier, core.outbox),
                database,
            )

        yield enter
    current_principal.reset(token)


@pytest.fixture
async def desk(open_desk: OpenDesk) -> Desk:
    """One."""
    return await open_desk()


def minutes_apart(instants: Sequence[datetime]) -> bool:
    """True when each is one minute after the one before."""
    return all((after - before).total_seconds() == 60 for before, after in pairwise(instants))
