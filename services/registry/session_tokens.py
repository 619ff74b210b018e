"""Session tokens: short-lived, signed by this process, kept nowhere. After a restart runners authenticate again."""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.kit.clock import Clock
from services.registry.errors import unauthenticated

_BODY = struct.Struct(">16sId")


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What a valid token says. `secret_version` tells with which machine secret it was obtained."""

    runner_id: str
    secret_version: int
    expires_at: datetime


class SessionTokens:
    """Issues and reads tokens."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._lifetime = timedelta(seconds=seconds)
        self._key = os.urandom(32)

    def issue(self, runner_id: str, secret_version: int) -> tuple[str, datetime]:
        """A token and when it ends."""
        expires_at = self._clock.now() + self._lifetime
        body = _BODY.pack(UUID(runner_id).bytes, secret_version, expires_at.timestamp())
        return base64.urlsafe_b64encode(body + self._sign(body)).decode(), expires_at

    def read(self, token: str) -> SessionToken:
        """Raises UNAUTHENTICATED for anything but a token of ours that still holds."""
        try:
            content = base64.urlsafe_b64decode(token)
        except (binascii.Error, ValueError):
            raise unauthenticated() from None
        body, signature = content[: _BODY.size], content[_BODY.size :]
        if len(body) != _BODY.size or not hmac.compare_digest(signature, self._sign(body)):
            raise unauthenticated()
        runner, secret_version, expires = _BODY.unpack(body)
        expires_at = datetime.fromtimestamp(expires, UTC)
        if expires_at <= self._clock.now():
            raise unauthenticated()
        return SessionToken(runner_id=str(UUID(bytes=runner)), secret_version=secret_version, expires_at=expires_at)

    def is_ageing(self, token: SessionToken) -> bool:
        """True in the second half of its life: time for a fresh one."""
        return token.expires_at - self._clock.now() < self._lifetime / 2

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()
