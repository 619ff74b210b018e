"""A schedule whose workflow breaks: it pauses itself, holds what comes, tries again, and goes on when repaired."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.integrator import Integrator
from tests.e2e.terminal import terminal_at
from tests.rest import Problem, eventually

BROKEN = {
    "schemaVersion": 1,
    "nodes": [
        {"id": "start", "type": "control.start"},
        {"id": "stop", "type": "control.stop", "config": {"status": "fail", "message": "Order 4711 cannot be read"}},
    ],
    "edges": [{"from": "start", "to": "stop"}],
}
REPAIRED = {"schemaVersion": 1, "nodes": [{"id": "start", "type": "control.start"}], "edges": []}
HELD = 3

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_schedule_that_fails_alike_is_paused_held_probed_and_released(hub: Integrator, tmp_path: Path) -> None:
    api = hub.api
    workflow_id = await api.publish("Breaks", BROKEN)
    calendar = (await api.call("POST", "/calendars", {"name": "No days", "kind": "blocked"}))["calendar"]
    timing = {"intervalSeconds": 1, "timezone": "Europe/Berlin", "calendars": [calendar["name"]]}
    wanted = {"workflowId": workflow_id, "kind": "schedule", "name": "Every second", **timing}
    trigger = (await api.call("POST", "/triggers", wanted))["trigger"]
    path = f"/triggers/{trigger['id']}"
    await api.call("PATCH", f"{path}/breaker", {"threshold": 2, "probeSeconds": 600})
    with pytest.raises(Problem) as refused:
        await api.call("DELETE", f"/calendars/{calendar['id']}")
    assert refused.value.document["triggers"] == ["Every second"]

    async def fires() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = await api.every(f"{path}/fires")
        return items

    async def some_held() -> bool:
        return Counter(fire["outcome"] for fire in await fires())["held"] >= HELD

    await eventually(some_held, what="fires are held")
    breaker = (await api.call("GET", f"{path}/breaker"))["breaker"]
    assert (breaker["state"], breaker["failures"]) == ("open", 2)
    groups = (await api.call("GET", f"/failures?workflowId={workflow_id}"))["items"]
    assert [(group["fingerprint"], group["nodeId"]) for group in groups] == [(breaker["fingerprint"], "stop")]

    exekra = terminal_at(hub, tmp_path)
    status, output, _ = await exekra("trigger", "breaker", trigger["id"])
    assert (status, output.startswith("open: pauses after 2 failures")) == (0, True)
    failures = (await exekra.json("failures"))["items"]
    assert breaker["fingerprint"] in [group["fingerprint"] for group in failures]

    await api.call("PUT", f"/workflows/{workflow_id}/draft", {"graph": REPAIRED})
    await api.call("POST", f"/workflows/{workflow_id}/publish", {})
    await exekra.json("trigger", "breaker", trigger["id"], "--probe", "1")

    async def went_on() -> bool:
        held = [fire for fire in await fires() if fire["outcome"] == "held"]
        return (await api.call("GET", f"{path}/breaker"))["breaker"]["state"] == "closed" and not held

    await eventually(went_on, what="the probe goes well and held fires are released")
    assert (await exekra.json("trigger", "resume", trigger["id"]))["breaker"]["state"] == "closed"
    await api.call("POST", f"{path}/disable")
    ledger = await fires()
    executions = [fire["executionId"] for fire in ledger if fire["executionId"]]
    assert len(set(executions)) == len(executions)
    assert all(fire["executionId"] or fire["outcome"] == "coalesced" for fire in ledger)
    await api.call("DELETE", path)
    await api.call("DELETE", f"/calendars/{calendar['id']}")
