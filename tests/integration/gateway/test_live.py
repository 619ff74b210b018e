"""Server-sent events, downloads with ranges, and the drain: answers that are streams."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from exekra.audit.v1 import audit_service_pb2
from exekra.scheduler.v1 import changes_service_pb2, evidence_service_pb2, execution_pb2
from services.gateway.live import feed
from services.kit.errors import not_found
from services.kit.ids import new_id
from tests.integration.gateway.served import Browser, Script, Served, eventually

CONTENT = bytes(range(256)) * 1024


class Changes:
    """What the scheduler tells: remembered, so that a cursor resumes."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.cursors: list[str] = []
        self.more = asyncio.Condition()
        self.stands = asyncio.Event()
        self.stands.set()

    async def tell(self, topic: str, payload: dict[str, Any]) -> None:
        async with self.more:
            cursor = str(len(self.told) + 1)
            self.told.append(
                changes_service_pb2.WatchChangesResponse(
                    topic=topic, kind="execution.changed", payload_json=json.dumps(payload).encode(), cursor=cursor
                )
            )
            self.more.notify_all()

    async def watch(self, request: Any) -> AsyncIterator[Any]:
        self.cursors.append(request.cursor)
        sent = int(request.cursor) if request.cursor else len(self.told)
        await self.stands.wait()
        yield changes_service_pb2.WatchChangesResponse(cursor=str(sent))
        while True:
            async with self.more:
                while len(self.told) <= sent:
                    await self.more.wait()
                fresh = self.told[sent:]
            for change in fresh:
                sent += 1
                if change.topic in request.topics:
                    yield change


@pytest.fixture
def changes(script: Script) -> Changes:
    changes = Changes()
    script.answers["WatchChanges"] = changes.watch
    return changes


@asynccontextmanager
async def _events(browser: Browser, query: str, cursor: str = "") -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    headers = {"Last-Event-ID": cursor} if cursor else {}
    async with browser.session.get(f"{browser.url}/api/events?{query}", headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"

        async def read() -> AsyncIterator[dict[str, Any]]:
            event: dict[str, Any] = {}
            async for raw in response.content:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if line and name:
                    event[name] = value
                elif "data" in event:
                    yield {**event, "data": json.loads(event["data"])}
                    event = {}

        yield read()


async def _watched(changes: Changes, times: int) -> None:
    await eventually(lambda: len(changes.cursors) >= times)


async def test_changes_reach_every_browser_over_one_watch(served: Served, changes: Changes) -> None:
    one, two = await served.admin(), await served.admin()
    async with _events(one, "topics=executions") as first, _events(two, "topics=executions") as second:
        await _watched(changes, 1)
        await changes.tell("executions", {"id": "a"})
        for events in (first, second):
            async with asyncio.timeout(30):
                event = await anext(events)
            assert event["data"] == {"topic": "executions", "kind": "execution.changed", "payload": {"id": "a"}}
            assert (event["id"], event["event"]) == ("1", "execution.changed")
    assert changes.cursors == [""]


async def test_a_reader_resumes_after_the_last_event_it_saw(served: Served, changes: Changes) -> None:
    browser = await served.admin()
    for number in range(3):
        await changes.tell("executions", {"n": number})
    async with _events(browser, "topics=executions", cursor="1") as events, asyncio.timeout(30):
        assert [(await anext(events))["data"]["payload"]["n"] for _ in range(2)] == [1, 2]


async def test_who_leaves_before_the_first_event_knows_where_to_go_on(served: Served, changes: Changes) -> None:
    browser = await served.admin()
    await changes.tell("executions", {"n": 0})
    for _ in range(2):
        async with browser.session.get(f"{browser.url}/api/events?topics=executions") as response:
            opening = (await response.content.readuntil(b"\n\n")).decode()
        assert "id: 1\n" in opening
    await changes.tell("executions", {"n": 1})
    async with _events(browser, "topics=executions", cursor="1") as events, asyncio.timeout(30):
        assert (await anext(events))["data"]["payload"] == {"n": 1}


async def test_who_was_told_too_early_that_it_is_connected_reads_anew(
    served: Served, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "ESTABLISH_SECONDS", 0.05)
    changes.stands.clear()
    browser = await served.admin()
    async with _events(browser, "topics=executions") as events, asyncio.timeout(30):
        await changes.tell("executions", {"n": 0})
        changes.stands.set()
        event = await anext(events)
        assert event["data"] == {"topic": "executions", "kind": "stream.reset", "payload": {}}
        await changes.tell("executions", {"n": 1})
        while (event := await anext(events))["event"] == "stream.reset":
            pass
        assert event["data"]["payload"] in ({"n": 0}, {"n": 1})


async def test_a_watch_that_broke_is_resumed_where_it_was(served: Served, script: Script, changes: Changes) -> None:
    broken = asyncio.Event()

    async def once(request: Any) -> AsyncIterator[Any]:
        changes.cursors.append(request.cursor)
        yield changes_service_pb2.WatchChangesResponse(topic="executions", kind="k", payload_json=b"1", cursor="7")
        await broken.wait()
        script.answers["WatchChanges"] = again

    async def again(request: Any) -> AsyncIterator[Any]:
        changes.cursors.append(request.cursor)
        yield changes_service_pb2.WatchChangesResponse(topic="executions", kind="k", payload_json=b"2", cursor="8")
        await asyncio.Event().wait()

    script.answers["WatchChanges"] = once
    browser = await served.admin()
    async with _events(browser, "topics=executions") as events, asyncio.timeout(30):
        assert (await anext(events))["data"]["payload"] == 1
        broken.set()
        assert (await anext(events))["data"]["payload"] == 2
    assert changes.cursors == ["", "7"]


async def test_topics_are_checked_and_unknown_executions_are_404(served: Served, script: Script) -> None:
    browser = await served.admin()
    for topics in ("nonsense", "execution:nonsense", "execution", ",", "executions:1"):
        reply = await browser.call("GET", f"/api/events?topics={topics}")
        assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "/topics"), topics

    def unknown(_: Any) -> Any:
        raise not_found("EXECUTION_NOT_FOUND", "execution")

    script.answers["GetExecution"] = unknown
    assert (await browser.call("GET", f"/api/events?topics=execution:{new_id()}")).status == 404


