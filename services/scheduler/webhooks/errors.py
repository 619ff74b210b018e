"""What can be refused about webhooks and deliveries, and the stable reasons."""

from services.kit.errors import DomainError, FieldError, Kind, not_found
from services.scheduler.webhooks.signatures import Refusal


def hook_not_found() -> DomainError:
    """No trigger has this token: unknown, deleted, or never there."""
    return DomainError(Kind.NOT_FOUND, "HOOK_NOT_FOUND", "There is no webhook at this address. Copy it again.")


def not_believed(refusal: Refusal) -> DomainError:
    """The delivery does not prove where it comes from."""
    return DomainError(Kind.UNAUTHENTICATED, refusal.reason, refusal.message)


def ip_not_allowed(ip: str) -> DomainError:
    """The trigger takes deliveries from some networks alone."""
    return DomainError(Kind.FORBIDDEN, "IP_NOT_ALLOWED", f"This webhook takes no deliveries from {ip}.")


def trigger_disabled() -> DomainError:
    """Somebody switched the trigger off."""
    return DomainError(Kind.WRONG_STATE, "TRIGGER_DISABLED", "This webhook is switched off. Enable its trigger first.")


def filter_failed(message: str) -> DomainError:
    """The filter could not be evaluated for this delivery."""
    return DomainError(Kind.INVALID, "FILTER_FAILED", f"The trigger's filter failed: {message}")


def delivery_not_found() -> DomainError:
    """No delivery has this id, or it is older than deliveries are kept."""
    return not_found("DELIVERY_NOT_FOUND", "delivery")


def trigger_not_found() -> DomainError:
    """No webhook trigger has this id."""
    return not_found("TRIGGER_NOT_FOUND", "trigger")


def no_secret() -> DomainError:
    """A trigger without authentication has nothing to rotate."""
    return DomainError(Kind.WRONG_STATE, "NO_SECRET", "This webhook demands no authentication, so it has no secret.")


def webhook_invalid(*fields: FieldError) -> DomainError:
    """Some members of the webhook are wrong."""
    first = fields[0]
    return DomainError(Kind.INVALID, "WEBHOOK_INVALID", f"{first.pointer}: {first.detail}", fields=fields)
