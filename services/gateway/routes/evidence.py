"""What an execution left behind: node runs, log lines, artifacts and their bytes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import web

from exekra.scheduler.v1 import evidence_service_pb2
from services.gateway.peers import find_method
from services.gateway.routes import evidence_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import WholeListQuery
from services.gateway.web.errors import HttpError
from services.gateway.web.request_keys import STREAMING

SERVICE = "exekra.scheduler.v1.EvidenceService"
READ = find_method(f"{SERVICE}.ReadArtifact")
DOWNLOAD_SECONDS = 3600.0
PROBE_SECONDS = 5.0
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

route = partial(Route, resource="executions")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` up to and including `last` of an artifact."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.last - self.first + 1


def parse_range(header: str, size: int) -> Part | None:
    """The one part asked for; None for the whole (also for forms we do not serve). Raises RANGE_NOT_SATISFIABLE."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        part = Part(int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1))
        if match[2] and int(match[2]) < part.first:
            return None
    else:
        part = Part(max(size - int(match[2]), 0), size - 1)
    if part.first >= size or part.length <= 0:
        raise HttpError(
            416, "RANGE_NOT_SATISFIABLE", f"The artifact has {size} bytes.", {"Content-Range": f"bytes */{size}"}
        )
    return part


async def download(call: Call) -> web.StreamResponse:
    """The artifact's bytes, or the part that `Range` asks for."""
    request, artifact_id = call.request, call.id("artifact_id")
    info = await _probe(call, artifact_id)
    etag = f'"{info.sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(info.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    unchanged = request.headers.get("If-Range", etag) == etag
    part = parse_range(request.headers.get("Range", ""), info.size) if unchanged else None
    if part is not None:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{info.size}"
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    response.content_type = info.media_type or "application/octet-stream"
    response.content_length = part.length if part else info.size
    request[STREAMING] = True
    await response.prepare(request)
    if request.method == "GET" and response.content_length:
        async for chunk in _chunks(call, artifact_id, part):
            await response.write(chunk)
    await response.write_eof()
    return response


async def _probe(call: Call, artifact_id: str) -> Any:
    """Name, size and type: the first response carries them. Raises ARTIFACT_NOT_FOUND."""
    request = evidence_service_pb2.ReadArtifactRequest(artifact_id=artifact_id, offset=0, length=1)
    info = None
    async for response in call.gateway.peers.stream(READ, request, seconds=PROBE_SECONDS):
        if response.HasField("artifact"):
            info = response.artifact
    if info is None:
        raise HttpError(404, "ARTIFACT_NOT_FOUND", "There is no such artifact, or you may not see it.")
    return info


async def _chunks(call: Call, artifact_id: str, part: Part | None) -> AsyncIterator[bytes]:
    request = evidence_service_pb2.ReadArtifactRequest(artifact_id=artifact_id)
    if part is not None:
        request.offset, request.length = part.first, part.length
    async for response in call.gateway.peers.stream(READ, request, seconds=DOWNLOAD_SECONDS):
        if response.chunk:
            yield response.chunk


ROUTES = (
    route(
        method="GET",
        path="/executions/{execution_id}/nodes",
        summary="List node runs with inputs and outputs",
        permission="execution:view",
        rpc=f"{SERVICE}.ListNodeRuns",
        query=shapes.NodeRunQuery,
        response=shapes.NodeRunPage,
    ),
    route(
        method="GET",
        path="/executions/{execution_id}/logs",
        summary="List log lines",
        permission="execution:view",
        rpc=f"{SERVICE}.ListLogLines",
        query=shapes.LogQuery,
        response=shapes.LogPage,
    ),
    route(
        method="GET",
        path="/executions/{execution_id}/artifacts",
        summary="List artifacts",
        permission="execution:view",
        rpc=f"{SERVICE}.ListArtifacts",
        query=WholeListQuery,
        response=shapes.Artifacts,
    ),
    Route(
        method="GET",
        path="/artifacts/{artifact_id}",
        summary="Download an artifact; ranges are served",
        resource="artifacts",
        permission="execution:view",
        serve=download,
        media_type="application/octet-stream",
        further_statuses=(206, 304),
        also_head=True,
    ),
)
