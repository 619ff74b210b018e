"""Rows into an archive: every table of every service as it was at one moment, while the Hub goes on.

One transaction (repeatable read) reads all, so the schemas agree with each other. Nothing blocks the services' writes.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from services.launcher.backup import contents
from services.launcher.backup.archive import ArchiveWriter
from services.launcher.backup.contents import PIECE_BYTES, Progress
from services.launcher.backup.manifest import Table, TableSum

if TYPE_CHECKING:
    import asyncpg

HASH_BYTES: Final = 32
HASHES_AHEAD: Final = 5_000
COPY_SECONDS: Final = 24 * 3600.0

# Transaction ids mean nothing in another database, where they may lie in a future that hides what they mark. The oldest
# one there is stands for all of them; history that the tally has not counted yet gets the next one, so that it will be.
_COUNTED: Final = "'3'::xid8"
_UNCOUNTED: Final = "'4'::xid8"
TRANSACTION_IDS: Final = {
    ("automation.execution_event", "transaction_id"): (
        f"(SELECT CASE WHEN (d.transaction_id, d.execution_id, d.seq) > (p.transaction_id, p.execution_id, p.seq)"  # noqa: S608 - constants
        f" THEN {_UNCOUNTED} ELSE {_COUNTED} END FROM automation.outcome_tally_position p)"
    ),
    ("automation.attempt_evidence", "transaction_id"): _COUNTED,
    ("automation.outcome_tally_position", "transaction_id"): _COUNTED,
    ("automation.outcome_tally_position", "execution_id"): "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
    ("automation.outcome_tally_position", "seq"): "2147483647",
}
STORED_ARTIFACTS: Final = "SELECT DISTINCT decode(sha256, 'hex') FROM automation.artifact WHERE stored_at IS NOT NULL"


def query_of(table: Table) -> str:
    """What is copied of a table. Its names come from the database's own catalogue."""
    values = (TRANSACTION_IDS.get((table.path, column), f'd."{column}"') for column in table.columns)
    return f'SELECT {", ".join(values)} FROM "{table.schema_name}"."{table.name}" d'  # noqa: S608 - names of a catalogue


async def dump_table(
    connection: "asyncpg.Connection[asyncpg.Record]", table: Table, writer: ArchiveWriter, progress: Progress
) -> TableSum:
    """Copies one table, a piece at a time."""
    pieces = _Pieces(table.path, writer, progress)
    said = await connection.copy_from_query(query_of(table), output=pieces.take, timeout=COPY_SECONDS)
    await pieces.flush()
    return TableSum(rows=int(said.rpartition(" ")[2]), bytes=pieces.bytes, sha256=pieces.digest.hexdigest())


class _Pieces:
    """Cuts the text of COPY into pieces and writes them."""

    def __init__(self, table: str, writer: ArchiveWriter, progress: Progress) -> None:
        self._table = table
        self._writer = writer
        self._progress = progress
        self._held = bytearray()
        self._written = 0
        self.bytes = 0
        self.digest = hashlib.sha256()

    async def take(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= PIECE_BYTES:
            await self._write(PIECE_BYTES)

    async def flush(self) -> None:
        if self._held:
            await self._write(len(self._held))

    async def _write(self, size: int) -> None:
        piece = bytes(self._held[:size])
        del self._held[:size]
        await asyncio.to_thread(self._store, piece)
        self.bytes += size
        self._progress(size)

    def _store(self, piece: bytes) -> None:
        self.digest.update(piece)
        self._writer.add(contents.piece_name(self._table, self._written), contents.compress(piece))
        self._written += 1


@dataclass
class ArtifactList:
    """The hashes of artifacts' contents that a snapshot names, in a file without a name: there may be millions."""

    _file: IO[bytes]

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        while content := self._file.read(HASH_BYTES):
            yield content.hex()

    def __len__(self) -> int:
        return os.fstat(self._file.fileno()).st_size // HASH_BYTES

    def close(self) -> None:
        """The file is gone then."""
        self._file.close()


async def list_artifacts(connection: "asyncpg.Connection[asyncpg.Record]") -> ArtifactList:
    """What the transaction sees."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever is given it
    async for row in connection.cursor(STORED_ARTIFACTS, prefetch=HASHES_AHEAD):
        file.write(row[0])
    file.flush()
    return ArtifactList(file)
