"""Webhook triggers and their deliveries as plain data. Ids are text, instants aware, secrets opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


class AuthType(StrEnum):
    """How a sender proves who it is."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    GITHUB = "github"
    STRIPE = "stripe"
    SLACK = "slack"
    STANDARD_WEBHOOKS = "standard-webhooks"
    TWILIO = "twilio"
    HMAC = "hmac"


class Algorithm(StrEnum):
    """The hash of a generic HMAC."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class Encoding(StrEnum):
    """How a generic HMAC is written down."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"


class SecretEncoding(StrEnum):
    """What the text of a generic HMAC's secret stands for: itself, or bytes written down."""

    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a trigger demands. `username` counts for BASIC, everything after it for HMAC."""

    type: AuthType = AuthType.NONE
    username: str = ""
    header: str = ""
    algorithm: Algorithm = Algorithm.SHA256
    encoding: Encoding = Encoding.HEX
    prefix: str = ""
    secret_encoding: SecretEncoding = SecretEncoding.TEXT


class Outcome(StrEnum):
    """What became of a delivery. All but REFUSED keep the sender's delivery id: sent again, it changes nothing."""

    ACCEPTED = "ACCEPTED"
    """It made an execution, or joined the one that held its deduplication key."""
    HELD = "HELD"
    """The trigger was paused by its outcome breaker; it becomes an execution when the trigger goes on."""
    IGNORED = "IGNORED"
    """The filter said no, or the sender only checked the address."""
    REFUSED = "REFUSED"
    """It could not become an execution; `reason` says why. It can be replayed."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a sender sent to a hook, as it came. Header names are in lower case; `url` is the address it was sent to.

    Texts hold no lone surrogates, so they can be encoded.
    """

    headers: Sequence[tuple[str, str]]
    query: str
    body: bytes
    ip: str
    method: str = "POST"
    url: str = ""

    def header(self, name: str) -> str | None:
        """The first header of this name (lower case)."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Webhook:
    """The details of a webhook trigger. `rate_limit`: deliveries a minute, None for the Hub's default."""

    auth: Authentication
    filter: str = ""
    allowed_ips: tuple[Network, ...] = ()
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """What a delivery meets: a webhook trigger that is not deleted, at one moment of the database (`now`).

    `secret` and `previous` are sealed; None where there is none, or its time is over. `paused`: its breaker is not
    closed.
    """

    trigger_id: str
    name: str
    workflow_id: str
    enabled: bool
    paused: bool
    inputs: bytes
    priority: int
    labels: Sequence[str]
    dedupe_key: str
    timeout_seconds: float
    queue_timeout_seconds: float
    webhook: Webhook
    secret: bytes | None
    secret_version: int
    previous: bytes | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A kept delivery. `headers` hold no credentials: those are never stored."""

    id: str
    trigger_id: str
    received_at: datetime
    outcome: Outcome
    sent: Incoming
    reason: str = ""
    message: str = ""
    execution_id: str | None = None
    dedupe_id: str = ""
    replay_of: str | None = None
    body_bytes: int = 0
    """Of the whole body, also where it was not read (in lists)."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Deliveries from one address that were turned away for one reason; `message` is that of the latest."""

    reason: str
    ip: str
    message: str
    times: int
    first_at: datetime
    last_at: datetime
