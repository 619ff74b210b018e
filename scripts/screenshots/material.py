"""A working day for a Hub: workflows that end well, fail, wait, are stopped and still run, and people and runners.

Made through the REST interface alone, so that nothing stands on a picture that a customer could not have.
"""

import asyncio
import time
from itertools import pairwise
from typing import Any, Final

from scripts.demo.client import HubClient
from scripts.screenshots.automation import bring_in_automation
from scripts.screenshots.queues import bring_in_queues

START: Final = {"id": "start", "type": "control.start", "name": "Start", "config": {}, "position": {"x": 0, "y": 0}}
WAIT_SECONDS: Final = 90.0
LIVE: Final = ("QUEUED", "ASSIGNED", "RUNNING", "STOPPING")
LOG_LINES: Final = 1_500


async def bring_in(client: HubClient, runner_id: str) -> dict[str, str]:
    """Everything; answers the ids that pages are opened with, by name. Raises CallRefusedError."""
    await client.call("PATCH", f"/runners/{runner_id}", {"labels": ["lab"], "slots": 2})
    await _people_and_runners(client)
    intake = await _publish(
        client, "Invoice intake", "Reads the mailbox, posts each invoice.", ["finance"], intake_graph()
    )
    orders = await _publish(
        client, "Order confirmations to SAP", "Matches order lines.", ["finance", "sap"], orders_graph()
    )
    letters = await _publish(
        client, "Dunning letters", "Prints and archives reminders.", ["finance"], waiting_graph(900)
    )
    vat = await _publish(client, "VAT pre-return, October", "Needs a finance desktop.", ["tax"], restricted_graph())
    sync = await _publish(client, "Supplier master sync", "Reads suppliers, writes what changed.", [], chatty_graph())
    await _publish(client, "Stock level alerts", "Mails what is below minimum.", ["ops"], waiting_graph(0))
    if not await client.items("/workflows", q="Timesheet reminders"):
        await client.call("POST", "/workflows", {"name": "Timesheet reminders", "description": "Not published yet."})
    finished = [await _run(client, workflow) for workflow in (intake, intake, orders, sync, orders, intake)]
    for execution in finished:
        await _ended(client, execution)
    automation = await bring_in_automation(client, {"intake": intake, "orders": orders, "sync": sync})
    queues = await bring_in_queues(client)
    graph = intake_graph()
    graph["nodes"][1]["name"] = "Search both mailboxes"
    await client.call("PUT", f"/workflows/{intake}/draft", {"graph": graph, "note": "A second mailbox"})
    running, stopped = await _run(client, letters), await _run(client, letters)
    await _reaches(client, stopped, ("RUNNING",))
    await client.call("POST", f"/executions/{stopped}/stop", {"reason": "wrong period"})
    await _ended(client, stopped)
    await _reaches(client, running, ("RUNNING",))
    queued = await _run(client, vat)
    return {
        "workflow": intake,
        "completed": finished[0],
        "failed": finished[2],
        "chatty": finished[3],
        "running": running,
        "stopped": stopped,
        "queued": queued,
        "runner": runner_id,
        **automation,
        **queues,
    }


async def _people_and_runners(client: HubClient) -> None:
    for name, role in (("Mira Halonen", "DEVELOPER"), ("Pekka Lindqvist", "OPERATOR"), ("Sanna Aalto", "ADMIN")):
        email = f"{name.lower().replace(' ', '.')}@kestrel.example"
        if not await client.items("/users", q=email):
            await client.call("POST", "/users", {"email": email, "name": name, "role": role})
    known = {runner["name"] for runner in await client.items("/runners")}
    for name, labels in (("FIN-DESK-01", ["finance"]), ("WH-KIOSK-03", ["warehouse"])):
        if name not in known:
            await client.call("POST", "/runners", {"name": name, "labels": labels})


async def _publish(client: HubClient, name: str, description: str, tags: list[str], graph: dict[str, Any]) -> str:
    workflow_id, _ = await client.publish(name, graph)
    await client.call("PATCH", f"/workflows/{workflow_id}", {"description": description, "tags": tags})
    return workflow_id


async def _run(client: HubClient, workflow_id: str) -> str:
    created = await client.call("POST", "/executions", {"workflowId": workflow_id})
    execution_id: str = created["execution"]["id"]
    return execution_id


async def _reaches(client: HubClient, execution_id: str, statuses: tuple[str, ...]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        status = (await client.call("GET", f"/executions/{execution_id}"))["execution"]["status"]
        if status in statuses or status not in LIVE:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"execution {execution_id} did not become {' or '.join(statuses)}")


