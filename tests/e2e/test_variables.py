"""Values of the installation reach what runs, and many executions are ended and begun again by one request."""

from typing import Any

import pytest

from tests.e2e.integrator import Integrator, unique

pytestmark = pytest.mark.asyncio(loop_scope="session")


def reading(name: str) -> dict[str, Any]:
    """A graph whose output is a global variable."""
    return {
        "schemaVersion": 1,
        "nodes": [
            {"id": "start", "type": "control.start", "config": {}},
            {"id": "double", "type": "data.transform", "config": {"expression": f"globals.{name}.rate * 2"}},
        ],
        "edges": [{"id": "e1", "from": "start", "port": "out", "to": "double"}],
        "output": {"doubled": "{{ nodes.double.output }}"},
    }


async def test_a_workflow_reads_a_variable_as_it_is_when_it_begins(hub: Integrator) -> None:
    name = unique("rate").replace(" ", "_").replace("-", "_").lower()
    body = {"name": name, "value": {"rate": 21}, "description": "For the test"}
    variable = (await hub.api.call("POST", "/variables", body))["variable"]
    workflow = await hub.api.publish(unique("Reads a variable"), reading(name))
    first = await hub.api.ended((await hub.start(workflow))["id"])
    assert (first["status"], first["output"]) == ("COMPLETED", {"doubled": 42})

    await hub.api.call("PATCH", f"/variables/{variable['id']}", {"value": {"rate": 4}})
    again = await hub.api.call("POST", "/executions/bulk", {"action": "retry", "ids": [first["id"]]})
    assert (again["done"], again["items"][0]["outcome"]) == (1, "done")
    second = await hub.api.ended(again["items"][0]["retriedAs"])
    assert second["output"] == {"doubled": 8}
    preview = await hub.api.call("POST", "/expressions/preview", {"expression": f"globals.{name}.rate"})
    assert preview["value"] == 4

    shown = (await hub.api.call("GET", f"/variables/{variable['id']}"))["variable"]
    assert [user["workflowId"] for user in shown["usedBy"]] == [workflow]
    wanted = {"action": "stop", "filter": {"workflowId": workflow}, "dryRun": True}
    assert (await hub.api.call("POST", "/executions/bulk", wanted))["matched"] == 0
