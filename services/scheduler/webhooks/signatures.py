"""Whether a delivery comes from who it should: one check per authentication, any of the live secrets will do.

Pure: what was sent, the secrets and the time go in; a Refusal or nothing comes out. Everything secret is compared in
constant time, and a signature is checked over the bytes as they came.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from services.scheduler.webhooks.model import Authentication, AuthType, Encoding, Incoming, SecretEncoding

TOLERANCE_SECONDS: Final = 300
"""How far the time a sender signed may be from ours, either way."""
SIGNATURES_READ: Final = 20
"""A header may hold several signatures, not any number."""
STANDARD_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a public prefix


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is not believed; nothing in it tells what would have been right."""

    reason: str
    message: str


MISSING: Final = "SIGNATURE_MISSING"
INVALID: Final = "SIGNATURE_INVALID"
EXPIRED: Final = "SIGNATURE_EXPIRED"
CREDENTIALS: Final = "CREDENTIALS_INVALID"


def check(auth: Authentication, secrets: Sequence[str], sent: Incoming, now: float) -> Refusal | None:
    """None when the delivery is believed. `now` is Unix time in seconds."""
    if auth.type is AuthType.NONE:
        return None
    return _CHECKS[auth.type](auth, secrets, sent, now)


def standard_key(secret: str) -> bytes:
    """The key in a Standard Webhooks secret (base64, padded or not). Raises ValueError when there is none in it."""
    return secret_bytes(secret.removeprefix(STANDARD_SECRET_PREFIX), SecretEncoding.BASE64)


def secret_bytes(secret: str, encoding: SecretEncoding) -> bytes:
    """The key that a secret's text stands for. Raises ValueError when it stands for none."""
    try:
        if encoding is SecretEncoding.TEXT:
            key = secret.encode()
        elif encoding is SecretEncoding.HEX:
            key = binascii.unhexlify(secret)
        else:
            key = base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"The secret is not written in {encoding}.") from None
    if not key:
        raise ValueError("The secret is empty.")
    return key