async def test_draining_ends_streams_at_once(served: Served, changes: Changes) -> None:
    browser = await served.admin()
    async with _events(browser, "topics=executions") as events:
        await _watched(changes, 1)
        served.stop.set()
        async with asyncio.timeout(30):
            assert [event async for event in events] == []


async def test_one_client_cannot_hold_all_streams(served: Served, changes: Changes) -> None:
    browser = await served.admin()
    connector = aiohttp.TCPConnector(limit=0, ssl=False)
    async with aiohttp.ClientSession(connector=connector) as many:
        cookie = "; ".join(f"{item.key}={item.value}" for item in browser.session.cookie_jar)
        opened = [
            await many.get(f"{served.url}/api/events?topics=executions", headers={"Cookie": cookie}) for _ in range(31)
        ]
        assert [response.status for response in opened].count(429) == 1
        for response in opened:
            response.close()


@pytest.fixture
def artifact(script: Script) -> str:
    info = execution_pb2.ArtifactInfo(
        id=new_id(),
        name="Übersicht 1.xlsx",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        media_type="x/y",
    )

    async def read(request: Any) -> AsyncIterator[Any]:
        if request.artifact_id != info.id:
            raise not_found("ARTIFACT_NOT_FOUND", "artifact")
        end = request.offset + request.length if request.length else len(CONTENT)
        data = CONTENT[request.offset : end]
        yield evidence_service_pb2.ReadArtifactResponse(artifact=info, chunk=data[:1000])
        for start in range(1000, len(data), 100_000):
            yield evidence_service_pb2.ReadArtifactResponse(chunk=data[start : start + 100_000])

    script.answers["ReadArtifact"] = read
    return info.id


async def test_an_artifact_is_downloaded_whole(served: Served, artifact: str) -> None:
    reply = await (await served.admin()).call("GET", f"/api/artifacts/{artifact}")
    assert reply.status == 200
    assert reply.content == CONTENT
    assert reply.headers["Content-Type"] == "x/y"
    assert reply.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%9Cbersicht%201.xlsx"
    assert "sandbox" in reply.headers["Content-Security-Policy"]


async def test_parts_of_an_artifact_are_served(served: Served, artifact: str) -> None:
    admin = await served.admin()
    size = len(CONTENT)
    parts = {
        "bytes=0-0": CONTENT[:1],
        "bytes=5-1004": CONTENT[5:1005],
        "bytes=-10": CONTENT[-10:],
        f"bytes={size - 3}-": CONTENT[-3:],
        f"bytes=10-{size + 99}": CONTENT[10:],
    }
    for header, content in parts.items():
        reply = await admin.call("GET", f"/api/artifacts/{artifact}", headers={"Range": header})
        assert (reply.status, reply.content == content) == (206, True), header
        assert reply.headers["Content-Range"].endswith(f"/{size}")
    for header in ("lines=1-2", "bytes=5-2", "bytes=-", "bytes=1-2,5-6"):
        assert (await admin.call("GET", f"/api/artifacts/{artifact}", headers={"Range": header})).status == 200, header
    beyond = await admin.call("GET", f"/api/artifacts/{artifact}", headers={"Range": f"bytes={size}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


async def test_an_unchanged_artifact_is_not_sent_again(served: Served, artifact: str) -> None:
    admin = await served.admin()
    head = await admin.call("HEAD", f"/api/artifacts/{artifact}")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(CONTENT)))
    etag = head.headers["ETag"]
    assert (await admin.call("GET", f"/api/artifacts/{artifact}", headers={"If-None-Match": etag})).status == 304
    changed = {"Range": "bytes=0-0", "If-Range": '"other"'}
    assert (await admin.call("GET", f"/api/artifacts/{artifact}", headers=changed)).status == 200
    unknown = await admin.call("GET", f"/api/artifacts/{new_id()}")
    assert (unknown.status, unknown.body["reason"]) == (404, "ARTIFACT_NOT_FOUND")


async def test_the_audit_log_is_exported_as_lines(served: Served, script: Script) -> None:
    async def export(_: Any) -> AsyncIterator[Any]:
        for number in range(3):
            yield audit_service_pb2.ExportResponse(lines=b'{"seq":%d}\n' % number)

    script.answers["Export"] = export
    reply = await (await served.admin()).call("GET", "/api/audit/export")
    assert reply.status == 200
    assert [json.loads(line)["seq"] for line in reply.content.splitlines()] == [0, 1, 2]
