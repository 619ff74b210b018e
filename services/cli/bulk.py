"""Stopping and retrying many executions: by their ids, or by a filter that a person confirms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from services.cli.errors import REFUSED, CliError, usage
from services.cli.naming import require_id
from services.cli.session import Session
from services.client import Hub
from services.client.models.executions import BulkAnswer, BulkItem

PART = 200
DONE = {"stop": "asked to stop", "retry": "started again"}


@dataclass(frozen=True, slots=True)
class Meant:
    """Executions by their ids, or all of a workflow (name or id) and of some statuses."""

    ids: Sequence[str]
    workflow: str = ""
    statuses: Sequence[str] = ()

    @property
    def is_filter(self) -> bool:
        """True when no id is given."""
        return not self.ids

    @property
    def one(self) -> str | None:
        """The id, when it is one."""
        return require_id("an execution", self.ids[0]) if len(self.ids) == 1 else None


def read_meant(ids: Sequence[str] | None, workflow: str, statuses: Sequence[str] | None) -> Meant:
    """Raises CliError unless there are ids or a filter, and not both."""
    is_filtered = bool(workflow or statuses)
    if bool(ids) == is_filtered:
        raise usage("Say which executions are meant: by their ids, or by --workflow and --status.")
    return Meant(
        [require_id("an execution", each) for each in ids or ()], workflow, [each.upper() for each in statuses or ()]
    )


def act_on_many(session: Session, action: str, meant: Meant, options: Mapping[str, Any], *, yes: bool) -> None:
    """Does it, part after part, and tells what became of each. Raises CliError when something was refused."""
    found = session.ask(lambda hub: _look(hub, action, meant, options)) if meant.is_filter else None
    if found is not None:
        _confirm(session, action, found, yes=yes)
    answers = session.ask(lambda hub: _act(hub, action, meant, options))
    items = [item for answer in answers for item in answer.items]
    done, refused = sum(answer.done for answer in answers), sum(answer.refused for answer in answers)
    document = {"done": done, "refused": refused, "items": [item.as_json() for item in items]}
    session.output.document(document, [*map(_line, items), f"{done} {DONE[action]}, {refused} refused"])
    if refused:
        raise CliError(f"{refused} of {len(items)} were refused.", REFUSED, reason="PARTLY_REFUSED")


def _confirm(session: Session, action: str, found: BulkAnswer, *, yes: bool) -> None:
    count = str(found.matched) if found.is_whole else f"more than {found.matched}"
    if yes or not found.matched:
        return
    if not session.output.is_terminal:
        raise usage(f"This would {action} {count} executions; say --yes to do it without being asked.")
    if not typer.confirm(f"{action.capitalize()} {count} executions?"):
        raise usage("Nothing was done.")


async def _look(hub: Hub, action: str, meant: Meant, options: Mapping[str, Any]) -> BulkAnswer:
    wanted = await _filter(hub, meant)
    return await anext(hub.executions.act(action, filter=wanted, limit=1, dry_run=True, **options))


async def _act(hub: Hub, action: str, meant: Meant, options: Mapping[str, Any]) -> list[BulkAnswer]:
    if meant.is_filter:
        return [answer async for answer in hub.executions.act(action, filter=await _filter(hub, meant), **options)]
    parts = [meant.ids[start : start + PART] for start in range(0, len(meant.ids), PART)]
    return [answer for part in parts async for answer in hub.executions.act(action, part, **options)]


async def _filter(hub: Hub, meant: Meant) -> dict[str, Any]:
    wanted: dict[str, Any] = {"status": list(meant.statuses)} if meant.statuses else {}
    if meant.workflow:
        wanted["workflowId"] = (await hub.workflows.find(meant.workflow)).id
    return wanted


def _line(item: BulkItem) -> str:
    if item.outcome == "refused":
        return f"{item.execution_id}  refused: {item.detail or item.reason}"
    return f"{item.execution_id}  {f'again as {item.retried_as}' if item.retried_as else item.status}"