def twilio_content(url: str, content_type: str, body: bytes) -> bytes:
    """What Twilio signs: the full address, then every form field and value, sorted by name."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return url.encode()
    fields: dict[str, set[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        fields.setdefault(name, set()).add(value)
    return (url + "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))).encode()


def _bearer(_auth: Authentication, secrets: Sequence[str], sent: Incoming, _now: float) -> Refusal | None:
    scheme, _, given = (sent.header("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not _is_any(given.strip().encode(), (secret.encode() for secret in secrets)):
        return Refusal(CREDENTIALS, "Send the trigger's secret as `Authorization: Bearer <secret>`.")
    return None


def _basic(auth: Authentication, secrets: Sequence[str], sent: Incoming, _now: float) -> Refusal | None:
    scheme, _, given = (sent.header("authorization") or "").partition(" ")
    try:
        pair = base64.b64decode(given.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        pair = b""
    if not _is_any(pair, (f"{auth.username}:{secret}".encode() for secret in secrets)):
        return Refusal(CREDENTIALS, "Send the trigger's user name and secret by HTTP basic authentication.")
    return None


def _github(_auth: Authentication, secrets: Sequence[str], sent: Incoming, _now: float) -> Refusal | None:
    given = sent.header("x-hub-signature-256")
    if given is None:
        return Refusal(MISSING, "The header X-Hub-Signature-256 is missing. Set the same secret at the sender.")
    return _compare([given], (f"sha256={_hex(secret.encode(), sent.body)}" for secret in secrets))


def _stripe(_auth: Authentication, secrets: Sequence[str], sent: Incoming, now: float) -> Refusal | None:
    header = sent.header("stripe-signature")
    if header is None:
        return Refusal(MISSING, "The header Stripe-Signature is missing.")
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    at = next((value for name, value in parts if name == "t"), "")
    if refusal := _check_time(at, now):
        return refusal
    content = at.encode() + b"." + sent.body
    given = [value for name, value in parts if name == "v1"]
    return _compare(given, (_hex(secret.encode(), content) for secret in secrets))


def _slack(_auth: Authentication, secrets: Sequence[str], sent: Incoming, now: float) -> Refusal | None:
    at, given = sent.header("x-slack-request-timestamp"), sent.header("x-slack-signature")
    if at is None or given is None:
        return Refusal(MISSING, "The headers X-Slack-Request-Timestamp and X-Slack-Signature are missing.")
    if refusal := _check_time(at, now):
        return refusal
    content = b"v0:" + at.encode() + b":" + sent.body
    return _compare([given], (f"v0={_hex(secret.encode(), content)}" for secret in secrets))


def _standard_webhooks(_auth: Authentication, secrets: Sequence[str], sent: Incoming, now: float) -> Refusal | None:
    # Svix, where the standard comes from, still sends its own names.
    for family in ("webhook", "svix"):
        parts = [sent.header(f"{family}-{part}") for part in ("id", "timestamp", "signature")]
        if parts[2] is not None:
            break
    identifier, at, signatures = parts
    if not identifier or at is None or signatures is None:
        return Refusal(MISSING, "The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    if refusal := _check_time(at, now):
        return refusal
    content = f"{identifier}.{at}.".encode() + sent.body
    given = [value.removeprefix("v1,") for value in signatures.split(" ") if value.startswith("v1,")]
    keys = (standard_key(secret) for secret in secrets)
    return _compare(given, (base64.b64encode(_digest(key, content, "sha256")).decode() for key in keys))


def _twilio(_auth: Authentication, secrets: Sequence[str], sent: Incoming, _now: float) -> Refusal | None:
    given = sent.header("x-twilio-signature")
    if given is None:
        return Refusal(MISSING, "The header X-Twilio-Signature is missing.")
    content = twilio_content(sent.url, sent.header("content-type") or "", sent.body)
    expected = (base64.b64encode(_digest(secret.encode(), content, "sha1")).decode() for secret in secrets)
    return _compare([given], expected)


def _hmac(auth: Authentication, secrets: Sequence[str], sent: Incoming, _now: float) -> Refusal | None:
    given = sent.header(auth.header.lower())
    if given is None:
        return Refusal(MISSING, f"The header {auth.header} is missing.")
    if not given.startswith(auth.prefix):
        return Refusal(INVALID, f"The header {auth.header} does not begin with {auth.prefix!r}.")
    encode, normalise = _ENCODINGS[auth.encoding]
    keys = (secret_bytes(secret, auth.secret_encoding) for secret in secrets)
    digests = (_digest(key, sent.body, auth.algorithm) for key in keys)
    return _compare([normalise(given.removeprefix(auth.prefix).strip())], map(encode, digests))


_CHECKS: Final[Mapping[AuthType, Callable[[Authentication, Sequence[str], Incoming, float], Refusal | None]]] = {
    AuthType.BEARER: _bearer,
    AuthType.BASIC: _basic,
    AuthType.GITHUB: _github,
    AuthType.STRIPE: _stripe,
    AuthType.SLACK: _slack,
    AuthType.STANDARD_WEBHOOKS: _standard_webhooks,
    AuthType.TWILIO: _twilio,
    AuthType.HMAC: _hmac,
}
_ENCODINGS: Final[Mapping[Encoding, tuple[Callable[[bytes], str], Callable[[str], str]]]] = {
    Encoding.HEX: (lambda digest: digest.hex(), str.lower),
    Encoding.BASE64: (lambda digest: base64.b64encode(digest).decode(), str),
    Encoding.BASE64URL: (
        lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
        lambda given: given.rstrip("="),
    ),
}
"""How a digest is written, and how a given one is brought into the same form."""


def _check_time(text: str, now: float) -> Refusal | None:
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        return Refusal(INVALID, "The time that was signed is no Unix time in seconds.")
    if abs(now - int(text)) > TOLERANCE_SECONDS:
        message = f"The signed time is more than {TOLERANCE_SECONDS // 60} minutes from ours. Check both clocks."
        return Refusal(EXPIRED, message)
    return None


def _compare(given: Sequence[str], expected: Iterable[str]) -> Refusal | None:
    """Every pair is compared, so the time taken tells nothing of which one matched."""
    candidates = [value.strip().encode() for value in given[:SIGNATURES_READ]]
    found = [_is_any(right.encode(), candidates) for right in expected]
    if any(found):
        return None
    return Refusal(INVALID, "The signature does not match the body. Check that both sides have the same secret.")


def _is_any(value: bytes, others: Iterable[bytes]) -> bool:
    return any([hmac.compare_digest(value, other) for other in others])  # noqa: C419 - all of them, in constant time


def _hex(key: bytes, content: bytes) -> str:
    return _digest(key, content, "sha256").hex()


def _digest(key: bytes, content: bytes, algorithm: str) -> bytes:
    return hmac.digest(key, content, algorithm)
