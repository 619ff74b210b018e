"""The license service's refusals."""

from services.kit.errors import DomainError, FieldError, Kind, invalid


def seats_exhausted(kind: str, limit: int) -> DomainError:
    """Every seat is held."""
    return DomainError(
        Kind.PAYMENT,
        "LICENCE_SEATS_EXHAUSTED",
        f"The licence covers {limit} {kind}s and all are in use. "
        f"Delete a {kind} that is no longer needed, or extend the licence.",
        facts={"limit": limit},
    )


def unknown_seat_kind(kind: str) -> DomainError:
    """There are no such seats."""
    return invalid(f"There are no seats of the kind {kind!r}.", FieldError("/kind", 'Give "runner".'))


def holder_missing() -> DomainError:
    """A seat needs somebody who holds it."""
    return invalid("A seat needs a holder.", FieldError("/holderId", "Give the id of the runner."))
