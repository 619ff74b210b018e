"""A credential's value on its way from the Hub to the process that runs an execution: sealed to a key made there.

Both ends of it, so that they cannot differ. HPKE of RFC 9180 in base mode, bound to the execution and the name: what
was sealed for one execution opens in no other. Owns neither who may ask nor how long a value is held.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

PUBLIC_KEY_BYTES: Final = 32
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class ReleaseError(Exception):
    """A key is none, or what came is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Released:
    """A credential in the hands of an execution. Empty `hosts`: its values may go anywhere."""

    fields: Mapping[str, str]
    hosts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without values: a crash report may show it."""
        return f"Released({', '.join(self.fields)})"


class ReleaseKey:
    """Made anew for each run of an execution; the private half stays in this object."""

    def __init__(self) -> None:
        self._key = X25519PrivateKey.generate()
        self.public: bytes = self._key.public_key().public_bytes_raw()

    def open(self, sealed: bytes, execution_id: str, name: str) -> Released:
        """What `seal_release` sealed for this key, execution and name. Raises ReleaseError."""
        try:
            document: Any = json.loads(_SUITE.decrypt(sealed, self._key, info=_info(execution_id, name)))
        except (InvalidTag, ValueError):
            message = f"The credential {name!r} came sealed for somebody else. Is the runner as new as the Hub?"
            raise ReleaseError(message) from None
        return Released(document["fields"], tuple(document["hosts"]))


def seal_release(document: bytes, public_key: bytes, execution_id: str, name: str) -> bytes:
    """`{"fields": {…}, "hosts": […]}` for the holder of the private key alone. Raises ReleaseError for a bad key."""
    try:
        key = X25519PublicKey.from_public_bytes(public_key)
        return _SUITE.encrypt(document, key, info=_info(execution_id, name))
    except ValueError:
        raise ReleaseError("This is no public key that anything can be sealed to.") from None


def _info(execution_id: str, name: str) -> bytes:
    return json.dumps(["exekra credential release 1", execution_id, name]).encode()
