"""What a delivery says: the document workflows get as `inputs.webhook`, and what of it may be stored and shown.

Credentials in headers never get further than the signature check: what is stored, shown and handed to workflows holds
`[redacted]` in their place.
"""

import base64
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from runner.workflow.documents import DocumentError, Json, parse_document
from services.scheduler.webhooks.model import AuthType, Incoming

MAXIMUM_BODY_BYTES: Final = 1024 * 1024
MAXIMUM_ID_LENGTH: Final = 200
REDACTED: Final = "[redacted]"
PREVIEW_BYTES: Final = 16 * 1024

MAXIMUM_FIELDS: Final = 2_000

# Signatures are none of these: they tell nothing of their secret, and help to find out why one was not believed.
_SENSITIVE: Final = re.compile(
    r"authorization|cookie|password|secret|token|api[-_]?key|credential|session|csrf", re.IGNORECASE
)
_CHARSETS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin-1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "utf-16": "utf-16",
}
"""Charsets that are decoded; Python knows more, some of which are slow on purpose-made text."""
_FORM: Final = "application/x-www-form-urlencoded"
_CHARSET: Final = re.compile(r'charset\s*=\s*"?([A-Za-z0-9._-]{1,40})', re.IGNORECASE)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_BINARY: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\ud800-\udfff]")
"""What text does not hold; as JSON each of these would take six bytes."""
_ID_HEADERS: Final = ("webhook-id", "svix-id", "x-github-delivery", "idempotency-key")


def is_sensitive(name: str) -> bool:
    """Whether a header or query parameter of this name holds what lets its reader in somewhere."""
    return _SENSITIVE.search(name) is not None


def redact_headers(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers as they may be stored."""
    return [(name, REDACTED if is_sensitive(name) else _storable(value)) for name, value in headers]


def redact_query(query: str) -> str:
    """The query as it may be shown; workflows get it whole, for senders who can only put their data there."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(is_sensitive(name) for name, _ in pairs):
        return query
    return urlencode([(name, REDACTED if is_sensitive(name) else value) for name, value in pairs], safe="[]")


def dedupe_id(auth_type: AuthType, sent: Incoming) -> str:
    """What the sender calls this delivery, so that the same one is known again; empty when it does not say.

    Stripe and Slack say it in the signed body alone.
    """
    for name in _ID_HEADERS:
        value = sent.header(name)
        if value:
            return _storable(value)[:MAXIMUM_ID_LENGTH]
    member = {AuthType.STRIPE: "id", AuthType.SLACK: "event_id"}.get(auth_type)
    if member is not None:
        document = parse_json(sent.body, sent.header("content-type") or "")
        value = document.get(member) if isinstance(document, dict) else None
        if isinstance(value, str):
            return value[:MAXIMUM_ID_LENGTH]
    return ""


def webhook_document(delivery_id: str, received_at: str, sent: Incoming) -> dict[str, Json]:
    """`{id, receivedAt, method, ip, headers, query, contentType, body, encoding, form?}`.

    `headers` and `query` are objects by name (headers in lower case); what stands several times is a list. `encoding`
    says what `body` is: "json" (parsed), "text" or "base64". A form comes parsed as `form` too.
    """
    content_type = sent.header("content-type") or ""
    body, encoding = read_body(sent.body, content_type)
    document: dict[str, Json] = {
        "id": delivery_id,
        "receivedAt": received_at,
        "method": sent.method,
        "ip": sent.ip,
        "headers": by_name(redact_headers(sent.headers)),
        "query": by_name(parse_pairs(sent.query)),
        "contentType": _storable(content_type),
        "body": body,
        "encoding": encoding,
    }
    if isinstance(body, str) and encoding == "text" and _media_type(content_type) == _FORM:
        document["form"] = by_name(parse_pairs(body))
    return document


def read_body(body: bytes, content_type: str) -> tuple[Json, str]:
    """The body and how it was read: parsed where it says to be JSON and is, else text, else base64."""
    document = parse_json(body, content_type)
    if document is not _NO_JSON:
        return document, "json"
    charset = _CHARSET.search(content_type)
    codec = _CHARSETS.get(charset[1].lower()) if charset else "utf-8"
    if codec is not None:
        try:
            text = body.decode(codec)
        except UnicodeDecodeError:
            text = "\x00"
        if not _BINARY.search(text):
            return text, "text"
    return base64.b64encode(body).decode(), "base64"


class _NoJson:
    """Stands for a body that is no JSON document; null is one."""


_NO_JSON: Final[Any] = _NoJson()


def parse_json(body: bytes, content_type: str) -> Any:
    """The document, or an object of no JSON type. Without a content type a body may turn out to be JSON."""
    media_type = _media_type(content_type)
    if media_type not in ("", "application/json", "text/json") and not media_type.endswith("+json"):
        return _NO_JSON
    try:
        return parse_document(body, max_bytes=MAXIMUM_BODY_BYTES)
    except DocumentError:
        return _NO_JSON


def preview(body: bytes, content_type: str) -> tuple[str, bool]:
    """The first 16 KiB as text a person can read, and whether that was all; empty for what is no text."""
    _, encoding = read_body(body, content_type)
    if encoding == "base64":
        return "", not body
    charset = _CHARSET.search(content_type)
    codec = (_CHARSETS.get(charset[1].lower()) if charset else None) or "utf-8"
    return _storable(body[:PREVIEW_BYTES].decode(codec, "ignore")), len(body) <= PREVIEW_BYTES


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a query or form; none of one with more than 2,000, which is kept as text alone."""
    if text.count("&") >= MAXIMUM_FIELDS:
        return []
    return [(_storable(name), _storable(value)) for name, value in parse_qsl(text, keep_blank_values=True)]


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, Json]:
    """Pairs as an object; what stands several times becomes a list."""
    found: dict[str, Json] = {}
    for name, value in pairs:
        known = found.get(name)
        if known is None:
            found[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            found[name] = [known, value]
    return found


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("�", text)
