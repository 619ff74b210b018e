"""Judges the global variables that a graph reads against those there are.

Only a warning: a variable may be made after the workflow, and before it runs.
"""

from typing import TYPE_CHECKING

from runner.workflow.declarations import Catalogue
from runner.workflow.evaluation import shown_keys
from runner.workflow.graph import Graph
from runner.workflow.problems import Problem
from runner.workflow.references import graph_sites
from services.scheduler.variables import repository

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def global_problems(connection: "Connection", graph: Graph, catalogue: Catalogue) -> list[Problem]:
    """A problem for each place that reads a variable there is not."""
    read = {
        (site.node.id if site.node else None, pointer, reference.key)
        for site in graph_sites(graph, catalogue)
        for pointer, reference in site.references()
        if reference.root == "globals"
    }
    if not read:
        return []
    known = [row["name"] for row in await connection.fetch(repository.KNOWN)]
    missing = sorted((each for each in read if each[2] not in known), key=lambda each: each[1])
    return [
        Problem(
            node_id,
            pointer,
            f"There is no global variable {name!r} now; there are: {shown_keys(known) or 'none'}.",
            "warning",
        )
        for node_id, pointer, name in missing
    ]
