"""Taking artifacts from runners and giving them out. The row names the content; the bytes are files.

An upload may break off and go on anywhere; the same id with the same hash may be stored again and changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from services.kit.ids import is_id
from services.scheduler.evidence import queries
from services.scheduler.evidence.errors import (
    artifact_differs,
    artifact_not_found,
    artifact_too_large,
    bad_header,
    checksum_mismatch,
    stale_attempt,
    wrong_offset,
)
from services.scheduler.evidence.files import ArtifactFiles
from services.scheduler.evidence.ingest import ACCEPTED_AFTER_END
from services.scheduler.evidence.model import Artifact

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

CHUNK_BYTES = 256 * 1024
ARTIFACT_MAX_BYTES = 1024 * 1024 * 1024
MAX_NAME = 255
_SHA256_DIGITS = 64

INSERT = f"""INSERT INTO artifact (id, execution_id, attempt_id, runner_id, node_id, name, media_type, size, sha256)
SELECT $1, a.execution_id, a.id, a.runner_id, $5, $6, $7, $8, $9 FROM attempt a
 WHERE a.id = $2 AND a.execution_id = $3 AND a.runner_id = $4
   AND (a.ended_at IS NULL OR a.ended_at > now() - interval '{ACCEPTED_AFTER_END}')
    ON CONFLICT (id) DO NOTHING"""  # noqa: S608 - a constant
LOCK_CONTENT = "SELECT pg_advisory_xact_lock(hashtextextended($1, 4546))"
MARK_STORED = "UPDATE artifact SET stored_at = coalesce(stored_at, now()) WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a runner says of an artifact before its bytes."""

    artifact_id: str
    execution_id: str
    attempt_id: str
    runner_id: str
    node_id: str
    name: str
    media_type: str
    size: int
    sha256: str


class Artifacts:
    """The artifacts of this Hub. `max_bytes` bounds a single one."""

    def __init__(self, pool: "Pool", files: ArtifactFiles, max_bytes: int) -> None:
        self._pool = pool
        self._files = files
        self._max_bytes = max_bytes
        self._writing: set[str] = set()

    async def store(
        self, announced: Announcement, offset: int, chunks: AsyncIterator[bytes], *, query_only: bool = False
    ) -> tuple[int, bool]:
        """Takes what comes and answers (bytes held, complete). With `query_only` nothing is taken.

        Raises STALE_ATTEMPT, ARTIFACT_TOO_LARGE, ARTIFACT_EXISTS, OFFSET_MISMATCH, CHECKSUM_MISMATCH.
        """
        self._check(announced)
        async with self._pool.acquire() as connection:
            if await self._announce(connection, announced):
                return announced.size, True
        identifier = announced.artifact_id
        held = await asyncio.to_thread(self._files.held, identifier)
        if query_only:
            return held, False
        if offset != held or identifier in self._writing:
            raise wrong_offset(held)
        self._writing.add(identifier)
        try:
            held = await self._take(announced, held, chunks)
            return held, held == announced.size and await self._finish(announced)
        finally:
            self._writing.discard(identifier)

    async def find(self, artifact_id: str) -> Artifact:
        """A complete artifact. Raises ARTIFACT_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            artifact = await queries.find_artifact(connection, artifact_id) if is_id(artifact_id) else None
        if artifact is None or not artifact.stored:
            raise artifact_not_found()
        return artifact

    async def read(self, artifact: Artifact, offset: int, length: int) -> AsyncIterator[bytes]:
        """Its bytes from `offset` on, `length` of them (0: to the end), in chunks of at most 256 KiB."""
        end = min(artifact.size, offset + length) if length else artifact.size
        try:
            file = await asyncio.to_thread(self._files.path(artifact.sha256).open, "rb")
        except FileNotFoundError:
            raise artifact_not_found() from None
        try:
            await asyncio.to_thread(file.seek, offset)
            while offset < end and (chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, end - offset))):
                offset += len(chunk)
                yield chunk
        finally:
            file.close()

    def _check(self, announced: Announcement) -> None:
        for pointer, identifier in (
            ("/artifactId", announced.artifact_id),
            ("/attempt/executionId", announced.execution_id),
            ("/attempt/attemptId", announced.attempt_id),
            ("/runnerId", announced.runner_id),
        ):
            if not is_id(identifier):
                raise bad_header(pointer, "Give a UUID.")
        if len(announced.sha256) != _SHA256_DIGITS or set(announced.sha256) - set("0123456789abcdef"):
            raise bad_header("/sha256", "Give the SHA-256 in lower-case hex.")
        if announced.size < 0:
            raise bad_header("/size", "Give the number of bytes.")
        if announced.size > self._max_bytes:
            raise artifact_too_large(self._max_bytes)

    async def _announce(self, connection: "Connection", announced: Announcement) -> bool:
        """Makes the row if there is none; answers whether the artifact is complete already."""
        known = await queries.find_artifact(connection, announced.artifact_id)
        if known is None:
            await connection.execute(
                INSERT,
                announced.artifact_id,
                announced.attempt_id,
                announced.execution_id,
                announced.runner_id,
                _text(announced.node_id),
                _file_name(announced.name),
                _text(announced.media_type) or "application/octet-stream",
                announced.size,
                announced.sha256,
            )
            known = await queries.find_artifact(connection, announced.artifact_id)
        if known is None or (known.attempt_id, known.runner_id) != (announced.attempt_id, announced.runner_id):
            raise stale_attempt()
        if (known.size, known.sha256) != (announced.size, announced.sha256):
            raise artifact_differs()
        return known.stored

    async def _take(self, announced: Announcement, held: int, chunks: AsyncIterator[bytes]) -> int:
        async for chunk in chunks:
            if held + len(chunk) > announced.size:
                await asyncio.to_thread(self._files.discard, announced.artifact_id)
                raise checksum_mismatch()
            try:
                held = await asyncio.to_thread(self._files.append, announced.artifact_id, held, chunk)
            except ValueError:  # another replica writes the same upload
                raise wrong_offset(await asyncio.to_thread(self._files.held, announced.artifact_id)) from None
        return held

    async def _finish(self, announced: Announcement) -> bool:
        if announced.size == 0:
            await asyncio.to_thread(self._files.append, announced.artifact_id, 0, b"")
        async with self._pool.acquire() as connection, connection.transaction():
            # Against retention, which removes content that no row refers to.
            await connection.execute(LOCK_CONTENT, announced.sha256)
            if not await asyncio.to_thread(self._files.finish, announced.artifact_id, announced.sha256):
                raise checksum_mismatch()
            await connection.execute(MARK_STORED, announced.artifact_id)
        return True


def _text(text: str) -> str:
    return text.replace("\x00", "\ufffd")


def _file_name(name: str) -> str:
    """The last part of a path, without characters that no file name should have."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:MAX_NAME] or "artifact"
