"""Refusals about credentials. Reasons are part of the contract; no message holds anything of a value."""

from collections.abc import Sequence

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found

SHOWN_WORKFLOWS = 10


def credential_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("CREDENTIAL_NOT_FOUND", "credential")


def credential_invalid(pointer: str, detail: str) -> DomainError:
    """One member of a request is wrong."""
    return invalid("The request has a member that is not valid.", FieldError(pointer, detail))


def credential_name_taken(name: str) -> DomainError:
    """Names are unique, whatever their case."""
    return DomainError(
        Kind.EXISTS,
        "NAME_TAKEN",
        f"There is a credential {name!r} already. Choose another name, or replace its value.",
        fields=[FieldError("/name", "Choose a name that no other credential has.")],
    )


def credential_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    return DomainError(
        Kind.CHANGED,
        "CREDENTIAL_CHANGED",
        "The credential was changed meanwhile. Load it again, then save your changes.",
    )


def credential_in_use(names: Sequence[str]) -> DomainError:
    """Executions would fail where they read it."""
    shown = ", ".join(repr(name) for name in names[:SHOWN_WORKFLOWS])
    more = " and others" if len(names) > SHOWN_WORKFLOWS else ""
    return DomainError(
        Kind.WRONG_STATE,
        "CREDENTIAL_IN_USE",
        f"The workflows {shown}{more} name the credential and would fail. Change them first, or delete it with force.",
        facts={"workflows": list(names[:SHOWN_WORKFLOWS])},
    )


def attempt_not_live() -> DomainError:
    """The runner may not have secrets for this attempt (any more)."""
    return not_found("ATTEMPT_NOT_FOUND", "attempt of an execution on this runner")


def named_credential_not_found(name: str) -> DomainError:
    """A workflow names a credential that there is not."""
    message = f"There is no credential {name[:100]!r}. Make it in the vault, or correct the name in the workflow."
    return DomainError(Kind.NOT_FOUND, "CREDENTIAL_NOT_FOUND", message)


def credential_not_named(name: str) -> DomainError:
    """The runner asks for what the execution has no use for."""
    message = f"No graph of this execution names the credential {name[:100]!r}, so it is not released."
    return DomainError(Kind.FORBIDDEN, "CREDENTIAL_NOT_NAMED", message)


def credential_not_allowed(name: str, workflow: str) -> DomainError:
    """It is kept for other workflows."""
    message = (
        f"The credential {name!r} is not for the workflow {workflow!r}. Add the workflow to those that may use it, in "
        "the vault, or use another credential."
    )
    return DomainError(Kind.FORBIDDEN, "CREDENTIAL_NOT_ALLOWED", message)
