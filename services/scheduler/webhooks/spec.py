"""Reads and judges what people say about a webhook: its authentication, filter, networks and limits. Pure."""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import fields, replace
from enum import StrEnum
from ipaddress import ip_network
from typing import Any, Final, TypeVar

from runner.workflow.evaluation import ExpressionError
from runner.workflow.expressions import compile_expression
from services.kit.errors import FieldError
from services.scheduler.webhooks.errors import webhook_invalid
from services.scheduler.webhooks.model import (
    Algorithm,
    Authentication,
    AuthType,
    Encoding,
    Network,
    SecretEncoding,
    Webhook,
)
from services.scheduler.webhooks.signatures import STANDARD_SECRET_PREFIX, secret_bytes, standard_key

MAXIMUM_SECRET: Final = 512
MAXIMUM_FILTER: Final = 4_000
MAXIMUM_NETWORKS: Final = 100
MAXIMUM_RATE: Final = 1_000_000
SECRET_BYTES: Final = 32

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_REFERENCES: Final = frozenset({"inputs"})
EnumT = TypeVar("EnumT", bound=StrEnum)


def read_webhook(spec: Any, before: Webhook | None, clear: Sequence[str] = ()) -> Webhook:
    """What a WebhookSpec makes of a webhook (None: a new one); `clear` empties members by their names in the API.

    Raises WEBHOOK_INVALID naming every wrong member.
    """
    webhook = before or Webhook(Authentication())
    if "filter" in clear:
        webhook = replace(webhook, filter="")
    if "allowedIps" in clear:
        webhook = replace(webhook, allowed_ips=())
    if "rateLimit" in clear:
        webhook = replace(webhook, rate_limit=None)
    problems: list[FieldError] = []
    if spec.HasField("auth"):
        webhook = replace(webhook, auth=_read_auth(spec.auth, webhook.auth, problems))
    if spec.HasField("filter"):
        webhook = replace(webhook, filter=_read_filter(spec.filter, problems))
    if spec.set_allowed_ips or spec.allowed_ips:
        webhook = replace(webhook, allowed_ips=_read_networks(spec.allowed_ips, problems))
    if spec.HasField("rate_limit"):
        if not 0 <= spec.rate_limit <= MAXIMUM_RATE:
            problems.append(FieldError("/rateLimit", f"Give deliveries a minute from 1 to {MAXIMUM_RATE}, or 0."))
        webhook = replace(webhook, rate_limit=spec.rate_limit or None)
    if problems:
        raise webhook_invalid(*problems)
    return webhook


def check_secret(auth: Authentication, secret: str) -> str:
    """The secret, if it can be one for this authentication. Raises WEBHOOK_INVALID."""
    detail = ""
    if not 1 <= len(secret) <= MAXIMUM_SECRET or not secret.isprintable() or secret != secret.strip():
        detail = f"Give 1 to {MAXIMUM_SECRET} printable characters without spaces around them."
    try:
        if auth.type is AuthType.STANDARD_WEBHOOKS:
            standard_key(secret)
        elif auth.type is AuthType.HMAC:
            secret_bytes(secret, auth.secret_encoding)
    except ValueError as error:
        detail = detail or str(error)
    if detail:
        raise webhook_invalid(FieldError("/auth/secret", detail))
    return secret


def make_secret(auth: Authentication) -> str:
    """256 random bits, written as this authentication wants them."""
    raw = secrets.token_bytes(SECRET_BYTES)
    if auth.type is AuthType.STANDARD_WEBHOOKS:
        return STANDARD_SECRET_PREFIX + base64.b64encode(raw).decode()
    if auth.type is AuthType.HMAC and auth.secret_encoding is SecretEncoding.HEX:
        return raw.hex()
    if auth.type is AuthType.HMAC and auth.secret_encoding is SecretEncoding.BASE64:
        return base64.b64encode(raw).decode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bare_expression(text: str) -> str:
    """The filter without the braces it may be written in."""
    stripped = text.strip()
    if stripped.startswith("{{") and stripped.endswith("}}"):
        return stripped[2:-2].strip()
    return stripped


