"""Making, changing, saving and deleting workflows. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.workflows import repository
from services.scheduler.workflows.errors import (
    draft_changed,
    live_executions,
    nothing_drafted,
    version_not_found,
    workflow_not_found,
)
from services.scheduler.workflows.model import Creator, GraphText, NewWorkflow, Version, Workflow

if TYPE_CHECKING:
    from services.kit.postgres import Connection


def creator() -> Creator:
    """Who stands behind the call being served."""
    principal = acting_principal()
    return Creator(principal.kind, principal.id, principal.name)


def resource(workflow: Workflow) -> Resource:
    """The workflow as audit events name it."""
    return Resource("workflow", workflow.id, workflow.name)


async def get_workflow(connection: "Connection", workflow_id: str, *, locked: bool = False) -> Workflow:
    """Raises WORKFLOW_NOT_FOUND. Locked, nobody else saves or publishes until the transaction ends."""
    if not is_id(workflow_id):
        raise workflow_not_found()
    find = repository.lock if locked else repository.find
    workflow = await find(connection, workflow_id)
    if workflow is None:
        raise workflow_not_found()
    return workflow


async def get_version(connection: "Connection", workflow_id: str, version: int) -> Version:
    """With its graph. Raises WORKFLOW_NOT_FOUND, VERSION_NOT_FOUND."""
    found = await repository.find_version(connection, workflow_id, version) if is_id(workflow_id) else None
    if found is None:
        await get_workflow(connection, workflow_id)
        raise version_not_found()
    return found


async def settle_version(connection: "Connection", workflow_id: str, version: int) -> Version:
    """As `get_version`, and no automatic save goes into it any more: for whoever builds on it.

    Outside a transaction, or as its first statement: it may wait for a save.
    """
    found = await get_version(connection, workflow_id, version)
    if not found.open:
        return found
    await repository.close_version(connection, workflow_id, version)
    return await get_version(connection, workflow_id, version)


async def get_draft(connection: "Connection", workflow_id: str) -> tuple[Workflow, Version]:
    """The workflow and its latest version with the graph. Raises WORKFLOW_NOT_FOUND, NOT_DRAFTED."""
    workflow = await get_workflow(connection, workflow_id)
    if not workflow.latest_version:
        raise nothing_drafted(workflow.name)
    return workflow, await get_version(connection, workflow_id, workflow.latest_version)


async def create_workflow(
    connection: "Connection", outbox: Outbox, new: NewWorkflow, action: str = "workflow.created"
) -> Workflow:
    """A new workflow, with version 1 if a graph is given. Raises NAME_TAKEN."""
    workflow = await repository.insert(connection, new_id(), new, creator())
    if new.graph is not None:
        workflow = await repository.add_version(connection, workflow, new.graph, new.note, creator())
    await outbox.record(connection, action, resource(workflow), {"version": workflow.latest_version})
    return workflow


async def update_workflow(
    connection: "Connection",
    outbox: Outbox,
    workflow_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> Workflow:
    """Changes what is given; None leaves it. Raises WORKFLOW_NOT_FOUND, NAME_TAKEN."""
    old = await get_workflow(connection, workflow_id, locked=True)
    new = await repository.update(
        connection,
        workflow_id,
        old.name if name is None else name,
        old.description if description is None else description,
        old.tags if tags is None else tags,
    )
    before = {"name": old.name, "description": old.description, "tags": list(old.tags)}
    after = {"name": new.name, "description": new.description, "tags": list(new.tags)}
    changed = {key for key in before if before[key] != after[key]}
    if changed:
        details = {
            "before": {key: before[key] for key in sorted(changed)},
            "after": {key: after[key] for key in sorted(changed)},
        }
        await outbox.record(connection, "workflow.updated", resource(new), details)
    return new


async def delete_workflow(connection: "Connection", outbox: Outbox, workflow_id: str) -> None:
    """Hides it; its name is free again. Raises WORKFLOW_NOT_FOUND, HAS_LIVE_EXECUTIONS."""
    workflow = await get_workflow(connection, workflow_id, locked=True)
    live = await connection.fetchval(repository.COUNT_LIVE, workflow_id)
    if live:
        raise live_executions(live)
    await connection.execute(repository.DELETE, workflow_id)
    await outbox.record(connection, "workflow.deleted", resource(workflow))


async def save_draft(
    connection: "Connection",
    outbox: Outbox,
    workflow_id: str,
    graph: GraphText,
    note: str,
    if_match: str,
    *,
    automatic: bool = False,
) -> Workflow:
    """A new version, or none when the graph is the latest draft's; an open version may take it in (decision 0024).

    Raises WORKFLOW_NOT_FOUND, DRAFT_CHANGED.
    """
    workflow = await get_workflow(connection, workflow_id, locked=True)
    if if_match and if_match != workflow.etag:
        raise draft_changed()
    person = creator()
    if await repository.canonical_sha256(connection, workflow) == graph.canonical_sha256:
        if automatic or not await repository.close_saved(connection, workflow, note, person):
            return workflow
        saved = workflow
    else:
        # Who names no ETag has not seen the open version, and must not take its place.
        folded = None
        if if_match:
            folded = await repository.fold_save(connection, workflow, graph, note, person, stays_open=automatic)
        if folded is not None and automatic:
            return folded
        saved = folded or await repository.add_version(connection, workflow, graph, note, person, opened=automatic)
    details = {"version": saved.latest_version, "note": note, "automatic": automatic}
    await outbox.record(connection, "workflow.saved", resource(saved), details)
    return saved
