"""The door for webhooks in this process: a real Postgres, a real license service, no dispatch beside it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from exekra.scheduler.v1 import trigger_pb2
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.compose import Core, make_submissions, open_core
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.expressions.evaluator import Evaluator
from services.scheduler.settings import SchedulerSettings
from services.scheduler.triggers import library as triggers
from services.scheduler.triggers.library import Wanted
from services.scheduler.triggers.model import Kind, Trigger
from services.scheduler.webhooks.compose import webhook_kind
from services.scheduler.webhooks.deliveries import Deliveries
from services.scheduler.webhooks.inbox import Inbox, Receipt
from services.scheduler.webhooks.kind import WebhookKind
from services.scheduler.webhooks.launching import Launcher
from services.scheduler.webhooks.model import Incoming
from services.scheduler.webhooks.rejections import Rejections
from services.scheduler.workflows import library, publishing
from services.scheduler.workflows.graphs import read_text
from services.scheduler.workflows.model import NewWorkflow
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase

VAULT_KEY = "5a" * 32
PERMISSIONS = frozenset({"trigger:edit", "trigger:view", "execution:run", "workflow:edit", "workflow:publish"})
ADA = Principal("user", "u1", "Ada", PERMISSIONS, ip="10.0.0.1")
GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "nodes": [{"id": "start", "type": "control.start", "config": {}}],
    "edges": [],
}


@dataclass
class Door:
    """What a test needs of the inbox and of what is around it."""

    core: Core
    submissions: Submissions
    launcher: Launcher
    inbox: Inbox
    deliveries: Deliveries
    rejections: Rejections
    kind: WebhookKind
    database: HubDatabase
    tokens: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    async def workflow(self, name: str = "Orders", *, publish: bool = True, **more: Any) -> str:
        """The id of a workflow; `settings` and `inputs` go into its graph."""
        graph = await read_text(json.dumps({**GRAPH, **more}).encode())
        async with self.core.pool.acquire() as connection, connection.transaction():
            made = await library.create_workflow(connection, self.core.outbox, NewWorkflow(name, graph=graph))
        if publish:
            await publishing.publish_workflow(self.core.pool, self.core.outbox, made.id)
        return made.id

    async def trigger(self, workflow_id: str, spec: trigger_pb2.WebhookSpec | None = None, **more: Any) -> Trigger:
        """A webhook trigger without authentication unless `spec` says otherwise; `more` are members of Wanted."""
        wanted = Wanted(**{**_DEFAULTS, "name": "Hook", **more})
        spec = spec or trigger_pb2.WebhookSpec()
        async with self.core.pool.acquire() as connection, connection.transaction():
            kinds = {Kind.WEBHOOK: self.kind}
            trigger, secret = await triggers.create_trigger(
                connection, self.core.outbox, kinds, workflow_id, Kind.WEBHOOK, wanted, spec
            )
        self.secrets[trigger.id] = secret
        self.tokens[trigger.id] = (await self.describe(trigger)).webhook.path.removeprefix("/hooks/")
        return trigger

    async def change(self, trigger: Trigger, spec: trigger_pb2.WebhookSpec | None = None, **more: Any) -> Trigger:
        """The trigger, changed."""
        async with self.core.pool.acquire() as connection, connection.transaction():
            kinds = {Kind.WEBHOOK: self.kind}
            clear = more.pop("clear", ())
            return await triggers.update_trigger(
                connection, self.core.outbox, kinds, trigger.id, Wanted(**more), spec, clear
            )

    async def rotate(self, trigger: Trigger) -> str:
        """A new secret."""
        async with self.core.pool.acquire() as connection, connection.transaction():
            _, secret = await triggers.rotate_secret(
                connection, self.core.outbox, {Kind.WEBHOOK: self.kind}, trigger.id
            )
        return secret

    async def describe(self, trigger: Trigger) -> trigger_pb2.Trigger:
        """As it is shown."""
        message = trigger_pb2.Trigger(id=trigger.id)
        async with self.core.pool.acquire() as connection:
            await self.kind.describe(connection, {trigger.id: message})
        return message

    async def deliver(self, trigger: Trigger, body: bytes = b"{}", **more: Any) -> Receipt:
        """One delivery; keywords are headers (`_` for `-`), but for `query` and `ip`."""
        query, ip = more.pop("query", ""), more.pop("ip", "192.0.2.1")
        headers = [("content-type", more.pop("content_type", "application/json"))]
        headers += [(name.replace("_", "-"), value) for name, value in more.items()]
        sent = Incoming(headers=headers, query=query, body=body, ip=ip)
        return await self.inbox.accept(self.tokens[trigger.id], sent)

    async def sql(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        """Rows, as the scheduler's role sees them."""
        async with self.core.pool.acquire() as connection:
            return list(await connection.fetch(statement, *parameters))

    async def inputs(self, execution_id: str | None) -> Any:
        """What an execution was given."""
        rows = await self.sql("SELECT inputs FROM execution WHERE id = $1", execution_id)
        return json.loads(rows[0]["inputs"])

    async def counts(self) -> tuple[int, int]:
        """Deliveries and executions."""
        rows = await self.sql("SELECT (SELECT count(*) FROM delivery) AS d, (SELECT count(*) FROM execution) AS e")
        return rows[0]["d"], rows[0]["e"]


_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "inputs": b"{}",
    "priority": 50,
    "labels": (),
    "dedupe_key": "",
    "timeout_seconds": 0.0,
    "queue_timeout_seconds": 86_400.0,
}
OpenDoor = Callable[..., Awaitable[Door]]


async def refusal(call: Any) -> DomainError:
    """What it was refused for."""
    with pytest.raises(DomainError) as caught:
        await call
    return caught.value


@pytest.fixture
async def open_door(make_database: MakeDatabase, short_folder: Path) -> AsyncIterator[OpenDoor]:
    """`await open_door(database=…, rate_hook=2)`: another process' door to the same database, with these settings."""
    token = current_principal.set(ADA)
    async with AsyncExitStack() as stack:

        async def enter(database: HubDatabase | None = None, **more: Any) -> Door:
            database = database or await make_database(["scheduler", "license"])
            folder = short_folder / database.name[-8:]
            settings = SchedulerSettings(
                home=folder,
                database_url=SecretStr(database.dsns["scheduler"]),
                license_address=f"unix:{folder}/l.sock",
                audit_address=f"unix:{folder}/a.sock",
                **{"vault_key": SecretStr(VAULT_KEY), **more},
            )
            if not folder.exists():
                folder.mkdir()
                pool = await stack.enter_async_context(open_pool(database.dsns["license"], "license", maximum=2))
                served = grpc_server(
                    [license_registration(pool)],
                    settings.license_address,
                    drain_seconds=0.1,
                )
                await stack.enter_async_context(served)
            core = await stack.enter_async_context(open_core(settings))
            channel = await stack.enter_async_context(open_channel(settings.license_address, caller="scheduler"))
            evaluator = await stack.enter_async_context(Evaluator())
            submissions = make_submissions(core, Licence(core.pool, channel))
            launcher = Launcher(retry_lease_seconds=100.0)
            rejections = Rejections(core.pool)
            inbox = Inbox(
                core.pool, settings.sealer, submissions, launcher, evaluator, rejections, rate_limit=settings.rate_hook
            )
            deliveries = Deliveries(core.pool, submissions, core.outbox)
            return Door(core, submissions, launcher, inbox, deliveries, rejections, webhook_kind(settings), database)

        yield enter
    current_principal.reset(token)


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """One with the usual settings."""
    return await open_door()
