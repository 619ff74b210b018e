"""The vault key in a file of its own, wrapped by a passphrase: what a backup leaves out and a restored Hub needs.

A JSON document. Everything in it but the sealed key is associated data, so nobody weakens its parameters unseen:

    {"product", "format", "kdf": "scrypt", "n", "r", "p", "salt", "nonce", "keyIds", "sealed"}
"""

import json
import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from services.kit.sealing import key_id
from services.launcher.backup.archive import refuse_existing
from services.launcher.backup.errors import ArchiveError, BackupRefusedError
from services.launcher.backup.sealed import read_keys
from services.launcher.home import make_private_folder, write_private_file

PRODUCT: Final = "exekra-hub-vault-key"
SHORTEST_PASSPHRASE: Final = 12
LARGEST_FILE: Final = 64 * 1024
# 128 MiB and about half a second (RFC 7914 names 2^20 for files; half the memory suits small machines).
SCRYPT_N: Final = 2**17
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1

_Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$")]


class WrappedKey(BaseModel):
    """The file. The bounds of its parameters keep a hostile one from taking all memory."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    product: Literal["exekra-hub-vault-key"] = PRODUCT
    format: Literal[1] = 1
    kdf: Literal["scrypt"] = "scrypt"
    n: Annotated[int, Field(ge=2**14, le=2**20)]
    r: Annotated[int, Field(ge=1, le=16)]
    p: Annotated[int, Field(ge=1, le=4)]
    salt: Annotated[_Hex, Field(min_length=32, max_length=128)]
    nonce: Annotated[_Hex, Field(min_length=24, max_length=24)]
    key_ids: Annotated[tuple[_Hex, ...], Field(min_length=1, max_length=1_000)]
    sealed: Annotated[_Hex, Field(max_length=LARGEST_FILE)] = ""

    def associated(self) -> bytes:
        """Everything but the sealed key."""
        document = self.model_dump(by_alias=True, exclude={"sealed"})
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    def cipher(self, passphrase: str) -> AESGCM:
        """Under the key that the passphrase makes. Takes about half a second."""
        derived = Scrypt(salt=bytes.fromhex(self.salt), length=32, n=self.n, r=self.r, p=self.p)
        return AESGCM(derived.derive(passphrase.encode()))


def export_key(vault_key: Path, path: Path, passphrase: str, *, force: bool = False) -> tuple[str, ...]:
    """Writes the wrapped key (0600) and answers the ids of what is in it.

    Raises BackupRefusedError when there is no key, the passphrase is too short, or the file may not be replaced.
    """
    refuse_existing(path, force=force)
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupRefusedError(f"A passphrase has at least {SHORTEST_PASSPHRASE} characters: several words are good.")
    keys = read_keys(vault_key)
    if not keys:
        raise BackupRefusedError(f"There is no vault key at {vault_key}: start the Hub once, or name its data folder.")
    ids = _ids(keys)
    draft = WrappedKey(
        n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, salt=secrets.token_hex(16), nonce=secrets.token_hex(12), key_ids=ids
    )
    sealed = draft.cipher(passphrase).encrypt(bytes.fromhex(draft.nonce), "\n".join(keys).encode(), draft.associated())
    wrapped = draft.model_copy(update={"sealed": sealed.hex()})
    write_private_file(path, wrapped.model_dump_json(by_alias=True, indent=2).encode() + b"\n")
    return ids


def import_key(vault_key: Path, path: Path, passphrase: str) -> tuple[str, ...]:
    """Adds the keys of the file to the Hub's and answers the ids of those that were new.

    A key that the Hub has already stays the one in use; imported ones open what they sealed, which the Hub then brings
    under its own. Raises ArchiveError for a file that is none or a wrong passphrase.
    """
    keys = open_key(path, passphrase)
    kept = read_keys(vault_key)
    fresh = [key for key in keys if key not in kept]
    if fresh:
        make_private_folder(vault_key.parent)
        write_private_file(vault_key, "\n".join([*kept, *fresh]).encode())
    return _ids(fresh)


def open_key(path: Path, passphrase: str) -> list[str]:
    """The keys in the file. Raises ArchiveError."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ArchiveError(f"{path} is no exported vault key of Exekra Hub.")
        wrapped = WrappedKey.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror}).") from None
    except ValidationError:
        raise ArchiveError(f"{path} is no exported vault key of Exekra Hub, or of a later version.") from None
    try:
        opened = wrapped.cipher(passphrase).decrypt(
            bytes.fromhex(wrapped.nonce), bytes.fromhex(wrapped.sealed), wrapped.associated()
        )
    except InvalidTag:
        raise ArchiveError("The passphrase is another one, or the file was changed.") from None
    return opened.decode().split("\n")


def _ids(keys: list[str]) -> tuple[str, ...]:
    return tuple(key_id(bytes.fromhex(key)).hex() for key in keys)
