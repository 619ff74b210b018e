"""ChangesService over real gRPC: who watches hears of everything, also after a pause."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from exekra.scheduler.v1 import changes_service_pb2 as changes_pb
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rpc_client import call_metadata, call_stream
from services.scheduler.evidence.bell import CHANNEL
from tests.integration.scheduler.evidence.attempts import begin, end
from tests.integration.scheduler.evidence.conftest import Services
from tests.integration.scheduler.evidence.test_ingest import events, lines, report, store

if TYPE_CHECKING:
    from services.kit.postgres import Pool


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
