"""The `.lic` file: a JSON object that says what was sold, and an Ed25519 signature over it.

    {"format": "exekra-licence/1", "kid": "…", "licence": {…}, "signature": "base64"}

Signed is `canonical({"format", "kid", "licence"})`: UTF-8 without a byte order mark, members sorted by name, no blanks
outside of strings, no escapes but `\\"`, `\\\\`, `\\b \\t \\n \\f \\r` and `\\u00xx` for other control characters,
numbers as integers alone. For such documents that is RFC 8785, so any of its implementations will do; blanks and the
order of members in the file itself do not matter. Members of `licence` that this version does not know are signed and
ignored.

Owns the form and the signature. Whether a genuine licence may be used here and now is the library's affair.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

from services.license.errors import licence_malformed, licence_tampered, licence_too_large, signing_key_unknown
from services.license.keys import KeyRing
from services.license.model import Terms

FORMAT: Final = "exekra-licence/1"
MAXIMUM_BYTES: Final = 64 * 1024
LARGEST_LIMIT: Final = 1_000_000
LONGEST_TEXT: Final = 200
MOST_FEATURES: Final = 100
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MEMBERS: Final = frozenset({"format", "kid", "licence", "signature"})


@dataclass(frozen=True, slots=True)
class SignedLicence:
    """A genuine licence: its terms, the key that vouches for it, and the file in its shortest form."""

    terms: Terms
    kid: str
    document: bytes


def read_licence(text: str, keys: KeyRing) -> SignedLicence:
    """Raises LICENCE_TOO_LARGE, LICENCE_MALFORMED, LICENCE_KEY_UNKNOWN, LICENCE_TAMPERED."""
    if len(text.encode(errors="surrogatepass")) > MAXIMUM_BYTES:
        raise licence_too_large(MAXIMUM_BYTES)
    envelope = _parse(text.removeprefix("\ufeff"))
    if not isinstance(envelope, dict) or envelope.keys() != _MEMBERS:
        raise licence_malformed("it has not the members of one")
    if envelope["format"] != FORMAT:
        raise licence_malformed(f"its format is not {FORMAT}; perhaps it needs a newer version of Exekra Hub")
    kid, licence = envelope["kid"], envelope["licence"]
    if not isinstance(kid, str) or not isinstance(licence, dict):
        raise licence_malformed("it has not the members of one")
    key = keys.find(kid)
    if key is None:
        raise signing_key_unknown(kid)
    try:
        key.verify(_signature(envelope["signature"]), signed_bytes(kid, licence))
    except InvalidSignature:
        raise licence_tampered() from None
    return SignedLicence(_terms(licence), kid, canonical(envelope))


def signed_bytes(kid: str, licence: dict[str, Any]) -> bytes:
    """What the signature is over."""
    return canonical({"format": FORMAT, "kid": kid, "licence": licence})


def canonical(document: Any) -> bytes:
    """See above. Raises LICENCE_MALFORMED for text that is no Unicode."""
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:
        raise licence_malformed("it holds text that is no Unicode") from None


def instant_text(at: datetime) -> str:
    """As licences write it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object_of, parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError):
        raise licence_malformed("it is not the JSON document that was issued") from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a member comes twice")
    return document


def _refuse_number(text: str) -> Any:
    raise ValueError(f"{text} is no integer")


def _signature(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _terms(licence: dict[str, Any]) -> Terms:
    """Of a document whose signature fits: what is wrong here, the issuer did wrong."""
    limits, features = licence.get("limits"), licence.get("features", [])
    if not isinstance(limits, dict):
        raise licence_malformed("it names no limits")
    if not isinstance(features, list) or len(features) > MOST_FEATURES:
        raise licence_malformed(f"its features are not a list of up to {MOST_FEATURES} names")
    expires = licence.get("expires")
    terms = Terms(
        id=_text(licence, "id"),
        customer=_text(licence, "customer"),
        edition=_text(licence, "edition"),
        runners=_limit(limits, "runners"),
        concurrent_executions=_limit(limits, "concurrentExecutions"),
        features=tuple(_text({"features": feature}, "features") for feature in features),
        not_before=_instant(licence, "notBefore"),
        expires_at=None if expires is None else _instant(licence, "expires"),
        installation_id=_text(licence, "installationId"),
        issued_at=_instant(licence, "issuedAt"),
    )
    if terms.expires_at is not None and terms.expires_at <= terms.not_before:
        raise licence_malformed("it ends before it begins")
    return terms


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_TEXT or not value.isprintable():
        raise licence_malformed(f"{name} is not a text of 1 to {LONGEST_TEXT} characters")
    return value


def _limit(limits: dict[str, Any], name: str) -> int:
    value = limits.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST_LIMIT:
        raise licence_malformed(f"limits.{name} is not a number of 1 to {LARGEST_LIMIT}")
    return value


def _instant(document: dict[str, Any], name: str) -> datetime:
    value = document.get(name)
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise licence_malformed(f"{name} is not a time such as 2026-01-31T00:00:00Z")
