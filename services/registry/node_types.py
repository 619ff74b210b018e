"""Passes runners' declarations of node types to the scheduler, and remembers which hashes it has."""

import json
from collections import OrderedDict
from collections.abc import Sequence

import grpc.aio

from exekra.scheduler.v1 import workflow_pb2, workflow_service_pb2_grpc
from exekra.scheduler.v1 import workflow_service_pb2 as pb
from services.kit.rpc_client import call
from services.registry.errors import field_invalid

REMEMBERED = 20_000
"""Pairs of runner and hash: more than one for each runner of a large fleet."""


class NodeTypeDeclarations:
    """Asked first by hash alone: a fleet of equal runners sends its declarations once."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = workflow_service_pb2_grpc.WorkflowServiceStub(scheduler)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def declare(self, runner_id: str, sha256: str, declarations: Sequence[bytes]) -> bool:
        """True when the declarations of this hash are wanted. Raises a DomainError for a malformed declaration."""
        if (runner_id, sha256) in self._known:
            self._known.move_to_end((runner_id, sha256))
            return False
        request = pb.DeclareNodeTypesRequest(
            runner_id=runner_id,
            sha256=sha256,
            node_types=[_node_type(place, declaration) for place, declaration in enumerate(declarations)],
        )
        response = await call(self._stub.DeclareNodeTypes, request, caller="registry")
        if not response.wanted:
            self._known[(runner_id, sha256)] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return bool(response.wanted)


def _node_type(place: int, declaration: bytes) -> workflow_pb2.NodeType:
    try:
        document = json.loads(declaration)
        type_ = document["type"]
    except (ValueError, KeyError, TypeError):
        type_ = None
    if not isinstance(type_, str):
        raise field_invalid(f"/declarations/{place}", 'Give a JSON object with a "type".')
    return workflow_pb2.NodeType(type=type_, declaration_json=declaration)
