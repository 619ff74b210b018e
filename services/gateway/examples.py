"""Examples for every request body of the API: shown by the documentation, held to their schemas by a test."""

from collections.abc import Mapping
from typing import Any

ID = "019a0000-0000-7000-8000-000000000001"
"""Of a workflow, as examples show it."""
RUNNER_ID = "019a0000-0000-7000-8000-000000000002"

_GRAPH: dict[str, Any] = {
    "schemaVersion": 1,
    "inputs": [{"name": "number", "type": "number", "required": True}],
    "nodes": [
        {"id": "start", "type": "control.start"},
        {"id": "double", "type": "data.transform", "config": {"expression": "{{ inputs.number * 2 }}"}},
    ],
    "edges": [{"id": "e1", "from": "start", "port": "out", "to": "double"}],
    "output": {"doubled": "{{ nodes.double.output }}"},
}
_NODE_RED = [
    {"id": "1", "type": "inject", "name": "Every morning", "crontab": "0 8 * * *", "wires": [["2"]]},
    {"id": "2", "type": "http request", "name": "Rates", "method": "GET", "ret": "obj", "url": "https://example.com"},
]
_USER = {"email": "ada@example.com", "name": "Ada", "role": "DEVELOPER"}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "POST /auth/login": {"Sign in": {"email": "ada@example.com", "password": "correct horse battery staple"}},
    "POST /auth/password": {
        "Change it": {"currentPassword": "correct horse battery staple", "newPassword": "another long password"}
    },
    "POST /auth/register": {"A developer": _USER},
    "POST /users": {"A developer": _USER},
    "PATCH /users/{user_id}": {"Make an administrator": {"role": "ADMIN"}, "Lock out": {"disabled": True}},
    "POST /users/{user_id}/reset-password": {"Let the Hub make one": {}},
    "POST /api-keys": {
        "For a shop that starts work": {
            "name": "Web shop",
            "scopes": ["workflow:view", "execution:run", "execution:view"],
            "expiresAt": "2027-12-31T23:59:59Z",
        }
    },
    "POST /workflows": {"Double a number": {"name": "Double", "tags": ["demo"], "graph": _GRAPH}},
    "PATCH /workflows/{workflow_id}": {"Rename": {"name": "Double a number", "tags": ["demo", "finance"]}},
    "PUT /workflows/{workflow_id}/draft": {"Save": {"graph": _GRAPH, "note": "Doubles"}},
    "POST /workflows/{workflow_id}/publish": {
        "The latest draft": {"note": "Approved by Ada"},
        "A version": {"version": 3},
    },
    "POST /workflows/{workflow_id}/rollback": {
        "Back to version 2": {"version": 2, "note": "Version 3 lost an invoice"}
    },
    "POST /workflows/{workflow_id}/validate": {"The latest draft": {}, "A graph": {"graph": _GRAPH}},
    "POST /workflows/{workflow_id}/duplicate": {"Under a name": {"name": "Double (test)"}},
    "POST /workflows/import": {
        "An export": {"format": "exekra.workflow/1", "name": "Double", "description": "", "tags": [], "graph": _GRAPH},
        "A flow of Node-RED": _NODE_RED,
    },
    "POST /executions": {
        "In the queue": {"workflowId": ID, "inputs": {"number": 21}, "dedupeKey": "order-4711"},
        "At once on a runner": {
            "workflowId": ID,
            "inputs": {"number": 21},
            "mode": "interactive",
            "runnerId": RUNNER_ID,
        },
        "Later": {"workflowId": ID, "notBefore": "2027-01-31T08:00:00Z", "priority": 90, "inputs": {"number": 21}},
    },
    "POST /executions/{execution_id}/stop": {"Softly": {"reason": "Wrong customer"}, "At once": {"force": True}},
    "POST /executions/{execution_id}/retry": {
        "From the start": {},
        "From a node, with another value": {"fromNodeId": "double", "vars": {"factor": 3}},
    },
    "POST /executions/bulk": {
        "By their ids": {"action": "stop", "ids": [ID], "reason": "Wrong customer"},
        "All that failed since": {
            "action": "retry",
            "filter": {"status": ["FAILED"], "workflowId": ID, "from": "2027-01-31T08:00:00Z"},
            "limit": 200,
        },
        "How many that would be": {"action": "stop", "filter": {"status": ["QUEUED"]}, "dryRun": True},
    },
    "POST /executions/{execution_id}/debug": {
        "One node": {"action": "step"},
        "Until a node": {"action": "runTo", "nodeId": "double"},
    },
    "POST /approvals/{approval_id}": {"Approve": {"decision": "approved", "comment": "Checked with the supplier"}},
    "POST /executions/{execution_id}/resolve": {
        "It was done": {"status": "COMPLETED", "note": "The payment is in the bank's list"}
    },
    "POST /license": {
        "A licence": {
            "file": '{"format": "exekra-licence/1", "kid": "eef2fa5cd126e5ef", "licence": {}, "signature": "…"}'
        }
    },
    "POST /variables": {
        "A number": {"name": "exchangeRate", "value": 1.17, "description": "Euro to dollar, by treasury"},
        "An object": {"name": "mailbox", "value": {"host": "mail.example.com", "folder": "Inbox"}},
    },
    "PATCH /variables/{variable_id}": {"Another value": {"value": 1.19}},
    "POST /calendars": {
        "Days off": {
            "name": "Holidays",
            "kind": "blocked",
            "timezone": "Europe/Berlin",
            "entries": [{"type": "yearly", "month": 12, "day": 25, "note": "Christmas Day"}],
        }
    },
    "PATCH /calendars/{calendar_id}": {"Rename": {"name": "Public holidays"}},
    "POST /calendars/{calendar_id}/import": {"From an address": {"url": "https://calendar.example/holidays.ics"}},
    "POST /credentials": {
        "A login": {
            "name": "shop",
            "kind": "login",
            "value": {"username": "robot", "password": "correct horse battery staple"},
            "hosts": ["shop.example.com"],
        },
        "A token for one workflow": {
            "name": "rates_api",
            "kind": "token",
            "value": {"token": "abc123"},
            "workflowIds": [ID],
        },
    },
    "PATCH /credentials/{credential_id}": {
        "Replace the value": {"value": {"username": "robot", "password": "another long password"}},
        "Anywhere": {"hosts": []},
    },
    "POST /queues": {
        "Invoices": {
            "name": "Invoices",
            "uniqueReferences": True,
            "maxRetries": 2,
            "retryBackoffSeconds": 300,
            "payloadSchema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}}},
        }
    },
    "PATCH /queues/{queue_id}": {"More patience": {"maxRetries": 5, "retryBackoffSeconds": 600}},
    "POST /queues/{queue_id}/items": {
        "An invoice": {"reference": "INV-2026-0815", "payload": {"file": "inbox/0815.pdf"}, "priority": 60}
    },
    "POST /queues/{queue_id}/items/bulk": {
        "Two at once": {
            "items": [
                {"reference": "INV-2026-0815", "payload": {"file": "inbox/0815.pdf"}},
                {"reference": "INV-2026-0816", "payload": {"file": "inbox/0816.pdf"}},
            ]
        }
    },
    "PATCH /queues/{queue_id}/items/{item_id}": {"Postpone": {"notBefore": "2026-02-01T06:00:00Z"}},
    "POST /queues/{queue_id}/items/{item_id}/resolve": {
        "It was done": {"outcome": "successful", "comment": "The payment is in the bank's list."}
    },
    "POST /triggers": {
        "A schedule": {
            "workflowId": ID,
            "kind": "schedule",
            "name": "Weekdays at eight",
            "cron": "0 8 * * MON-FRI",
            "timezone": "Europe/Zurich",
            "misfire": {"policy": "once", "graceSeconds": 3600},
            "overlap": "skip",
            "inputs": {"number": 21},
        },
        "A webhook": {"workflowId": ID, "kind": "webhook", "name": "Orders", "auth": {"type": "standard-webhooks"}},
    },
    "PATCH /triggers/{trigger_id}": {"Pause": {"enabled": False}},
    "POST /triggers/preview": {
        "The next five": {"cron": "30 2 * * *", "timezone": "Europe/Zurich", "count": 5},
    },
    "POST /expressions/preview": {
        "An expression": {
            "expression": "nodes.fetch.output.rows[0].price * vars.rate",
            "context": {"nodes": {"fetch": {"output": {"rows": [{"price": 12.5}]}}}, "vars": {"rate": 2}},
        },
        "A text": {"template": "Good morning, {{ inputs.name }}", "context": {"inputs": {"name": "Ada"}}},
    },
    "POST /triggers/{trigger_id}/fire": {"With other inputs": {"inputs": {"number": 4}}},
    "POST /triggers/{trigger_id}/backfill": {
        "What would be made up for": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "dryRun": True}
    },
    "PATCH /triggers/{trigger_id}/breaker": {"After three failures": {"enabled": True, "threshold": 3}},
    "POST /runners": {"A desktop": {"name": "Desk 12", "labels": ["finance"], "slots": 1}},
    "PATCH /runners/{runner_id}": {"Two at a time": {"slots": 2}, "Lock out": {"disabled": True}},
    "POST /runners/pairing-tokens": {"For a machine": {"runnerId": RUNNER_ID}},
    "POST /event-endpoints": {
        "Every failure": {
            "name": "Operations",
            "url": "https://ops.example/exekra",
            "eventTypes": ["execution.failed", "execution.lost", "trigger.*"],
        }
    },
    "PATCH /event-endpoints/{endpoint_id}": {"Pause": {"enabled": False}},
    "POST /event-endpoints/{endpoint_id}/rotate": {"Both for a day": {"overlapSeconds": 86_400}},
    "POST /event-endpoints/{endpoint_id}/replay": {
        "A night": {"from": "2026-01-01T18:00:00Z", "to": "2026-01-02T06:00:00Z"}
    },
    "POST /notification-rules": {
        "Failures, once an hour": {
            "name": "Finance",
            "recipients": ["finance@example.com"],
            "eventTypes": ["execution.*"],
            "failuresOnly": True,
            "digestSeconds": 3600,
        }
    },
    "PATCH /notification-rules/{rule_id}": {"Pause": {"enabled": False}},
    "PATCH /settings": {
        "Tell it from the others": {"installationName": "Production", "timeZone": "Europe/Zurich"},
        "Take the name back": {"installationName": None},
    },
    "POST /dispatch/hold": {"For an upgrade": {"reason": "Upgrade of the ERP until ten"}},
}
"""`METHOD /path` → title → body."""
