"""What can be refused about executions, and the stable reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.kit.errors import DomainError, FieldError, Kind, not_found


def execution_not_found() -> DomainError:
    """No execution has this id."""
    return not_found("EXECUTION_NOT_FOUND", "execution")


def inputs_invalid(fields: Sequence[FieldError]) -> DomainError:
    """The inputs do not fit the workflow's declarations."""
    message = "The inputs do not fit what the workflow declares. Correct the fields named."
    return DomainError(Kind.INVALID, "INPUTS_INVALID", message, fields=fields)


def licence_refused(reason: str, message: str) -> DomainError:
    """The licence allows no new executions."""
    return DomainError(
        Kind.PAYMENT, "LICENCE_REFUSED", message or "The licence allows no new executions.", facts={"cause": reason}
    )


def licence_frozen(kind: Kind, message: str) -> DomainError:
    """The licence allows the work that there is, and nothing to be added to it."""
    return DomainError(kind, "LICENCE_FROZEN", message)


def runner_unavailable(obstacles: Sequence[Mapping[str, Any]]) -> DomainError:
    """The chosen runner cannot begin now, and why."""
    why = " ".join(str(obstacle["message"]) for obstacle in obstacles)
    message = f"The runner cannot begin now. {why}".strip()
    return DomainError(Kind.WRONG_STATE, "RUNNER_UNAVAILABLE", message, facts={"obstacles": list(obstacles)})


def already_ended(status: str) -> DomainError:
    """There is nothing left to stop."""
    return DomainError(
        Kind.WRONG_STATE, "ALREADY_ENDED", f"The execution has ended already ({status}).", facts={"status": status}
    )


def not_ended(status: str) -> DomainError:
    """Only what has ended can be repeated."""
    message = f"The execution is still {status}. Stop it first, or wait for its end."
    return DomainError(Kind.WRONG_STATE, "NOT_ENDED", message, facts={"status": status})


def not_lost(status: str) -> DomainError:
    """Only a LOST execution needs a person's word."""
    message = f"The execution is {status}; only a LOST one can be resolved."
    return DomainError(Kind.WRONG_STATE, "NOT_LOST", message, facts={"status": status})
