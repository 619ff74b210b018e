"""Copies of workflows: within a Hub, and out of one into another."""

from typing import TYPE_CHECKING

from services.kit.outbox import Outbox
from services.scheduler.workflows import graphs, repository
from services.scheduler.workflows.errors import nothing_drafted
from services.scheduler.workflows.library import create_workflow, get_version, get_workflow
from services.scheduler.workflows.model import NewWorkflow, Workflow

if TYPE_CHECKING:
    from services.kit.postgres import Connection

UNNAMED = "Imported workflow"


async def duplicate_workflow(connection: "Connection", outbox: Outbox, workflow_id: str, name: str = "") -> Workflow:
    """A new workflow with the latest draft of another as its version 1; nothing is published.

    A name that is given must be free; without one the copy is called "<name> (2)". Raises WORKFLOW_NOT_FOUND,
    NAME_TAKEN.
    """
    original = await get_workflow(connection, workflow_id)
    graph = None
    if original.latest_version:
        latest = await get_version(connection, workflow_id, original.latest_version)
        graph = await graphs.read_text(latest.graph)
    new = NewWorkflow(
        name=name or await repository.free_name(connection, original.name),
        description=original.description,
        tags=original.tags,
        graph=graph,
        note=f"Copy of {original.name}",
    )
    return await create_workflow(connection, outbox, new, "workflow.duplicated")


async def export_workflow(connection: "Connection", workflow_id: str, version: int = 0) -> bytes:
    """The document of one version (0: the published one, else the latest draft).

    Raises WORKFLOW_NOT_FOUND, VERSION_NOT_FOUND, NOT_DRAFTED.
    """
    workflow = await get_workflow(connection, workflow_id)
    number = version or workflow.published_version or workflow.latest_version
    if not number:
        raise nothing_drafted(workflow.name)
    found = await get_version(connection, workflow_id, number)
    return graphs.to_export(workflow.name, workflow.description, tuple(workflow.tags), number, found.graph)


async def import_workflow(
    connection: "Connection", outbox: Outbox, exported: graphs.Exported, name: str = ""
) -> Workflow:
    """A new workflow from a document; a taken name gets a number behind it."""
    wanted = name or exported.name or UNNAMED
    new = NewWorkflow(
        name=await repository.free_name(connection, wanted),
        description=exported.description,
        tags=exported.tags,
        graph=exported.graph,
        note="Imported",
    )
    return await create_workflow(connection, outbox, new, "workflow.imported")
