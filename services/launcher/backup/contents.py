"""The parts of a backup in their order, and the check of a whole archive before anything of it is used.

backup.json                          the header
tables/<schema>.<table>/<n>.gz       text of COPY, cut into pieces, each compressed
files/<name>                         the Hub's own files (`places`)
artifacts/<sha256>                   contents of artifacts
manifest.json                        sums of everything above
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from services.launcher.backup.archive import ArchiveReader, Part
from services.launcher.backup.errors import ArchiveError
from services.launcher.backup.manifest import (
    FORMAT,
    HEADER_PART,
    MANIFEST_PART,
    PRODUCT,
    Artifacts,
    Header,
    Manifest,
)

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE_BYTES: Final = 4 * 1024 * 1024
"""Of a table, before compression: what is held in memory at a time."""
DOCUMENT_BYTES: Final = 64 * 1024 * 1024
FILE_BYTES: Final = 64 * 1024 * 1024
LEVEL: Final = 1
_GZIP: Final = 31
_PIECE: Final = re.compile(r"tables/([a-z0-9_]+\.[a-z0-9_]+)/(\d{8})\.gz")
_FILE: Final = re.compile(r"files/([a-z0-9.-]+)")
_ARTIFACT: Final = re.compile(r"artifacts/([0-9a-f]{64})")

Progress = Callable[[int], None]
"""Told how many bytes were worked through just now."""


def piece_name(table: str, number: int) -> str:
    """Of the n-th piece of a table, from 0."""
    return f"tables/{table}/{number:08}.gz"


def file_name(name: str) -> str:
    """Of one of the Hub's own files."""
    return f"files/{name}"


def artifact_name(sha256: str) -> str:
    """Of the content with this hash."""
    return f"artifacts/{sha256}"


def compress(piece: bytes) -> bytes:
    """One piece as it is stored."""
    return zlib.compress(piece, LEVEL, _GZIP)


def expand(part: Part) -> bytes:
    """One piece of a table. Raises ArchiveError for what is damaged, or larger than a piece may be."""
    expander = zlib.decompressobj(_GZIP)
    try:
        piece = expander.decompress(part.content(2 * PIECE_BYTES), PIECE_BYTES + 1)
    except zlib.error:
        raise damaged(part.name) from None
    if len(piece) > PIECE_BYTES or not expander.eof:
        raise damaged(part.name)
    return piece


def table_of(part: Part) -> str | None:
    """`schema.table` when the part is a piece of one."""
    match = _PIECE.fullmatch(part.name)
    return match[1] if match else None


def file_of(part: Part) -> str | None:
    """The name of the Hub's own file in this part."""
    match = _FILE.fullmatch(part.name)
    return match[1] if match else None


def artifact_of(part: Part) -> str | None:
    """The hash of the artifact's content in this part."""
    match = _ARTIFACT.fullmatch(part.name)
    return match[1] if match else None


def damaged(name: str) -> ArchiveError:
    """What a part with a wrong sum is called."""
    return ArchiveError(f"The part {name!r} of the backup is damaged: copy the file again, or use another one.")


def read_header(parts: Iterator[Part]) -> tuple[Header, bytes]:
    """The first part, and its bytes. Raises ArchiveError."""
    first = next(parts, None)
    if first is None or first.name != HEADER_PART:
        raise ArchiveError("This is no backup of Exekra Hub.")
    content = first.content(DOCUMENT_BYTES)
    try:
        header = Header.model_validate_json(content)
    except ValidationError as error:
        found = _format_of(content)
        if found is not None and found > FORMAT:
            raise _newer_format(found) from None
        raise ArchiveError(f"The header of the backup cannot be read: {error.errors()[0]['msg']}.") from None
    if header.product != PRODUCT:
        raise ArchiveError("This is no backup of Exekra Hub.")
    if header.format != FORMAT:
        raise _newer_format(header.format)
    return header, content


@dataclass
class _Sums:
    """What was read so far, and whether it came in order."""

    tables: dict[str, "_Hash"] = field(default_factory=dict)
    pieces: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    artifacts: int = 0
    artifact_bytes: int = 0

    def add_piece(self, part: Part, table: str) -> None:
        number = self.pieces.get(table, 0)
        if part.name != piece_name(table, number) or (number == 0 and self._came_late(table)):
            raise ArchiveError(f"The part {part.name!r} of the backup is not where it belongs.")
        piece = expand(part)
        self.tables.setdefault(table, hashlib.sha256()).update(piece)
        self.pieces[table] = number + 1
        self.bytes[table] = self.bytes.get(table, 0) + len(piece)

    def add_file(self, part: Part, name: str) -> None:
        self.files[name] = hashlib.sha256(part.content(FILE_BYTES)).hexdigest()

    def add_artifact(self, part: Part, sha256: str) -> None:
        digest = hashlib.sha256()
        for chunk in part.chunks():
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise damaged(part.name)
        self.artifacts += 1
        self.artifact_bytes += part.size

    def _came_late(self, table: str) -> bool:
        return table in self.tables


def check(reader: ArchiveReader, progress: Progress) -> tuple[Header, Manifest]:
    """Reads the whole archive and compares every part with the manifest. Raises ArchiveError."""
    parts = reader.parts()
    header, content = read_header(parts)
    known = {table.path for table in header.tables}
    sums = _Sums()
    manifest: Manifest | None = None
    for part in parts:
        if manifest is not None:
            raise ArchiveError("Something follows the end of the backup: it was changed.")
        if (table := table_of(part)) in known and table is not None:
            sums.add_piece(part, table)
        elif (name := file_of(part)) is not None:
            sums.add_file(part, name)
        elif (sha256 := artifact_of(part)) is not None:
            sums.add_artifact(part, sha256)
        elif part.name == MANIFEST_PART:
            manifest = _manifest(part)
        else:
            raise ArchiveError(f"The part {part.name!r} does not belong to a backup of Exekra Hub.")
        progress(part.size)
    if manifest is None:
        raise ArchiveError("The backup was not finished: use another one.")
    _compare(header, hashlib.sha256(content).hexdigest(), manifest, sums)
    return header, manifest


def _compare(header: Header, header_sha256: str, manifest: Manifest, sums: _Sums) -> None:
    if manifest.header_sha256 != header_sha256:
        raise damaged(HEADER_PART)
    nothing = hashlib.sha256().hexdigest()
    if set(manifest.tables) != {table.path for table in header.tables}:
        raise damaged(MANIFEST_PART)
    for table, stated in manifest.tables.items():
        digest = sums.tables.get(table)
        if stated.sha256 != (digest.hexdigest() if digest else nothing) or stated.bytes != sums.bytes.get(table, 0):
            raise damaged(f"tables/{table}")
    if manifest.files != sums.files:
        raise damaged("files")
    found = Artifacts(count=sums.artifacts, bytes=sums.artifact_bytes, missing=manifest.artifacts.missing)
    if manifest.artifacts != found:
        raise damaged("artifacts")


def _manifest(part: Part) -> Manifest:
    try:
        return Manifest.model_validate_json(part.content(DOCUMENT_BYTES))
    except ValidationError:
        raise damaged(part.name) from None


def _format_of(content: bytes) -> int | None:
    match = re.search(rb'"format":\s*(\d{1,9})', content)
    return int(match[1]) if match else None


def _newer_format(found: int) -> ArchiveError:
    return ArchiveError(
        f"The backup has format {found} and this version reads format {FORMAT}: use the version that wrote it."
    )
