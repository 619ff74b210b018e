"""Secrets at rest: an AES-256-GCM envelope under the Hub's key, which lies in a file outside the database.

Each value has a data key of its own, wrapped by the key-encryption key whose id stands in the envelope. The associated
data binds an envelope to what it belongs to: moved to another row or put back after a change, it does not open.
Owns neither where keys come from (`EXEKRA_VAULT_KEY_FILE`) nor who may ask for a value.

    envelope := 0x01 · key id (8) · nonce (12) · wrapped data key (48) · nonce (12) · ciphertext with its tag
"""

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 8
_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_WRAPPED_BYTES: Final = KEY_BYTES + 16
_KEY_AT: Final = len(_FORMAT)
_WRAPPED_AT: Final = _KEY_AT + KEY_ID_BYTES
_SEALED_AT: Final = _WRAPPED_AT + _NONCE_BYTES + _WRAPPED_BYTES
_SMALLEST: Final = _SEALED_AT + _NONCE_BYTES + 16
_KEY_LINE: Final = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")


class SealingError(Exception):
    """A key is missing or malformed, or an envelope does not open: an error of operation, never of a request."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sealed value belongs to; `version` counts its changes, so that an old value cannot be put back."""

    kind: str
    id: str
    version: int

    def encode(self) -> bytes:
        """The associated data, without ambiguity between its parts."""
        return json.dumps([self.kind, self.id, self.version], separators=(",", ":")).encode()


class Sealer:
    """Seals under the first of its keys and opens under any of them; the others are those that were in use before."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise SealingError(f"A vault key is {KEY_BYTES} bytes, and there must be one.")
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self._current = key_id(keys[0])

    @classmethod
    def parse(cls, text: str) -> "Sealer":
        """From lines of 64 hexadecimal digits: the key in use, then older ones. Raises SealingError."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines:
            raise SealingError("There is no vault key. Set EXEKRA_VAULT_KEY_FILE to a file with 64 hexadecimal digits.")
        for number, line in enumerate(lines, 1):
            if not _KEY_LINE.fullmatch(line):
                raise SealingError(f"Line {number} of the vault key is not {2 * KEY_BYTES} hexadecimal digits.")
        return cls([bytes.fromhex(line) for line in lines])

    @property
    def current(self) -> bytes:
        """The id of the key in use; in SQL `substring(envelope FROM 2 FOR 8)` is that of an envelope."""
        return self._current

    def seal(self, value: bytes, binding: Binding) -> bytes:
        """The envelope of a value."""
        data_key = secrets.token_bytes(KEY_BYTES)
        return self._wrap(data_key, binding) + _encrypt(AESGCM(data_key), value, binding)

    def open(self, envelope: bytes, binding: Binding) -> bytes:
        """The value. Raises SealingError for an unknown key, another binding or a changed envelope."""
        data_key = self._unwrap(envelope, binding)
        return _decrypt(AESGCM(data_key), envelope[_SEALED_AT:], binding)

    def is_current(self, envelope: bytes) -> bool:
        """Whether it is under the key in use; if not, `rewrap` it before the old key is taken away."""
        return envelope[_KEY_AT:_WRAPPED_AT] == self._current

    def rewrap(self, envelope: bytes, binding: Binding) -> bytes:
        """The same value under the key in use; only the data key is wrapped anew. Raises SealingError."""
        return self._wrap(self._unwrap(envelope, binding), binding) + envelope[_SEALED_AT:]

    def _wrap(self, data_key: bytes, binding: Binding) -> bytes:
        return _FORMAT + self._current + _encrypt(self._keys[self._current], data_key, binding)

    def _unwrap(self, envelope: bytes, binding: Binding) -> bytes:
        if len(envelope) < _SMALLEST or not envelope.startswith(_FORMAT):
            raise SealingError("This is no sealed value.")
        found = envelope[_KEY_AT:_WRAPPED_AT]
        key = self._keys.get(found)
        if key is None:
            raise SealingError(f"The value is sealed under the key {found.hex()}, which is not in the vault key file.")
        return _decrypt(key, envelope[_WRAPPED_AT:_SEALED_AT], binding)


def key_id(key: bytes) -> bytes:
    """Names a key without telling anything of it."""
    return hashlib.sha256(b"exekra vault key id\x00" + key).digest()[:KEY_ID_BYTES]


def _encrypt(cipher: AESGCM, value: bytes, binding: Binding) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, value, binding.encode())


def _decrypt(cipher: AESGCM, sealed: bytes, binding: Binding) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], binding.encode())
    except InvalidTag:
        raise SealingError(
            f"The sealed value of {binding.kind} {binding.id} does not open: it was changed, or belongs elsewhere."
        ) from None
