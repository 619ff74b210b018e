"""What works by itself for the pictures: calendars, triggers of both kinds with their history, endpoints, a question.

Made through the REST interface alone, like everything else on a picture.
"""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.error import HTTPError

from scripts.demo.client import HubClient

SHUT: Final = "https://receiver.kestrel.example/exekra"
"""Nobody is there: what is sent to it stays in the log with its error."""
WAIT_SECONDS: Final = 60.0
ZONE: Final = "Europe/Berlin"
HOLIDAYS: Final[list[dict[str, Any]]] = [
    {"type": "weekdays", "days": ["saturday", "sunday"], "note": "Weekend"},
    {"type": "yearly", "month": 1, "day": 1, "note": "New Year"},
    {"type": "easter", "offsetDays": -2, "note": "Good Friday"},
    {"type": "easter", "offsetDays": 1, "note": "Easter Monday"},
    {"type": "yearly", "month": 5, "day": 1, "note": "Labour Day"},
    {"type": "yearly", "month": 12, "day": 25, "note": "Christmas Day"},
    {"type": "range", "from": "2026-12-28", "to": "2026-12-31", "note": "Year-end closing"},
]


async def bring_in_automation(client: HubClient, workflows: dict[str, str]) -> dict[str, str]:
    """Everything, for workflows by the names intake, orders and sync; answers ids by name."""
    calendar = (
        await client.call(
            "POST",
            "/calendars",
            {"name": "Bank holidays", "kind": "blocked", "timezone": ZONE, "entries": HOLIDAYS},
        )
    )["calendar"]["id"]
    schedule = await _schedules(client, workflows, calendar)
    webhook = await _webhook(client, workflows["orders"])
    endpoint = await _endpoints(client)
    await _credentials(client)
    await _variables(client)
    await _question(client)
    return {"calendar": calendar, "schedule": schedule, "webhook": webhook, "endpoint": endpoint}


async def _schedules(client: HubClient, workflows: dict[str, str], calendar: str) -> str:
    shared = {"kind": "schedule", "timezone": ZONE, "overlap": "queue"}
    nightly = await _trigger(
        client,
        {
            **shared,
            "name": "Bank statements, nightly",
            "workflowId": workflows["intake"],
            "cron": "30 2 * * *",
            "calendars": [calendar],
            "inputs": {"mailbox": "statements@kestrel.example"},
        },
    )
    often = await _trigger(
        client, {**shared, "name": "Supplier master, often", "workflowId": workflows["sync"], "intervalSeconds": 5}
    )
    at = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    await _trigger(client, {**shared, "name": "Year-end closing", "workflowId": workflows["sync"], "at": at})
    off = {**shared, "name": "Order confirmations, hourly", "workflowId": workflows["orders"], "cron": "5 8-18 * * 1-5"}
    await _trigger(client, {**off, "enabled": False})
    await _appears(client, f"/triggers/{often}/fires")
    await client.call("PATCH", f"/triggers/{often}", {"intervalSeconds": 3_600})
    return nightly


async def _webhook(client: HubClient, workflow_id: str) -> str:
    made = await client.call(
        "POST",
        "/triggers",
        {
            "kind": "webhook",
            "name": "Orders from the shop",
            "workflowId": workflow_id,
            "auth": {"type": "github"},
            "filter": 'inputs.webhook.body.action == "paid"',
        },
    )
    url, secret = made["trigger"]["url"], made["secret"]
    for number, (action, key) in enumerate(
        [("paid", secret), ("opened", secret), ("paid", "another secret"), ("paid", secret)]
    ):
        body = json.dumps({"action": action, "order": 4711 + number, "lines": [{"sku": "KX-20", "count": 3}]}).encode()
        await asyncio.to_thread(_deliver, url, body, key, f"shop-{number}")
    identifier: str = made["trigger"]["id"]
    return identifier


def _deliver(url: str, body: bytes, secret: str, identifier: str) -> None:
    """As a shop would; refusals are part of the picture."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Delivery": identifier,
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - the Hub's own address
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=30):  # noqa: S310
            pass
    except HTTPError as error:
        error.close()


async def _endpoints(client: HubClient) -> str:
    made = await client.call(
        "POST",
        "/event-endpoints",
        {
            "name": "Service desk",
            "url": SHUT,
            "eventTypes": ["execution.failed", "execution.lost", "trigger.paused"],
        },
    )
    identifier: str = made["endpoint"]["id"]
    await client.call("POST", f"/event-endpoints/{identifier}/test")
    await client.call(
        "POST",
        "/notification-rules",
        {
            "name": "Failures to operations",
            "recipients": ["ops@kestrel.example"],
            "eventTypes": ["execution.failed", "execution.lost"],
            "digestSeconds": 900,
        },
    )
    return identifier


async def _variables(client: HubClient) -> None:
    for name, description, value in (
        ("vatRate", "Normal rate; changes by law only.", 0.255),
        ("branches", "Whoever books for themselves.", ["Turku", "Tampere", "Oulu"]),
    ):
        await client.call("POST", "/variables", {"name": name, "description": description, "value": value})


async def _credentials(client: HubClient) -> None:
    login = {"username": "robot", "password": "correct horse battery"}
    shop = {"name": "shop", "kind": "login", "value": login, "hosts": ["shop.kestrel.example"]}
    await client.call("POST", "/credentials", shop)
    await client.call("POST", "/credentials", {"name": "rates", "kind": "token", "value": {"token": "none of yours"}})


async def _question(client: HubClient) -> None:
    """An execution that waits for a person."""
    ask = {
        "title": "Pay 3 invoices of Nordlicht GmbH?",
        "message": "Above 10,000 EUR a person has to look.",
        "data": {"total": 12_480.5, "currency": "EUR", "invoices": ["RE-10381", "RE-10382", "RE-10390"]},
    }
    nodes = [
        {"id": "start", "type": "control.start", "name": "Start", "config": {}, "position": {"x": 0, "y": 0}},
        {"id": "ask", "type": "control.approval", "name": "Ask", "config": ask, "position": {"x": 0, "y": 90}},
    ]
    edges = [{"id": "e0", "from": "start", "port": "out", "to": "ask"}]
    workflow_id, _ = await client.publish("Payment run", {"schemaVersion": 1, "nodes": nodes, "edges": edges})
    await client.call("POST", "/executions", {"workflowId": workflow_id})
    await _appears(client, "/approvals")


async def _appears(client: HubClient, path: str) -> None:
    """Waits until a list has its first item."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if (await client.call("GET", path))["items"]:
            return
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{path} stayed empty")


async def _trigger(client: HubClient, body: dict[str, Any]) -> str:
    identifier: str = (await client.call("POST", "/triggers", body))["trigger"]["id"]
    return identifier
