"""What can go wrong with a call. Every problem document becomes one class by its status, with its stable `reason`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class HubError(Exception):
    """Anything this package raises on purpose."""


class AddressError(HubError):
    """The address is none of a Hub."""


class AuthorityError(HubError):
    """The certificate authority or its fingerprint cannot be used, or they do not belong together."""


class UnreachableError(HubError):
    """Nothing answered. A change that was `sent` may have been done all the same."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class UntrustedError(UnreachableError):
    """Something answered, with a certificate that is not believed. Nothing was sent."""


class NotEndedError(HubError):
    """The time to wait for an execution is over; the execution goes on."""


@dataclass(frozen=True, slots=True)
class WrongMember:
    """One member of a request that was refused; `pointer` is a JSON pointer into it."""

    pointer: str
    detail: str


class Problem(HubError):
    """The Hub's refusal (RFC 9457). `reason` is the word to switch on; `document` holds whatever else stood there.

    `retry_after` is the header of that name as it came.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: str | None = None) -> None:
        self.status = status
        self.document = document
        self.retry_after = retry_after
        self.reason = str(document.get("reason", ""))
        self.detail = str(document.get("detail") or document.get("title") or f"The Hub answered {status}.")
        self.request_id = str(document.get("requestId", ""))
        self.errors = tuple(
            WrongMember(str(entry.get("pointer", "")), str(entry.get("detail", "")))
            for entry in document.get("errors") or ()
        )
        super().__init__(f"{self.detail} ({status}{' ' + self.reason if self.reason else ''})")


class Invalid(Problem):
    """400, 413, 415, 422: the request is wrong and stays so; `errors` names the places."""


class NotSignedIn(Problem):
    """401: no credential, or one that is not good (any longer)."""


class LicenceRefused(Problem):
    """402: the licence does not allow more of it."""


class Forbidden(Problem):
    """403: the credential lacks the permission."""


class NotFound(Problem):
    """404: there is none, or it may not be seen."""


class Conflict(Problem):
    """409: its state does not allow it."""


class Changed(Problem):
    """412: somebody else changed it since it was read."""


class RateLimited(Problem):
    """429, once waiting as long as `Retry-After` says did not help or would have taken too long."""


class Unavailable(Problem):
    """502, 503, 504: a part of the Hub is away."""


class HubFailed(Problem):
    """500: a fault of the Hub; `request_id` finds it in its log."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    401: NotSignedIn,
    402: LicenceRefused,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Changed,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def problem(status: int, document: Mapping[str, Any], retry_after: str | None = None) -> Problem:
    """The class that a status stands for."""
    kind = _BY_STATUS.get(status) or (Invalid if status < 500 else HubFailed)
    return kind(status, document, retry_after)
