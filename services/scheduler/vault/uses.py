"""Which graphs name which credentials: read once for each graph and each set of node types."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from runner.workflow.declarations import Catalogue
from runner.workflow.graph import Graph
from runner.workflow.graph_reader import read_graph_bytes
from runner.workflow.problems import Problem
from runner.workflow.references import credential_names, credential_references
from services.scheduler.vault import repository
from services.scheduler.vault.model import Use
from services.scheduler.workflows.catalogue import SETS, load_catalogue
from services.scheduler.workflows.reading import READ_GRAPH

if TYPE_CHECKING:
    from services.kit.postgres import Connection

VERSIONS = """SELECT w.id::text AS id, w.name, v.version, v.sha256,
  coalesce(v.version = w.published_version, false) AS published
  FROM workflow w JOIN workflow_version v ON v.workflow_id = w.id
   AND v.version IN (w.published_version, w.latest_version)
 WHERE w.deleted_at IS NULL ORDER BY lower(w.name), w.id, published DESC"""
REMEMBERED = 10_000
SHOWN_USES = 100

_names: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
"""By hash of the graph and of the declared node types; a graph of a hash never changes."""


async def names_in(
    connection: "Connection", workflow_id: str, version: int, sha256: str, sets: Sequence[str] | None = None
) -> frozenset[str]:
    """The credentials that the graph of a version names; none when it cannot be read."""
    if sets is None:
        sets = await connection.fetchval(SETS)
    key = (sha256, tuple(sets))
    found = _names.get(key)
    if found is None:
        data = await connection.fetchval(READ_GRAPH, workflow_id, version)
        found = await asyncio.to_thread(_read_names, data or b"", await load_catalogue(connection, sets))
        while len(_names) >= REMEMBERED:
            del _names[next(iter(_names))]
        _names[key] = found
    return found


async def find_uses(connection: "Connection", names: Collection[str]) -> dict[str, list[Use]]:
    """The workflows whose published version or latest draft names a credential, by its name; at most 100 for each."""
    found: dict[str, dict[str, Use]] = {name: {} for name in names}
    sets = await connection.fetchval(SETS) if names else ()
    for row in await connection.fetch(VERSIONS) if names else ():
        for name in await names_in(connection, row["id"], row["version"], row["sha256"], sets):
            uses = found.get(name)
            # The published version comes first.
            if uses is not None and len(uses) < SHOWN_USES:
                uses.setdefault(row["id"], Use(row["id"], row["name"], row["published"]))
    return {name: list(uses.values()) for name, uses in found.items()}


async def credential_problems(
    connection: "Connection", workflow_id: str, graph: Graph, catalogue: Catalogue
) -> list[Problem]:
    """A problem for each place that names a credential there is not, or one that is kept for other workflows."""
    named = list(credential_references(graph, catalogue))
    if not named:
        return []
    known = await repository.find_allowed(connection, [name for _, _, name in named])
    problems = []
    for node_id, pointer, name in named:
        if name not in known:
            message = f"There is no credential {name!r}. Make it in the vault, or correct the name."
        elif known[name] and workflow_id not in known[name]:
            message = f"The credential {name!r} is kept for other workflows. Add this one to them, in the vault."
        else:
            continue
        problems.append(Problem(node_id, pointer, message))
    return problems


def _read_names(data: bytes, catalogue: Catalogue) -> frozenset[str]:
    graph, _ = read_graph_bytes(data)
    return frozenset() if graph is None else credential_names(graph, catalogue)
