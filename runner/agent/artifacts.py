"""Brings attached files to the Hub before the result is told, resuming where an upload broke off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from runner.agent import wire
from runner.agent.attempts import Held
from runner.agent.journal import Journal
from runner.agent.journal_file import Kind, Record
from runner.agent.model import StoredFile, dump_json
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError, HubUnavailableError, Transport

CHUNK_BYTES = 256 * 1024

log = structlog.get_logger("runner.artifacts")


class Uploads:
    """Uploads one attempt's files; the copies on this machine are removed when the Hub has them."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self._session = session
        self._journal = journal

    async def upload_all(self, held: Held) -> None:
        """Return when the Hub has, or has definitely refused, every file of the attempt."""
        for file in list(held.files.values()):
            try:
                await self._session.request(lambda transport, file=file: self._upload(transport, held, file))  # type: ignore[misc] # mypy does not see a default in a lambda
            except HubRefusedError as refused:
                log.warning("artifact refused", artifact=file.name, attempt=held.attempt_id, reason=refused.reason)
            except OSError as error:
                log.error("artifact unreadable", artifact=file.name, attempt=held.attempt_id, reason=error.strerror)
            self._journal.append(Record(Kind.UPLOADED, held.attempt_id, dump_json({"id": file.id})))
            held.files.pop(file.id, None)
            await asyncio.to_thread(Path(file.path).unlink, missing_ok=True)

    async def _upload(self, transport: Transport, held: Held, file: StoredFile) -> None:
        path = Path(file.path)
        if not await asyncio.to_thread(path.is_file):
            raise HubRefusedError("FILE_MISSING", "The runner's copy of the file is gone.")
        header = _header(held, file)
        header.query_only = True
        state = await transport.upload_artifact(_messages(header, None))
        if not state.complete:
            header.query_only = False
            header.offset = state.held
            state = await transport.upload_artifact(_messages(header, path))
        if not state.complete:
            raise HubUnavailableError("The Hub did not take the whole file.")


def _header(held: Held, file: StoredFile) -> attempt_pb2.StoreArtifactHeader:
    return attempt_pb2.StoreArtifactHeader(
        attempt=wire.attempt_ref(held.execution_id, held.attempt_id),
        artifact_id=file.id,
        node_id=file.node_id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )


async def _messages(
    header: attempt_pb2.StoreArtifactHeader, path: Path | None
) -> AsyncIterator[pb.UploadArtifactRequest]:
    yield pb.UploadArtifactRequest(header=header)
    if path is None:
        return
    with path.open("rb") as source:
        source.seek(header.offset)
        while chunk := source.read(CHUNK_BYTES):
            yield pb.UploadArtifactRequest(chunk=chunk)
