"""As whom a program calls, and which certificates it believes. Knows nothing of requests."""

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.client.errors import AuthorityError

CSRF_HEADER = "X-Exekra-Csrf"
SAFE_METHODS = frozenset({"GET", "HEAD"})
_HEX_DIGITS = 64


class Credential(Protocol):
    """What makes a call somebody's."""

    def headers(self, method: str) -> Mapping[str, str]:
        """The headers that carry it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key made in the Studio, by `POST /api/api-keys` or with `exekra`; it needs no CSRF token."""

    value: str

    def headers(self, method: str) -> Mapping[str, str]:  # noqa: ARG002 - the protocol's
        """`Authorization: Bearer …`."""
        return {"Authorization": f"Bearer {self.value}"}


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """A session as signing in gave it: the cookie, and the token that calls which change something carry."""

    name: str
    value: str
    csrf_token: str

    def headers(self, method: str) -> Mapping[str, str]:
        """The cookie, and the token where it is needed."""
        headers = {"Cookie": f"{self.name}={self.value}"}
        if method not in SAFE_METHODS:
            headers[CSRF_HEADER] = self.csrf_token
        return headers


def tls_context(authority: str) -> ssl.SSLContext:
    """Trusts this authority (PEM text) alone, or the system's when it is empty. Raises AuthorityError."""
    try:
        return ssl.create_default_context(cadata=authority or None)
    except ssl.SSLError:
        raise AuthorityError("The certificate authority cannot be read: give PEM text.") from None


def parse_fingerprint(text: str) -> str:
    """64 hex digits from `sha256:…`, with or without colons. Raises ValueError."""
    digits = text.removeprefix("sha256:").replace(":", "").lower()
    if len(digits) != _HEX_DIGITS or set(digits) - set("0123456789abcdef"):
        raise ValueError("A fingerprint is SHA-256 in hex, as the Hub prints it at its start.")
    return digits


def fingerprint_of(pem: str) -> str:
    """SHA-256 (hex) of the certificate. Raises AuthorityError."""
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    except ValueError:
        raise AuthorityError("The Hub answered no certificate in PEM form.") from None
