"""Fetches what an offer needs beside its graph: recorded outputs, called workflows, a debugger's wishes.

Everything is on this machine before the offer is accepted, so that a Hub that goes away does not hurt the execution.
"""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import wire
from runner.agent.graphs import Graph, Graphs, GraphUnavailableError
from runner.agent.model import Offer
from runner.agent.recorder import is_id
from runner.agent.resuming import ARTIFACTS, FILE, spilled_artifacts
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError, Transport
from runner.agent.work import CallOrder
from runner.engine.request import CalledWorkflow

KEPT_SECONDS = 3_600.0
"""So long after their last use the artifacts of continuations stay."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """What was fetched: its folder, and the workflows that may be called with their graphs."""

    folder: Path
    orders: tuple[CallOrder, ...]
    graphs: tuple[Graph, ...]

    @property
    def problem(self) -> str:
        """Why a called workflow cannot run here; empty when all can."""
        return next((graph.problem for graph in self.graphs if graph.plan is None), "")

    @property
    def inline(self) -> bool:
        """True when no called workflow needs a process of its own."""
        return all(graph.inline for graph in self.graphs)

    @property
    def calls(self) -> list[CalledWorkflow]:
        """The called workflows, ready to run; only without a problem."""
        return [
            CalledWorkflow(order.workflow_id, order.version, graph.plan)
            for order, graph in zip(self.orders, self.graphs, strict=True)
            if graph.plan is not None
        ]


class Continuations:
    """`get` fetches, `drop` removes what the ended attempt needed."""

    def __init__(self, folder: Path, session: Session, graphs: Graphs) -> None:
        self._folder = folder
        self._session = session
        self._graphs = graphs
        # Nothing here outlives its agent: an offer that was accepted before is not begun again from its files.
        shutil.rmtree(folder, ignore_errors=True)
        self._artifacts = folder / ARTIFACTS
        self._artifacts.mkdir(mode=0o700, parents=True)

    async def get(self, offer: Offer) -> Continuation | None:
        """What this offer needs; None when that is nothing. Raises GraphUnavailableError."""
        if not offer.continued:
            return None
        attempt = wire.attempt_ref(offer.execution_id, offer.attempt_id)
        question = pb.GetContinuationRequest(attempt=attempt)
        try:
            content = await self._session.request(lambda transport: transport.get_continuation(question))
            document = json.loads(content)
            folder = self._folder / offer.attempt_id
            await asyncio.to_thread(_store, folder, content)
            for artifact_id in spilled_artifacts(document):
                await self._fetch(attempt, artifact_id)
        except HubRefusedError as refused:
            raise GraphUnavailableError(f"The Hub does not give the continuation: {refused}.") from None
        except OSError as error:
            raise GraphUnavailableError(f"The continuation cannot be kept: {error.strerror}.") from None
        calls = document.get("calls", ())
        graphs = tuple([await self._graphs.get(call["sha256"]) for call in calls])
        orders = tuple(_order(call, graph) for call, graph in zip(calls, graphs, strict=True))
        return Continuation(folder, orders, graphs)

    async def drop(self, attempt_id: str) -> None:
        """The attempt has ended."""
        await asyncio.to_thread(_clean, self._folder / attempt_id, self._artifacts)

    async def _fetch(self, attempt: Any, artifact_id: str) -> None:
        if not is_id(artifact_id):  # the name becomes a file's name
            raise GraphUnavailableError(f"{artifact_id!r} is not an artifact's id.")
        path = self._artifacts / artifact_id
        if path.exists():
            path.touch()
            return
        question = pb.GetArtifactRequest(attempt=attempt, artifact_id=artifact_id)

        async def fetch(transport: Transport) -> None:
            await _write(path.with_suffix(".part"), transport.get_artifact(question))

        await self._session.request(fetch)
        path.with_suffix(".part").replace(path)


def _order(call: dict[str, Any], graph: Graph) -> CallOrder:
    return CallOrder(call["workflowId"], call["version"], call["resolvedVersion"], str(graph.path))


def _store(folder: Path, content: bytes) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / FILE).write_bytes(content)


def _clean(folder: Path, artifacts: Path) -> None:
    """Artifacts stay for a while: an offer may have expired because they took long, and the next one finds them."""
    shutil.rmtree(folder, ignore_errors=True)
    before = time.time() - KEPT_SECONDS
    for path in artifacts.iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> None:
    with path.open("wb") as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)
