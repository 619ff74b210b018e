"""An ended execution again, as a new one: from its start, or from a node with what was recorded before it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.workflow.graph import Graph
from runner.workflow.graph_reader import read_graph_bytes
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import RequestKey
from services.kit.ids import is_id
from services.scheduler.continuations import repository
from services.scheduler.continuations.errors import continuation_gone, nothing_recorded
from services.scheduler.continuations.forks import check_edits, reused_nodes
from services.scheduler.continuations.model import Continuation
from services.scheduler.continuations.variables import folded, variables_before
from services.scheduler.executions.errors import execution_not_found, not_ended
from services.scheduler.executions.lifecycle import ENDED
from services.scheduler.executions.repository import queries
from services.scheduler.executions.repository.queries import View
from services.scheduler.executions.use_cases import Accepted, Submission, Submissions
from services.scheduler.workflows.errors import graph_invalid
from services.scheduler.workflows.library import settle_version

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_EDITS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Retry:
    """How an execution is to be repeated: from `from_node` (empty: the start), with these variables, on this version.

    Version 0 means: from the start, the one published now (or the draft, for a run of a draft); from a node, the one
    that ran.
    """

    from_node: str = ""
    edits: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0


class Retries:
    """Turns ended executions into new ones."""

    def __init__(self, pool: "Pool", submissions: Submissions) -> None:
        self._pool = pool
        self._submissions = submissions

    async def retry(self, execution_id: str, wanted: Retry, key: RequestKey | None = None) -> Accepted:
        """The same inputs again.

        Raises EXECUTION_NOT_FOUND, NOT_ENDED, what `forks` raises, and whatever `Submissions.submit` raises.
        """
        async with self._pool.acquire() as connection:
            view = await queries.get(connection, execution_id) if is_id(execution_id) else None
            if view is None:
                raise execution_not_found()
            if view.status not in ENDED:
                raise not_ended(view.status)
            continuation, version = None, wanted.version
            if wanted.from_node:
                version = wanted.version or view.version
                continuation = await _fork(connection, view, wanted, version)
            elif wanted.edits:
                raise invalid(
                    "Variables can be given from a node on only.",
                    FieldError("/vars", "Leave it out, or give fromNodeId."),
                )
        submission = Submission(
            workflow_id=view.workflow_id,
            inputs=view.inputs,
            mode=view.mode,
            runner_id=view.bound_to,
            draft=view.draft,
            priority=view.priority,
            timeout_seconds=view.timeout_seconds,
            queue_timeout_seconds=view.queue_timeout_seconds,
            retry_of=view.id,
            version=version,
            continuation=continuation,
        )
        return await self._submissions.submit(submission, key)


async def _fork(connection: "Connection", view: View, wanted: Retry, version: int) -> Continuation:
    attempt_id = await repository.latest_begun(connection, view.id)
    if attempt_id is None:
        raise nothing_recorded()
    ran = await _graph(connection, view.workflow_id, view.version)
    graph = ran if version == view.version else await _graph(connection, view.workflow_id, version)
    check_edits(graph, wanted.edits)
    edits = json.dumps(dict(wanted.edits), ensure_ascii=False).encode()
    if len(edits) > MAXIMUM_EDITS:
        raise invalid("The variables are too large.", FieldError("/vars", f"Give at most {MAXIMUM_EDITS} bytes."))
    runs = await repository.recorded_runs(connection, attempt_id)
    if not runs:
        raise continuation_gone()
    reused = await asyncio.to_thread(reused_nodes, ran, graph, runs, wanted.from_node)
    writes = await repository.writes(connection, attempt_id)
    earlier = json.loads(await connection.fetchval(repository.EDITS, view.id) or b"{}")
    variables = folded([*variables_before(ran, reused, writes, earlier), dict(wanted.edits)])
    frozen = await connection.fetchval(repository.FROZEN_GLOBALS, view.id)
    return Continuation(
        attempt_id,
        reused,
        json.dumps(variables, ensure_ascii=False).encode(),
        edits,
        recorded_globals=frozen or b"{}",
    )


async def _graph(connection: "Connection", workflow_id: str, version: int) -> Graph:
    """Raises VERSION_NOT_FOUND, or GRAPH_INVALID for one that cannot be read."""
    found = await settle_version(connection, workflow_id, version)
    graph, problems = await asyncio.to_thread(read_graph_bytes, found.graph)
    if graph is None:
        raise graph_invalid(problems)
    return graph
