"""What can be refused about forks, approvals and debugging. Reasons are part of the contract."""

from collections.abc import Sequence

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found

SHOWN_NODES = 20


def attempt_not_found() -> DomainError:
    """Unknown, over, or another runner's."""
    return not_found("ATTEMPT_NOT_FOUND", "attempt")


def artifact_not_found() -> DomainError:
    """Unknown, or nothing that this attempt needs."""
    return not_found("ARTIFACT_NOT_FOUND", "artifact")


def continuation_gone() -> DomainError:
    """The node runs were deleted by retention."""
    message = "The recorded outputs were deleted meanwhile. Start the workflow from its beginning."
    return DomainError(Kind.NOT_FOUND, "CONTINUATION_GONE", message)


def nothing_recorded() -> DomainError:
    """It never began."""
    message = "The execution never began, so nothing of it can be reused. Retry it from the start."
    return DomainError(Kind.WRONG_STATE, "NOTHING_RECORDED", message)


def unknown_node(node_id: str) -> DomainError:
    """The version has no such node."""
    message = f"This version has no node {node_id!r}."
    return invalid(message, FieldError("/fromNodeId", "Name a node of the version."), reason="NODE_UNKNOWN")


def inside_container(node_id: str, container: str) -> DomainError:
    """A turn of a loop cannot be entered from outside."""
    message = f"{node_id!r} stands inside {container!r}. Start from {container!r}, which then runs as a whole."
    return invalid(
        message, FieldError("/fromNodeId", f"Give {container} or another node of the top level."), reason="NODE_INSIDE"
    )


def not_reached(node_id: str, why: str, nodes: Sequence[str]) -> DomainError:
    """The execution never came so far."""
    message = f"The execution never reached {node_id!r}: {why} Start from one of those, or from the start."
    return DomainError(Kind.WRONG_STATE, "NODE_NOT_REACHED", message, facts={"nodes": list(nodes)[:SHOWN_NODES]})


def graph_changed(node_id: str, nodes: Sequence[str]) -> DomainError:
    """The outputs of another graph do not fit."""
    shown = ", ".join(list(nodes)[:SHOWN_NODES])
    message = (
        f"The versions differ before {node_id!r}, in: {shown}. Start from one of those, use the version that ran, "
        "or retry from the start."
    )
    return DomainError(Kind.WRONG_STATE, "GRAPH_CHANGED", message, facts={"nodes": list(nodes)})


def unknown_variables(names: Sequence[str]) -> DomainError:
    """Only declared variables can be edited."""
    fields = [FieldError(f"/vars/{name}", "The version declares no such variable.") for name in names]
    return invalid("Some variables are not declared.", *fields, reason="VARIABLE_UNKNOWN")


def approval_not_found() -> DomainError:
    """No approval has this id."""
    return not_found("APPROVAL_NOT_FOUND", "approval")


def already_decided(decision: str, by: str) -> DomainError:
    """The first word counts."""
    message = f"It was {decision.lower()} already, by {by or 'the time-out'}."
    return DomainError(Kind.WRONG_STATE, "ALREADY_DECIDED", message, facts={"decision": decision.lower()})


def execution_over(status: str) -> DomainError:
    """Nobody waits for the answer any more."""
    message = f"The execution that asked has ended ({status})."
    return DomainError(Kind.WRONG_STATE, "EXECUTION_ENDED", message, facts={"status": status})


def may_not_decide(message: str) -> DomainError:
    """The question goes to others."""
    return DomainError(Kind.FORBIDDEN, "NOT_A_DECIDER", message)


def not_debuggable(message: str) -> DomainError:
    """Only interactive executions at work can be debugged."""
    return DomainError(Kind.WRONG_STATE, "NOT_DEBUGGABLE", message)


def runner_unreachable() -> DomainError:
    """The word did not reach the runner."""
    message = "The runner cannot be reached at the moment. Try again shortly."
    return DomainError(Kind.UNAVAILABLE, "RUNNER_UNREACHABLE", message)
