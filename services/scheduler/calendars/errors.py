"""Refusals about calendars. Reasons are part of the contract."""

from collections.abc import Sequence

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found

SHOWN_USERS = 10


def calendar_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("CALENDAR_NOT_FOUND", "calendar")


def calendars_unknown(fields: Sequence[FieldError]) -> DomainError:
    """Something stands on calendars that there are not."""
    return invalid("Some of the calendars do not exist. Make them first.", *fields, reason="CALENDAR_NOT_FOUND")


def name_taken(name: str) -> DomainError:
    """Names are unique, whatever their case."""
    return DomainError(Kind.EXISTS, "NAME_TAKEN", f"There is a calendar {name!r} already. Choose another name.")


def calendar_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    return DomainError(
        Kind.CHANGED, "CALENDAR_CHANGED", "The calendar was changed meanwhile. Load it again, then save your changes."
    )


def calendar_in_use(names: Sequence[str], *, more: bool) -> DomainError:
    """Schedules would run on days they were kept from."""
    listed = ", ".join(repr(name) for name in names) + (" and others" if more else "")
    return DomainError(
        Kind.WRONG_STATE,
        "CALENDAR_IN_USE",
        f"The calendar is used by {listed}. Take it out of these triggers, then delete it.",
        facts={"triggers": list(names)},
    )


def timezone_unknown(name: str, suggestions: Sequence[str]) -> DomainError:
    """The zone is in no table of zones."""
    meant = f" Did you mean {' or '.join(suggestions)}?" if suggestions else ' Give an IANA name like "Europe/Berlin".'
    message = f"There is no time zone {name[:64]!r}.{meant}"
    return invalid(message, FieldError("/timezone", message), reason="TIMEZONE_UNKNOWN")


def ics_invalid(message: str, pointer: str = "/ics") -> DomainError:
    """The document cannot be used."""
    return invalid(message, FieldError(pointer, message), reason="ICS_INVALID")


def ics_unreachable(message: str) -> DomainError:
    """The source gave no document."""
    return invalid(message, FieldError("/url", message), reason="ICS_UNREACHABLE")


def address_refused(message: str) -> DomainError:
    """The Hub does not connect to such addresses."""
    return invalid(message, FieldError("/url", message), reason="ADDRESS_REFUSED")
