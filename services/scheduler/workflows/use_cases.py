"""What the rest of the scheduler asks of workflows: the version an execution would run now, ready to be launched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.workflow.declarations import Catalogue
from runner.workflow.graph import Graph, Input, Settings
from runner.workflow.graph_reader import read_graph_bytes
from runner.workflow.problems import Problem, has_errors
from services.kit.errors import DomainError
from services.scheduler.workflows import graphs
from services.scheduler.workflows.catalogue import load_catalogue
from services.scheduler.workflows.errors import graph_invalid, not_published, nothing_drafted, workflow_not_found
from services.scheduler.workflows.model import Launchable

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

_LAUNCHABLE = """SELECT w.id::text AS id, w.name, v.version, v.sha256,
       (SELECT coalesce(array_agg(s.sha256 ORDER BY s.declared_at, s.sha256), '{}') FROM node_type_set s) AS sets
  FROM workflow w
  LEFT JOIN workflow_version v ON v.workflow_id = w.id
   AND v.version = CASE WHEN $2 THEN nullif(w.latest_version, 0) ELSE w.published_version END"""
FIND_LAUNCHABLE = f"{_LAUNCHABLE} WHERE w.id = $1 AND w.deleted_at IS NULL"
FIND_LAUNCHABLES = f"{_LAUNCHABLE} WHERE w.id = ANY ($1::uuid[]) AND w.deleted_at IS NULL"
READ_GRAPH = "SELECT graph FROM workflow_version WHERE workflow_id = $1 AND version = $2"

REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one graph says, judged by one catalogue. `problems` is None where nobody asked for them yet."""

    settings: Settings
    inputs: tuple[Input, ...]
    problems: tuple[Problem, ...] | None


_readings: dict[tuple[str, tuple[str, ...]], _Reading] = {}
"""By hash of the graph and of the declared node types, so a burst of submissions parses a graph once."""


async def load_launchable(connection: "Connection", workflow_id: str, draft: bool) -> Launchable:
    """The published version of a workflow, or its latest draft.

    Raises WORKFLOW_NOT_FOUND, NOT_PUBLISHED, NOT_DRAFTED, or GRAPH_INVALID for a draft with problems.
    """
    row = await connection.fetchrow(FIND_LAUNCHABLE, workflow_id, draft)
    if row is None:
        raise workflow_not_found()
    return await _launchable(connection, row, draft=draft)


async def load_launchables(
    connection: "Connection", workflow_ids: Sequence[str]
) -> Mapping[str, Launchable | DomainError]:
    """The published versions of many workflows by id, or why one has none: what `load_launchable` raises."""
    found: dict[str, Launchable | DomainError] = dict.fromkeys(workflow_ids, workflow_not_found())
    for row in await connection.fetch(FIND_LAUNCHABLES, list(found), False):
        try:
            found[row["id"]] = await _launchable(connection, row, draft=False)
        except DomainError as error:
            found[row["id"]] = error
    return found


async def _launchable(connection: "Connection", row: "asyncpg.Record", *, draft: bool) -> Launchable:
    if row["version"] is None:
        raise nothing_drafted(row["name"]) if draft else not_published(row["name"])
    key = (row["sha256"], tuple(row["sets"]))
    reading = _readings.get(key)
    if reading is None or (draft and reading.problems is None):
        graph = await connection.fetchval(READ_GRAPH, row["id"], row["version"])
        reading = await _read(graph, await load_catalogue(connection, row["sets"]), judge=draft)
        _remember(key, reading)
    if draft and has_errors(reading.problems or ()):
        raise graph_invalid(reading.problems or ())
    return Launchable(
        row["id"], row["name"], row["version"], row["sha256"], settings=reading.settings, inputs=reading.inputs
    )


async def _read(data: bytes, catalogue: Catalogue, *, judge: bool) -> _Reading:
    graph, problems = read_graph_bytes(data)
    if graph is None:
        raise graph_invalid(problems)
    settings = replace(graph.settings, capabilities=_capabilities(graph, catalogue))
    return _Reading(settings, graph.inputs, await graphs.validate(data, catalogue) if judge else None)


def _capabilities(graph: Graph, catalogue: Catalogue) -> tuple[str, ...]:
    """What the settings ask for and what the types of enabled nodes need, sorted."""
    needed = set(graph.settings.capabilities)
    for node in graph.top.walk():
        if not node.disabled and node.type in catalogue:
            needed.update(catalogue[node.type].capabilities)
    return tuple(sorted(needed))


def _remember(key: tuple[str, tuple[str, ...]], reading: _Reading) -> None:
    while len(_readings) >= REMEMBERED:
        del _readings[next(iter(_readings))]
    _readings[key] = reading
