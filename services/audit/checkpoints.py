"""Signed checkpoints outside the database: the Ed25519 key, and a file to which every checkpoint is appended.

Whoever cuts the end off the table would also have to cut this file, which only the service's account can touch. It does
not decide when a checkpoint is due.
"""

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.chain import netstrings
from services.audit.model import Checkpoint, microseconds
from services.kit.errors import DomainError, Kind

KEY_FILE = "checkpoint.key"
COPIES_FILE = "checkpoints.jsonl"


class CheckpointFile:
    """The key and the copies in one folder (0700, files 0600)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._copies = folder / COPIES_FILE
        self._key = _load_or_make_key(folder / KEY_FILE)
        self.key_id = hashlib.sha256(self._key.public_key().public_bytes_raw()).hexdigest()[:16]

    def sign(self, seq: int, at: datetime, row_hash: bytes) -> Checkpoint:
        """States that row `seq` had this hash."""
        signature = self._key.sign(_statement(seq, at, row_hash))
        return Checkpoint(seq=seq, at=at, hash=row_hash, key_id=self.key_id, signature=signature)

    def append(self, checkpoint: Checkpoint) -> None:
        """Adds one line, on disk when it returns."""
        line = json.dumps(
            {
                "seq": checkpoint.seq,
                "at": checkpoint.at.isoformat(),
                "hash": checkpoint.hash.hex(),
                "keyId": checkpoint.key_id,
                "signature": checkpoint.signature.hex(),
            }
        )
        descriptor = os.open(self._copies, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> list[Checkpoint]:
        """All copies in the order they were made; a torn last line (a crash while appending) does not count.

        Raises a DomainError CHECKPOINT_UNREADABLE for any other line that is not ours.
        """
        if not self._copies.exists():
            return []
        lines = self._copies.read_bytes().split(b"\n")
        return [self._parse(number, line) for number, line in enumerate(lines[:-1], start=1)]

    def is_genuine(self, checkpoint: Checkpoint) -> bool:
        """True when this installation's key signed it."""
        try:
            self._key.public_key().verify(
                checkpoint.signature, _statement(checkpoint.seq, checkpoint.at, checkpoint.hash)
            )
        except InvalidSignature:
            return False
        return True

    def _parse(self, number: int, line: bytes) -> Checkpoint:
        try:
            document = json.loads(line)
            return Checkpoint(
                seq=int(document["seq"]),
                at=datetime.fromisoformat(document["at"]),
                hash=bytes.fromhex(document["hash"]),
                key_id=document["keyId"],
                signature=bytes.fromhex(document["signature"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DomainError(
                Kind.WRONG_STATE,
                "CHECKPOINT_UNREADABLE",
                f"Line {number} of {self._copies} is not a checkpoint: the file was changed. Restore it from a backup.",
            ) from error


def _statement(seq: int, at: datetime, row_hash: bytes) -> bytes:
    return netstrings(("exekra audit checkpoint", str(seq), str(microseconds(at)), row_hash.hex()))


def _load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """The raw private key. Several starting processes agree on one: whoever links its file first wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, Ed25519PrivateKey.generate().private_bytes_raw())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
