"""Publishing and rolling back: what makes a version the one that executions run.

Graphs are validated outside transactions; a closed version never changes, so the verdict still holds when it is
published.
"""

from typing import TYPE_CHECKING

from runner.workflow.graph_reader import read_graph_bytes
from runner.workflow.problems import Problem, has_errors
from services.kit.outbox import Outbox
from services.scheduler.variables.judging import global_problems
from services.scheduler.vault.uses import credential_problems
from services.scheduler.workflows import graphs, repository
from services.scheduler.workflows.calls import call_problems
from services.scheduler.workflows.catalogue import load_catalogue
from services.scheduler.workflows.errors import graph_invalid
from services.scheduler.workflows.library import creator, get_draft, get_workflow, resource, settle_version
from services.scheduler.workflows.model import Version, Workflow

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


async def find_problems(connection: "Connection", graph: bytes, workflow_id: str = "") -> tuple[Problem, ...]:
    """Everything that is wrong with a graph, judged by the node types, workflows and credentials there are now.

    Without an id it is judged as the graph of a workflow that nobody calls yet.
    """
    catalogue = await load_catalogue(connection)
    problems = await graphs.validate(graph, catalogue)
    readable, _ = read_graph_bytes(graph)
    if readable is None:
        return problems
    calls = await call_problems(connection, workflow_id, readable)
    known = (
        *await global_problems(connection, readable, catalogue),
        *await credential_problems(connection, workflow_id, readable, catalogue),
    )
    return (*problems, *calls, *known)


async def publish_workflow(
    pool: "Pool", outbox: Outbox, workflow_id: str, version: int = 0, note: str = ""
) -> Workflow:
    """Makes a version (0: the latest draft) the published one; publishing that again changes nothing.

    A note takes the place of the draft's: the list of versions then says why it was published.
    Raises WORKFLOW_NOT_FOUND, VERSION_NOT_FOUND, NOT_DRAFTED, GRAPH_INVALID.
    """
    async with pool.acquire() as connection:
        chosen = await _choose(connection, workflow_id, version)
        await _require_valid(connection, workflow_id, chosen)
        async with connection.transaction():
            workflow = await get_workflow(connection, workflow_id, locked=True)
            if workflow.published_version == chosen.version:
                return workflow
            published = await repository.publish(connection, workflow_id, chosen.version)
            if note:
                await repository.set_note(connection, workflow_id, chosen.version, note)
            details = {"version": chosen.version, "before": workflow.published_version, "note": note}
            await outbox.record(connection, "workflow.published", resource(published), details)
            return published


async def rollback_workflow(pool: "Pool", outbox: Outbox, workflow_id: str, version: int, note: str = "") -> Workflow:
    """The graph of an old version as a new version, published.

    Raises WORKFLOW_NOT_FOUND, VERSION_NOT_FOUND, GRAPH_INVALID.
    """
    async with pool.acquire() as connection:
        old = await settle_version(connection, workflow_id, version)
        await _require_valid(connection, workflow_id, old)
        text = await graphs.read_text(old.graph)
        async with connection.transaction():
            workflow = await get_workflow(connection, workflow_id, locked=True)
            drafted = await repository.add_version(
                connection, workflow, text, note or f"Version {version} again", creator()
            )
            published = await repository.publish(connection, workflow_id, drafted.latest_version)
            details = {"version": drafted.latest_version, "of": version, "before": workflow.published_version}
            await outbox.record(connection, "workflow.rolled_back", resource(published), {**details, "note": note})
            return published


async def _choose(connection: "Connection", workflow_id: str, version: int) -> Version:
    if not version:
        _, draft = await get_draft(connection, workflow_id)
        version = draft.version
    return await settle_version(connection, workflow_id, version)


async def _require_valid(connection: "Connection", workflow_id: str, version: Version) -> None:
    problems = await find_problems(connection, version.graph, workflow_id)
    if has_errors(problems):
        raise graph_invalid(problems)
