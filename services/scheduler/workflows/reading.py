"""What a graph says that an execution of it must know, read once for each graph and each set of node types."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.workflow import declarations
from runner.workflow.declarations import Catalogue
from runner.workflow.graph import Graph, Input, Settings
from runner.workflow.graph_reader import read_graph_bytes
from runner.workflow.problems import Problem
from runner.workflow.references import global_names
from runner.workflow.subworkflow_rules import called_workflows
from services.scheduler.workflows import graphs
from services.scheduler.workflows.catalogue import SETS, load_catalogue
from services.scheduler.workflows.errors import graph_invalid

if TYPE_CHECKING:
    from services.kit.postgres import Connection

READ_GRAPH = "SELECT graph FROM workflow_version WHERE workflow_id = $1 AND version = $2"

REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Reading:
    """What one graph says, judged by one catalogue. `problems` is None where nobody asked for them yet.

    `settings.capabilities` include what the graph's node types need. `calls` are the workflows its nodes name: id and
    version, 0 for the published one.
    """

    settings: Settings
    inputs: tuple[Input, ...]
    calls: tuple[tuple[str, int], ...]
    asks: bool
    """Whether it waits for a person, which a called workflow cannot."""
    problems: tuple[Problem, ...] | None
    globals: frozenset[str] = frozenset()
    """The global variables it reads."""


_readings: dict[tuple[str, tuple[str, ...]], Reading] = {}
"""By hash of the graph and of the declared node types, so a burst of submissions parses a graph once."""


async def read_version(
    connection: "Connection",
    workflow_id: str,
    version: int,
    sha256: str,
    sets: Sequence[str] | None = None,
    *,
    judge: bool = False,
) -> Reading:
    """The reading of a version; with `judge`, its problems too. `sets`: hashes of all declared node types, if known.

    Raises GRAPH_INVALID for a graph that cannot be read.
    """
    if sets is None:
        sets = await connection.fetchval(SETS)
    key = (sha256, tuple(sets))
    reading = _readings.get(key)
    if reading is None or (judge and reading.problems is None):
        graph = await connection.fetchval(READ_GRAPH, workflow_id, version)
        reading = await _read(graph, await load_catalogue(connection, sets), judge=judge)
        _remember(key, reading)
    return reading


async def _read(data: bytes, catalogue: Catalogue, *, judge: bool) -> Reading:
    graph, problems = read_graph_bytes(data)
    if graph is None:
        raise graph_invalid(problems)
    settings = replace(graph.settings, capabilities=_capabilities(graph, catalogue))
    found = await graphs.validate(data, catalogue) if judge else None
    return Reading(settings, graph.inputs, _calls(graph), _asks(graph), found, global_names(graph, catalogue))


def _capabilities(graph: Graph, catalogue: Catalogue) -> tuple[str, ...]:
    """What the settings ask for and what the types of enabled nodes need, sorted."""
    needed = set(graph.settings.capabilities)
    for node in graph.top.walk():
        if not node.disabled and node.type in catalogue:
            needed.update(catalogue[node.type].capabilities)
    return tuple(sorted(needed))


def _calls(graph: Graph) -> tuple[tuple[str, int], ...]:
    found: dict[tuple[str, int], None] = {}
    for node, called in called_workflows(graph):
        version = node.config.get("version")
        if not node.disabled:
            found[called, version if isinstance(version, int) else 0] = None
    return tuple(found)


def _asks(graph: Graph) -> bool:
    return any(node.type == declarations.CONTROL_APPROVAL and not node.disabled for node in graph.top.walk())


def _remember(key: tuple[str, tuple[str, ...]], reading: Reading) -> None:
    while len(_readings) >= REMEMBERED:
        del _readings[next(iter(_readings))]
    _readings[key] = reading
