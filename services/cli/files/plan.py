"""What must change for a Hub to be as the files say. Pure: reading and changing are its callers'."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from services.cli.files.document import WorkflowDocument
from services.cli.files.schedules import ScheduleStep, as_written, merged, schedule_steps
from services.client.models.workflows import Workflow

Action = Literal["create", "change", "delete", "none"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A workflow as the Hub has it, with the graphs of its draft and of its published version (None: there is none).

    `triggers` are its schedules as the API answers them, calendars by name.
    """

    workflow: Workflow
    draft: Mapping[str, Any] | None
    published: Mapping[str, Any] | None
    triggers: Sequence[Mapping[str, Any]] = ()

    def document(self, *, published: bool = False) -> WorkflowDocument:
        """As a file would say it."""
        workflow = self.workflow
        graph = self.published if published else self.draft
        schedules = [as_written(trigger) for trigger in self.triggers]
        return WorkflowDocument(workflow.name, workflow.description, tuple(workflow.tags), graph, schedules)


@dataclass(frozen=True, slots=True)
class Step:
    """One workflow: what it is now, what it shall be, and what that takes."""

    name: str
    action: Action
    publish: bool = False
    path: Path | None = None
    before: Stored | None = None
    after: WorkflowDocument | None = None
    schedules: Sequence[ScheduleStep] = ()

    @property
    def changes(self) -> bool:
        """False when the Hub is as it should be."""
        return self.action != "none" or self.publish

    @property
    def changes_graph(self) -> bool:
        """True when a new version must be saved."""
        return (
            self.after is not None
            and self.after.graph is not None
            and (self.before is None or not self.after.same_graph(self.before.draft))
        )

    @property
    def changes_description(self) -> bool:
        """True when name, description or tags differ."""
        if self.before is None or self.after is None:
            return False
        old, new = self.before.document(), self.after
        return (old.name, old.description, old.tags) != (new.name, new.description, new.tags)

    def diff(self) -> list[str]:
        """Unified, from what the Hub has to what the file says."""
        old = self.before.document().text().splitlines() if self.before else []
        new = self.after.text().splitlines() if self.after else []
        return list(difflib.unified_diff(old, new, f"hub: {self.name}", str(self.path or "(no file)"), lineterm=""))


def plan(
    files: Mapping[Path, WorkflowDocument], stored: Mapping[str, Stored], *, publish: bool, prune: bool, tag: str = ""
) -> list[Step]:
    """One step a workflow, in the order of names; `stored` is by name in folded case. Deletions come last.

    With a tag only workflows that carry it are deleted.
    """
    steps = [
        _step(path, document, stored.get(document.name.casefold()), publish=publish, prune=prune)
        for path, document in files.items()
    ]
    if prune:
        wanted = {document.name.casefold() for document in files.values()}
        steps += [
            Step(found.workflow.name, "delete", before=found)
            for name, found in stored.items()
            if name not in wanted and (not tag or tag in found.workflow.tags)
        ]
    return sorted(steps, key=lambda step: (step.action == "delete", step.name.casefold()))


def _step(path: Path, document: WorkflowDocument, before: Stored | None, *, publish: bool, prune: bool) -> Step:
    publishes = publish and document.graph is not None and (before is None or not document.same_graph(before.published))
    written = before.document().schedules or () if before else ()
    if document.schedules is None:
        schedules: list[ScheduleStep] = []
        after = replace(document, schedules=written)
    else:
        triggers = before.triggers if before else ()
        schedules = schedule_steps(written, triggers, document.schedules, prune=prune)
        after = replace(document, schedules=merged(written, document.schedules, prune=prune))
    step = Step(document.name, "create", publishes, path, before, after, schedules)
    if before is None:
        return step
    changed = step.changes_graph or step.changes_description or bool(schedules)
    return replace(step, action="change" if changed else "none")
