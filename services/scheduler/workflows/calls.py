"""Workflows that call workflows: which graphs come with an execution, fixed when it is accepted.

A call without a version means the one that is published at that moment; every attempt then runs the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.workflow.graph import Graph
from runner.workflow.problems import Problem
from runner.workflow.subworkflow_rules import called_workflows
from services.kit.errors import DomainError, Kind
from services.kit.ids import is_id
from services.scheduler.workflows.reading import Reading, read_version
from services.scheduler.workflows.repository import close_version

if TYPE_CHECKING:
    from services.kit.postgres import Connection

FIND = """SELECT w.name, v.version, v.sha256, v.open
  FROM workflow w LEFT JOIN workflow_version v ON v.workflow_id = w.id
   AND v.version = coalesce(nullif($2, 0), w.published_version) WHERE w.id = $1 AND w.deleted_at IS NULL"""
MAXIMUM_CALLED = 100
MAXIMUM_DEPTH = 16

Call = tuple[str, int]
"""Workflow id and version as a node names them; 0 for the published one."""


@dataclass(frozen=True, slots=True)
class Called:
    """A workflow that an execution may call, as it is now."""

    workflow_id: str
    asked_version: int
    version: int
    sha256: str
    labels: tuple[str, ...]
    capabilities: tuple[str, ...]
    globals: frozenset[str]


async def resolve_calls(connection: "Connection", workflow_id: str, calls: Sequence[Call]) -> tuple[Called, ...]:
    """Everything that may be called from a workflow, directly or by what it calls.

    Raises WORKFLOW_RECURSION, CALLED_WORKFLOW_MISSING, CALLED_WORKFLOW_ASKS, TOO_MANY_CALLS.
    """
    found: dict[Call, Called] = {}
    await _descend(connection, (workflow_id,), calls, found)
    return tuple(found.values())


async def call_problems(connection: "Connection", workflow_id: str, graph: Graph) -> list[Problem]:
    """A problem for each node whose call could not be made now."""
    problems = []
    for node, called in called_workflows(graph):
        version = node.config.get("version")
        try:
            await resolve_calls(connection, workflow_id, [(called, version if isinstance(version, int) else 0)])
        except DomainError as error:
            problems.append(Problem(node.id, node.pointer + "/config/workflowId", error.message))
    return problems


def dump_calls(calls: Sequence[Called]) -> bytes:
    """As they are stored with an execution and told to its runner."""
    documents = [
        {
            "workflowId": call.workflow_id,
            "version": call.asked_version,
            "resolvedVersion": call.version,
            "sha256": call.sha256,
        }
        for call in calls
    ]
    return json.dumps(documents).encode()


async def _descend(
    connection: "Connection", chain: tuple[str, ...], calls: Sequence[Call], found: dict[Call, Called]
) -> None:
    for call in calls:
        if call[0] in chain or len(chain) >= MAXIMUM_DEPTH:
            way = " → ".join([*chain, call[0]])
            raise DomainError(Kind.WRONG_STATE, "WORKFLOW_RECURSION", f"The workflow would call itself: {way}.")
        if len(found) >= MAXIMUM_CALLED:
            message = f"One execution may call {MAXIMUM_CALLED} workflows."
            raise DomainError(Kind.WRONG_STATE, "TOO_MANY_CALLS", message)
        if call in found:
            continue
        found[call], reading = await _find(connection, call)
        await _descend(connection, (*chain, call[0]), reading.calls, found)


async def _find(connection: "Connection", call: Call) -> tuple[Called, Reading]:
    workflow_id, version = call
    row = await connection.fetchrow(FIND, workflow_id, version) if is_id(workflow_id) else None
    if row is not None and row["open"]:
        await close_version(connection, workflow_id, version)
        row = await connection.fetchrow(FIND, workflow_id, version)
    if row is None or row["version"] is None:
        name = workflow_id if row is None else row["name"]
        what = f"has no version {version}" if version else "is not published"
        message = f"The workflow {name} is called, but {what if row else 'does not exist'}."
        raise DomainError(Kind.WRONG_STATE, "CALLED_WORKFLOW_MISSING", message, facts={"workflowId": workflow_id})
    reading = await read_version(connection, workflow_id, row["version"], row["sha256"])
    if reading.asks:
        message = f"The workflow {row['name']} asks a person. Ask in the workflow that calls it."
        raise DomainError(Kind.WRONG_STATE, "CALLED_WORKFLOW_ASKS", message, facts={"workflowId": workflow_id})
    settings = reading.settings
    called = Called(
        workflow_id,
        version,
        row["version"],
        row["sha256"],
        settings.labels,
        settings.capabilities,
        reading.globals,
    )
    return called, reading
