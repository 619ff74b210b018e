"""Runners as an administrator keeps them: registered, changed, drained, given new secrets, deleted."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.integrator import Integrator, sleeping, unique
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

STOP_SECONDS = 20.0


async def shown(hub: Integrator, runner_id: str) -> dict[str, Any]:
    """The runner as it is now."""
    runner: dict[str, Any] = (await hub.api.call("GET", f"/runners/{runner_id}"))["runner"]
    return runner


async def becomes(hub: Integrator, runner_id: str, **wanted: Any) -> dict[str, Any]:
    """The runner once these members are so."""

    async def look() -> dict[str, Any] | None:
        runner = await shown(hub, runner_id)
        return runner if all(runner[name] == value for name, value in wanted.items()) else None

    found: dict[str, Any] | None = await eventually(look, seconds=60)
    assert found is not None
    return found


@asynccontextmanager
async def second_runner(hub: Integrator, folder: Path, **registration: Any) -> AsyncIterator[dict[str, Any]]:
    """A runner on a machine of its own, as a process: what its registration answered."""
    registered = await hub.api.call("POST", "/runners", {"name": unique("second"), **registration})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EXEKRA_")} | {
        "EXEKRA_RUNNER_HOME": str(folder / "home"),
        "EXEKRA_RUNNER_ADDRESS": hub.under_test.running.runner_address,
        "EXEKRA_RUNNER_MACHINE_KEY": registered["machineKey"],
        "EXEKRA_RUNNER_MACHINE_SECRET": registered["machineSecret"],
        "EXEKRA_RUNNER_CA_FILE": str(hub.under_test.running.authority),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "runner", "run", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await becomes(hub, registered["runner"]["id"], state="ONLINE")
        yield registered
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
        await hub.ask("DELETE", f"/api/runners/{registered['runner']['id']}")


async def test_a_registration_answers_its_secret_once(hub: Integrator) -> None:
    body = {"name": unique("desk"), "labels": ["finance"], "slots": 2}
    made = await hub.ask("POST", "/api/runners", body)
    assert made.status == 201
    assert {"runner", "machineKey", "machineSecret", "pairCommand"} <= set(made.body)
    runner = made.body["runner"]
    assert {"id", "name", "state", "silent", "draining", "disabled", "cloned", "labels", "slots"} <= set(runner)
    assert (runner["state"], runner["labels"], runner["slots"]) == ("OFFLINE", ["finance"], 2)
    again = await hub.ask("GET", f"/api/runners/{runner['id']}")
    assert made.body["machineSecret"] not in str(again.body)
    assert (await hub.ask("POST", "/api/runners", body)).status == 409
    changed = await hub.ask("PATCH", f"/api/runners/{runner['id']}", {"labels": [], "disabled": True})
    assert (changed.body["runner"]["labels"], changed.body["runner"]["disabled"]) == ([], True)
    assert (await hub.ask("DELETE", f"/api/runners/{runner['id']}")).status == 204
    assert (await hub.ask("GET", f"/api/runners/{runner['id']}")).status == 404
    assert (await hub.ask("DELETE", f"/api/runners/{runner['id']}")).status == 404


async def test_fifty_registrations_at_once_give_exactly_what_the_licence_allows(hub: Integrator) -> None:
    licence = (await hub.api.call("GET", "/license"))["license"]
    free = licence["runnerLimit"] - licence["runnersUsed"]
    mark = unique("seat")
    answers = await asyncio.gather(
        *(hub.ask("POST", "/api/runners", {"name": f"{mark} {number}"}) for number in range(50))
    )
    made = [answer.body["runner"]["id"] for answer in answers if answer.status == 201]
    assert sorted({answer.status for answer in answers}) == [201, 402]
    assert len(made) == free
    assert len((await hub.api.call("GET", f"/runners?q={mark}&limit=200"))["items"]) == free
    assert (await hub.api.call("GET", "/license"))["license"]["runnersUsed"] == licence["runnerLimit"]
    for runner_id in made:
        await hub.api.call("DELETE", f"/runners/{runner_id}")

    async def are_given_back() -> bool:
        used = (await hub.api.call("GET", "/license"))["license"]["runnersUsed"]
        return bool(used == licence["runnersUsed"])

    await eventually(are_given_back, seconds=60)


async def test_slots_and_labels_act_on_what_waits_at_once(hub: Integrator, tmp_path: Path) -> None:
    label = unique("label").replace(" ", "-")
    graph = sleeping(30, settings={"requirements": {"labels": [label]}})
    workflow_id = await hub.api.publish(unique("Labelled"), graph)
    async with second_runner(hub, tmp_path) as second:
        runner_id = second["runner"]["id"]
        waiting = [await hub.start(workflow_id) for _ in range(2)]
        reasons = (await hub.api.call("GET", f"/executions/{waiting[0]['id']}/pending-reasons"))["items"]
        codes = {obstacle["code"] for reason in reasons for obstacle in reason["obstacles"]}
        assert codes == {"LABELS"}
        await hub.api.call("PATCH", f"/runners/{runner_id}", {"labels": [label]})
        await becomes(hub, runner_id, state="BUSY")
        assert len((await hub.api.call("GET", f"/executions?workflowId={workflow_id}&status=QUEUED"))["items"]) == 1
        await hub.api.call("PATCH", f"/runners/{runner_id}", {"slots": 2})

        async def both_run() -> bool:
            running = await hub.api.call("GET", f"/executions?workflowId={workflow_id}&status=RUNNING")
            return {item["runnerId"] for item in running["items"]} == {runner_id} and len(running["items"]) == 2

        await eventually(both_run)
        for execution in waiting:
            await hub.api.call("POST", f"/executions/{execution['id']}/stop", {"force": True})
        assert {(await hub.api.ended(execution["id"]))["status"] for execution in waiting} == {"STOPPED"}


async def test_a_drained_runner_is_given_nothing_until_it_is_resumed(hub: Integrator, tmp_path: Path) -> None:
    workflow_id = await hub.api.publish(unique("Drain"), sleeping(0))
    async with second_runner(hub, tmp_path) as second:
        runner_id = second["runner"]["id"]
        drained = await hub.ask("POST", f"/api/runners/{runner_id}/drain")
        assert (drained.status, drained.body["runner"]["draining"]) == (200, True)
        wanted = {"workflowId": workflow_id, "mode": "interactive", "runnerId": runner_id}

        async def refused() -> list[str]:
            # The registry tells the scheduler behind its answer.
            answer = await hub.ask("POST", "/api/executions", wanted)
            return [obstacle["code"] for obstacle in answer.body.get("obstacles", ())] if answer.status == 409 else []

        assert await eventually(refused) == ["DRAINING"]
        waiting = await hub.start(workflow_id, runnerId=runner_id)
        assert (await hub.api.call("GET", f"/executions/{waiting['id']}"))["execution"]["status"] == "QUEUED"
        assert (await hub.ask("POST", f"/api/runners/{runner_id}/resume")).body["runner"]["draining"] is False
        assert (await hub.api.ended(waiting["id"], seconds=60))["status"] == "COMPLETED"


async def test_a_new_secret_ends_the_session_of_the_old_one_within_a_heartbeat(hub: Integrator, tmp_path: Path) -> None:
    workflow_id = await hub.api.publish(unique("Rotate"), sleeping(0))
    async with second_runner(hub, tmp_path) as second:
        runner_id = second["runner"]["id"]
        rotated = await hub.ask("POST", f"/api/runners/{runner_id}/rotate-secret")
        assert rotated.status == 200
        assert rotated.body["machineKey"] == second["machineKey"]
        assert rotated.body["machineSecret"] != second["machineSecret"]

        async def is_gone() -> bool:
            return bool((await shown(hub, runner_id))["state"] == "OFFLINE")

        await eventually(is_gone)
        wanted = {"workflowId": workflow_id, "mode": "interactive", "runnerId": runner_id}
        refused = await hub.ask("POST", "/api/executions", wanted)
        assert (refused.status, refused.body["obstacles"][0]["code"]) == (409, "SILENT")


async def test_measurements_of_a_runner_are_kept(hub: Integrator) -> None:
    async def measured() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await hub.api.call("GET", f"/runners/{hub.runner_id}/metrics"))["items"]
        return items

    assert {"at", "cpuPercent", "memoryUsed", "diskFree"} <= set((await eventually(measured, seconds=60))[0])
