"""The license service's refusals."""

from datetime import datetime
from typing import Final

from services.kit.errors import DomainError, FieldError, Kind, invalid

_FILE: Final = "/file"


def seats_exhausted(kind: str, limit: int) -> DomainError:
    """Every seat is held."""
    return DomainError(
        Kind.PAYMENT,
        "LICENCE_SEATS_EXHAUSTED",
        f"The licence covers {limit} {kind}s and all are in use. "
        f"Delete a {kind} that is no longer needed, or extend the licence.",
        facts={"limit": limit},
    )


def seats_frozen(kind: str) -> DomainError:
    """The licence ended and its days of grace are over."""
    return DomainError(
        Kind.PAYMENT,
        "LICENCE_FROZEN",
        f"The licence has ended: no {kind} can be added until a new one is installed. Those there are work on.",
    )


def unknown_seat_kind(kind: str) -> DomainError:
    """There are no such seats."""
    return invalid(f"There are no seats of the kind {kind!r}.", FieldError("/kind", 'Give "runner".'))


def holder_missing() -> DomainError:
    """A seat needs somebody who holds it."""
    return invalid("A seat needs a holder.", FieldError("/holderId", "Give the id of the runner."))


def licence_too_large(limit: int) -> DomainError:
    """Far more than a licence needs."""
    return DomainError(
        Kind.TOO_LARGE,
        "LICENCE_TOO_LARGE",
        f"That is no licence file: a licence has at most {limit // 1024} KiB.",
        fields=[FieldError(_FILE, "Choose the .lic file you were sent.")],
    )


def licence_malformed(why: str) -> DomainError:
    """Not the form of a licence."""
    return _refused(
        "LICENCE_MALFORMED", f"That is no licence file: {why}.", "Choose the .lic file as you were sent it."
    )


def licence_tampered() -> DomainError:
    """The signature does not fit."""
    return _refused(
        "LICENCE_TAMPERED",
        "The licence was changed after it was issued: its signature does not fit.",
        "Ask for the file again, and install it as it is.",
    )


def signing_key_unknown(kid: str) -> DomainError:
    """Signed by somebody this version does not know."""
    return _refused(
        "LICENCE_KEY_UNKNOWN",
        f"The licence is signed with a key that this version of Exekra Hub does not know ({kid[:40]}).",
        "Upgrade Exekra Hub; if a reseller issued it, name their public key in EXEKRA_LICENSE_KEYS.",
    )


def other_installation(installation_id: str) -> DomainError:
    """Sold for somewhere else."""
    return _refused(
        "LICENCE_OTHER_INSTALLATION",
        "The licence was issued for another installation.",
        f"Ask for one that is issued for this installation: {installation_id}",
    )


def not_yet_valid(begins: datetime) -> DomainError:
    """Too early."""
    return _refused(
        "LICENCE_NOT_YET_VALID",
        f"The licence begins on {begins:%Y-%m-%d %H:%M} UTC.",
        "Install it then. If that is past already, set the clock of the Hub's machine right.",
    )


def licence_expired(ended: datetime) -> DomainError:
    """Too late."""
    return _refused(
        "LICENCE_EXPIRED", f"The licence ended on {ended:%Y-%m-%d %H:%M} UTC.", "Ask for a new one and install that."
    )


def _refused(reason: str, message: str, advice: str) -> DomainError:
    return invalid(message, FieldError(_FILE, advice), reason=reason)
