"""EvidenceService and ChangesService over gRPC: messages to models and back."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import changes_service_pb2 as changes_pb
from exekra.scheduler.v1 import changes_service_pb2_grpc, evidence_service_pb2_grpc
from exekra.scheduler.v1 import evidence_service_pb2 as pb
from services.kit.errors import DomainError, FieldError, invalid
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.scheduler.evidence import queries
from services.scheduler.evidence.artifacts import CHUNK_BYTES, Announcement, Artifacts
from services.scheduler.evidence.changes import Topics
from services.scheduler.evidence.errors import bad_header, execution_not_found
from services.scheduler.evidence.messages import to_artifact, to_log_line, to_node_run
from services.scheduler.evidence.watching import Watching

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAX_QUERY = 500
DRAINED_BYTES = 64 * 1024 * 1024


class EvidenceServicer(evidence_service_pb2_grpc.EvidenceServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", artifacts: Artifacts) -> None:
        self._pool = pool
        self._artifacts = artifacts

    async def ListNodeRuns(self, request: pb.ListNodeRunsRequest, context: Any) -> pb.ListNodeRunsResponse:
        limit = clamp_limit(request.limit)
        after = _after(request.cursor)
        async with self._pool.acquire() as connection:
            attempt = await _attempt(connection, request.execution_id, request.attempt)
            if attempt is None:
                return pb.ListNodeRunsResponse()
            runs, more = await queries.list_node_runs(connection, attempt, after, limit)
        return pb.ListNodeRunsResponse(
            items=[to_node_run(run) for run in runs], next_cursor=encode_cursor(runs[-1].seq) if more else ""
        )

    async def ListLogLines(self, request: pb.ListLogLinesRequest, context: Any) -> pb.ListLogLinesResponse:
        limit = clamp_limit(request.limit)
        if len(request.query) > MAX_QUERY:
            raise invalid("The search text is too long.", FieldError("/q", f"Use at most {MAX_QUERY} characters."))
        after = max(request.after, _after(request.cursor))
        async with self._pool.acquire() as connection:
            attempt = await _attempt(connection, request.execution_id, 0)
            if attempt is None:
                return pb.ListLogLinesResponse()
            page = await queries.list_log_lines(
                connection, attempt[0], after, limit, level=request.level, text=request.query
            )
            last = await queries.last_line(connection, attempt[0])
        return pb.ListLogLinesResponse(
            items=[to_log_line(line) for line in page.lines],
            next_cursor=encode_cursor(page.next_after) if page.next_after is not None else "",
            last_seq=last,
        )

    async def ListArtifacts(self, request: pb.ListArtifactsRequest, context: Any) -> pb.ListArtifactsResponse:
        async with self._pool.acquire() as connection:
            await _require_execution(connection, request.execution_id)
            found = await queries.list_artifacts(connection, request.execution_id)
        return pb.ListArtifactsResponse(items=[to_artifact(artifact) for artifact in found])

    async def ReadArtifact(
        self, request: pb.ReadArtifactRequest, context: Any
    ) -> AsyncIterator[pb.ReadArtifactResponse]:
        artifact = await self._artifacts.find(request.artifact_id)
        if not 0 <= request.offset <= artifact.size or request.length < 0:
            raise invalid("The range is outside the artifact.", FieldError("/offset", f"It has {artifact.size} bytes."))
        yield pb.ReadArtifactResponse(artifact=to_artifact(artifact))
        async for chunk in self._artifacts.read(artifact, request.offset, request.length):
            yield pb.ReadArtifactResponse(chunk=chunk)

    async def StoreArtifact(
        self, requests: AsyncIterator[pb.StoreArtifactRequest], context: Any
    ) -> pb.StoreArtifactResponse:
        first = await anext(aiter(requests), None)
        if first is None or not first.HasField("header"):
            raise bad_header("/header", "Send the header first.")
        header = first.header
        announced = Announcement(
            artifact_id=header.artifact_id,
            execution_id=header.attempt.execution_id,
            attempt_id=header.attempt.attempt_id,
            runner_id=header.runner_id,
            node_id=header.node_id,
            name=header.name,
            media_type=header.media_type,
            size=header.size,
            sha256=header.sha256,
        )
        async with _drained(requests):
            held, complete = await self._artifacts.store(
                announced, header.offset, _chunks(first, requests), query_only=header.query_only
            )
        return pb.StoreArtifactResponse(held=held, complete=complete)


class ChangesServicer(changes_service_pb2_grpc.ChangesServiceServicer):
    """See the proto for callers. A change of kind `stream.reset` says: too much happened, read anew."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching

    async def WatchChanges(
        self, request: changes_pb.WatchChangesRequest, context: Any
    ) -> AsyncIterator[changes_pb.WatchChangesResponse]:
        async for change in self._watching.watch(Topics.parse(request.topics), request.cursor):
            yield changes_pb.WatchChangesResponse(
                topic=change.topic, kind=change.kind, payload_json=change.payload, cursor=change.cursor
            )


@asynccontextmanager
async def _drained(requests: AsyncIterator[pb.StoreArtifactRequest]) -> AsyncIterator[None]:
    """A refusal while the caller still sends would reach it as a broken stream; so what comes is read first."""
    try:
        yield
    except DomainError:
        taken = 0
        async for request in requests:
            taken += len(request.chunk)
            if taken > DRAINED_BYTES:
                break
        raise


async def _chunks(
    first: pb.StoreArtifactRequest, requests: AsyncIterator[pb.StoreArtifactRequest]
) -> AsyncIterator[bytes]:
    if first.chunk:
        yield first.chunk
    async for request in requests:
        if len(request.chunk) > CHUNK_BYTES:
            raise bad_header("/chunk", f"Send at most {CHUNK_BYTES} bytes at once.")
        yield request.chunk


async def _require_execution(connection: "Connection", execution_id: str) -> None:
    if not is_id(execution_id) or not await connection.fetchval(queries.EXECUTION_EXISTS, execution_id):
        raise execution_not_found()


async def _attempt(connection: "Connection", execution_id: str, attempt_no: int) -> tuple[str, int] | None:
    """None while no attempt has begun. Raises EXECUTION_NOT_FOUND."""
    attempt = await queries.find_attempt(connection, execution_id, attempt_no) if is_id(execution_id) else None
    if attempt is None:
        await _require_execution(connection, execution_id)
    return attempt


def _after(cursor: str) -> int:
    values = decode_cursor(cursor, "number")
    return values[0] if values else 0
