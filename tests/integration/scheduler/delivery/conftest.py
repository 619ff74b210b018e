"""Events out on a real Postgres: executions that step by SQL, endpoints by the use cases, a pump that a test drives."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import grpc.aio
import pytest

from services.kit.ids import new_id
from services.kit.outbound import AddressPolicy, Outbound
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.sealing import Sealer
from services.scheduler.delivery.model import Draft, Endpoint, Filter
from services.scheduler.delivery.pump import Pump
from services.scheduler.delivery.sender import Sender
from services.scheduler.delivery.settings import DeliveryTimes
from services.scheduler.delivery.use_cases import Endpoints, draft_of
from services.scheduler.delivery.verdicts import Backoff
from tests.conftest import HubDatabase, MakeDatabase
from tests.eventually import eventually
from tests.receiver import Receiver, receiving

FAST = DeliveryTimes(
    poll_seconds=0.05,
    answer_seconds=1.0,
    window_seconds=60.0,
    sweep_seconds=0.2,
    backoff=Backoff(first=0.05, longest=0.2, probe_first=0.1, probe_longest=0.2),
)
SEALER = Sealer([bytes(32)])
EVERYWHERE = AddressPolicy.parse("*")
STEPS = ["execution.queued", "execution.assigned", "execution.started", "execution.completed"]

ADD_DEMAND = """INSERT INTO demand (labels, capabilities, mode) VALUES ($1, '{}', 'SCHEDULED')
 ON CONFLICT (labels, capabilities, runner_id, mode) DO UPDATE SET mode = excluded.mode RETURNING id"""
SUBMIT = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode,
  lease_seconds, actor_kind, inputs) VALUES ($1, $2, 'Rates', 1, 'x', $3, 'SCHEDULED', 100, 'user', $4)"""
STEP = """UPDATE execution SET event = $2, status = $3::text, output = coalesce($4, output),
  failure = coalesce($5, failure), failure_code = $6,
  completed_at = CASE WHEN $3 IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST') THEN now() END WHERE id = $1"""
RUN = (("CLAIM", "ASSIGNED"), ("ACKNOWLEDGE", "RUNNING"), ("FINISH_OK", "COMPLETED"))


@dataclass
class World:
    """What a test of delivery needs."""

    database: HubDatabase
    pool: "asyncpg.Pool[asyncpg.Record]"
    endpoints: Endpoints
    sender: Sender
    pump: Pump

    async def endpoint(self, url: str, *types: str, **more: Any) -> tuple[Endpoint, str]:
        """An endpoint that is allowed everything, and its secret."""
        chosen = Filter(types or ("*",), more.pop("workflow_ids", ()), more.pop("labels", ()))
        draft = Draft(name=more.pop("name", new_id()), url=url, filter=chosen, allow_private=True, **more)
        async with self.pool.acquire() as connection, connection.transaction():
            return await self.endpoints.create(connection, draft)

    async def change(self, endpoint: Endpoint, **changes: Any) -> Endpoint:
        """As a person does."""
        async with self.pool.acquire() as connection, connection.transaction():
            old = await self.endpoints.get(connection, endpoint.id, locked=True)
            return await self.endpoints.update(connection, old, replace(draft_of(old), **changes), "")

    async def get(self, endpoint: Endpoint) -> Endpoint:
        """As it is now."""
        async with self.pool.acquire() as connection:
            return await self.endpoints.get(connection, endpoint.id)

    async def submit(self, *, workflow_id: str = "", labels: tuple[str, ...] = (), inputs: bytes = b'{"a":1}') -> str:
        """A queued execution."""
        execution_id = new_id()
        async with self.pool.acquire() as connection:
            demand = await connection.fetchval(ADD_DEMAND, list(labels))
            await connection.execute(SUBMIT, execution_id, workflow_id or new_id(), demand, inputs)
        return execution_id

    async def step(
        self, execution_id: str, event: str, status: str, output: bytes | None = None, failure: Any = None
    ) -> None:
        """One step of it."""
        stored = json.dumps(failure).encode() if failure else None
        code = failure["code"] if failure else None
        async with self.pool.acquire() as connection:
            await connection.execute(STEP, execution_id, event, status, output, stored, code)

    async def run(self, **more: Any) -> str:
        """An execution from its submission to its success: four events."""
        execution_id = await self.submit(**more)
        for event, status in RUN:
            await self.step(execution_id, event, status, b'{"ok":true}' if status == "COMPLETED" else None)
        return execution_id

    async def settle(self, seconds: float = 60.0) -> None:
        """Pumps until nothing is pending for an endpoint that is enabled."""

        async def nothing_is_left() -> bool:
            await self.pump.run_once()
            await self.pump.finish_sending()
            return not await self.value(
                """SELECT EXISTS (SELECT FROM outgoing_event WHERE fanned_out_at IS NULL)
                    OR EXISTS (SELECT FROM event_delivery d JOIN event_endpoint p ON p.id = d.endpoint_id
                                WHERE d.status = 'PENDING' AND p.enabled AND p.deleted_at IS NULL)"""
            )

        await eventually(nothing_is_left, seconds)

    async def turn(self) -> None:
        """One turn, and the end of what it sent."""
        await self.pump.run_once()
        await self.pump.finish_sending()

    async def value(self, statement: str, *parameters: object) -> Any:
        """One value."""
        async with self.pool.acquire() as connection:
            return await connection.fetchval(statement, *parameters)

    async def statuses(self, endpoint: Endpoint) -> list[str]:
        """Of its deliveries, in the order of events."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(
                "SELECT status FROM event_delivery WHERE endpoint_id = $1 ORDER BY event_seq", endpoint.id
            )
        return [row["status"] for row in rows]


@pytest.fixture
async def world(make_database: MakeDatabase) -> AsyncIterator[World]:
    """With times that a test can wait for."""
    database = await make_database(["scheduler"])
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        pool = await enter(open_pool(database.dsns["scheduler"], "scheduler", maximum=8))
        nowhere = await enter(grpc.aio.insecure_channel("unix:/nowhere"))
        public, permitted = await enter(Outbound()), await enter(Outbound(EVERYWHERE))
        sender = Sender(public, permitted, SEALER, answer_seconds=FAST.answer_seconds)
        endpoints = Endpoints(Outbox("scheduler", pool, nowhere), SEALER, EVERYWHERE)
        yield World(database, pool, endpoints, sender, Pump(pool, sender, FAST))
        await asyncio.sleep(0)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """That takes everything."""
    async with receiving() as opened:
        yield opened
