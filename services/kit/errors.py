"""Domain errors: a kind, a stable reason, a message that says what to do, and facts.

`translation` owns the table from kind to gRPC code, `problem` the one from kind to HTTP. A service's own errors
live in its `errors.py` and are made by these classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of refusal it is. Only UNAVAILABLE is retried by machines."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    EXISTS = "exists"
    WRONG_STATE = "wrong_state"
    SUPERSEDED = "superseded"
    CHANGED = "changed"
    TOO_LARGE = "too_large"
    EXHAUSTED = "exhausted"
    PAYMENT = "payment"
    UNAVAILABLE = "unavailable"
    DEADLINE = "deadline"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: JSON pointer into the body, and what to put there instead."""

    pointer: str
    detail: str


class DomainError(Exception):
    """A refusal that is part of the contract. `reason` is UPPER_SNAKE and never changes its meaning."""

    def __init__(
        self,
        kind: Kind,
        reason: str,
        message: str,
        *,
        fields: Sequence[FieldError] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.fields = tuple(fields)
        self.facts = dict(facts or {})


def invalid(message: str, *fields: FieldError, reason: str = "INVALID") -> DomainError:
    """A request that can never succeed as it is."""
    return DomainError(Kind.INVALID, reason, message, fields=fields)


def not_found(reason: str, what: str) -> DomainError:
    """Unknown and forbidden ids answer alike, so nobody learns which ids exist."""
    return DomainError(Kind.NOT_FOUND, reason, f"There is no such {what}, or you may not see it.")


def unavailable(what: str) -> DomainError:
    """Something the service needs is away for now; the same call may be sent again."""
    return DomainError(Kind.UNAVAILABLE, "UNAVAILABLE", f"{what} cannot be reached at the moment. Try again shortly.")
