"""The public keys that licences are signed with. The private ones are nowhere in the product.

A key is named by its id (`kid`): the first eight bytes of the SHA-256 of its 32 bytes, in hexadecimal. Further keys
come from `EXEKRA_LICENSE_KEYS` (infra/decisions/0025 says why that takes nothing away).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES: Final = 32
KID_DIGITS: Final = 16
BUILT_IN: Final = ("ki2KkBSnbTx/KFbpz8CNOkW2xe9zler3onU8MQlAwYU=",)
"""In base64, as `python -m scripts.licences key FILE` prints it. A key that signs no longer stays as long as licences
signed with it are in use.

The one of today was made for development and has signed nothing that was sold; its private half is in nobody's keeping.
Whoever sells this product replaces it by their own before the first licence: infra/licences.md has the steps.
"""


class KeyRing:
    """Public keys by their ids."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = {kid_of(key): Ed25519PublicKey.from_public_bytes(key) for key in keys}

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """The built-in keys and those of `text`: one a line in base64, whatever follows a blank is a remark.

        Raises ValueError with the number of the line that is no key.
        """
        keys = [base64.b64decode(key) for key in BUILT_IN]
        for number, line in enumerate(text.splitlines(), 1):
            if words := line.split():
                keys.append(_decode(words[0], number))
        return cls(keys)

    def find(self, kid: str) -> Ed25519PublicKey | None:
        """None for a key nobody told us of."""
        return self._keys.get(kid)


def kid_of(key: bytes) -> str:
    """The id of a public key."""
    return hashlib.sha256(key).hexdigest()[:KID_DIGITS]


def _decode(word: str, number: int) -> bytes:
    try:
        key = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"Line {number} of EXEKRA_LICENSE_KEYS is no public key: give its {KEY_BYTES} bytes in base64."
        )
    return key
