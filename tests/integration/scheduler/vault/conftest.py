"""Both services of the vault over real gRPC, beside the scheduler of the executions' tests."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exekra.audit.v1 import audit_service_pb2
from exekra.scheduler.v1 import attempt_pb2, credential_pb2
from exekra.scheduler.v1 import credential_service_pb2 as pb
from exekra.scheduler.v1 import vault_service_pb2 as vault_pb
from exekra.scheduler.v1.credential_service_pb2_grpc import CredentialServiceStub
from exekra.scheduler.v1.vault_service_pb2_grpc import VaultServiceStub
from runner.workflow.release import Released, ReleaseKey
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.kit.sealing import Sealer
from services.scheduler.vault.rpc import registration
from services.scheduler.vault.runner_rpc import vault_registration
from tests.eventually import eventually
from tests.integration.scheduler.executions.conftest import Scheduler, scheduler, start_scheduler
from tests.integration.scheduler.executions.scripted_registry import ScriptedRunner

__all__ = ["scheduler", "start_scheduler"]

GRACE = Principal("user", "u2", "Grace", frozenset({"credential:view", "credential:manage"}))
KEY = bytes(range(32))
LOGIN = {"username": "robot-47", "password": "hush: Gänse & co"}


def naming(*names: str, called: Sequence[str] = ()) -> dict[str, Any]:
    """A graph whose nodes name these credentials, and that calls these workflows."""
    texts = [f"{{{{ credentials.{name}.password }}}}" for name in names]
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "control.start", "config": {}},
        {"id": "use", "type": "data.set", "config": {"values": {"text": texts}}},
        *(
            {"id": f"call{index}", "type": "control.subworkflow", "config": {"workflowId": called_id}}
            for index, called_id in enumerate(called)
        ),
    ]
    ids = [node["id"] for node in nodes]
    edges = [
        {"id": f"e{index}", "from": one, "port": "out", "to": other} for index, (one, other) in enumerate(pairwise(ids))
    ]
    return {"schemaVersion": 1, "variables": [{"name": "text", "initial": ""}], "nodes": nodes, "edges": edges}


@dataclass
class Holder:
    """An execution that has begun on a scripted runner, and the key its process made."""

    vault: "Vault"
    runner: ScriptedRunner
    offer: attempt_pb2.Offer
    key: ReleaseKey

    async def release(self, name: str, **other: Any) -> Released:
        order = vault_pb.CredentialOrder(
            attempt=other.get("attempt", self.offer.attempt),
            node_id="use",
            name=name,
            public_key=other.get("public_key", self.key.public),
        )
        request = vault_pb.ReleaseRequest(
            runner_id=other.get("runner_id", self.runner.id),
            epoch=other.get("epoch", self.runner.epoch),
            order=order,
        )
        answer = await call(self.vault.runners.Release, request, caller="registry", seconds=30)
        return self.key.open(answer.sealed, self.offer.attempt.execution_id, name)


class Vault:
    """Calls as the gateway does for Grace, and as the registry does for runners."""

    def __init__(self, scheduler: Scheduler, people: Any, runners: Any) -> None:
        self.scheduler = scheduler
        self.runners = runners
        self._people = people

    async def __call__(self, method: str, /, **fields: Any) -> Any:
        token = current_principal.set(GRACE)
        try:
            request = getattr(pb, f"{method}Request")(**fields)
            return await call(getattr(self._people, method), request, caller="gateway", seconds=30)
        finally:
            current_principal.reset(token)

    async def create(self, name: str = "shop", value: Any = None, **fields: Any) -> credential_pb2.Credential:
        fields = {"kind": credential_pb2.CREDENTIAL_KIND_LOGIN, **fields}
        value_json = json.dumps(LOGIN if value is None else value).encode()
        made: credential_pb2.Credential = (
            await self("CreateCredential", name=name, value_json=value_json, **fields)
        ).credential
        return made

    async def holder(self, graph: dict[str, Any], name: str = "Orders") -> Holder:
        """An execution of a new workflow with this graph, on whichever runner got it."""
        workflow_id = await self.scheduler.workflow(name, **graph)
        await self.scheduler.runner()
        await self.scheduler.submit(workflow_id)
        offers = self.scheduler.registry.offers
        await eventually(lambda: any(offers.values()))
        runner = next(each for each in self.scheduler.runners if offers.get(each.id))
        return Holder(self, runner, await runner.run_next(), ReleaseKey())

    async def audited(self, action: str) -> list[audit_service_pb2.AuditEvent]:
        rows = await self.scheduler.sql("SELECT event FROM outbox ORDER BY id")
        events = [audit_service_pb2.AuditEvent.FromString(row["event"]) for row in rows]
        return [event for event in events if event.action == action]


@pytest.fixture
async def vault(scheduler: Scheduler, short_folder: Path) -> AsyncIterator[Vault]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    pool, outbox, sealer = scheduler.core.pool, scheduler.core.outbox, Sealer([KEY])
    async with (
        grpc_server(
            [registration(pool, sealer, outbox), vault_registration(pool, sealer, outbox)], address, drain_seconds=0.1
        ),
        open_channel(address, caller="gateway") as people,
        open_channel(address, caller="registry") as runners,
    ):
        yield Vault(scheduler, CredentialServiceStub(people), VaultServiceStub(runners))
