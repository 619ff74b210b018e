"""Validation of a graph: all problems at once, each with its node and its place.

The same code for Studio, import, publish and runner. Owns the order of the rules; the rules have modules of their own.
"""

from collections.abc import Collection

from runner.workflow.config_rules import ConfigRules
from runner.workflow.declarations import Catalogue
from runner.workflow.documents import Json
from runner.workflow.flow import analyse
from runner.workflow.graph import Graph
from runner.workflow.graph_reader import read_graph, read_graph_bytes
from runner.workflow.problems import Problem, has_errors
from runner.workflow.reference_rules import reference_problems
from runner.workflow.running_rules import running_problems
from runner.workflow.structure_rules import structure_problems
from runner.workflow.subworkflow_rules import CallsOf, recursion_problems

MAX_PROBLEMS = 1_000


def validate_bytes(data: bytes, catalogue: Catalogue) -> tuple[Graph | None, tuple[Problem, ...]]:
    """The graph in JSON bytes and everything that is wrong with it; None when there are errors."""
    return _validated(*read_graph_bytes(data), catalogue)


def validate_document(document: Json, catalogue: Catalogue) -> tuple[Graph | None, tuple[Problem, ...]]:
    """The graph of a decoded document and everything that is wrong with it; None when there are errors."""
    return _validated(*read_graph(document), catalogue)


def validate_graph(
    graph: Graph,
    catalogue: Catalogue,
    *,
    capabilities: Collection[str] | None = None,
    workflow_id: str = "",
    calls_of: CallsOf | None = None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with a graph that could be read.

    `capabilities` are those of the runners there are; without them none is asked for. With `calls_of`, calls that lead
    back to `workflow_id` are found.
    """
    problems = list(structure_problems(graph, catalogue))
    configs = ConfigRules(catalogue)
    for node in graph.top.walk():
        if node.type in catalogue:
            problems.extend(configs.problems(node))
    flow = analyse(graph, catalogue)
    problems.extend(reference_problems(graph, catalogue, flow))
    problems.extend(running_problems(graph, catalogue, flow, capabilities))
    if calls_of is not None:
        problems.extend(recursion_problems(graph, workflow_id, calls_of))
    return tuple(problems[:MAX_PROBLEMS])


def _validated(
    graph: Graph | None, problems: tuple[Problem, ...], catalogue: Catalogue
) -> tuple[Graph | None, tuple[Problem, ...]]:
    if graph is None:
        return None, problems
    everything = (*problems, *validate_graph(graph, catalogue))
    return None if has_errors(everything) else graph, everything
