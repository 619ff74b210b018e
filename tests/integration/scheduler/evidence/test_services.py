"""EvidenceService and ChangesService over real gRPC on a real Postgres."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from exekra.scheduler.v1 import attempt_pb2, changes_service_pb2_grpc, evidence_service_pb2_grpc
from exekra.scheduler.v1 import changes_service_pb2 as changes_pb
from exekra.scheduler.v1 import evidence_service_pb2 as pb
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.rpc_client import call, call_metadata, call_stream, from_rpc_error, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.evidence import retention
from services.scheduler.evidence.artifacts import CHUNK_BYTES
from services.scheduler.evidence.bell import CHANNEL
from services.scheduler.evidence.compose import artifact_folder, compose_evidence
from services.scheduler.evidence.files import ArtifactFiles
from tests.conftest import HubDatabase
from tests.integration.scheduler.evidence.attempts import Begun, begin
from tests.integration.scheduler.evidence.test_ingest import events, lines, report, store

if TYPE_CHECKING:
    from services.kit.postgres import Pool

VIEWER = Principal("user", "u1", "Ada", frozenset({"execution:view"}))
LIMIT = 3 * 1024 * 1024
DATA = bytes(range(256)) * 4096  # 1 MiB


@dataclass(frozen=True)
class Services:
    evidence: evidence_service_pb2_grpc.EvidenceServiceStub
    registry: evidence_service_pb2_grpc.EvidenceServiceStub
    changes: changes_service_pb2_grpc.ChangesServiceStub
    home: Path


@pytest.fixture
async def services(
    pool: "Pool", hub_database: HubDatabase, tmp_path: Path, short_folder: Path
) -> AsyncIterator[Services]:
    stop = asyncio.Event()
    parts = compose_evidence(pool, hub_database.dsns["scheduler"], tmp_path, stop, LIMIT)
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    token = current_principal.set(VIEWER)
    async with (
        grpc_server(parts.registrations, address, drain_seconds=1),
        open_channel(address, caller="gateway") as gateway,
        open_channel(address, caller="registry") as registry,
    ):
        bell = asyncio.create_task(parts.bell.run(stop))
        await asyncio.wait_for(parts.bell.listening.wait(), 30)
        yield Services(
            evidence_service_pb2_grpc.EvidenceServiceStub(gateway),
            evidence_service_pb2_grpc.EvidenceServiceStub(registry),
            changes_service_pb2_grpc.ChangesServiceStub(gateway),
            tmp_path,
        )
        stop.set()
        await bell
    current_principal.reset(token)


async def ask(method: object, request: object) -> object:
    return await call(method, request, caller="gateway")  # type: ignore[arg-type]


async def test_node_runs_and_lines_come_in_pages(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    await store(pool, report(begun, node_events=events(range(1, 13)), log_lines=lines(range(1, 8))))
    seen: list[int] = []
    cursor = ""
    while True:
        page = await call(
            services.evidence.ListNodeRuns,
            pb.ListNodeRunsRequest(execution_id=begun.execution_id, limit=4, cursor=cursor),
            caller="gateway",
        )
        seen += [run.seq for run in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [1, 2, 3, 4, 5, 6]
    assert page.items[0].status == attempt_pb2.NODE_RUN_STATUS_COMPLETED
    assert page.items[0].attempt == 1
    request = pb.ListLogLinesRequest(execution_id=begun.execution_id, after=2, limit=3)
    lines_page = await call(services.evidence.ListLogLines, request, caller="gateway")
    assert [line.seq for line in lines_page.items] == [3, 4, 5]
    request = pb.ListLogLinesRequest(execution_id=begun.execution_id, after=2, cursor=lines_page.next_cursor)
    lines_page = await call(services.evidence.ListLogLines, request, caller="gateway")
    assert [line.seq for line in lines_page.items] == [6, 7]
    assert lines_page.next_cursor == ""


async def test_unknown_executions_are_not_found_and_bad_cursors_are_refused(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    for execution_id in (new_id(), "nonsense"):
        for method, request in (
            (services.evidence.ListNodeRuns, pb.ListNodeRunsRequest(execution_id=execution_id)),
            (services.evidence.ListLogLines, pb.ListLogLinesRequest(execution_id=execution_id)),
            (services.evidence.ListArtifacts, pb.ListArtifactsRequest(execution_id=execution_id)),
        ):
            with pytest.raises(DomainError) as refused:
                await ask(method, request)
            assert refused.value.reason == "EXECUTION_NOT_FOUND"
    with pytest.raises(DomainError) as refused:
        await ask(
            services.evidence.ListNodeRuns, pb.ListNodeRunsRequest(execution_id=begun.execution_id, cursor="WyJhIl0")
        )
    assert refused.value.fields[0].pointer == "/cursor"


# -- artifacts ----------------------------------------------------------------------------------------------------


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


async def end(pool: "Pool", begun: Begun, days: int) -> None:
    statement = """UPDATE execution SET status = 'COMPLETED', event = 'FINISH_OK',
     created_at = now() - $2 * interval '1 day',
     completed_at = now() - $2 * interval '1 day' WHERE id = $1"""
    await pool.execute(statement, begun.execution_id, days)


async def test_executions_and_logs_are_kept_as_long_as_said(pool: "Pool", hub_database: HubDatabase) -> None:
    old, young = await begin(pool), await begin(pool)
    for begun in (old, young):
        await store(pool, report(begun, node_events=events([1, 2]), log_lines=lines([1])))
    await end(pool, old, days=91)
    await end(pool, young, days=89)
    assert await retention.forget_executions(pool, 90) == 1
    assert await pool.fetchval("SELECT count(*) FROM node_run") == 1
    assert await retention.forget_logs(pool, 30) == 0
    await pool.execute("UPDATE log_block SET day = day - 31 WHERE attempt_id = $1", young.attempt_id)
    await retention.forget_logs(pool, 30)
    assert await pool.fetchval("SELECT count(*) FROM log_block WHERE attempt_id = $1", young.attempt_id) == 0
    assert await retention.ensure_log_partitions(pool) == 0


# -- changes ------------------------------------------------------------------------------------------------------


class Watch:
    """Collects what one stream sends."""

    def __init__(self, services: Services, topics: list[str], cursor: str = "") -> None:
        self._call = services.changes.WatchChanges(
            changes_pb.WatchChangesRequest(topics=topics, cursor=cursor), metadata=call_metadata("gateway")
        )

    async def next(self, kind: str) -> tuple[changes_pb.WatchChangesResponse, dict[str, object]]:
        """The next change of a kind."""
        while True:
            response = await asyncio.wait_for(self._call.read(), 30)
            assert response is not grpc.aio.EOF
            if response.kind == kind:
                return response, json.loads(response.payload_json)

    async def start(self) -> str:
        """The cursor the stream begins with."""
        return (await asyncio.wait_for(self._call.read(), 30)).cursor

    def stop(self) -> None:
        self._call.cancel()


@asynccontextmanager
async def watching(services: Services, *topics: str, cursor: str = "") -> AsyncIterator[Watch]:
    watch = Watch(services, list(topics), cursor)
    try:
        yield watch
    finally:
        watch.stop()


async def test_a_watcher_hears_of_steps_nodes_and_lines(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    other = await begin(pool)
    async with watching(services, f"execution:{begun.execution_id}") as watch:
        await watch.start()
        await store(pool, report(other, node_events=events([1])))
        await store(pool, report(begun, node_events=events([1]), log_lines=lines([1, 2])))
        await pool.execute(f"NOTIFY {CHANNEL}")
        _, nodes = await watch.next("node.changed")
        assert nodes["executionId"] == begun.execution_id
        assert [(node["nodeId"], node["status"]) for node in nodes["nodes"]] == [("n1", "running")]  # type: ignore[attr-defined]
        _, logs = await watch.next("logs.appended")
        assert logs["logSeq"] == 2
        await store(pool, report(begun, node_events=events([2])))
        _, nodes = await watch.next("node.changed")
        assert [(node["nodeId"], node["status"]) for node in nodes["nodes"]] == [("n1", "completed")]  # type: ignore[attr-defined]
        await end(pool, begun, days=0)
        _, step = await watch.next("execution.changed")
        assert (step["status"], step["event"]) == ("COMPLETED", "FINISH_OK")


async def test_a_transaction_that_commits_late_is_not_missed(services: Services, pool: "Pool") -> None:
    slow, quick = await begin(pool), await begin(pool)
    update = "UPDATE execution SET status = 'COMPLETED', event = 'FINISH_OK', completed_at = now() WHERE id = $1"
    async with watching(services, "executions") as watch:
        await watch.start()
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(update, slow.execution_id)
            await pool.execute(update, quick.execution_id)
            await pool.execute(f"NOTIFY {CHANNEL}")
            await pool.fetchval("SELECT pg_sleep(0.2)")
            await transaction.commit()
        heard = {str((await watch.next("execution.changed"))[1]["executionId"]) for _ in range(2)}
        assert heard == {slow.execution_id, quick.execution_id}


async def test_a_watcher_that_comes_back_with_its_cursor_hears_what_it_missed(services: Services, pool: "Pool") -> None:
    async with watching(services, "executions") as watch:
        cursor = await watch.start()
    missed = [await begin(pool) for _ in range(3)]
    async with watching(services, "executions", cursor=cursor) as watch:
        heard = set()
        while heard != {begun.execution_id for begun in missed}:
            _, payload = await watch.next("execution.changed")
            if payload["status"] == "RUNNING":
                heard.add(payload["executionId"])
    async with watching(services, "executions", cursor=str(2**62)) as watch:
        reset, _ = await watch.next("stream.reset")
        assert int(reset.cursor) < 2**62, "a cursor from the future starts anew"


async def test_a_watcher_that_comes_back_is_told_that_its_watch_stands(services: Services) -> None:
    async with watching(services, "executions") as watch:
        cursor = await watch.start()
    async with watching(services, "executions", cursor=cursor) as watch:
        assert int(await watch.start()) >= int(cursor)
    # What runners did meanwhile is not written down.
    async with watching(services, "runners", cursor=cursor) as watch:
        assert (await watch.next("stream.reset"))[0].topic == "runners"


async def test_a_watcher_goes_on_when_its_bell_was_cut_off(services: Services, pool: "Pool") -> None:
    async with watching(services, "executions") as watch:
        await watch.start()
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND usename = user"
        assert await pool.fetchval(cut)
        begun = await begin(pool)
        assert (await watch.next("execution.changed"))[1]["executionId"] == begun.execution_id


async def test_runners_that_change_are_told(services: Services, pool: "Pool") -> None:
    runner_id = new_id()
    async with watching(services, "runners") as watch:
        await watch.start()
        await pool.execute("INSERT INTO runner (id, name) VALUES ($1, 'desk 7')", runner_id)
        _, state = await watch.next("runner.changed")
        assert (state["runnerId"], state["state"], state["disabled"]) == (runner_id, "OFFLINE", False)
        await pool.execute("UPDATE runner SET enabled = false WHERE id = $1", runner_id)
        _, state = await watch.next("runner.changed")
        assert state["disabled"] is True
        await pool.execute("UPDATE runner SET deleted_at = now() WHERE id = $1", runner_id)
        _, state = await watch.next("runner.changed")
        assert state == {"runnerId": runner_id, "deleted": True}


async def test_bad_topics_and_cursors_are_refused(services: Services) -> None:
    for topics, cursor in ((["execution:x"], ""), (["secrets"], ""), (["executions"], "-1"), (["executions"], "٣")):
        with pytest.raises(DomainError) as refused:
            await anext(
                call_stream(
                    services.changes.WatchChanges,
                    changes_pb.WatchChangesRequest(topics=topics, cursor=cursor),
                    caller="gateway",
                )
            )
        assert refused.value.kind == "invalid"
