"""Executions as an integrator sees them: started once, watched, stopped and tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.conftest import SLOTS
from tests.e2e.integrator import DOUBLING, FAILING, Integrator, node, row, sleeping, unique
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXECUTION = """id workflowId workflow version status mode priority attempt runnerId triggerId triggeredBy inputs output
 failure createdAt assignedAt startedAt completedAt metrics pendingReasons"""
METRICS = {"cpuAvg", "cpuPeak", "memoryAvg", "memoryPeak"}


@asynccontextmanager
async def held(hub: Integrator) -> AsyncIterator[None]:
    """Nothing is assigned inside."""
    await hub.api.call("POST", "/dispatch/hold", {"reason": "a test looks at the queue"})
    try:
        yield
    finally:
        await hub.api.call("POST", "/dispatch/release")


async def shown(hub: Integrator, execution_id: str) -> dict[str, Any]:
    """The execution as it is now."""
    execution: dict[str, Any] = (await hub.api.call("GET", f"/executions/{execution_id}"))["execution"]
    return execution


async def reaches(hub: Integrator, execution_id: str, status: str) -> None:
    """Waits for a status."""

    async def look() -> bool:
        return (await shown(hub, execution_id))["status"] == status

    await eventually(look, seconds=60)


async def test_an_execution_has_every_member_of_the_contract(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Double"), DOUBLING)
    made = await hub.ask("POST", "/api/executions", {"workflowId": workflow_id, "inputs": {"number": 21}})
    assert (made.status, made.body["duplicate"]) == (201, False)
    assert set(EXECUTION.split()) <= set(made.body["execution"])
    execution = await hub.api.ended(made.body["execution"]["id"])
    assert set(EXECUTION.split()) <= set(execution)
    assert (execution["status"], execution["output"], execution["failure"]) == ("COMPLETED", {"doubled": 42}, None)
    assert (execution["version"], execution["mode"], execution["priority"]) == (1, "scheduled", 50)
    assert execution["workflow"]["id"] == execution["workflowId"] == workflow_id
    assert (execution["attempt"], execution["runnerId"]) == (1, hub.runner_id)
    assert set(execution["metrics"] or dict.fromkeys(METRICS)) >= METRICS
    moments = [execution[f"{step}At"] for step in ("created", "assigned", "started", "completed")]
    assert moments == sorted(moments)
    assert all(moment.endswith("Z") for moment in moments)
    assert execution["pendingReasons"] == []


async def test_what_an_execution_did_can_be_read(hub: Integrator) -> None:
    graph = row(
        node("say", "log.message", {"message": "hello {{ inputs.number }}"}),
        node("write", "files.write", {"path": "out.txt", "content": "the result"}),
        node("keep", "log.artifact", {"path": "out.txt"}),
        inputs=[{"name": "number", "type": "number", "required": True}],
    )
    execution = await hub.run(await hub.api.publish(unique("Evidence"), graph), inputs={"number": 7})
    path = f"/executions/{execution['id']}"
    assert execution["status"] == "COMPLETED", execution["failure"]
    runs = (await hub.api.call("GET", f"{path}/nodes"))["items"]
    wanted = {"seq", "nodeId", "path", "attempt", "status", "startedAt", "completedAt", "input", "output", "failure"}
    assert all(wanted <= set(run) for run in runs)
    assert [(run["nodeId"], run["status"]) for run in runs] == [
        (name, "completed") for name in ("start", "say", "write", "keep")
    ]
    assert [run["seq"] for run in runs] == [1, 2, 3, 4]
    lines = (await hub.api.call("GET", f"{path}/logs"))["items"]
    assert all({"seq", "at", "level", "nodeId", "message"} <= set(line) for line in lines)
    [said] = [line for line in lines if line["nodeId"] == "say"]
    assert said["message"] == "hello 7"
    after = (await hub.api.call("GET", f"{path}/logs?after={said['seq']}&level=error"))["items"]
    assert after == []
    events = (await hub.api.call("GET", f"{path}/events"))["items"]
    assert [event["toStatus"] for event in events if event["toStatus"] != event["fromStatus"]] == [
        "QUEUED",
        "ASSIGNED",
        "RUNNING",
        "COMPLETED",
    ]

    async def artifacts() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await hub.api.call("GET", f"{path}/artifacts"))["items"]
        return items

    [artifact] = await eventually(artifacts, seconds=60)
    assert (artifact["name"], artifact["size"], artifact["nodeId"]) == ("out.txt", 10, "keep")
    part = await hub.ask("GET", f"/api/artifacts/{artifact['id']}", headers={"Range": "bytes=4-5"})
    assert (part.status, part.body) == (206, "re")


async def test_every_failed_try_of_a_node_is_seen(hub: Integrator) -> None:
    failing = node(
        "ask",
        "http.request",
        {"url": "http://127.0.0.1:9/"},
        retry={"maxAttempts": 3, "backoffSeconds": 0.01},
        repeatable=True,
    )
    execution = await hub.run(await hub.api.publish(unique("Tries"), row(failing)))
    assert (execution["status"], execution["failure"]["nodeId"]) == ("FAILED", "ask")
    assert {"code", "message", "nodeId", "retryable", "details"} <= set(execution["failure"])
    runs = (await hub.api.call("GET", f"/executions/{execution['id']}/nodes"))["items"][1:]
    assert [(run["status"], run["tryNumber"]) for run in runs] == [("retried", 1), ("retried", 2), ("failed", 3)]
    assert all(run["failure"]["code"] == execution["failure"]["code"] and run["completedAt"] for run in runs)


async def test_a_dedupe_key_merges_while_it_is_held(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Dedupe"), sleeping(0))
    body = {"workflowId": workflow_id, "dedupeKey": unique("key")}
    async with held(hub):
        first = await hub.ask("POST", "/api/executions", body)
        second = await hub.ask("POST", "/api/executions", {**body, "priority": 9})
    assert (first.status, second.status, second.body["duplicate"]) == (201, 200, True)
    assert second.body["execution"]["id"] == first.body["execution"]["id"]
    await hub.api.ended(first.body["execution"]["id"])
    third = await hub.ask("POST", "/api/executions", body)
    assert (third.status, third.body["duplicate"]) == (201, False)


async def test_an_idempotency_key_answers_a_repeat_with_the_same_execution(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Idempotent"), sleeping(0))
    body, key = {"workflowId": workflow_id}, {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(hub.ask("POST", "/api/executions", body, headers=key) for _ in range(5)))
    definite = [answer for answer in answers if answer.status != 409]
    assert {answer.status for answer in definite} == {201}
    assert len({answer.body["execution"]["id"] for answer in definite}) == 1
    other = await hub.ask("POST", "/api/executions", {**body, "priority": 51}, headers=key)
    assert (other.status, other.body["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len((await hub.api.call("GET", f"/executions?workflowId={workflow_id}"))["items"]) == 1


async def test_what_waits_says_why_and_goes_by_priority(hub: Integrator) -> None:
    graph = sleeping(0, settings={"concurrency": {"key": unique("one at a time"), "limit": 1}})
    workflow_id = await hub.api.publish(unique("Queue"), graph)
    async with held(hub):
        low = await hub.start(workflow_id, priority=10)
        high = await hub.start(workflow_id, priority=90)
        later = await hub.start(workflow_id, notBefore=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
        reasons = (await hub.api.call("GET", f"/executions/{low['id']}/pending-reasons"))["items"]
        assert "HELD" in str(reasons)
        assert all({"runnerId", "runner", "obstacles"} <= set(reason) for reason in reasons)
        assert all({"code", "message"} <= set(found) for reason in reasons for found in reason["obstacles"])
        assert (await shown(hub, low["id"]))["pendingReasons"] == reasons
    ended = [await hub.api.ended(execution["id"]) for execution in (low, high)]
    assert ended[1]["startedAt"] < ended[0]["startedAt"]
    assert (await shown(hub, later["id"]))["status"] == "QUEUED"
    assert "NOT_BEFORE" in str(await hub.api.call("GET", f"/executions/{later['id']}/pending-reasons"))
    assert (await hub.ask("POST", f"/api/executions/{later['id']}/stop")).status == 202
    assert (await hub.api.ended(later["id"]))["status"] == "STOPPED"


async def test_what_no_runner_can_take_ends_at_its_queue_timeout(hub: Integrator) -> None:
    graph = sleeping(0, settings={"requirements": {"labels": ["nobody-has-this"]}})
    workflow_id = await hub.api.publish(unique("Unrunnable"), graph)
    execution = await hub.run(workflow_id, queueTimeoutSeconds=1)
    assert (execution["status"], execution["failure"]["code"]) == ("FAILED", "NO_RUNNER")


async def test_interactive_work_is_assigned_at_once_or_refused_with_obstacles(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Interactive"), sleeping(30))
    wanted = {"workflowId": workflow_id, "mode": "interactive", "runnerId": hub.runner_id}

    async def idle() -> bool:
        live = [
            (await hub.api.call("GET", f"/executions?runnerId={hub.runner_id}&status={status}"))["items"]
            for status in ("ASSIGNED", "RUNNING", "STOPPING")
        ]
        return not any(live)

    await eventually(idle)  # what the tests before have left running ends
    running = [(await hub.ask("POST", "/api/executions", wanted)) for _ in range(SLOTS)]
    assert [answer.status for answer in running] == [201] * SLOTS
    assert {answer.body["execution"]["status"] for answer in running} <= {"ASSIGNED", "RUNNING"}
    busy = await hub.ask("POST", "/api/executions", wanted)
    assert busy.status == 409
    assert [obstacle["code"] for obstacle in busy.body["obstacles"]] == ["BUSY"]
    assert all(obstacle["message"] for obstacle in busy.body["obstacles"])
    assert len((await hub.api.call("GET", f"/executions?workflowId={workflow_id}"))["items"]) == SLOTS
    runner = (await hub.api.call("GET", f"/runners/{hub.runner_id}"))["runner"]
    assert runner["state"] == "BUSY"
    for answer in running:
        execution_id = answer.body["execution"]["id"]
        assert (await hub.ask("POST", f"/api/executions/{execution_id}/stop", {"force": True})).status == 202
    ended = [await hub.api.ended(answer.body["execution"]["id"]) for answer in running]
    assert [execution["status"] for execution in ended] == ["STOPPED"] * SLOTS


async def test_a_soft_stop_ends_a_sleeping_node(hub: Integrator) -> None:
    execution = await hub.start(await hub.api.publish(unique("Stop"), sleeping(50)))
    await reaches(hub, execution["id"], "RUNNING")
    stopping = await hub.ask("POST", f"/api/executions/{execution['id']}/stop")
    assert (stopping.status, stopping.body["execution"]["status"]) == (202, "STOPPING")
    ended = await hub.api.ended(execution["id"], seconds=10)
    assert ended["status"] == "STOPPED"
    again = await hub.ask("POST", f"/api/executions/{execution['id']}/stop")
    assert again.status in (202, 409)
    runs = (await hub.api.call("GET", f"/executions/{execution['id']}/nodes"))["items"]
    assert (runs[-1]["nodeId"], runs[-1]["status"]) == ("sleep", "stopped")


async def test_run_time_is_limited(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Timeout"), sleeping(50))
    ended = await hub.run(workflow_id, timeoutSeconds=0.5)
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "TIMEOUT")


async def test_a_retry_is_a_new_execution_that_names_the_old_one(hub: Integrator) -> None:
    failed = await hub.run(await hub.api.publish(unique("Retry"), FAILING))
    assert failed["status"] == "FAILED"
    retried = await hub.ask("POST", f"/api/executions/{failed['id']}/retry")
    assert (retried.status, retried.body["execution"]["retryOf"]) == (201, failed["id"])
    assert retried.body["execution"]["id"] != failed["id"]
    assert (await hub.api.ended(retried.body["execution"]["id"]))["status"] == "FAILED"


async def test_a_draft_runs_for_those_who_may_edit_and_inputs_are_judged(hub: Integrator) -> None:
    made = await hub.api.call("POST", "/workflows", {"name": unique("Draft"), "graph": DOUBLING})
    workflow_id = made["workflow"]["id"]
    unpublished = await hub.ask("POST", "/api/executions", {"workflowId": workflow_id, "inputs": {"number": 1}})
    assert unpublished.status == 409
    execution = await hub.run(workflow_id, draft=True, inputs={"number": 1})
    assert (execution["output"], execution["draft"]) == ({"doubled": 2}, True)
    for inputs in ({}, {"number": "x"}):
        wrong = await hub.ask("POST", "/api/executions", {"workflowId": workflow_id, "draft": True, "inputs": inputs})
        assert (wrong.status, wrong.pointers) == (422, ["/inputs/number"])


async def test_lists_are_filtered(hub: Integrator) -> None:
    name = unique("Filtered")
    workflow_id = await hub.api.publish(name, FAILING)
    execution = await hub.run(workflow_id)
    for query in (f"q={name}", "status=FAILED,LOST", f"runnerId={hub.runner_id}", "from=2026-01-01T00:00:00Z"):
        found = (await hub.api.call("GET", f"/executions?workflowId={workflow_id}&{query}"))["items"]
        assert [item["id"] for item in found] == [execution["id"]], query
    assert (await hub.api.call("GET", f"/executions?workflowId={workflow_id}&status=COMPLETED"))["items"] == []
