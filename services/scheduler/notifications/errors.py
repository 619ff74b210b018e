"""Refusals about notification rules. Reasons are part of the contract."""

from services.kit.errors import DomainError, Kind, not_found
from services.scheduler.notifications.model import MAXIMUM_RULES


def rule_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("RULE_NOT_FOUND", "notification rule")


def name_taken(name: str) -> DomainError:
    """Names are unique among rules, whatever their case."""
    return DomainError(Kind.EXISTS, "NAME_TAKEN", f"There is a rule {name!r} already. Choose another name.")


def too_many_rules() -> DomainError:
    """Each rule costs work for every event."""
    return DomainError(
        Kind.WRONG_STATE, "TOO_MANY_RULES", f"There are {MAXIMUM_RULES} rules, which is the most. Delete one."
    )


def rule_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    return DomainError(
        Kind.CHANGED, "RULE_CHANGED", "The rule was changed meanwhile. Load it again, then save your changes."
    )


def mail_not_configured() -> DomainError:
    """There is no mail server to send by."""
    return DomainError(
        Kind.WRONG_STATE,
        "MAIL_NOT_CONFIGURED",
        "This Hub has no mail server. Set EXEKRA_SMTP_HOST and EXEKRA_SMTP_FROM.",
    )
