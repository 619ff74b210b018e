"""Artifacts over real gRPC: taken in whole or in parts, given out again, and kept while they are named."""

import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import evidence_service_pb2 as pb
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rpc_client import call, call_metadata, call_stream, from_rpc_error
from services.scheduler.evidence import retention
from services.scheduler.evidence.artifacts import CHUNK_BYTES
from services.scheduler.evidence.compose import artifact_folder
from services.scheduler.evidence.files import ArtifactFiles
from tests.integration.scheduler.evidence.attempts import Begun, begin, end
from tests.integration.scheduler.evidence.conftest import LIMIT, Services

if TYPE_CHECKING:
    from services.kit.postgres import Pool


DATA = bytes(range(256)) * 4096  # 1 MiB


def header(begun: Begun, data: bytes = DATA, **more: object) -> attempt_pb2.StoreArtifactHeader:
    values: dict[str, object] = {
        "runner_id": begun.runner_id,
        "attempt": attempt_pb2.AttemptRef(execution_id=begun.execution_id, attempt_id=begun.attempt_id),
        "artifact_id": new_id(),
        "node_id": "n1",
        "name": "report.xlsx",
        "media_type": "application/vnd.ms-excel",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **more,
    }
    return attempt_pb2.StoreArtifactHeader(**values)  # type: ignore[arg-type]


async def upload(
    services: Services, announced: attempt_pb2.StoreArtifactHeader, data: bytes = DATA
) -> pb.StoreArtifactResponse:
    async def requests() -> AsyncIterator[pb.StoreArtifactRequest]:
        yield pb.StoreArtifactRequest(header=announced)
        for start in range(announced.offset, len(data), CHUNK_BYTES):
            yield pb.StoreArtifactRequest(chunk=data[start : start + CHUNK_BYTES])

    try:
        return await services.registry.StoreArtifact(requests(), timeout=10, metadata=call_metadata("registry"))
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


async def read(services: Services, artifact_id: str, offset: int = 0, length: int = 0) -> bytes:
    request = pb.ReadArtifactRequest(artifact_id=artifact_id, offset=offset, length=length)
    responses = [part async for part in call_stream(services.evidence.ReadArtifact, request, caller="gateway")]
    assert responses[0].artifact.id == artifact_id
    return b"".join(part.chunk for part in responses)


async def test_an_artifact_is_taken_listed_and_given_out_in_whole_and_in_part(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    announced = header(begun, name="C:\\work\\report.xlsx")
    assert await upload(services, announced) == pb.StoreArtifactResponse(held=len(DATA), complete=True)
    listed = await call(
        services.evidence.ListArtifacts, pb.ListArtifactsRequest(execution_id=begun.execution_id), caller="gateway"
    )
    assert [(item.name, item.size, item.sha256) for item in listed.items] == [
        ("report.xlsx", len(DATA), announced.sha256)
    ]
    assert await read(services, announced.artifact_id) == DATA
    assert await read(services, announced.artifact_id, offset=1000, length=500_000) == DATA[1000:501_000]
    assert await read(services, announced.artifact_id, offset=len(DATA)) == b""
    with pytest.raises(DomainError):
        await read(services, announced.artifact_id, offset=len(DATA) + 1)


async def test_an_upload_that_broke_off_goes_on_where_it_ended(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    announced = header(begun)
    held = await upload(services, announced, DATA[: 2 * CHUNK_BYTES])
    assert (held.held, held.complete) == (2 * CHUNK_BYTES, False)
    with pytest.raises(DomainError) as missing:
        await read(services, announced.artifact_id)
    assert missing.value.reason == "ARTIFACT_NOT_FOUND"
    with pytest.raises(DomainError) as refused:
        await upload(services, announced)
    assert (refused.value.reason, refused.value.facts) == ("OFFSET_MISMATCH", {"held": 2 * CHUNK_BYTES})
    asked = attempt_pb2.StoreArtifactHeader()
    asked.CopyFrom(announced)
    asked.query_only = True
    assert (await upload(services, asked, b"")).held == 2 * CHUNK_BYTES
    announced.offset = 2 * CHUNK_BYTES
    assert (await upload(services, announced)).complete
    announced.offset = 0
    assert (await upload(services, announced)).complete, "storing it again changes nothing"


async def test_an_empty_artifact_is_one_too(services: Services, pool: "Pool") -> None:
    announced = header(await begin(pool), b"")
    assert (await upload(services, announced, b"")).complete
    assert await read(services, announced.artifact_id) == b""


async def test_wrong_artifacts_are_refused(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    stored = header(begun)
    await upload(services, stored)
    for announced, data, reason in (
        (header(begun, runner_id=new_id()), DATA, "STALE_ATTEMPT"),
        (header(begun, size=LIMIT + 1), DATA, "ARTIFACT_TOO_LARGE"),
        (header(begun), DATA[:-1] + b"!", "CHECKSUM_MISMATCH"),
        (header(begun, size=10), DATA, "CHECKSUM_MISMATCH"),
        (header(begun, b"other", artifact_id=stored.artifact_id), b"other", "ARTIFACT_EXISTS"),
        (header(begun, artifact_id="../../x"), DATA, "INVALID"),
        (header(begun, sha256="../../../../etc/passwd"), DATA, "INVALID"),
    ):
        with pytest.raises(DomainError) as refused:
            await upload(services, announced, data)
        assert refused.value.reason == reason
    assert await read(services, stored.artifact_id) == DATA


async def test_content_stays_while_an_artifact_names_it(services: Services, pool: "Pool") -> None:
    first, second = await begin(pool), await begin(pool)
    kept, dropped = header(first), header(second)
    await upload(services, kept)
    await upload(services, dropped)
    files = ArtifactFiles(artifact_folder(services.home))
    await end(pool, second, days=100)
    assert await retention.forget_executions(pool, 90) == 1
    assert await retention.forget_artifacts(pool, files) == 1
    assert await read(services, kept.artifact_id) == DATA
    await end(pool, first, days=100)
    assert await retention.forget_executions(pool, 90) == 1
    assert await retention.forget_artifacts(pool, files) == 1
    assert not files.path(kept.sha256).exists()
