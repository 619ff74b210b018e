"""Opaque tokens of 256 random bits: sessions, API keys, CSRF. Only their SHA-256 is stored."""

import hashlib
import hmac
import secrets

API_KEY_PREFIX = "exk_"
_HINT_LENGTH = 10


def new_session_token() -> str:
    """Url-safe, 43 characters."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    """`exk_` and 43 characters."""
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


def hint_of(api_key: str) -> str:
    """The beginning that may be shown in lists."""
    return api_key[:_HINT_LENGTH]


def digest(token: str) -> bytes:
    """What the database keeps of a token. Random tokens need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(session_token: str) -> str:
    """Bound to the session and not computable without its token, which scripts cannot read."""
    return hmac.new(session_token.encode(), b"exekra csrf", hashlib.sha256).hexdigest()
