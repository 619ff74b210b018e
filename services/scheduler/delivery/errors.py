"""Refusals about event endpoints. Reasons are part of the contract."""

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found
from services.scheduler.delivery.model import MAXIMUM_ENDPOINTS


def endpoint_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("ENDPOINT_NOT_FOUND", "event endpoint")


def delivery_not_found() -> DomainError:
    """Unknown, forgotten, or of another endpoint."""
    return not_found("DELIVERY_NOT_FOUND", "delivery")


def name_taken(name: str) -> DomainError:
    """Names are unique among endpoints, whatever their case."""
    return DomainError(Kind.EXISTS, "NAME_TAKEN", f"There is an event endpoint {name!r} already. Choose another name.")


def too_many_endpoints() -> DomainError:
    """Each endpoint costs work for every event."""
    return DomainError(
        Kind.WRONG_STATE,
        "TOO_MANY_ENDPOINTS",
        f"There are {MAXIMUM_ENDPOINTS} event endpoints, which is the most. Delete one, or let one receiver fan out.",
    )


def endpoint_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    return DomainError(
        Kind.CHANGED, "ENDPOINT_CHANGED", "The endpoint was changed meanwhile. Load it again, then save your changes."
    )


def bad_url(detail: str) -> DomainError:
    """Not an address events can be sent to."""
    return invalid("The address of the endpoint cannot be used.", FieldError("/url", detail), reason="ENDPOINT_URL")


def private_not_allowed(detail: str) -> DomainError:
    """Private addresses are for administrators, where the installation permits them."""
    return DomainError(
        Kind.FORBIDDEN, "PRIVATE_NOT_ALLOWED", detail, fields=[FieldError("/allowPrivate", "Leave it out or false.")]
    )


def headers_needed() -> DomainError:
    """Values that nobody may read back must not be sent elsewhere by a mere change of the address."""
    return invalid(
        "The address names another server, so the endpoint's own headers must be given again.",
        FieldError("/headers", "Give them with their values, or {} for none."),
        reason="HEADERS_NEEDED",
    )


def replay_of_nothing() -> DomainError:
    """A replay that names no deliveries."""
    return invalid(
        "Say what to send again.",
        FieldError("/deliveryIds", "Give ids, a status, missed, or a span by from and to."),
        reason="REPLAY_OF_NOTHING",
    )
