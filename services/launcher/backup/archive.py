"""The archive as a file: a tar of plain parts, written in one go beside its final name, and read in one go.

It knows how parts are framed and nothing of what they hold. `tar -tf` lists one. No part is ever unpacked by its name.
Headers are made and read one at a time: `tarfile` itself would keep all of them in memory, and follow links.
"""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from services.launcher.backup.errors import ArchiveError, BackupRefusedError

READ_BYTES: Final = 1024 * 1024
_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = b"\0" * (2 * _BLOCK)


class ArchiveWriter:
    """Appends parts."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def add(self, name: str, content: bytes) -> None:
        """One part that is in memory."""
        self._begin(name, len(content))
        self._file.write(content)
        self._pad(len(content))

    def add_stream(self, name: str, size: int, source: IO[bytes]) -> Iterator[bytes]:
        """One part of `size` bytes, yielded as it is written. Raises EOFError when the source holds less.

        What was begun can be taken back by `cut` to the size before.
        """
        self._begin(name, size)
        left = size
        while left:
            data = source.read(min(READ_BYTES, left))
            if not data:
                raise EOFError(name)
            self._file.write(data)
            left -= len(data)
            yield data
        self._pad(size)

    def cut(self, size: int) -> None:
        """Takes back what was written after the archive had that size."""
        self._file.seek(size)
        self._file.truncate()

    def end(self) -> None:
        """Marks the end of the archive; it is on disk when this returns."""
        self._file.write(_END)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _begin(self, name: str, size: int) -> None:
        part = tarfile.TarInfo(name)
        part.size = size
        part.mode = 0o600
        self._file.write(part.tobuf(tarfile.USTAR_FORMAT))

    def _pad(self, size: int) -> None:
        self._file.write(b"\0" * (-size % _BLOCK))


@contextmanager
def new_archive(path: Path, *, force: bool) -> Iterator[ArchiveWriter]:
    """An archive that appears under `path` (0600) when the block ends well, and not at all otherwise.

    Raises:
        BackupRefusedError: the file exists and `force` is not given, or its folder cannot be written.
    """
    refuse_existing(path, force=force)
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    except OSError as error:
        raise BackupRefusedError(f"{path.parent} cannot be written ({error.strerror}): name another folder.") from None
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            writer = ArchiveWriter(file)
            yield writer
            writer.end()
        if force:
            draft.replace(path)
        else:
            try:
                path.hardlink_to(draft)  # unlike a rename it never replaces a file that appeared meanwhile
            except FileExistsError:
                refuse_existing(path, force=False)
            draft.unlink()
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raises BackupRefusedError when the file is there and may not be replaced."""
    if path.is_dir():
        raise BackupRefusedError(f"{path} is a folder: name a file.")
    if path.exists() and not force:
        raise BackupRefusedError(f"{path} exists already: choose another name, or replace it with --force.")


@dataclass(frozen=True)
class Part:
    """One part of an archive; its bytes can be read until the next part is asked for."""

    name: str
    size: int
    _file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises ArchiveError when the file ends before."""
        left = self.size
        while left:
            data = self._file.read(min(READ_BYTES, left))
            if not data:
                raise _truncated()
            left -= len(data)
            yield data

    def content(self, most: int) -> bytes:
        """All of it. Raises ArchiveError when it is larger than `most` bytes."""
        if self.size > most:
            raise ArchiveError(f"The part {self.name!r} is larger than any that Exekra Hub writes.")
        return b"".join(self.chunks())


class ArchiveReader:
    """Reads an archive from its beginning, as often as wanted: the file stays open, so it is the same one each time."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read ({error.strerror}).") from None
        self.size = os.fstat(self._file.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def parts(self) -> Iterator[Part]:
        """All parts in their order. Raises ArchiveError at the first thing that is not as we write it."""
        self._file.seek(0)
        while True:
            block = self._file.read(_BLOCK)
            if block == _END[:_BLOCK]:
                if self._file.read(_BLOCK + 1) != _END[:_BLOCK]:
                    raise _truncated()
                return
            part = self._part(block)
            begins = self._file.tell()
            ends = begins + part.size + -part.size % _BLOCK
            if ends > self.size:
                raise _truncated()
            yield part
            self._file.seek(ends)

    def _part(self, block: bytes) -> Part:
        if len(block) < _BLOCK:
            raise _truncated()
        try:
            found = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise ArchiveError("This is no backup of Exekra Hub, or it was changed.") from None
        if not found.isreg() or found.size < 0:
            raise ArchiveError(f"The part {found.name!r} is no plain file: Exekra Hub writes no such backup.")
        return Part(found.name, found.size, self._file)


def _truncated() -> ArchiveError:
    return ArchiveError("The backup ends in the middle: it was not copied whole. Copy it again, or use another one.")
