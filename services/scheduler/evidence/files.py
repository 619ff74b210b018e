"""Artifacts as files: named by their SHA-256 (`ab/cdef…`), written beside and moved in whole.

Owns the folder alone; who may store what is decided elsewhere. All methods block: call them off the loop.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

_READ_BYTES = 1024 * 1024


class ArtifactFiles:
    """A folder of content-addressed files, and one of unfinished uploads by artifact id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies, or would."""
        return self._folder / sha256[:2] / sha256[2:]

    def held(self, artifact_id: str) -> int:
        """Bytes of an unfinished upload."""
        try:
            return self._part(artifact_id).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, artifact_id: str, offset: int, chunk: bytes) -> int:
        """Writes a chunk at the end of an unfinished upload; answers the bytes held.

        Raises OSError when it cannot be written (the disk is full), ValueError when `offset` is not the end.
        """
        descriptor = os.open(self._part(artifact_id), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(descriptor, "ab") as part:  # noqa: PTH123 - a descriptor, not a path
            if part.tell() != offset:
                raise ValueError(f"the upload has {part.tell()} bytes, not {offset}")
            part.write(chunk)
        return offset + len(chunk)

    def finish(self, artifact_id: str, sha256: str) -> bool:
        """Moves a whole upload to its place. False when its hash is another one; the upload is then thrown away."""
        part = self._part(artifact_id)
        with part.open("rb+") as file:
            if _sha256(file.fileno()) != sha256:
                part.unlink()
                return False
            os.fsync(file.fileno())
        target = self.path(sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        part.replace(target)
        _sync_folder(target.parent)
        return True

    def discard(self, artifact_id: str) -> None:
        """Throws an unfinished upload away."""
        self._part(artifact_id).unlink(missing_ok=True)

    def remove(self, sha256: str) -> None:
        """Removes content that nothing refers to any more."""
        self.path(sha256).unlink(missing_ok=True)

    def unfinished(self, older_than: float) -> Iterator[str]:
        """Ids of uploads last written before that time (seconds since 1970)."""
        for part in self._incoming.glob("*.part"):
            if part.stat().st_mtime < older_than:
                yield part.stem

    def _part(self, artifact_id: str) -> Path:
        return self._incoming / f"{artifact_id}.part"


def _sha256(descriptor: int) -> str:
    digest = hashlib.sha256()
    offset = 0
    while data := os.pread(descriptor, _READ_BYTES, offset):
        digest.update(data)
        offset += len(data)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """The name survives a power cut only when its folder is on disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
