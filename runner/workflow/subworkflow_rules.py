"""Judges sub-workflows: none may lead back to the workflow that calls it."""

from collections.abc import Callable, Iterable, Iterator

from runner.workflow import declarations
from runner.workflow.graph import Graph, Node
from runner.workflow.problems import Problem

CallsOf = Callable[[str], Iterable[str]]
"""The ids of the workflows that a workflow calls, by its id."""


def called_workflows(graph: Graph) -> Iterator[tuple[Node, str]]:
    """The nodes that call another workflow, with its id."""
    for node in graph.top.walk():
        called = node.config.get("workflowId") if node.type == declarations.CONTROL_SUBWORKFLOW else None
        if isinstance(called, str):
            yield node, called


def recursion_problems(graph: Graph, workflow_id: str, calls_of: CallsOf) -> Iterator[Problem]:
    """A problem for each node from which calls lead back to this workflow."""
    for node, called in called_workflows(graph):
        way = _way_back(called, workflow_id, calls_of)
        if way:
            message = f"The workflow would call itself: {' → '.join([workflow_id, *way])}."
            yield Problem(node.id, node.pointer + "/config/workflowId", message)


def _way_back(start: str, goal: str, calls_of: CallsOf) -> list[str]:
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        for called in calls_of(way[-1]):
            if called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return []
