"""Refusals about global variables. Reasons are part of the contract."""

from collections.abc import Sequence

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found
from services.scheduler.variables.model import MAXIMUM_VALUE_BYTES, MAXIMUM_VARIABLES

SHOWN_USERS = 10


def variable_not_found() -> DomainError:
    """Unknown or deleted."""
    return not_found("VARIABLE_NOT_FOUND", "variable")


def name_invalid() -> DomainError:
    """Expressions could not read it by this name."""
    hint = "Use a letter or underscore, then letters, digits and underscores; at most 64 characters."
    return invalid("The name cannot be used in expressions.", FieldError("/name", hint), reason="NAME_INVALID")


def name_taken(name: str) -> DomainError:
    """Names are unique, whatever their case."""
    return DomainError(Kind.EXISTS, "NAME_TAKEN", f"There is a variable {name!r} already. Choose another name.")


def value_too_large() -> DomainError:
    """A value travels with every execution that reads it."""
    hint = f"Give at most {MAXIMUM_VALUE_BYTES} bytes of JSON; keep more in a file or a database."
    return invalid("The value is too large.", FieldError("/value", hint), reason="VALUE_TOO_LARGE")


def too_many_variables() -> DomainError:
    """There is no room for another one."""
    message = f"There are {MAXIMUM_VARIABLES} variables already. Delete one, or keep several values in one object."
    return DomainError(Kind.WRONG_STATE, "TOO_MANY_VARIABLES", message)


def variable_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    message = "The variable was changed meanwhile. Load it again, then save your changes."
    return DomainError(Kind.CHANGED, "VARIABLE_CHANGED", message)


def variable_in_use(names: Sequence[str], doing: str) -> DomainError:
    """Published workflows would fail at it."""
    listed = ", ".join(map(repr, names[:SHOWN_USERS])) + (" and others" if len(names) > SHOWN_USERS else "")
    message = f"The variable is read by {listed}. Publish them without it before you {doing} it."
    return DomainError(Kind.WRONG_STATE, "VARIABLE_IN_USE", message, facts={"workflows": list(names[:SHOWN_USERS])})
