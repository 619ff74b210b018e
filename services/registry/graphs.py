"""Graphs by their hash, as the scheduler holds them: kept in memory up to a number of bytes, fetched once."""

import asyncio
from collections import OrderedDict

import grpc.aio

from exekra.scheduler.v1 import workflow_service_pb2 as pb
from exekra.scheduler.v1 import workflow_service_pb2_grpc
from services.kit.rpc_client import call


class GraphCache:
    """A graph never changes under its hash, so nothing here ever becomes stale."""

    def __init__(self, scheduler: grpc.aio.Channel, maximum_bytes: int) -> None:
        self._stub = workflow_service_pb2_grpc.WorkflowServiceStub(scheduler)
        self._maximum_bytes = maximum_bytes
        self._graphs: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._fetching: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, sha256: str) -> bytes:
        """The graph's JSON. Raises VERSION_NOT_FOUND, or UNAVAILABLE while the scheduler is away."""
        graph = self._graphs.get(sha256)
        if graph is not None:
            self._graphs.move_to_end(sha256)
            return graph
        # Runners that are offered a new version at the same moment share one fetch, which outlives the first of them.
        task = self._fetching.get(sha256)
        if task is None:
            task = self._fetching[sha256] = asyncio.create_task(self._fetch(sha256))
            task.add_done_callback(lambda _: self._fetching.pop(sha256, None))
        return await asyncio.shield(task)

    async def _fetch(self, sha256: str) -> bytes:
        response = await call(self._stub.FetchGraph, pb.FetchGraphRequest(sha256=sha256), caller="registry")
        graph: bytes = response.graph_json
        self._graphs[sha256] = graph
        self._bytes += len(graph)
        while self._bytes > self._maximum_bytes and len(self._graphs) > 1:
            _, evicted = self._graphs.popitem(last=False)
            self._bytes -= len(evicted)
        return graph
