"""The hash chain's arithmetic, the same as `link_hash` in the migration: pure, so it also serves exported logs."""

import hashlib
from collections.abc import Iterable

from services.audit.model import Checkpoint, Event, Link, Verdict, microseconds

NO_HASH = b""
"""What the first row continues."""


def netstrings(fields: Iterable[str]) -> bytes:
    """Each field as length in bytes, colon, text, comma: no two lists of fields read alike."""
    encoded = (field.encode() for field in fields)
    return b"".join(b"%d:%b," % (len(field), field) for field in encoded)


def link_hash(previous: bytes, seq: int, event: Event) -> bytes:
    """SHA-256 over the previous row's hash and this row's canonical bytes."""
    canonical = netstrings(
        (
            str(seq),
            event.id,
            str(microseconds(event.at)),
            event.service,
            event.actor_kind,
            event.actor_id,
            event.actor_name,
            event.action,
            event.resource_kind,
            event.resource_id,
            event.resource_name,
            event.ip,
            event.request_id,
            event.details,
        )
    )
    return hashlib.sha256(previous + canonical).digest()


class Verification:
    """Walks the rows in order, once, and remembers the first one that does not fit.

    `checkpoints` maps sequence numbers to statements whose signatures were found good.
    """

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        self._checkpoints = {checkpoint.seq: checkpoint for checkpoint in checkpoints}
        self._last_stated = max(self._checkpoints, default=0)
        self._hash = NO_HASH
        self._checked = 0
        self._broken_at = 0
        self._message = ""

    @property
    def broken(self) -> bool:
        """True once a row did not fit: the rest need not be read."""
        return self._broken_at > 0

    def read(self, link: Link) -> None:
        """Takes the next row."""
        expected = self._checked + 1
        if link.seq != expected:
            self._break(expected, f"Row {expected} is missing; the next one there is {link.seq}.")
            return
        if link_hash(self._hash, link.seq, link.event) != link.hash:
            self._break(expected, f"Row {expected} was changed, or stands where another one stood.")
            return
        checkpoint = self._checkpoints.get(link.seq)
        if checkpoint is not None and checkpoint.hash != link.hash:
            self._break(expected, f"Row {expected} differs from the checkpoint signed at {checkpoint.at.isoformat()}.")
            return
        self._hash = link.hash
        self._checked = expected

    def verdict(self) -> Verdict:
        """Call after the last row: a checkpoint beyond it means that the end was cut off."""
        if not self.broken and self._last_stated > self._checked:
            missing = self._checked + 1
            self._break(missing, f"Rows {missing} to {self._last_stated} were cut off: a signed checkpoint names them.")
        return Verdict(
            valid=not self.broken,
            checked=self._checked,
            broken_at=self._broken_at,
            message=self._message or f"All {self._checked} rows fit.",
            head_hash=self._hash,
        )

    def _break(self, seq: int, message: str) -> None:
        self._broken_at = seq
        self._message = message
