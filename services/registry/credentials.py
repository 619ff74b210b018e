"""Machine keys, machine secrets and pairing tokens: made here, kept only as SHA-256.

256 random bits need no slow hash: nobody guesses them, and 10,000 runners that reconnect at once must not take minutes.
"""

import hashlib
import hmac
import re
import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

SECRET_BYTES = 32
KEY_BYTES = 12
_MACHINE_KEY = re.compile(r"mk_[0-9a-f]{24}")


def make_machine_key() -> str:
    """The public half of a runner's identity."""
    return f"mk_{secrets.token_hex(KEY_BYTES)}"


def is_machine_key(text: str) -> bool:
    """True for what could be a key of ours."""
    return _MACHINE_KEY.fullmatch(text) is not None


def make_machine_secret() -> str:
    """The secret half: shown once, never stored."""
    return f"ms_{secrets.token_urlsafe(SECRET_BYTES)}"


def make_pairing_token() -> str:
    """Good for one pairing."""
    return f"pt_{secrets.token_urlsafe(SECRET_BYTES)}"


def digest(secret: str) -> bytes:
    """What is stored of a secret or token."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, stored: bytes) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(digest(secret), stored)


def fingerprint(ca_certificate: Path) -> str:
    """`sha256:<hex>` of the first certificate in a PEM file. Raises OSError or ValueError when there is none."""
    certificate = x509.load_pem_x509_certificate(ca_certificate.read_bytes())
    return f"sha256:{certificate.fingerprint(hashes.SHA256()).hex()}"


@dataclass(frozen=True, slots=True)
class PairingCommands:
    """Writes the command that a runner's owner types."""

    public_url: str
    fingerprint: str

    def write(self, token: str) -> str:
        """One line for a shell."""
        words = ("exekra-runner", "pair", self.public_url, "--token", token, "--fingerprint", self.fingerprint)
        return shlex.join(words)
