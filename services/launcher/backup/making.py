"""Making a backup, while the Hub runs or while it does not.

The order matters. Checkpoints of the audit log are read before the snapshot, so that none names a row behind it. The
lock that keeps contents of artifacts is taken before it too, so that whatever the snapshot names is still on the disk.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from services.kit.ids import new_id
from services.kit.postgres import CONNECT_SECONDS, SCHEMAS
from services.launcher.backup import catalogue, contents, record
from services.launcher.backup.archive import ArchiveWriter, new_archive
from services.launcher.backup.dumping import ArtifactList, dump_table, list_artifacts
from services.launcher.backup.errors import BackupRefusedError
from services.launcher.backup.manifest import (
    FORMAT,
    HEADER_PART,
    MANIFEST_PART,
    PRODUCT,
    Artifacts,
    Header,
    Manifest,
    Summary,
    TableSum,
    summarise,
)
from services.launcher.backup.places import Places
from services.launcher.backup.sources import Source

if TYPE_CHECKING:
    Database = asyncpg.Connection[asyncpg.Record]

# Shared here; the scheduler's retention takes it for itself before it removes a content, and waits with that meanwhile.
KEEP_ARTIFACTS: Final = "SELECT pg_advisory_lock_shared(hashtext('exekra artifacts'))"
LOCK_SECONDS: Final = 30
DISTRIBUTION: Final = "exekra-hub"

Step = Callable[[str], None]


@dataclass(frozen=True)
class Making:
    """One backup of one Hub. `step` is told what is done now, `progress` how many bytes were worked through."""

    source: Source
    step: Step
    progress: contents.Progress

    async def make(self, path: Path, *, force: bool = False) -> Summary:
        """Writes the archive and notes it in the audit log.

        Raises:
            BackupRefusedError: the file exists, cannot be written, or there is nothing to back up.
            asyncpg.PostgresError, OSError: the database or the disk fails; no file is left.
        """
        with new_archive(path, force=force) as writer:
            connection = await asyncpg.connect(self.source.dsn, timeout=CONNECT_SECONDS, command_timeout=None)
            try:
                header, manifest = await self._write(connection, writer)
            finally:
                await connection.close()
        size, digest = await asyncio.to_thread(_measure, path)
        summary = summarise(header, manifest, size)
        await self._note(path, summary, digest)
        return summary

    async def _write(self, connection: "Database", writer: ArchiveWriter) -> tuple[Header, Manifest]:
        await connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        migrations = await catalogue.read_migrations(connection)
        if set(migrations) != set(SCHEMAS):
            raise BackupRefusedError("The database holds no whole Hub: start the Hub once, then back it up.")
        await catalogue.allow_reading(connection)
        files = await asyncio.to_thread(_read_files, self.source.places)
        await connection.execute(KEEP_ARTIFACTS)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            header = await self._header(connection)
            content = header.model_dump_json(by_alias=True).encode()
            writer.add(HEADER_PART, content)
            sums: dict[str, TableSum] = {}
            for table in header.tables:
                self.step(table.path)
                sums[table.path] = await dump_table(connection, table, writer, self.progress)
            sequences = await catalogue.read_sequences(connection)
            hashes = await list_artifacts(connection)
        try:
            for name, held in files.items():
                writer.add(contents.file_name(name), held)
            self.step("artifacts")
            artifacts = await asyncio.to_thread(_add_artifacts, writer, hashes, self.source.places, self.progress)
        finally:
            hashes.close()
        manifest = Manifest(
            header_sha256=hashlib.sha256(content).hexdigest(),
            tables=sums,
            sequences=sequences,
            files={name: hashlib.sha256(held).hexdigest() for name, held in files.items()},
            artifacts=artifacts,
        )
        writer.add(MANIFEST_PART, manifest.model_dump_json(by_alias=True).encode())
        return header, manifest

    async def _header(self, connection: "Database") -> Header:
        return Header(
            product=PRODUCT,
            format=FORMAT,
            backup_id=new_id(),
            made_at=datetime.now(UTC),
            version=version(DISTRIBUTION),
            installation_id=str(await connection.fetchval("SELECT id FROM identity.installation")),
            migrations=await catalogue.read_migrations(connection),
            tables=await catalogue.read_tables(connection),
        )

    async def _note(self, path: Path, summary: Summary, digest: str) -> None:
        connection = await asyncpg.connect(self.source.dsn, timeout=CONNECT_SECONDS)
        try:
            facts = {"file": path.name, "bytes": summary.bytes, "sha256": digest, "madeAt": summary.made_at.isoformat()}
            await record.append(connection, record.MADE, summary.backup_id, facts)
        finally:
            await connection.close()


def _read_files(places: Places) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in places.files.items() if path.exists()}


def _add_artifacts(
    writer: ArchiveWriter, hashes: ArtifactList, places: Places, progress: contents.Progress
) -> Artifacts:
    """Contents as they lie on the disk. One that is gone or damaged there is named and left out."""
    count = total = 0
    missing: list[str] = []
    for sha256 in hashes:
        begins = writer.size
        digest = hashlib.sha256()
        try:
            with (places.artifacts / sha256[:2] / sha256[2:]).open("rb") as file:
                size = file.seek(0, 2)
                file.seek(0)
                for data in writer.add_stream(contents.artifact_name(sha256), size, file):
                    digest.update(data)
                    progress(len(data))
        except (FileNotFoundError, EOFError):
            digest = hashlib.sha256(b"missing")
        if digest.hexdigest() != sha256:
            writer.cut(begins)
            missing.append(sha256)
            continue
        count += 1
        total += size
    return Artifacts(count=count, bytes=total, missing=tuple(missing))


def _measure(path: Path) -> tuple[int, str]:
    """Its size and SHA-256."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
