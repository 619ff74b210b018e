"""WorkflowService as its callers use it: a graph, calls by fields, and what they answer."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from exekra.audit.v1 import audit_service_pb2
from exekra.scheduler.v1 import workflow_service_pb2 as pb
from exekra.scheduler.v1 import workflow_service_pb2_grpc
from exekra.scheduler.v1.workflow_pb2 import Workflow
from services.kit.errors import DomainError
from services.kit.identity import Principal
from services.kit.rpc_client import call

if TYPE_CHECKING:
    from services.kit.postgres import Pool

EDITOR = Principal("user", "u1", "Ada", frozenset({"workflow:view", "workflow:edit", "workflow:publish"}))
Stub = workflow_service_pb2_grpc.WorkflowServiceStub


def graph(total: object = 0, **more: object) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 1,
            "inputs": [{"name": "file", "type": "string", "required": True}],
            "variables": [{"name": "total", "initial": total}],
            "settings": {"requirements": {"labels": ["finance"]}},
            "nodes": [
                {"id": "start", "type": "control.start"},
                {"id": "set", "type": "data.set", "config": {"values": {"total": "{{ inputs.file }}"}}},
            ],
            "edges": [{"from": "start", "to": "set"}],
            **more,
        }
    ).encode()


BROKEN = graph(edges=[{"from": "start", "to": "nowhere"}])


async def ask(method: Any, **fields: Any) -> Any:
    """Calls by fields: the request's type follows from the method's name."""
    name = method._method.decode().rpartition("/")[2]
    caller = "registry" if name in ("DeclareNodeTypes", "FetchGraph") else "gateway"
    return await call(method, getattr(pb, f"{name}Request")(**fields), caller=caller)


async def refusal(method: Any, **fields: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await ask(method, **fields)
    return refused.value


async def create(stub: Stub, name: str = "Invoices", **fields: Any) -> Workflow:
    workflow: Workflow = (await ask(stub.CreateWorkflow, name=name, **fields)).workflow
    return workflow


async def audited(pool: "Pool") -> list[str]:
    rows = await pool.fetch("SELECT event FROM outbox ORDER BY id")
    return [audit_service_pb2.AuditEvent.FromString(row["event"]).action for row in rows]


# -- storing ------------------------------------------------------------------------------------------------------


async def autosave(stub: Stub, workflow_id: str, total: object, etag: str) -> pb.SaveDraftResponse:
    saved: pb.SaveDraftResponse = await ask(
        stub.SaveDraft, workflow_id=workflow_id, graph_json=graph(total), if_match=etag, automatic=True
    )
    return saved


async def numbers(stub: Stub, workflow_id: str) -> list[tuple[int, int, bool]]:
    """Number, saves, whether open; newest first."""
    found = (await ask(stub.ListVersions, workflow_id=workflow_id)).items
    return [(version.version, version.saves, version.open) for version in found]


def declaration(name: str, capabilities: list[str]) -> bytes:
    return json.dumps(
        {"type": name, "family": name.partition(".")[0], "title": "Press", "capabilities": capabilities}
    ).encode()
