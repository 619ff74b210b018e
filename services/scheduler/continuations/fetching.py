"""What a runner gets for an attempt that does not begin at its beginning: the document, and the artifacts it names."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.workflow.graph import Graph, Level
from runner.workflow.graph_reader import read_graph_bytes
from services.kit.ids import is_id
from services.scheduler.continuations import repository
from services.scheduler.continuations.document import continuation_document
from services.scheduler.continuations.errors import artifact_not_found, attempt_not_found, continuation_gone
from services.scheduler.evidence.artifacts import Artifacts
from services.scheduler.variables.repository import freeze

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


class Fetching:
    """Answers the registry for its runners."""

    def __init__(self, pool: "Pool", artifacts: Artifacts) -> None:
        self._pool = pool
        self._artifacts = artifacts

    async def document(self, attempt_id: str, runner_id: str) -> bytes:
        """The document as JSON. Raises ATTEMPT_NOT_FOUND, CONTINUATION_GONE."""
        if not is_id(attempt_id) or not is_id(runner_id):
            raise attempt_not_found()
        async with self._pool.acquire() as connection, connection.transaction():
            await freeze(connection, attempt_id, runner_id)
        # One snapshot: what it is made of belongs together.
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            stored = await repository.of_attempt(connection, attempt_id, runner_id)
            if stored is None:
                raise attempt_not_found()
            runs, writes = [], []
            if stored.source_attempt_id is not None:
                runs = await repository.recorded_runs(connection, stored.source_attempt_id, stored.nodes)
                writes = await repository.writes(connection, stored.source_attempt_id)
                if len(runs) < (1 if stored.nodes is None else len(stored.nodes)):
                    raise continuation_gone()
            decisions = await _decisions(connection, stored.execution_id)
            now = await connection.fetchval(repository.NOW)
            data = await connection.fetchval(repository.GRAPH, stored.execution_id) if runs else None
        graph = Graph(Level()) if data is None else (await asyncio.to_thread(read_graph_bytes, data))[0]
        return await asyncio.to_thread(
            continuation_document, stored, graph or Graph(Level()), runs, writes, decisions, now
        )

    async def recorded(self, attempt_id: str, runner_id: str, artifact_id: str) -> AsyncIterator[bytes]:
        """The bytes of an artifact that the attempt's document refers to. Raises ARTIFACT_NOT_FOUND."""
        if not all(map(is_id, (attempt_id, runner_id, artifact_id))):
            raise artifact_not_found()
        async with self._pool.acquire() as connection:
            if not await repository.is_recorded(connection, attempt_id, runner_id, artifact_id):
                raise artifact_not_found()
        artifact = await self._artifacts.find(artifact_id)
        async for chunk in self._artifacts.read(artifact, 0, 0):
            yield chunk


async def _decisions(connection: "Connection", execution_id: str) -> dict[str, dict[str, Any]]:
    """By node, what its approval came to: the node's output."""
    found = {}
    for row in await connection.fetch(repository.DECIDED, execution_id):
        at: datetime = row["decided_at"]
        found[row["node_id"]] = {
            "decision": row["decision"].lower(),
            "by": {"kind": row["decided_by_kind"], "id": row["decided_by_id"], "name": row["decided_by_name"]},
            "at": at.isoformat(),
            "comment": row["comment"],
            "timedOut": row["timed_out"],
        }
    return found