async def _ended(client: HubClient, execution_id: str) -> None:
    await _reaches(client, execution_id, ("COMPLETED", "FAILED", "STOPPED", "LOST"))


def _node(node_id: str, kind: str, name: str, row: int, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    position = {"x": 0, "y": 90 * row}
    return {"id": node_id, "type": kind, "name": name, "config": config, "position": position, **more}


def _chain(*nodes: dict[str, Any]) -> dict[str, Any]:
    edges = [
        {"id": f"e{index}", "from": left["id"], "port": "out", "to": right["id"]}
        for index, (left, right) in enumerate(pairwise(nodes))
    ]
    return {"nodes": list(nodes), "edges": edges}


def intake_graph() -> dict[str, Any]:
    """Seven invoices one after the other, in a container, with a total at the end."""
    invoices = [{"number": f"RE-2026-{10380 + n}", "net": 1050.0 + 117 * n} for n in range(7)]
    body = _chain(
        _node("read", "control.delay", "Read PDF text", 0, {"seconds": 0.06}),
        _node("extract", "data.transform", "Extract invoice fields", 1, {"expression": "{{ item.net * 1.19 }}"}),
        _node(
            "tell",
            "log.message",
            "Note it",
            2,
            {"message": "Invoice {{ item.number }} read, gross {{ round(item.net * 1.19, 2) }}"},
        ),
        _node("sum", "data.set", "Add to total", 3, {"values": {"total": "{{ vars.total + item.net }}"}}),
    )
    for edge in body["edges"]:
        edge["id"] = f"b{edge['id']}"
    return {
        "schemaVersion": 1,
        "inputs": [{"name": "mailbox", "type": "string", "default": "invoices@kestrel.example"}],
        "variables": [{"name": "total", "initial": 0}, {"name": "invoices", "initial": []}],
        **_chain(
            START,
            _node("search", "data.set", "Search mailbox", 1, {"values": {"invoices": invoices}}),
            _node("each", "control.forEach", "For each invoice", 2, {"items": "{{ vars.invoices }}"}, body=body),
            _node(
                "notify",
                "log.message",
                "Notify accounting",
                8,
                {"message": "{{ len(vars.invoices) }} invoices, {{ vars.total }} EUR"},
            ),
        ),
        "output": {"total": "{{ vars.total }}", "invoices": "{{ len(vars.invoices) }}"},
    }


def orders_graph() -> dict[str, Any]:
    """Fails at its third node: the file is not there."""
    return {
        "schemaVersion": 1,
        **_chain(
            START,
            _node("open", "log.message", "Open orders", 1, {"message": "Looking for confirmations"}),
            _node("lines", "csv.read", "Match order lines", 2, {"path": "confirmations-2026-10-22.csv"}),
            _node(
                "post", "log.message", "Post to SAP", 3, {"message": "{{ len(nodes.lines.output.rows) }} lines posted"}
            ),
        ),
    }


def waiting_graph(turns: int) -> dict[str, Any]:
    """Takes about two seconds for each turn; short waits, because a long one would give the runner's seat back."""
    body = _chain(_node("page", "control.delay", "Print a page", 0, {"seconds": 2}))
    pages = list(range(max(turns, 1)))
    return {
        "schemaVersion": 1,
        **_chain(
            START,
            _node("letters", "data.transform", "Collect letters", 1, {"expression": "{{ [1, 2, 3] }}"}),
            _node("print", "control.forEach", "Print", 2, {"items": pages}, body=body),
            _node("archive", "log.message", "Archive", 3, {"message": "archived"}),
        ),
    }


def restricted_graph() -> dict[str, Any]:
    """Only for a runner with the label finance, which none that is online has."""
    graph = waiting_graph(1)
    graph["settings"] = {"requirements": {"labels": ["finance"]}}
    return graph


def chatty_graph() -> dict[str, Any]:
    """Writes more lines than fit on any screen."""
    body = _chain(
        _node(
            "line",
            "log.message",
            "Compare",
            0,
            {
                "message": "supplier {{ index }} of 1,500: address unchanged",
                "level": "{{ 'warning' if index % 97 == 5 else 'info' }}",
            },
        )
    )
    return {
        "schemaVersion": 1,
        "variables": [{"name": "rows", "initial": []}],
        **_chain(
            START,
            _node("suppliers", "data.set", "Read suppliers", 1, {"values": {"rows": list(range(LOG_LINES))}}),
            _node(
                "each",
                "control.forEach",
                "For each supplier",
                2,
                {"items": "{{ vars.rows }}", "parallel": 4},
                body=body,
            ),
        ),
        "output": {"suppliers": LOG_LINES, "changed": 6},
    }
