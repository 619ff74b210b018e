"""Putting a backup back: the archive is checked whole, the database changes in one transaction, then files follow.

Contents of artifacts come first, under their hashes: until the database names them they are in nobody's way. Files of
the Hub come last; when the machine dies between, a repeat with --force does the rest.
"""

import asyncio
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from services.kit.postgres import CONNECT_SECONDS, SCHEMAS
from services.launcher.backup import contents, record
from services.launcher.backup.archive import ArchiveReader
from services.launcher.backup.errors import ArchiveError, BackupRefusedError
from services.launcher.backup.loading import Loader, require_known_migrations
from services.launcher.backup.making import Step
from services.launcher.backup.manifest import Manifest, Summary, summarise
from services.launcher.backup.sealed import Unopened, find_unopened
from services.launcher.backup.sources import Source
from services.launcher.database import prepare_roles
from services.launcher.first_admin import GIVEN_MARK
from services.launcher.home import make_private_folder, write_private_file
from services.launcher.secrets import kept_secret

if TYPE_CHECKING:
    Database = asyncpg.Connection[asyncpg.Record]

SPARE_BYTES: Final = 64 * 1024 * 1024
CONNECTED: Final = """SELECT string_agg(DISTINCT application_name, ', ') FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'exekra-%'"""
HOLDS: Final = """SELECT (SELECT count(*) FROM identity.user_account) AS users,
 (SELECT count(*) FROM automation.workflow WHERE deleted_at IS NULL) AS workflows,
 (SELECT count(*) FROM automation.execution) AS executions,
 (SELECT count(*) FROM audit.event) AS audit_events"""
NAMED: Final = "SELECT DISTINCT sha256 FROM automation.artifact WHERE stored_at IS NOT NULL AND left(sha256, 2) = $1"


@dataclass(frozen=True)
class Holding:
    """What is in a database that would be replaced."""

    users: int
    workflows: int
    executions: int
    audit_events: int

    def __str__(self) -> str:
        return (
            f"{self.users} users, {self.workflows} workflows, {self.executions} executions and "
            f"{self.audit_events} events of the audit log"
        )


@dataclass(frozen=True)
class Restored:
    """What was put back. `replaced`: what was there before; `unopened`: secrets that need another vault key."""

    summary: Summary
    replaced: Holding | None
    unopened: list[Unopened]


@dataclass(frozen=True)
class Restoring:
    """One archive and the Hub that takes it."""

    source: Source
    reader: ArchiveReader
    step: Step
    progress: contents.Progress

    async def restore(self, *, force: bool = False) -> Restored:
        """Replaces what the Hub holds.

        Raises:
            ArchiveError: the archive is damaged or cannot be read by this version; nothing was changed.
            BackupRefusedError: the Hub runs, or is not empty and `force` is not given; nothing was changed.
            asyncpg.PostgresError, OSError: the database or the disk refuses; the database is what it was.
        """
        self.step("checking the backup")
        header, manifest = await asyncio.to_thread(contents.check, self.reader, self.progress)
        require_known_migrations(header)
        passwords = {service: kept_secret(self.source.passwords, f"role-{service}") for service in SCHEMAS}
        connection = await asyncpg.connect(self.source.dsn, timeout=CONNECT_SECONDS, command_timeout=None)
        try:
            replaced = await self._require_free(connection, force=force)
            await asyncio.to_thread(self._add_artifacts, manifest)
            await prepare_roles(self.source.dsn, passwords)
            async with connection.transaction():
                self.step("database")
                await Loader(connection, self.reader, header, manifest, self.progress).load()
                facts = {"madeAt": header.made_at.isoformat(), "version": header.version}
                await record.append(connection, record.RESTORED, header.backup_id, facts)
            self.step("files")
            await asyncio.to_thread(self._put_files)
            await self._clear_artifacts(connection)
            unopened = await find_unopened(connection, self.source.places.vault_key)
            await connection.execute("ANALYZE")
        finally:
            await connection.close()
        return Restored(summarise(header, manifest, self.reader.size), replaced, unopened)

    async def _require_free(self, connection: "Database", *, force: bool) -> Holding | None:
        """What is there, None for an empty Hub."""
        if running := await connection.fetchval(CONNECTED):
            raise BackupRefusedError(f"The Hub runs ({running}): stop it first, then restore.")
        known = [await connection.fetchval("SELECT to_regnamespace($1)", schema) for schema in SCHEMAS.values()]
        if not any(known) or not await connection.fetchval("SELECT to_regclass('identity.user_account')"):
            return None
        found = await connection.fetchrow(HOLDS)
        holding = Holding(**found) if found else None
        if holding is None or not holding.users:
            return None
        if not force:
            raise BackupRefusedError(
                f"This Hub is not empty: {holding} would be lost. Make a backup of it first, or give --force."
            )
        return holding

    def _add_artifacts(self, manifest: Manifest) -> None:
        self.step("artifacts")
        folder = self.source.places.artifacts
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < manifest.artifacts.bytes + SPARE_BYTES:
            raise BackupRefusedError(
                f"The artifacts need {manifest.artifacts.bytes} bytes and {folder} has less: make room, then restore."
            )
        for part in self.reader.parts():
            sha256 = contents.artifact_of(part)
            if sha256 is None:
                continue
            target = folder / sha256[:2] / sha256[2:]
            make_private_folder(target.parent)
            draft = target.with_name(f".{target.name}.restored")
            with draft.open("wb") as file:
                for chunk in part.chunks():
                    file.write(chunk)
                    self.progress(len(chunk))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)

    def _put_files(self) -> None:
        """The Hub's own files; one that would be lost stays beside under another name."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        places = self.source.places
        names = set()
        for part in self.reader.parts():
            path = places.files.get(contents.file_of(part) or "")
            if path is None:
                continue
            names.add(path)
            held = part.content(contents.FILE_BYTES)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists() and path.read_bytes() != held:
                path.replace(path.with_name(f"{path.name}.before-{now}"))
            write_private_file(path, held)
        home = self.source.home
        if home is not None and home.admin_password not in names:
            # It was given: neither the one that lies here nor one that the next start would make up is the right one.
            if home.admin_password.exists():
                home.admin_password.replace(home.admin_password.with_name(f"{home.admin_password.name}.before-{now}"))
            write_private_file(home.secrets / GIVEN_MARK, b"")

    async def _clear_artifacts(self, connection: "Database") -> None:
        """Removes contents that only the replaced database named, and its unfinished uploads."""
        folder = self.source.places.artifacts
        await asyncio.to_thread(shutil.rmtree, folder / "incoming", ignore_errors=True)
        for prefix in await asyncio.to_thread(_prefixes, folder):
            named = {row["sha256"] for row in await connection.fetch(NAMED, prefix.name)}
            await asyncio.to_thread(_keep_only, prefix, named)


def _prefixes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and len(path.name) == 2)


def _keep_only(prefix: Path, named: Iterable[str]) -> None:
    kept = {sha256[2:] for sha256 in named}
    for path in prefix.iterdir():
        if path.name not in kept:
            path.unlink()


def open_archive(path: Path) -> ArchiveReader:
    """Raises ArchiveError when there is no such file."""
    if not path.is_file():
        raise ArchiveError(f"There is no file {path}.")
    return ArchiveReader(path)
