"""Refusals about triggers. Reasons are part of the contract."""

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found


def trigger_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("TRIGGER_NOT_FOUND", "trigger")


def trigger_changed() -> DomainError:
    """Somebody else saved since the caller looked."""
    return DomainError(
        Kind.CHANGED, "TRIGGER_CHANGED", "The trigger was changed meanwhile. Load it again, then save your changes."
    )


def other_kind(members: str) -> DomainError:
    """A webhook has no cron, a schedule no secret."""
    return invalid("The trigger is of the other kind.", FieldError(members, "This kind of trigger has no such member."))


def no_secret() -> DomainError:
    """Nothing to rotate."""
    return DomainError(Kind.WRONG_STATE, "NO_SECRET", "This trigger has no secret that could be rotated.")
