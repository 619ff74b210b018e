"""Plans: from what a Hub has and what files say to what must be done."""

from pathlib import Path
from typing import Any

from services.cli.files.document import WorkflowDocument
from services.cli.files.plan import Stored, plan
from services.client.models.workflows import Workflow

A, B = {"nodes": [{"id": "a"}]}, {"nodes": [{"id": "b"}]}


def stored(name: str, draft: Any, published: Any = None, **more: Any) -> dict[str, Stored]:
    return {name.casefold(): Stored(Workflow(id="1", name=name, draft_version=1, **more), draft, published)}


def files(name: str, graph: Any, description: str = "") -> dict[Path, WorkflowDocument]:
    return {Path(f"{name}.workflow.json"): WorkflowDocument(name, description, (), graph)}


def test_a_new_file_is_a_new_workflow() -> None:
    (step,) = plan(files("Bills", A), {}, publish=True, prune=False)
    assert (step.action, step.publish, step.changes_graph) == ("create", True, True)
    assert any(line.startswith("+") for line in step.diff())


def test_what_is_the_same_needs_nothing() -> None:
    (step,) = plan(files("Bills", A), stored("Bills", A, A), publish=True, prune=True)
    assert not step.changes
    assert step.diff() == []


def test_graph_description_and_the_case_of_a_name_are_changes_of_their_own() -> None:
    (step,) = plan(files("Bills", B), stored("Bills", A), publish=False, prune=False)
    assert (step.action, step.changes_graph, step.changes_description) == ("change", True, False)
    (step,) = plan(files("bills", A, "new"), stored("Bills", A), publish=False, prune=False)
    assert (step.action, step.changes_graph, step.changes_description) == ("change", False, True)
    assert '-  "name": "Bills",' in step.diff()


def test_publishing_looks_at_the_published_graph_alone() -> None:
    (step,) = plan(files("Bills", A), stored("Bills", A), publish=True, prune=False)
    assert (step.action, step.publish, step.changes) == ("none", True, True)
    (step,) = plan(files("Bills", A), stored("Bills", B, A), publish=True, prune=False)
    assert (step.action, step.publish) == ("change", False)
    (step,) = plan(files("Bills", None), {}, publish=True, prune=False)
    assert (step.action, step.publish) == ("create", False)


def test_only_pruning_deletes_and_it_comes_last() -> None:
    has = stored("Alpha", A)
    assert [step.action for step in plan(files("Bills", A), has, publish=False, prune=False)] == ["create"]
    assert [step.action for step in plan(files("Bills", A), has, publish=False, prune=True)] == ["create", "delete"]
    mine = {**has, **stored("Mine", A, tags=["git"])}
    pruned = plan(files("Bills", A), mine, publish=False, prune=True, tag="git")
    assert [(step.name, step.action) for step in pruned] == [("Bills", "create"), ("Mine", "delete")]
