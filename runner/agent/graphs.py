"""Graphs by their SHA-256: fetched from the Hub once, kept on disk, compiled once and kept in memory."""

import asyncio
import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent.graph_run import load_plan
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError
from runner.engine.plan import Plan
from runner.nodes import registry
from runner.workflow.problems import InvalidGraphError

KEPT_PLANS = 100
KEPT_FILES = 1_000
BIG_GRAPH_BYTES = 64 * 1024


class GraphUnavailableError(Exception):
    """The graph cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph that is here. `plan` is None when it cannot run on this runner, and `problem` says why."""

    sha256: str
    path: Path
    plan: Plan | None
    problem: str = ""

    @property
    def inline(self) -> bool:
        """True when no node of it needs a process of its own."""
        types = registry.node_types()
        return self.plan is not None and not any(types[node.type].isolated for node in self.plan.nodes.values())


class Graphs:
    """`get` answers from memory, disk or the Hub, in this order."""

    def __init__(self, folder: Path, session: Session) -> None:
        self._folder = folder
        self._session = session
        self._plans: OrderedDict[str, Graph] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[Graph]] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def get(self, sha256: str) -> Graph:
        """The graph, compiled. Raises GraphUnavailableError when the Hub does not give it."""
        graph = self._plans.get(sha256)
        if graph is not None:
            self._plans.move_to_end(sha256)
            return graph
        # Executions of one new version that come together share the fetch, and survive the end of the first.
        task = self._fetching.get(sha256)
        if task is None:
            task = self._fetching[sha256] = asyncio.create_task(self._load(sha256))
            task.add_done_callback(lambda _: self._fetching.pop(sha256, None))
        return await asyncio.shield(task)

    async def _load(self, sha256: str) -> Graph:
        path = self._folder / f"{_checked(sha256)}.json"
        try:
            content = await asyncio.to_thread(_read, path, sha256)
            if content is None:
                content = await self._fetch(sha256)
                await asyncio.to_thread(_store, path, content)
        except OSError as error:
            raise GraphUnavailableError(f"The graph cannot be kept at {path}: {error.strerror}.") from None
        graph = await _compile(sha256, path, content)
        self._plans[sha256] = graph
        while len(self._plans) > KEPT_PLANS:
            self._plans.popitem(last=False)
        return graph

    async def _fetch(self, sha256: str) -> bytes:
        request = pb.GetWorkflowRequest(graph_sha256=sha256)
        try:
            content = await self._session.request(lambda transport: transport.get_workflow(request))
        except HubRefusedError as refused:
            raise GraphUnavailableError(f"The Hub does not give the graph {sha256}: {refused}.") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise GraphUnavailableError(f"The Hub gave another graph than {sha256}.")
        return content


async def _compile(sha256: str, path: Path, content: bytes) -> Graph:
    try:
        if len(content) > BIG_GRAPH_BYTES:
            return Graph(sha256, path, await asyncio.to_thread(load_plan, content))
        return Graph(sha256, path, load_plan(content))
    except InvalidGraphError as error:
        return Graph(sha256, path, None, str(error))


def _checked(sha256: str) -> str:
    # The name becomes a file's name: nothing but hex may get there.
    if len(sha256) != hashlib.sha256().digest_size * 2 or not set(sha256) <= set("0123456789abcdef"):
        raise GraphUnavailableError(f"{sha256!r} is not a graph's hash.")
    return sha256


def _read(path: Path, sha256: str) -> bytes | None:
    """The file's content when it is whole; its use is noted for the clean-up."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    os.utime(path)
    return content


def _store(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)
    files = sorted(path.parent.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for old in files[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