def shown(webhook: Webhook) -> dict[str, object]:
    """The webhook as audit rows show it; it holds no secrets."""
    options = {field.name: getattr(webhook.auth, field.name) for field in fields(Authentication)}
    return {
        "auth": {name: str(value) for name, value in options.items() if value or name == "type"},
        "filter": webhook.filter,
        "allowedIps": [str(network) for network in webhook.allowed_ips],
        "rateLimit": webhook.rate_limit,
    }


def _read_auth(spec: Any, before: Authentication, problems: list[FieldError]) -> Authentication:
    auth = before
    if spec.HasField("type"):
        given = _word(AuthType, spec.type, "/auth/type", problems)
        # Another type begins without the options of the one before.
        auth = replace(before, type=given) if given is before.type else Authentication(given)
    if spec.HasField("username"):
        auth = replace(auth, username=spec.username)
    if spec.HasField("header"):
        auth = replace(auth, header=spec.header)
    if spec.HasField("prefix"):
        auth = replace(auth, prefix=spec.prefix)
    if spec.HasField("algorithm"):
        auth = replace(auth, algorithm=_word(Algorithm, spec.algorithm, "/auth/algorithm", problems))
    if spec.HasField("encoding"):
        auth = replace(auth, encoding=_word(Encoding, spec.encoding, "/auth/encoding", problems))
    if spec.HasField("secret_encoding"):
        encoding = _word(SecretEncoding, spec.secret_encoding, "/auth/secretEncoding", problems)
        auth = replace(auth, secret_encoding=encoding)
    _check_auth(auth, problems)
    return auth


def _check_auth(auth: Authentication, problems: list[FieldError]) -> None:
    if auth.type is AuthType.BASIC and (
        not 1 <= len(auth.username) <= 100 or re.search(r"[:\x00-\x1f]", auth.username)
    ):
        problems.append(FieldError("/auth/username", "Give 1 to 100 characters, without a colon."))
    if auth.type is AuthType.HMAC and not _HEADER.fullmatch(auth.header):
        problems.append(FieldError("/auth/header", "Name the header that carries the signature."))
    if len(auth.prefix) > 50 or not auth.prefix.isprintable():
        problems.append(FieldError("/auth/prefix", "Give at most 50 printable characters."))
    if auth.type is not AuthType.HMAC and (auth.header or auth.prefix):
        problems.append(FieldError("/auth/type", "Only hmac has a header and a prefix."))


def _read_filter(text: str, problems: list[FieldError]) -> str:
    expression = bare_expression(text)
    if not expression:
        return ""
    if len(expression) > MAXIMUM_FILTER:
        problems.append(FieldError("/filter", f"Give at most {MAXIMUM_FILTER} characters."))
        return ""
    try:
        references = compile_expression(expression).references
    except ExpressionError as error:
        problems.append(FieldError("/filter", str(error)))
        return ""
    strange = sorted({reference.root for reference in references} - _REFERENCES)
    if strange:
        problems.append(FieldError("/filter", f"A filter knows inputs alone, not {', '.join(strange)}."))
    return expression


def _read_networks(texts: Sequence[str], problems: list[FieldError]) -> tuple[Network, ...]:
    if len(texts) > MAXIMUM_NETWORKS:
        problems.append(FieldError("/allowedIps", f"Give at most {MAXIMUM_NETWORKS} networks."))
        return ()
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            problems.append(
                FieldError(f"/allowedIps/{number}", "Give an address or network such as 192.0.2.0/24 or 2001:db8::/32.")
            )
    return tuple(found)


def _word(kind: type[EnumT], word: str, pointer: str, problems: list[FieldError]) -> EnumT:
    try:
        return kind(word)
    except ValueError:
        problems.append(FieldError(pointer, f"Give one of {', '.join(kind)}."))
        return next(iter(kind))
