"""Refusals about workflows. Reasons are part of the contract."""

from collections.abc import Iterable

from runner.workflow.problems import Problem
from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found

SHOWN_PROBLEMS = 200
"""An error travels in gRPC metadata; more than so many problems help nobody."""

_SHOWN_CHARACTERS = 6_000


def workflow_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("WORKFLOW_NOT_FOUND", "workflow")


def version_not_found() -> DomainError:
    """The workflow has no such version."""
    return not_found("VERSION_NOT_FOUND", "version")


def name_taken(name: str) -> DomainError:
    """Names are unique among workflows that are not deleted, whatever their case."""
    return DomainError(Kind.EXISTS, "NAME_TAKEN", f"There is a workflow {name!r} already. Choose another name.")


def not_published(name: str) -> DomainError:
    """Triggers and people without `workflow:edit` run published versions only."""
    return DomainError(
        Kind.WRONG_STATE,
        "NOT_PUBLISHED",
        f"{name!r} has no published version. Publish it, or run its draft.",
    )


def nothing_drafted(name: str) -> DomainError:
    """An empty workflow can neither be run nor published."""
    return DomainError(Kind.WRONG_STATE, "NOT_DRAFTED", f"{name!r} has no graph yet. Save a draft first.")


def draft_changed() -> DomainError:
    """Somebody else saved since the caller looked."""
    return DomainError(
        Kind.CHANGED, "DRAFT_CHANGED", "The draft was changed meanwhile. Load it again, then save your changes."
    )


def live_executions(count: int) -> DomainError:
    """Deleting would leave running work without its workflow."""
    return DomainError(
        Kind.WRONG_STATE,
        "HAS_LIVE_EXECUTIONS",
        f"{count} executions of the workflow have not ended. Stop them or wait, then delete it.",
        facts={"count": count},
    )


def graph_malformed(problem: Problem) -> DomainError:
    """The bytes are no graph at all, not even one with problems."""
    return invalid(
        f"This is no workflow graph: {problem.message}",
        FieldError(f"/graph{problem.pointer}", problem.message),
        reason="GRAPH_MALFORMED",
    )


def graph_invalid(problems: Iterable[Problem]) -> DomainError:
    """Problems that stand in the way of publishing and running; each names its place in the graph."""
    found = [problem for problem in problems if problem.severity == "error"]
    fields, characters = [], 0
    for problem in found[:SHOWN_PROBLEMS]:
        where = f"Node {problem.node_id}: " if problem.node_id else ""
        fields.append(FieldError(f"/graph{problem.pointer}", where + problem.message))
        characters += len(problem.pointer) + len(problem.message)
        if characters > _SHOWN_CHARACTERS:
            break
    counted = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    return invalid(f"The graph has {counted}. Solve them, then try again.", *fields, reason="GRAPH_INVALID")


def import_unsupported(message: str) -> DomainError:
    """The document is not an export this version can read."""
    return invalid(message, FieldError("/format", message), reason="IMPORT_UNSUPPORTED")
