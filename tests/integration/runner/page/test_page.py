import getpass
import io
import json
import zipfile
from datetime import UTC
from pathlib import Path
from typing import Any

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.eventually import eventually
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.attempts import Attempt
from tests.integration.runner.agent.hub import SECRET, ScriptedHub
from tests.integration.runner.agent.processes import LocalAgent
from tests.integration.runner.page.conftest import Visitor

SECONDS = 60.0
CONTEXT = json.dumps({"workflow": {"id": "w", "name": "Invoices", "version": 3}}).encode()
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def patient() -> dict[str, Any]:
    """Says something, and waits in a loop: the runner keeps it."""
    loop = {"id": "loop", "type": "control.forEach", "name": "Each order", "config": {"items": [1]}}
    body = {"nodes": [{**graphs.delay(3_600), "name": "Match order lines"}], "edges": []}
    return graphs.chain(graphs.say("hello"), {**loop, "body": body})


async def until(visitor: Visitor, wanted: Any) -> Any:
    async def look() -> Any:
        state = await visitor.ask("/api/state")
        return state if wanted(state) else None

    return await eventually(look, SECONDS)


async def begun(hub: ScriptedHub, visitor: Visitor) -> Attempt:
    attempt = await hub.offer(patient(), context_json=CONTEXT, version=3)
    await until(
        visitor, lambda state: any(each["attemptId"] == attempt.id and each["node"] for each in state["running"])
    )
    return attempt


async def test_the_page_says_who_and_where_the_hub_is_and_when_it_was_heard(hub: ScriptedHub, visitor: Visitor) -> None:
    state = await until(visitor, lambda state: state["hub"]["heardAt"] and state["runner"]["cpuPercent"] is not None)
    assert state["runner"]["name"] == "box"
    assert state["runner"]["slots"] == 2
    assert state["hub"]["address"] == hub.address
    assert state["hub"]["connectedSince"]
    assert state["running"] == []


async def test_what_runs_is_shown_with_its_node_and_stopped_as_by_the_owner(hub: ScriptedHub, visitor: Visitor) -> None:
    attempt = await begun(hub, visitor)
    other = await begun(hub, visitor)
    state = await until(visitor, lambda state: all(each["node"] == "Match order lines" for each in state["running"]))
    assert [each["workflow"] for each in state["running"]] == ["Invoices", "Invoices"]
    assert await visitor.do("/api/stop", attemptId=attempt.id) == {"stopped": 1}
    record = await hub.finished(attempt, SECONDS)
    assert record.outcome == apb.OUTCOME_STOPPED
    assert record.stopped_by == "the runner's owner"
    assert not other.finishes
    assert await visitor.do("/api/stop") == {"stopped": 1}
    assert (await hub.finished(other, SECONDS)).outcome == apb.OUTCOME_STOPPED
    assert await visitor.do("/api/stop", attemptId=attempt.id) == {"stopped": 0}
    state = await until(visitor, lambda state: not state["running"])
    assert [run["stoppedBy"] for run in state["recent"]] == ["the runner's owner"] * 2


async def test_a_paused_runner_finishes_its_work_and_takes_no_other_also_after_a_restart(
    hub: ScriptedHub, agent: LocalAgent, visitor: Visitor
) -> None:
    attempt = await begun(hub, visitor)
    state: Any = await visitor.do("/api/pause")
    assert state["pausedAt"]
    await hub.until(lambda: not hub.polled, SECONDS)
    # The Hub hears of it before the next heartbeat is due.
    await hub.until(lambda: any(beat.HasField("pause") for beat in hub.beats), SECONDS)
    await visitor.do("/api/pause")
    await visitor.do("/api/stop", attemptId=attempt.id)
    await hub.finished(attempt, SECONDS)

    await agent.end()
    polls = len(hub.polls)
    await agent.start()
    await hub.until(lambda: len(hub.hellos) == 2 and hub.beats, SECONDS)
    assert len(hub.polls) == polls
    assert agent.desk.state()["pausedAt"] == state["pausedAt"]
    told = hub.hellos[1].pause
    assert told.since.ToDatetime(UTC).isoformat() == state["pausedAt"]
    assert told.by == getpass.getuser()
    agent.desk.resume()
    await hub.until(lambda: not hub.beats[-1].HasField("pause"), SECONDS)
    await hub.until(lambda: hub.polled, SECONDS)
    assert (await hub.finished(await hub.offer(graphs.short()), SECONDS)).outcome == apb.OUTCOME_OK


