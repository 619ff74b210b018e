"""The Hub's side of workflow files: what it has, what it thinks of a graph, and carrying out a plan."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

from runner.workflow.declarations import Catalogue, NodeDeclaration
from runner.workflow.problems import has_errors
from services.cli.files.plan import Step, Stored
from services.cli.files.schedules import ScheduleStep
from services.client import Changed, Hub
from services.client.models.workflows import Workflow

AT_ONCE = 8
PROBLEMS_SHOWN = 20
"""Of one file."""


class ChangedMeanwhileError(Exception):
    """Somebody saved the workflow after the plan was made; nothing of it was overwritten."""


async def read_stored(hub: Hub, *, published: bool, schedules: bool, tag: str = "") -> dict[str, Stored]:
    """Every workflow (of a tag) by its name in folded case; published graphs and schedules only where asked for."""
    gate = asyncio.Semaphore(AT_ONCE)
    triggers = await _schedules(hub) if schedules else {}
    listed = [workflow async for workflow in hub.workflows.each(tag=tag)]
    # Not a task group: the first refusal is what the caller wants to hear, alone.
    read = await asyncio.gather(*(_read_one(hub, workflow, published, gate) for workflow in listed))
    stored = [replace(found, triggers=triggers.get(found.workflow.id, ())) for found in read]
    return {found.workflow.name.casefold(): found for found in stored}


async def _schedules(hub: Hub) -> dict[str, list[dict[str, Any]]]:
    """All schedules by their workflow, in the order of their names; the oldest of one name stands for it."""
    triggers = [trigger async for trigger in hub.each("/triggers", kind="schedule")]
    names: dict[str, str] = {}
    if any(trigger.get("calendars") for trigger in triggers):
        names = {calendar["id"]: calendar["name"] async for calendar in hub.each("/calendars")}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for trigger in triggers:
        trigger["calendars"] = [names.get(each, each) for each in trigger.get("calendars") or ()]
        found.setdefault(trigger["workflowId"], {})[trigger["name"].casefold()] = trigger
    return {workflow: [named[name] for name in sorted(named)] for workflow, named in found.items()}


async def _read_one(hub: Hub, listed: Workflow, published: bool, gate: asyncio.Semaphore) -> Stored:
    async with gate:
        workflow = await hub.workflows.get(listed.id)
        draft = workflow.graph if workflow.draft_version else None
        if not published or not workflow.published_version:
            return Stored(workflow, draft, None)
        if workflow.published_version == workflow.draft_version:
            return Stored(workflow, draft, draft)
        version = await hub.workflows.version(workflow.id, workflow.published_version)
        return Stored(workflow, draft, version.graph)


async def find_problems(hub: Hub, steps: Iterable[Step]) -> list[str]:
    """What is wrong with the graphs that would be saved or published, judged by the node types the Hub knows."""
    judged = [step for step in steps if step.after is not None and (step.changes_graph or step.publish)]
    if not judged:
        return []
    from runner.workflow.validation import validate_bytes  # noqa: PLC0415 - a fifth of every other command's start

    declarations = (NodeDeclaration.from_json(item["declaration"]) for item in await hub.workflows.node_types())
    catalogue: Catalogue = {declaration.type: declaration for declaration in declarations}
    lines: list[str] = []
    for step in judged:
        assert step.after is not None
        _, problems = validate_bytes(step.after.graph_bytes, catalogue)
        if has_errors(problems):
            errors = [problem for problem in problems if problem.severity == "error"]
            lines += [f"{step.path}: /graph{error.pointer}: {error.message}" for error in errors[:PROBLEMS_SHOWN]]
    return lines


async def carry_out(hub: Hub, steps: Iterable[Step], note: str) -> AsyncIterator[Step]:
    """Does one step after the other and yields each that is done. Raises ChangedMeanwhileError, HubError."""
    for step in steps:
        if step.changes:
            await _do(hub, step, note)
            yield step


async def _do(hub: Hub, step: Step, note: str) -> None:
    if step.after is None:
        assert step.before is not None
        await hub.workflows.delete(step.before.workflow.id)
        return
    workflow = await _save(hub, step, note)
    if step.publish:
        await hub.workflows.publish(workflow.id, version=workflow.draft_version, note=note)
    for schedule in step.schedules:
        await _do_schedule(hub, workflow, schedule)


async def _do_schedule(hub: Hub, workflow: Workflow, step: ScheduleStep) -> None:
    path = f"/triggers/{step.trigger_id}"
    match step.action:
        case "create":
            body = {member: value for member, value in step.body.items() if value is not None}
            await hub.create("/triggers", {"workflowId": workflow.id, "kind": "schedule", **body})
        case "delete":
            await hub.delete(path)
        case "change":
            try:
                await hub.patch(path, dict(step.body), if_match=step.etag)
            except Changed:
                raise ChangedMeanwhileError(
                    f"{workflow.name}: somebody changed the schedule {step.name} since it was compared."
                ) from None


async def _save(hub: Hub, step: Step, note: str) -> Workflow:
    document = step.after
    assert document is not None
    graph = dict(document.graph) if document.graph is not None else None
    if step.before is None:
        return await hub.workflows.create(
            document.name, graph=graph, description=document.description, tags=document.tags
        )
    workflow = step.before.workflow
    if step.changes_graph and graph is not None:
        try:
            version = await hub.workflows.save_draft(workflow.id, graph, note=note, etag=workflow.etag)
        except Changed:
            raise ChangedMeanwhileError(
                f"{workflow.name}: somebody saved it since it was compared. Look at the difference again."
            ) from None
        workflow = workflow.model_copy(update={"draft_version": version})
    if step.changes_description:
        await hub.workflows.change(
            workflow.id, name=document.name, description=document.description, tags=document.tags
        )
    return workflow
