"""A schedule from the command line to the output of its executions, on the whole Hub."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.integrator import Integrator, node, row, unique
from tests.e2e.terminal import terminal_at
from tests.rest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORT = row(
    node("day", "data.transform", {"expression": "{{ inputs.day }}"}),
    inputs=[{"name": "day", "type": "string", "required": True}],
    output={"day": "{{ nodes.day.output }}"},
)


async def test_a_schedule_made_by_a_person_runs_and_its_ledger_tells_of_it(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    workflow, name = unique("report"), unique("every second")
    await hub.api.publish(workflow, REPORT)

    preview = await exekra.json(
        "trigger", "preview", "--cron", "0 8 * * 1-5", "--zone", "Europe/Berlin", "--count", "5"
    )
    assert preview["description"] == "At 08:00 on Monday through Friday (Europe/Berlin)"
    assert [fire["local"][11:16] for fire in preview["fires"]] == ["08:00"] * 5
    status, _, error = await exekra(
        "trigger", "create", workflow, name, "--cron", "0 8 * *", "--zone", "Berlin", "--input", "day=x"
    )
    assert status == 4
    assert "five fields" in error
    assert "Europe/Berlin" in error

    made = await exekra.json(
        "trigger", "create", workflow, name, "--every", "1", "--zone", "UTC", "--overlap", "queue",
        "--input", "day={{ fire.date }}",
    )  # fmt: skip
    trigger_id = made["trigger"]["id"]

    async def completed() -> list[dict[str, object]]:
        return [
            execution
            for execution in await hub.api.every(f"/executions?triggerId={trigger_id}")
            if execution["status"] == "COMPLETED"
        ]

    async def twice() -> bool:
        return len(await completed()) >= 2

    await eventually(twice, what="the schedule has run twice")
    disabled = (await exekra.json("trigger", "disable", name))["trigger"]
    assert (disabled["enabled"], disabled["nextFireAt"]) == (False, None)
    today = datetime.now(UTC).date().isoformat()
    assert {str(execution["output"]) for execution in await completed()} == {str({"day": today})}

    fired = (await exekra.json("trigger", "fires", name, "--outcome", "fired"))["items"]
    assert {execution["id"] for execution in await completed()} <= {fire["executionId"] for fire in fired}
    assert all(fire["lateSeconds"] < 60 for fire in fired)
    by_hand = (await exekra.json("trigger", "fire", name, "--input", "day=never"))["execution"]
    assert (await hub.api.ended(by_hand["id"]))["output"] == {"day": "never"}
    assert (await exekra.json("trigger", "show", name))["trigger"]["id"] == trigger_id
    await exekra.json("trigger", "delete", name)
    assert (await exekra("trigger", "show", name))[0] == 3