async def test_a_run_has_its_log_and_its_pictures_after_the_hub_has_them(
    hub: ScriptedHub, visitor: Visitor, tmp_path: Path
) -> None:
    (tmp_path / "shot.png").write_bytes(PNG)
    (tmp_path / "data.csv").write_text("a,b")
    graph = graphs.chain(
        graphs.say("first"),
        graphs.keep_file(str(tmp_path / "shot.png")),
        graphs.keep_file(str(tmp_path / "data.csv"), "keep2"),
        {"id": "boom", "type": "files.read", "config": {"path": "missing.txt"}},
    )
    attempt = await hub.offer(graph, context_json=CONTEXT, version=3)
    await hub.finished(attempt, SECONDS)
    state = await until(visitor, lambda state: state["recent"] and state["recent"][0]["status"] == "failed")
    [run] = state["recent"]
    assert (run["workflow"], run["version"], run["pictures"]) == ("Invoices", 3, 1)
    assert run["failure"]["code"] == "FILE_NOT_FOUND"
    details: Any = await visitor.ask(f"/api/runs/{attempt.id}")
    assert [line["message"] for line in details["lines"]] == ["first"]
    [picture] = details["pictures"]
    async with visitor.http.get(f"{visitor.address.url}/api/runs/{attempt.id}/pictures/{picture['id']}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert await answer.read() == PNG
    for missing in (f"/api/runs/{attempt.id}/pictures/x", "/api/runs/x", "/api/runs/x/pictures/..%2fpage.json"):
        async with visitor.http.get(f"{visitor.address.url}{missing}") as answer:
            assert answer.status == 404


async def test_a_hub_that_is_away_is_told_with_what_waits_for_it(hub: ScriptedHub, visitor: Visitor) -> None:
    attempt = await begun(hub, visitor)
    await hub.stop()
    await visitor.do("/api/stop")
    state = await until(visitor, lambda state: state["untold"] == 1 and not state["hub"]["connectedSince"])
    assert state["hub"]["trouble"]
    assert state["hub"]["heardAt"]
    await hub.start(int(hub.address.rpartition(":")[2]))
    assert (await hub.finished(attempt, SECONDS)).outcome == apb.OUTCOME_STOPPED
    await until(visitor, lambda state: state["untold"] == 0 and not state["hub"]["trouble"])


async def test_checks_are_looked_at_once_and_again_when_asked(hub: ScriptedHub, visitor: Visitor) -> None:
    findings: Any = await visitor.ask("/api/checks")
    assert {finding["subject"] for finding in findings} >= {"hub", "disk", "browser", "journal", "clock"}
    logins = hub.calls["Authenticate"]
    await visitor.ask("/api/checks")
    assert hub.calls["Authenticate"] == logins
    await visitor.do("/api/checks")
    assert hub.calls["Authenticate"] == logins + 1


async def test_the_diagnostics_are_a_zip_without_the_machine_secret(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.address.url}/api/diagnostics.zip") as answer:
        assert answer.content_type == "application/zip"
        content = await answer.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    assert SECRET not in "".join(texts)
    assert visitor.address.token not in "".join(texts)


async def test_nonsense_is_refused_and_stops_nothing(hub: ScriptedHub, visitor: Visitor) -> None:
    await begun(hub, visitor)
    headers = {"X-Exekra-Page": "1"}
    for body in (b"", b"[]", b"{", b'{"attemptId": 7}', b"x" * 100_000):
        async with visitor.http.post(f"{visitor.address.url}/api/stop", data=body, headers=headers) as answer:
            assert answer.status in {413, 422}
    state: Any = await visitor.ask("/api/state")
    assert len(state["running"]) == 1
